"""What is caught and what is not, at the default sensitivity."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from agents.detection.days import DAY, Floats, Ints
from agents.detection.points import detect, score
from tests.agents.detection.series import FIVE_MINUTES, HOUR, MONDAY, clock, counts, noisy, seasonal, weekly

SEEDS = range(6)
"""Each floor below is one over this many series."""


def _alerts(times: Ints, values: Floats) -> Ints:
    return times[detect(times, values)]


@pytest.mark.parametrize(("make", "step"), [(seasonal, FIVE_MINUTES), (noisy, FIVE_MINUTES), (counts, FIVE_MINUTES), (seasonal, HOUR)])
def test_series_without_an_incident_are_quiet(make: Callable[[Ints, int], Floats], step: int) -> None:
    times = clock(35, step)
    assert sum(len(_alerts(times, make(times, seed))) for seed in SEEDS) <= 0.35 * 5 * len(SEEDS)


def test_daily_figures_without_an_incident_are_quiet() -> None:
    times = clock(200, DAY)
    assert sum(len(_alerts(times, weekly(times, seed))) for seed in SEEDS) <= 0.3 * 28 * len(SEEDS)


@pytest.mark.parametrize("step", [60, FIVE_MINUTES, HOUR])
@pytest.mark.parametrize("height", [20.0, -20.0])
def test_a_spike_is_caught_at_once(step: int, height: float) -> None:
    times = clock(10 if step == 60 else 21, step)
    caught = 0
    for seed in SEEDS:
        values = seasonal(times, seed)
        at = len(times) * 5 // 7 + 7 * seed
        values[at] += height * 1.5
        caught += bool(detect(times, values)[at])
    assert caught >= len(SEEDS) - 1


def test_a_value_that_is_usual_at_another_hour_is_caught() -> None:
    times = clock(21, FIVE_MINUTES)
    for seed in SEEDS:
        values = seasonal(times, seed)
        night = MONDAY + 16 * DAY + 18 * HOUR
        at = int(np.searchsorted(times, night))
        values[at : at + 6] += 45.0
        assert values[at : at + 6].max() < values[:at].max()
        assert detect(times, values)[at : at + 6].any()


def test_a_shift_is_told_where_it_begins_and_not_again_and_again() -> None:
    times = clock(28, FIVE_MINUTES)
    for seed in SEEDS:
        values = noisy(times, seed)
        at = 20 * 288
        values[at:] += 12.0
        fired = np.flatnonzero(detect(times, values))
        assert at in fired
        assert np.count_nonzero((fired > at) & (fired < at + 288)) <= 4


def test_coming_back_to_what_is_usual_is_no_incident() -> None:
    times = clock(28, FIVE_MINUTES)
    for seed in SEEDS:
        values = seasonal(times, seed)
        at, until = 20 * 288, 20 * 288 + 3 * 12
        values[at:until] += 50.0
        fired = detect(times, values)
        assert fired[at]
        assert not fired[until : until + 12].any()


def test_a_shift_that_is_small_for_each_point_is_caught_by_its_hour() -> None:
    times = clock(28, FIVE_MINUTES)
    caught = 0
    for seed in SEEDS:
        values = noisy(times, seed)
        at = 20 * 288 + 5
        values[at : at + 72] += 3.0
        caught += bool(detect(times, values)[at : at + 24].any())
    assert caught >= len(SEEDS) - 1


def test_what_creeps_out_of_all_that_was_seen_is_caught() -> None:
    times = clock(21, FIVE_MINUTES)
    for seed in SEEDS:
        values = seasonal(times, seed)
        at, until = 16 * 288, 17 * 288
        values[at:until] += np.linspace(0.0, 90.0, until - at)
        step = np.abs(np.diff(values[at:until])).mean()
        assert step < 4.0
        assert detect(times, values)[at:until].any()


def test_a_holiday_is_caught_in_hourly_data() -> None:
    times = clock(42, HOUR)
    for seed in SEEDS:
        values = seasonal(times, seed, noise=4.0)
        thursday = times // DAY == MONDAY // DAY + 31
        values[thursday] = 60.0 + np.random.default_rng(seed).standard_normal(24)
        assert detect(times, values)[thursday].any()


def test_a_workday_that_stays_away_is_caught_in_daily_figures() -> None:
    times = clock(120, DAY)
    for seed in SEEDS:
        values = weekly(times, seed)
        values[100] *= 0.3
        assert detect(times, values)[100]


def test_an_ordinary_weekend_is_no_incident() -> None:
    times = clock(56, HOUR)
    for seed in SEEDS:
        values = np.where((times - MONDAY) // DAY % 7 >= 5, 20.0, 100.0) + np.random.default_rng(seed).standard_normal(len(times))
        late = times > MONDAY + 14 * DAY
        assert np.count_nonzero(detect(times, values)[late]) <= 1


def test_a_series_whose_ordinary_days_spike_is_damped() -> None:
    times = clock(28, FIVE_MINUTES)
    for seed in SEEDS:
        values = noisy(times, seed)
        random = np.random.default_rng(seed)
        for day in range(28):
            values[day * 288 + int(random.integers(288))] += random.uniform(15, 25)
        assert len(_alerts(times[4000:], values[4000:])) <= 8
        values[7900] += 120.0
        assert detect(times, values)[7900]


def test_more_sensitive_fires_wherever_less_sensitive_does() -> None:
    times = clock(28, HOUR)
    values = seasonal(times, 3)
    values[[400, 500, 600]] += [10.0, -14.0, 30.0]
    fired = [detect(times, values, sensitivity=dial) for dial in (0.25, 0.5, 1.0, 2.0, 4.0)]
    for less, more in pairwise(fired):
        assert not (less & ~more).any()
    assert fired[0].sum() < fired[2].sum() < fired[4].sum()


@pytest.mark.parametrize("dial", [0.0, -1.0, float("nan"), float("inf")])
def test_a_sensitivity_is_a_number_above_zero(dial: float) -> None:
    with pytest.raises(ValueError, match="a sensitivity is a number above 0"):
        detect([0], [1.0], sensitivity=dial)


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows of one length"):
        score([0, 60], [1.0])
    with pytest.raises(ValueError, match="two rows of one length"):
        score([[0]], [[1.0]])
