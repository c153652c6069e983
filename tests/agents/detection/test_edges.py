"""Series that break careless arithmetic: nothing crashes, and nobody is alerted."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from agents.detection.days import DAY
from agents.detection.points import detect, score
from tests.agents.detection.series import FIVE_MINUTES, HOUR, MONDAY, clock, noisy, seasonal, weekly


@pytest.mark.parametrize("values", [[], [1.0], [np.nan], [np.inf, -np.inf], [1e308, -1e308, 5e-324]])
def test_few_values_alert_nobody(values: ArrayLike) -> None:
    times = np.arange(len(np.asarray(values))) * 60
    assert not score(times, values).any()
    assert not detect(times, values).any()


@pytest.mark.parametrize("step", [60, FIVE_MINUTES, HOUR, DAY])
@pytest.mark.parametrize("value", [0.0, -7.25, 0.1, 1e-90, 1e90, 1e-320, 1e305, np.nan, np.inf])
def test_a_constant_series_alerts_nobody(step: int, value: float) -> None:
    times = clock(400 if step == DAY else 3 if step == 60 else 10, step)
    assert score(times, np.full(len(times), value)).max() < 1e-6


def test_a_flat_series_that_leaves_its_value_is_an_alert_and_a_tremor_is_not() -> None:
    times = clock(14, FIVE_MINUTES)
    values = np.full(len(times), 40.0)
    values[3000] = 40.2
    values[3500] = 55.0
    assert np.flatnonzero(detect(times, values)).tolist() == [3500]


def test_values_that_are_not_finite_are_left_out_and_the_rest_is_judged_as_without_them() -> None:
    times = clock(14, FIVE_MINUTES)
    values = seasonal(times, 1)
    values[3000] += 40.0
    holes = np.random.default_rng(1).choice(len(times), 300, replace=False)
    holes = holes[holes != 3000]
    broken = values.copy()
    broken[holes] = np.resize([np.nan, np.inf, -np.inf, 1e200], len(holes))
    kept = np.setdiff1d(np.arange(len(times)), holes)
    assert np.array_equal(score(times, broken)[kept], score(times[kept], values[kept]))
    assert not score(times, broken)[holes].any()
    assert detect(times, broken)[3000]


def test_whole_numbers_are_values_too() -> None:
    times = clock(14, HOUR)
    values = np.random.default_rng(1).poisson(40, len(times))
    values[300] = 200
    assert np.array_equal(score(times, values), score(times.tolist(), values.astype(np.float64).tolist()))
    assert detect(times.astype(np.int32), values)[300]


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_magnitudes_do_not_matter(scale: float) -> None:
    times = clock(14, FIVE_MINUTES)
    values = noisy(times, 1) * scale
    values[3000] += 20 * scale
    assert np.flatnonzero(detect(times, values)).tolist() == [3000]


def test_one_immense_value_does_not_spoil_what_follows_for_ever() -> None:
    times = clock(75, HOUR)
    values = noisy(times, 1)
    values[100] = 1e18
    after = times > times[100] + 35 * DAY
    assert np.count_nonzero(detect(times, values)[after]) <= 2
    values[1700] += 15.0
    assert detect(times, values)[1700]


def test_repeated_timestamps_are_judged() -> None:
    times = np.repeat(clock(14, 600), 2)
    values = noisy(times, 1)
    values[3001] += 15.0
    assert np.flatnonzero(detect(times, values)).tolist() == [3001]


def test_local_times_that_go_back_an_hour_alert_nobody() -> None:
    times = clock(28, FIVE_MINUTES)
    values = seasonal(times, 1)
    times[14 * 288 + 24 :] -= HOUR
    assert not detect(times, values)[14 * 288 :].any()


@pytest.mark.parametrize("leap", [-HOUR, HOUR])
@pytest.mark.parametrize("step", [FIVE_MINUTES, HOUR])
def test_a_day_that_begins_an_hour_earlier_or_later_is_no_incident(leap: int, step: int) -> None:
    times = clock(42, step)
    change = MONDAY + 28 * DAY
    values = seasonal(np.where(times >= change, times + leap, times), 1, noise=4.0)
    assert np.count_nonzero(detect(times, values)[times >= change]) <= 2


def test_daily_figures_whose_midnight_moves_keep_their_weekdays() -> None:
    times = clock(200, DAY)
    values = weekly(times, 1)
    moved = np.where(times >= MONDAY + 90 * DAY, times - HOUR, times)
    late = times >= MONDAY + 90 * DAY
    assert np.count_nonzero(detect(moved, values)[late]) <= np.count_nonzero(detect(times, values)[late]) + 1


@pytest.mark.parametrize("days", [2, 10, 40])
def test_what_comes_after_a_gap_is_judged_and_the_gap_alone_alerts_nobody(days: int) -> None:
    times = clock(28, FIVE_MINUTES)
    times = np.where(times >= MONDAY + 14 * DAY, times + days * DAY, times)
    values = seasonal(times, 2)
    assert np.count_nonzero(detect(times, values)[times >= MONDAY + 14 * DAY]) <= 1
    values[6000] += 40.0
    assert detect(times, values)[6000]
