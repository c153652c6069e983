"""A series is back when it is what it used to be at that time of the week, whatever a detector has got used to meanwhile."""

import math
from array import array
from datetime import timedelta

from agents.core.monitoring import Bucket, State
from agents.monitors import History
from scheduler.as_before import AsBefore, Range

FIVE, DAY = 300, 86400
BEGAN = 1_795_262_400


def history(days: int, value: float = 100.0, *, after: float | None = None) -> History:
    """The same value for some days, and another from BEGAN on for one."""
    at = array("q", range(BEGAN - days * DAY, BEGAN + (DAY if after is not None else 0), FIVE))
    return History(at, array("d", [value if one < BEGAN or after is None else after for one in at]))


def seen(known: AsBefore, value: float | None, at: int = BEGAN + 3600) -> Bucket:
    return known(Bucket(at, State.FINE, value, 0.3), BEGAN)


def before(known: History, low: float = 90.0, high: float = 110.0, **more: object) -> AsBefore:
    return AsBefore(known, timedelta(minutes=5), lambda place: Range(low, high), **more)  # type: ignore[arg-type]


def test_what_was_usual_counts_with_the_width_of_then() -> None:
    known = before(history(28, after=0.0))
    assert [seen(known, value).score <= 1 for value in (89.0, 91.0, 109.0, 111.0)] == [False, True, True, False]
    far = seen(known, 50.0)
    assert (far.score, far.direction, far.low, far.high, far.why) == (5.0, "below", 90.0, 110.0, "It is still below what it was before.")


def test_the_same_weekday_counts_before_other_days() -> None:
    weekly = history(28, after=0.0)
    values = array("d", [500.0 if (at - BEGAN) // DAY % 7 == 0 else 100.0 for at in weekly.at])
    assert seen(before(History(weekly.at, values)), 500.0).score <= 1
    assert seen(before(History(weekly.at, values)), 100.0).score > 1
    short = history(5, after=0.0)
    assert seen(before(short), 100.0).score <= 1


def test_what_was_left_out_is_no_measure() -> None:
    known = history(28, after=0.0)
    first, last = BEGAN - 7 * DAY, BEGAN - 6 * DAY
    spoilt = History(known.at, array("d", [0.0 if first <= at < last else value for at, value in zip(known.at, known.values, strict=True)]))
    assert seen(before(spoilt), 0.0).score <= 1
    assert seen(before(spoilt, left_out=((first, last),)), 0.0).score > 1


def test_where_nothing_is_known_the_bucket_stays_as_it_is() -> None:
    one = Bucket(BEGAN, State.FIRING, 5.0, 2.0)
    nothing = AsBefore(history(28), timedelta(minutes=5), lambda place: None)
    assert nothing(one, BEGAN) is one
    assert before(history(28))(Bucket(BEGAN, State.FIRING, None), BEGAN).value is None
    certain = Bucket(BEGAN, State.FIRING, 100.0, 2.0, certain=True)
    assert before(history(28))(certain, BEGAN) is certain
    assert before(history(28), -math.inf, math.inf)(one, BEGAN) is one
    assert AsBefore(History((), ()), timedelta(minutes=5), lambda place: Range(0, 1))(one, BEGAN) is one


def test_a_young_series_is_measured_by_its_range_when_it_began() -> None:
    young = History(array("q", [BEGAN - FIVE, BEGAN]), array("d", [100.0, 0.0]))
    known = AsBefore(young, timedelta(minutes=5), lambda place: Range(90.0, 110.0))
    assert [known(Bucket(BEGAN + FIVE, State.FINE, value, 0.1), BEGAN).score for value in (100.0, 120.0)] == [0.0, 2.0]


def test_a_shift_that_no_point_shows_is_measured_by_means_of_an_hour() -> None:
    shifted = history(28, after=106.0)
    known = before(shifted)
    assert seen(known, 106.0).score > 1
    back = array("d", [100.0 if at > BEGAN + 2 * 3600 else value for at, value in zip(shifted.at, shifted.values, strict=True)])
    assert before(History(shifted.at, back))(Bucket(BEGAN + 4 * 3600, State.FINE, 100.0, 0.1), BEGAN).score <= 1


def test_a_flat_series_is_back_at_its_value_alone() -> None:
    flat = before(history(28, after=0.0), 100.0, 100.0)
    assert [seen(flat, value).score for value in (100.0, 100.1)] == [0.0, 2.0]
