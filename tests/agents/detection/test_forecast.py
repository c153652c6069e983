"""A forecast says where a daily figure is going and how sure that is, from its own past alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.chart import Outlook, Series
from agents.detection.forecast import (
    DAY,
    Floats,
    Forecast,
    NotEnough,
    Until,
    daily,
    days_of,
    forecast,
    outlook,
    trend,
    until,
    weekday_effects,
    weeks_of,
)

START = 20_000 * DAY
WEEK = np.array([0.0, 4.0, 6.0, 5.0, 2.0, -30.0, -40.0])


def rng() -> np.random.Generator:
    """Chance, the same each time."""
    return np.random.default_rng(3)


def times(count: int) -> np.ndarray:
    """One moment a day."""
    return START + DAY * np.arange(count) + 3600


def ahead(values: Floats, days: int = 90) -> Forecast:
    """The forecast of a history that is long enough."""
    made = forecast(times(len(values)), values, days)
    assert isinstance(made, Forecast)
    return made


def weekly(count: int, slope: float = 0.0, noise: float = 3.0, level: float = 200.0) -> Floats:
    """Demand with weekdays."""
    at = np.arange(count)
    return np.asarray(level + slope * at + WEEK[at % 7] + rng().normal(0, noise, count))


def test_weekdays_and_growth_go_on() -> None:
    made = ahead(weekly(119, slope=0.5))
    expected = 200 + 0.5 * np.arange(119, 209) + WEEK[np.arange(119, 209) % 7]
    assert (made.first, made.at(1)) == (times(120)[-1], times(121)[-1])
    assert np.abs(np.array(made.central) - expected)[:28].mean() < 3
    assert np.abs(np.array(made.central) - expected).mean() < 8
    inside = (np.array(made.low) <= expected) & (expected <= np.array(made.high))
    assert inside.mean() > 0.9


def test_noise_alone_has_no_trend_and_the_range_grows() -> None:
    made = ahead(rng().normal(50, 3, 150))
    assert np.ptp(made.central) < 2
    reach = np.array(made.high) - np.array(made.low)
    assert (np.diff(reach) >= -1e-9).all()
    assert 5 < reach[0] <= reach[-1] < 16


def test_a_trend_and_weekdays_that_are_noise_are_drawn_to_zero() -> None:
    at = np.arange(84)
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 1, 84)
        assert abs(trend(noise)[0]) < 0.02
        assert np.abs(weekday_effects(noise, at % 7)).max() < 0.9
    assert np.mean([trend(np.random.default_rng(seed).normal(0, 1, 84))[0] == 0 for seed in range(20)]) > 0.5
    assert np.mean([not weekday_effects(np.random.default_rng(seed).normal(0, 1, 84), at % 7).any() for seed in range(20)]) > 0.5
    assert trend(np.asarray(0.5 * at, dtype=np.float64))[0] == pytest.approx(0.5)
    assert weekday_effects(WEEK[at % 7], at % 7) - WEEK == pytest.approx(-WEEK[4])


def test_a_walk_is_less_sure_the_farther_it_looks() -> None:
    made = ahead(500 + np.cumsum(rng().normal(0, 5, 200)))
    reach = np.array(made.high) - np.array(made.low)
    assert reach[60] > 3 * reach[0]


def test_outliers_and_gaps_do_not_matter_much() -> None:
    clean = weekly(126)
    dirty = clean.copy()
    dirty[[20, 60, 100, 124]] = [4000.0, np.nan, -5000.0, np.inf]
    dirty[80:90] = np.nan
    assert np.abs(np.array(ahead(dirty).central) - np.array(ahead(clean).central)).max() < 8


def test_a_change_of_level_is_followed() -> None:
    values = weekly(120)
    values[100:] += 100
    assert np.mean(ahead(values, 14).central) == pytest.approx(290, abs=12)


def test_a_constant_stays_and_is_sure() -> None:
    made = ahead(np.full(30, 7.0))
    assert set(made.central) == set(made.low) == set(made.high) == {7.0}
    assert until(made, 8) == Until(None, None, None, 90)


def test_a_short_history_says_so() -> None:
    assert forecast(times(9), np.ones(9)) == NotEnough(9)
    assert NotEnough(9).text == "not enough history: 9 days, 14 are needed"
    assert NotEnough(1).text == "not enough history: 1 day, 14 are needed"
    assert forecast([], []) == NotEnough(0)
    assert isinstance(forecast(times(20), np.where(np.arange(20) % 2, np.nan, 1.0)), NotEnough)


def test_what_never_was_negative_stays_so() -> None:
    made = ahead(np.maximum(30 - 0.3 * np.arange(90) + rng().normal(0, 1, 90), 0))
    assert min(made.low) == 0
    assert min(made.central) == 0
    assert min(ahead(rng().normal(0, 1, 60)).low) < -1


def test_days_until_a_limit_are_a_range() -> None:
    disk = ahead(40 + 0.5 * np.arange(100) + rng().normal(0, 0.3, 100))
    full = until(disk, 100)
    assert full.earliest is not None
    assert full.likely is not None
    assert full.latest is not None
    assert full.earliest <= full.likely <= full.latest
    assert full.likely == pytest.approx(21, abs=2)
    assert full.text == f"in {full.earliest} to {full.latest} days, most likely in {full.likely}"
    assert until(disk, 80).text == "reached now"
    assert until(disk, 1000).text == "not within 90 days"


def test_a_floor_is_fallen_to() -> None:
    credit = ahead(1000 - 4 * np.arange(100) + rng().normal(0, 5, 100))
    assert until(credit, 500, floor=True).likely == pytest.approx(26, abs=3)
    assert until(credit, 700, floor=True) == Until(0, 0, 0, 90)


def test_a_limit_that_only_the_range_reaches() -> None:
    flat = ahead(rng().normal(50, 3, 100))
    near = until(flat, max(flat.high) - 0.01)
    assert (near.likely, near.latest) == (None, None)
    assert near.text == f"in {near.earliest} days at the earliest, most likely not within 90 days"
    assert Until(40, 60, None, 90).text == "in 40 days at the earliest, most likely in 60"


def test_dates_any_order_and_several_values_a_day() -> None:
    days = np.array(["2026-03-28", "2026-03-30", "2026-03-28", "2026-03-28"], dtype="datetime64[D]")
    first, history = daily(days, [1.0, 5.0, 3.0, 90.0])
    assert first == np.datetime64("2026-03-28").astype(int) * DAY
    assert history.tolist()[::2] == [3.0, 5.0]
    assert np.isnan(history[1])
    values, order = weekly(60), rng().permutation(60)
    assert forecast(times(60)[order], values[order]) == forecast(times(60), values)


def test_midnights_of_a_place_whose_clock_changes_are_days() -> None:
    hour = 3600
    london = np.concatenate([times(60) - hour, times(120)[60:] - 2 * hour])
    first, history = daily(london, np.arange(120.0))
    assert history.tolist() == list(range(120))
    assert first + 119 * DAY == london[-1]


def test_of_several_values_a_day_the_median_counts() -> None:
    first, history = daily(START + 3600 * np.arange(48), np.arange(48.0))
    assert (first, history.tolist()) == (START, [11.5, 35.5])


def test_a_forecast_is_drawn_beside_its_history() -> None:
    made = ahead(weekly(60), 2)
    drawn = outlook(Series(((1, 2.0),)), made, 300)
    assert drawn == Outlook(drawn.history, ((made.first, made.central[0]), (made.at(1), made.central[1])), drawn.range, 300)
    assert drawn.range[1] == (made.at(1), made.low[1], made.high[1])


def test_what_lies_before_a_long_gap_is_another_history() -> None:
    at = np.concatenate([[0], times(20) + 400 * DAY])
    assert daily(at, np.ones(21))[1].size == 20
    assert isinstance(forecast([*times(40), times(1)[0] + 90 * DAY], np.ones(41)), NotEnough)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.floats(), st.floats(-1e3, 1e3)), min_size=10, max_size=60), st.floats(-1e3, 1e3), st.booleans())
def test_whatever_the_values_the_answer_is_finite_and_in_order(values: list[float], limit: float, floor: bool) -> None:
    made = forecast(times(len(values)), values, 40)
    if isinstance(made, NotEnough):
        return
    low, central, high = (np.array(line) for line in (made.low, made.central, made.high))
    assert np.isfinite([low, central, high]).all()
    assert ((low <= central) & (central <= high)).all()
    reached = until(made, limit, floor=floor)
    order = [41 if day is None else day for day in (reached.earliest, reached.likely, reached.latest)]
    assert order == sorted(order)


def test_how_much_is_known_of_a_history() -> None:
    at = START + DAY * np.arange(16)
    values = np.arange(16.0)
    values[[3, 15]] = np.nan
    assert days_of(at, values) == 14
    assert weeks_of(at, values) == (4.5, 11.0)
    assert weeks_of(at, values, 1) == (11.0,)
    assert (days_of((), ()), weeks_of((), ())) == (0, ())
