"""The newest points, as the monitors ask for them and a report shows them."""

import time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from agents.detection.days import DAY
from agents.detection.live import Judged, judge_newest
from agents.detection.points import detect, score
from tests.agents.detection.series import FIVE_MINUTES, HOUR, MONDAY, clock, noisy, seasonal, weekly


def _one(*args: object, **more: object) -> Judged:
    (judged,) = judge_newest(*args, **more)  # type: ignore[arg-type]
    return judged


@pytest.mark.parametrize(("days", "step"), [(16, FIVE_MINUTES), (40, HOUR), (200, DAY)])
def test_each_tick_says_what_the_whole_says_of_that_point(days: int, step: int) -> None:
    times = clock(days, step)
    values = weekly(times, 1) if step == DAY else seasonal(times, 1)
    at = len(times) - 12
    values[at : at + 3] += 60.0
    whole, fired = score(times, values), detect(times, values)
    for i in range(at - 6, len(times)):
        judged = _one(times[: i + 1], values[: i + 1])
        assert (judged.at, judged.value, judged.score, judged.fires) == (times[i], values[i], whole[i], fired[i])
    assert fired[at]
    together = judge_newest(times, values, newest=12)
    assert [one.score for one in together] == whole[at:].tolist()


@pytest.mark.parametrize("sensitivity", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("step", [FIVE_MINUTES, HOUR, DAY])
def test_a_value_is_out_of_its_range_if_and_only_if_it_fires_by_itself(step: int, sensitivity: float) -> None:
    times = clock(120 if step == DAY else 12, step)
    values = weekly(times, 2) if step == DAY else seasonal(times, 2)
    judged = _one(times, values, sensitivity=sensitivity)
    assert judged.low < judged.expected < judged.high
    width = judged.high - judged.low
    told = any(one.outside for one in judge_newest(times[:-1], values[:-1], newest=6 * HOUR // step + 2, sensitivity=sensitivity))
    for edge, outwards in ((judged.low, -1), (judged.high, 1)):
        for nudge in (-0.01, 0.01):
            values[-1] = edge + outwards * nudge * width
            again = _one(times, values, sensitivity=sensitivity)
            assert (again.low, again.high) == (judged.low, judged.high)
            assert again.outside == (nudge > 0)
            assert again.fires == again.outside or (told and again.outside)


def test_what_is_outside_of_everything_before_needs_less() -> None:
    times = clock(12, FIVE_MINUTES)
    values = seasonal(times, 2)
    top = _one(times[: 11 * 288 + 73], values[: 11 * 288 + 73])
    middle = _one(times[: 11 * 288 + 1], values[: 11 * 288 + 1])
    assert top.high - top.expected < top.expected - top.low
    assert middle.high - middle.expected == pytest.approx(middle.expected - middle.low)


def test_an_episode_fires_once_and_stays_outside() -> None:
    times = clock(12, FIVE_MINUTES)
    values = noisy(times, 1)
    values[-4:] = 90.0
    first, *later = judge_newest(times, values, newest=4)
    assert first.fires
    assert first.outside
    assert not any(one.fires for one in later)
    assert all(one.outside and one.height >= 1 and one.direction == "above" for one in later[:2])
    assert later[0].why.endswith("as was told when it began.")


def test_it_learns_for_a_day_and_says_so() -> None:
    times = clock(2, FIVE_MINUTES)
    values = noisy(times, 1)
    values[[200, -1]] = 1000.0
    young = _one(times[:201], values[:201])
    assert young.learning
    assert not young.fires
    assert (young.low, young.high) == (-np.inf, np.inf)
    assert young.why == "Nothing is said yet: a day of history and 7 points are needed first."
    old = _one(times, values)
    assert not old.learning
    assert old.fires
    daily = clock(8, DAY)
    figures = np.array([5.0, 6.0, 5.0, 7.0, 6.0, 5.0, 6.0, 500.0])
    assert [one.learning for one in judge_newest(daily, figures, newest=8)] == [True] * 7 + [False]
    assert _one(daily, figures).fires


def test_the_words_name_the_context_in_the_zone_of_the_reader() -> None:
    hours = clock(28, HOUR)
    values = np.where((hours - MONDAY) // DAY % 7 >= 5, 20.0, 100.0) + np.random.default_rng(1).standard_normal(len(hours))
    values[-1] = 100.0
    judged = _one(hours, values, zone=ZoneInfo("Europe/Berlin"))
    assert judged.fires
    assert judged.why.endswith("times the usual deviation above what Mondays at 00:00 show.")
    days = clock(120, DAY)
    figures = weekly(days, 1)
    figures[-1] = 1.0
    assert _one(days, figures).why.endswith("below what Mondays show, and below everything in the 13 weeks before.")
    assert _one(days[:-1], figures[:-1]).why == "It is within the expected range."


def test_the_words_say_when_it_is_the_hour_that_is_off() -> None:
    times = clock(20, FIVE_MINUTES)
    values = noisy(times, 4)
    values[-30:] -= 3.2
    told = [one for one in judge_newest(times, values, newest=30) if one.fires and not one.outside]
    assert (told[0].direction, told[0].height >= 1) == ("below", True)
    assert told[0].why == "The mean of the last hour is below what earlier days and weeks show, by more than usual."


def test_excluded_ranges_are_no_history_and_nothing_is_said_of_them() -> None:
    times = clock(20, FIVE_MINUTES)
    values = noisy(times, 1)
    clean = values.copy()
    spoilt = slice(10 * 288, 12 * 288)
    values[spoilt] += 200.0
    out = (int(times[spoilt][0]), int(times[spoilt][-1]))
    kept = (times < out[0]) | (times > out[1])
    assert _one(times, values, excluded=[out]) == _one(times[kept], clean[kept])
    assert _one(times, values).high > _one(times, values, excluded=[out]).high
    assert judge_newest(times, values, excluded=[(int(times[-1]), int(times[-1]))]) == ()


def test_from_a_moment_on_the_old_level_is_forgotten() -> None:
    times = clock(20, FIVE_MINUTES)
    values = noisy(times, 1)
    values[-600:] += 200.0
    anew = _one(times, values, relearn_from=int(times[-600]))
    assert anew == _one(times[-600:], values[-600:])
    assert not anew.learning
    assert judge_newest(times, values, relearn_from=int(times[-1]) + 1) == ()


def test_nothing_is_said_of_what_is_not_finite() -> None:
    times = clock(3, HOUR)
    values = noisy(times, 1)
    values[-1] = np.nan
    assert judge_newest(times, values) == ()
    assert [one.at for one in judge_newest(times, values, newest=2)] == [times[-2]]
    assert judge_newest([], []) == ()


def test_a_tick_over_four_weeks_of_five_minutes_is_cheap() -> None:
    times = clock(28, FIVE_MINUTES)
    values = seasonal(times, 1)
    judge_newest(times, values)
    taken = []
    for _ in range(20):
        began = time.process_time()
        judge_newest(times, values)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.01
