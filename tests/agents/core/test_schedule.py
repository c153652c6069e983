"""What is kept of a schedule, as a function of the configuration, of people and of time."""

from dataclasses import replace
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.ids import CONTROL, SYSTEM, RunId
from agents.core.schedule import (
    LISTED,
    UNTOUCHED,
    Due,
    Fire,
    Kept,
    Missed,
    Said,
    Timing,
    adopted,
    begun,
    due_now,
    passed_over,
)
from agents.core.switches import fold_switches
from tests.world import ALICE, BOB, NOON

HOUR = timedelta(hours=1)
NEW = Kept("nightly", 0, "at nine", NOON)
RUN = RunId("run-a")


def missed(*times: datetime) -> Missed:
    return Missed(len(times), times, times[-1])


def said(seq: int, at: datetime = NOON) -> Said:
    return Said(seq, ALICE, "Alice", at)


def test_what_is_new_or_changed_begins_now() -> None:
    assert adopted(None, "nightly", "at nine", UNTOUCHED, NOON) == NEW
    assert adopted(NEW, "nightly", "at nine", UNTOUCHED, NOON + HOUR) is NEW
    old = replace(NEW, skipped=missed(NOON))
    assert adopted(old, "nightly", "at ten", UNTOUCHED, NOON + HOUR) == replace(NEW, definition="at ten", floor=NOON + HOUR)


def test_the_end_of_a_pause_forgets_what_lies_before_it_once() -> None:
    timing = Timing(resumed=said(3, NOON + 2 * HOUR))
    now = adopted(replace(NEW, skipped=missed(NOON)), "nightly", "at nine", timing, NOON + 3 * HOUR)
    assert now == replace(NEW, floor=NOON + 2 * HOUR, heeded=3)
    later = replace(now, floor=NOON + 5 * HOUR)
    assert adopted(later, "nightly", "at nine", timing, NOON + 6 * HOUR) is later


def test_who_wants_a_run_now_gets_one_and_asked_for_it() -> None:
    timing = Timing(called=said(4))
    before = replace(NEW, run_id=RUN, skipped=missed(NOON))
    now = adopted(before, "nightly", "at nine", timing, NOON + HOUR)
    fire = Fire(NOON, None, missed(NOON), RUN, ALICE, "Alice", 4)
    assert now == replace(before, pending=fire, heeded=4)
    assert fire.key("nightly") == "schedule:nightly:run 4"
    after = begun(now, fire, RunId("run-b"))
    assert after == replace(NEW, heeded=4, fired=NOON, run_id=RunId("run-b"))
    assert adopted(after, "nightly", "at nine", timing, NOON + HOUR) is after


def test_what_is_about_to_begin_goes_before_what_somebody_wants() -> None:
    waiting = replace(NEW, pending=Fire(NOON))
    assert adopted(waiting, "nightly", "at nine", Timing(called=said(4)), NOON) is waiting
    both = Timing(called=said(3), resumed=said(4, NOON + HOUR))
    assert adopted(waiting, "nightly", "at nine", both, NOON) is waiting
    fire = Fire(NOON, by=ALICE, name="Alice", call=3)
    assert adopted(NEW, "nightly", "at nine", both, NOON) == replace(NEW, floor=NOON + HOUR, pending=fire, heeded=4)


def test_its_time_becomes_one_run_with_all_that_was_missed() -> None:
    due = Due(NOON + 2 * HOUR, missed(NOON + HOUR))
    ready = due_now(NEW, due)
    assert ready == replace(NEW, floor=due.at, pending=Fire(due.at, due.missed))
    assert Fire(due.at).by == SYSTEM
    assert Fire(due.at).key("nightly") == "schedule:nightly:2026-11-21T14:00:00+00:00"


def test_what_was_skipped_is_told_with_the_next_run() -> None:
    open_run = replace(NEW, run_id=RUN)
    once = passed_over(open_run, Due(NOON + HOUR))
    twice = passed_over(once, Due(NOON + 3 * HOUR, missed(NOON + 2 * HOUR)))
    times = tuple(NOON + number * HOUR for number in (1, 2, 3))
    assert twice.skipped == missed(*times)
    assert (twice.floor, twice.pending) == (times[-1], None)
    ready = due_now(twice, Due(NOON + 4 * HOUR))
    assert ready.pending == Fire(NOON + 4 * HOUR, None, missed(*times), RUN)


def test_of_many_the_first_are_listed_and_all_are_counted() -> None:
    many = missed(*(NOON + number * HOUR for number in range(LISTED - 1)))
    more = many.followed_by(Missed(5000, (NOON + 10 * HOUR, NOON + 11 * HOUR), NOON + 99 * HOUR, at_least=True))
    assert (more.count, len(more.times), more.last, more.at_least) == (5000 + LISTED - 1, LISTED, NOON + 99 * HOUR, True)
    assert more.followed_by(None) is more


def test_the_stream_tells_what_people_said() -> None:
    events: tuple[e.Event, ...] = (
        e.SchedulePaused("nightly", "Bob"), e.ScheduleCalled("nightly", "Bob"), e.ScheduleResumed("nightly", "Bob"),
        e.ScheduleSkipped("nightly", RUN), e.SchedulePaused("other", "Bob"),
    )
    rows = [e.Recorded(CONTROL, number, NOON, BOB, "triage", event) for number, event in enumerate(events, 1)]
    by_bob = [Said(number, BOB, "Bob", NOON) for number in range(6)]
    assert fold_switches(rows[:1]).schedules == {"nightly": Timing(paused=by_bob[1])}
    assert fold_switches(rows).schedules == {
        "nightly": Timing(resumed=by_bob[3], called=by_bob[2], told=RUN), "other": Timing(paused=by_bob[5]),
    }


def test_what_was_done_after_it_was_asked_for() -> None:
    assert not UNTOUCHED.later_than(NOON)
    assert Timing(called=said(1)).later_than(NOON)
    assert not Timing(paused=said(1)).later_than(NOON + HOUR)
