"""A breaker by itself, and what the journal's stream says of it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.breaker import Breaker, Pace
from agents.core.ids import CONTROL, SYSTEM
from agents.core.switches import FLAP, Outage, OutageTold, Switches, fold_switches
from tests.agents.core.histories import later
from tests.world import NOON


def opened(at: datetime = NOON, breaker: Breaker | None = None) -> Breaker:
    """A breaker that has just opened."""
    breaker = breaker or Breaker()
    for _ in range(breaker.pace.failures):
        breaker = breaker.failed("down", at, 0)
    return breaker


def test_it_opens_after_failures_in_a_row_within_a_time() -> None:
    breaker = Breaker()
    for second in range(4):
        breaker = breaker.failed("down", later(seconds=second), 0)
        assert breaker.admits(later(seconds=second))
    assert not breaker.answered(NOON).row
    assert Breaker().answered(NOON) == Breaker()
    assert breaker.failed("down", later(seconds=4), 0).open
    assert not breaker.failed("down", later(minutes=2, seconds=1), 0).open  # the first two lie too far back by now


def test_one_trial_after_each_pause_and_the_pauses_grow_up_to_a_most() -> None:
    breaker, now = opened(), NOON
    waited = []
    for _ in range(7):
        assert breaker.until is not None
        waited.append((breaker.until - now).total_seconds())
        assert not breaker.admits(breaker.until - timedelta(seconds=1))
        now = breaker.until
        assert breaker.admits(now)
        breaker = breaker.begun()
        assert not breaker.admits(now)  # one at a time
        breaker = breaker.failed("still down", now, 0)
    assert waited == [15, 30, 60, 120, 240, 300, 300]
    assert (breaker.row[0], breaker.why) == (NOON, "still down")


def test_a_trial_that_is_answered_closes_it_and_one_that_tells_nothing_leaves_it_to_others() -> None:
    trying = opened().begun()
    assert trying.left().admits(later(seconds=15))
    assert opened().left() == opened()
    closed = trying.answered(later(seconds=20))
    assert (closed.open, closed.closed_at, closed.row) == (False, later(seconds=20), ())
    assert closed.begun() == closed


def test_what_began_before_it_opened_does_not_prolong_it_but_may_close_it() -> None:
    breaker = opened()
    assert breaker.failed("late", later(seconds=5), 0) == breaker
    assert not breaker.answered(later(seconds=5)).open


def test_one_that_flaps_is_left_alone_for_longer_and_longer() -> None:
    flapped = opened(later(minutes=1), opened().answered(later(seconds=20)))
    assert flapped.until == later(minutes=1, seconds=30)
    steady = opened(later(minutes=11), opened().answered(later(seconds=20)))
    assert steady.until == later(minutes=11, seconds=15)


def test_what_nobody_tries_is_forgotten() -> None:
    breaker = opened()
    assert not breaker.forgotten(later(minutes=15))
    assert breaker.forgotten(later(minutes=15, seconds=15))
    assert not breaker.begun().forgotten(later(hours=1))
    assert not Breaker().forgotten(later(hours=1))


def test_when_it_is_as_good_as_new() -> None:
    assert Breaker().idle(NOON)
    assert not opened().idle(later(hours=1))
    failing = Breaker().failed("down", NOON, 0)
    assert (failing.idle(later(minutes=1)), failing.idle(later(minutes=3))) == (False, True)
    closed = opened().answered(NOON)
    assert (closed.idle(later(minutes=1)), closed.idle(later(minutes=10))) == (False, True)


@given(st.lists(st.tuples(st.sampled_from(["failed", "answered", "left"]), st.floats(0, 400), st.floats(0, 1))))
def test_whatever_happens_it_admits_again_within_its_longest_pause(steps: list[tuple[str, float, float]]) -> None:
    breaker, now, pace = Breaker(), NOON, Pace()
    for what, seconds, spread in steps:
        now += timedelta(seconds=seconds)
        if not breaker.admits(now):
            assert breaker.until is not None
            assert breaker.until - now <= pace.longest
            now = breaker.until
        breaker = breaker.begun()
        breaker = breaker.left() if what == "left" else breaker.answered(now) if what == "answered" else breaker.failed("x", now, spread)
    assert breaker.admits(now + pace.longest)


WHAT = "host deploy.internal"
OPENED, TOLD, CLOSED = (
    e.BreakerOpened(WHAT, NOON, "it answers 503"), e.BreakerTold(WHAT, "C1", "outage", "1.2"), e.BreakerClosed(WHAT, "answered")
)


def folded(*events: tuple[e.Event, datetime], before: Switches | None = None) -> Switches:
    first = before.seq + 1 if before else 1
    return fold_switches([e.Recorded(CONTROL, i, at, SYSTEM, "", event) for i, (event, at) in enumerate(events, first)], before)


def test_an_outage_in_the_stream() -> None:
    now = folded((OPENED, NOON), (TOLD, NOON))
    assert now.outages == {WHAT: Outage(WHAT, NOON, "it answers 503", NOON)}
    assert now.open_outages == {WHAT}
    assert now.outages_told == {(WHAT, "C1"): OutageTold(WHAT, "C1", "outage", "1.2")}
    over = folded((CLOSED, later(minutes=1)), before=now)
    assert (over.open_outages, over.outages[WHAT].how) == (frozenset(), "answered")
    assert folded((CLOSED, NOON)).outages == {}


@pytest.mark.parametrize(("after", "kept"), [(FLAP - timedelta(seconds=1), True), (FLAP, False)])
def test_a_message_is_used_again_where_it_flaps_and_only_there(after: timedelta, kept: bool) -> None:
    ended = e.BreakerTold(WHAT, "C1", "end", "1.2")
    over = folded((OPENED, NOON), (TOLD, NOON), (CLOSED, NOON), (ended, NOON))
    again = folded((OPENED, NOON + after), before=over)
    assert again.open_outages == {WHAT}
    assert bool(again.outages_told) is kept


def test_an_end_that_was_not_told_is_kept_until_it_is() -> None:
    over = folded((OPENED, NOON), (TOLD, NOON), (CLOSED, NOON))
    other = e.BreakerOpened("tool scale", NOON, "no answer", "scale")
    later_on = folded((other, NOON + 2 * FLAP), before=over)
    assert later_on.outages.keys() == {WHAT, "tool scale"}
    told = folded((e.BreakerTold(WHAT, "C1", "end", "1.2"), NOON + 2 * FLAP), (other, NOON + 2 * FLAP), before=over)
    assert told.outages.keys() == {"tool scale"}
