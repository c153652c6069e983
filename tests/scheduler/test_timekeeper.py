"""Each time of a schedule becomes one run, whatever clocks, people and configurations do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.ids import SYSTEM
from agents.core.trigger import Place, Source
from scheduler.timetable import Cron, Every
from tests.scheduler.hours import CAROL, DAY, HOUR, MINUTE, hours, schedule
from tests.scheduler.test_timetable import CHANGES, utc
from tests.world import ALICE, BOB, DANA, NOON, TEAM

NINE = Cron("0 9 * * *", ZoneInfo("Europe/Berlin"))
HOURLY = Every(HOUR)
EIGHT_UTC = datetime(2026, 11, 22, 8, tzinfo=UTC)
"""Nine in Berlin on the morning after NOON."""


async def test_a_new_schedule_waits_for_its_time_and_runs_once() -> None:
    world = hours(schedule(NINE, channel="#ops"))
    await world.through(NOON, NOON + HOUR)
    assert world.started() == []
    await world.through(EIGHT_UTC - 2 * MINUTE, EIGHT_UTC + 3 * HOUR)
    [run] = world.started()
    assert run.text == "nightly, due Sun 22 Nov 2026 09:00 CET\nReport."
    trigger = run.trigger
    assert (trigger.source, trigger.actor, trigger.actor_name, trigger.place) == (Source.SCHEDULE, SYSTEM, "nightly", Place(TEAM, "C1", ""))
    assert trigger.dedupe_key == "schedule:nightly:2026-11-22T08:00:00+00:00"
    [entry] = await world.calendar.entries()
    assert (entry.last, entry.next, entry.is_open) == (EIGHT_UTC, EIGHT_UTC + DAY, True)


async def test_three_days_asleep_become_one_run_that_says_so() -> None:
    world = hours(schedule(NINE))
    await world.at(NOON)
    world.restart()
    await world.through(EIGHT_UTC + 2 * DAY + 3 * HOUR, EIGHT_UTC + 2 * DAY + 4 * HOUR)
    assert world.texts() == [
        "nightly, due Tue 24 Nov 2026 09:00 CET, begun 3h late\n"
        "Missed before it: 2 times (Sun 22 Nov 2026 09:00 CET, Mon 23 Nov 2026 09:00 CET).\nReport."
    ]


async def test_of_thousands_that_were_missed_the_first_and_the_last_are_named() -> None:
    world = hours(schedule(Every(MINUTE)))
    await world.at(NOON)
    await world.at(NOON + 3 * DAY)
    [text] = world.texts()
    assert "Missed before it: 4,319 times (Sat 21 Nov 2026 12:01 UTC, Sat 21 Nov 2026 12:02 UTC, …, Tue 24 Nov 2026 11:59 UTC)." in text


async def test_a_clock_that_goes_back_starts_nothing_twice() -> None:
    world = hours(schedule(HOURLY, overlaps=True))
    await world.through(NOON, NOON + 5 * HOUR)
    assert len(world.started()) == 5
    await world.through(NOON - DAY, NOON + 5 * HOUR, 10 * MINUTE)
    assert len(world.started()) == 5
    await world.at(NOON + 6 * HOUR)
    assert len(world.started()) == 6


async def test_after_a_clock_was_far_ahead_a_pause_and_its_end_set_it_right() -> None:
    world = hours(schedule(HOURLY, overlaps=True))
    await world.at(NOON)
    await world.at(NOON + 1000 * DAY)
    await world.through(NOON, NOON + 2 * HOUR)
    assert len(world.started()) == 1
    [entry] = await world.calendar.entries()
    assert entry.next == NOON + 1000 * DAY + HOUR
    for deed in ("pause", "resume"):
        assert isinstance(await world.switchboard.schedule(deed, "nightly", ALICE), str)
    await world.through(NOON + 2 * HOUR, NOON + 4 * HOUR)
    assert [run.trigger.dedupe_key[-25:-12] for run in world.started()[1:]] == ["2026-11-21T15", "2026-11-21T16"]


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("line", ["30 2 * * *", "15 1 * * *", "0 2 * * *"])
async def test_over_changes_of_clocks_each_day_has_its_run(zone: str, line: str) -> None:
    for change in CHANGES[zone]:
        table = Cron(line, ZoneInfo(zone))
        world = hours(schedule(table, overlaps=True))
        begin = utc(change) - timedelta(hours=36)
        await world.through(begin, begin + 3 * DAY, 5 * MINUTE)
        days = [text.partition("due ")[2][:15] for text in world.texts()]
        assert len(days) == len(set(days)) == 3


async def test_another_cron_line_begins_anew_without_a_flood() -> None:
    world = hours(schedule(HOURLY, overlaps=True))
    await world.at(NOON)
    world.restart(schedule(Every(MINUTE), overlaps=True))
    await world.at(NOON + 10 * DAY)
    assert world.started() == []
    await world.at(NOON + 10 * DAY + MINUTE)
    assert len(world.started()) == 1
    assert "Missed" not in world.texts()[0]


async def test_what_was_gone_or_switched_off_begins_anew() -> None:
    world = hours(schedule(HOURLY), schedule(HOURLY, "other"))
    await world.at(NOON)
    world.restart(schedule(HOURLY, "other", enabled=False))
    await world.at(NOON + HOUR)
    world.restart(schedule(HOURLY), schedule(HOURLY, "other"))
    await world.at(NOON + 10 * HOUR)
    assert world.started() == []
    await world.at(NOON + 11 * HOUR)
    assert len(world.started()) == 2


async def test_while_its_run_is_open_no_other_begins_and_the_next_one_says_so() -> None:
    world = hours(schedule(HOURLY))
    await world.through(NOON, NOON + 4 * HOUR, HOUR)
    assert len(world.started()) == 1
    assert world.control() == ["schedule_skipped"]
    [entry] = await world.calendar.entries()
    assert entry.skipped
    assert entry.skipped.count == 3
    first = await world.end()
    await world.through(NOON + 4 * HOUR + MINUTE, NOON + 5 * HOUR)
    assert world.texts()[1:] == [
        "nightly, due Sat 21 Nov 2026 17:00 UTC\n"
        f"Skipped before it, while {first} was still open: 3 times (Sat 21 Nov 2026 14:00 UTC, Sat 21 Nov 2026 15:00 UTC, "
        "Sat 21 Nov 2026 16:00 UTC).\nReport."
    ]
    await world.at(NOON + 6 * HOUR)
    assert world.control() == ["schedule_skipped", "schedule_skipped"]


async def test_runs_side_by_side_where_that_is_wanted() -> None:
    world = hours(schedule(HOURLY, overlaps=True))
    await world.through(NOON, NOON + 3 * HOUR, HOUR)
    assert len(world.started()) == 3


async def test_a_halt_freezes_schedules_and_after_it_one_run_makes_up_for_all() -> None:
    world = hours(schedule(HOURLY, overlaps=True))
    await world.at(NOON)
    await world.switchboard.halt("triage", ALICE)
    await world.through(NOON, NOON + 4 * HOUR, HOUR)
    assert world.started() == []
    refused = await world.switchboard.schedule("run", "nightly", ALICE)
    assert isinstance(refused, Refusal)
    assert refused.text == "Alice has halted triage: nothing begins before somebody resumes it."
    [entry] = await world.calendar.entries()
    assert entry.halt
    await world.switchboard.resume("triage", CAROL)
    await world.at(NOON + 4 * HOUR + MINUTE)
    [text] = world.texts()
    assert "due Sat 21 Nov 2026 16:00 UTC" in text
    assert "Missed before it: 3 times" in text


async def test_a_pause_is_kept_and_what_it_kept_from_running_is_not_made_up() -> None:
    world = hours(schedule(HOURLY))
    await world.at(NOON)
    said = await world.switchboard.schedule("pause", "nightly", ALICE)
    assert said == "nightly is paused: its times start nothing until somebody resumes it."
    assert await world.switchboard.schedule("pause", "nightly", BOB) == Refusal("closed", "nightly is paused already.")
    world.restart()
    await world.through(NOON, NOON + 4 * HOUR, HOUR)
    [entry] = await world.calendar.entries()
    assert entry.paused
    assert (entry.paused.name, entry.next) == ("Alice", None)
    await world.switchboard.schedule("resume", "nightly", BOB)
    assert await world.switchboard.schedule("resume", "nightly", BOB) == Refusal("closed", "nightly is not paused.")
    world.restart()
    await world.at(NOON + 4 * HOUR + MINUTE)
    assert world.started() == []
    await world.at(NOON + 5 * HOUR)
    assert world.texts() == ["nightly, due Sat 21 Nov 2026 17:00 UTC\nReport."]
    assert world.control() == ["schedule_paused", "schedule_resumed"]


async def test_somebody_wants_a_run_now_and_counts_as_who_asked_for_it() -> None:
    world = hours(schedule(HOURLY))
    await world.at(NOON + MINUTE)
    await world.switchboard.schedule("pause", "nightly", ALICE)
    assert await world.switchboard.schedule("run", "nightly", BOB) == "nightly runs now, whatever its times are."
    world.restart()
    for _ in range(3):
        await world.timekeeper.tick()
    [run] = world.started()
    assert run.text == "nightly, run by Bob Sat 21 Nov 2026 12:01 UTC\nReport."
    assert (run.trigger.actor, run.trigger.dedupe_key) == (BOB, "schedule:nightly:run 2")
    again = await world.switchboard.schedule("run", "nightly", BOB)
    assert isinstance(again, Refusal)
    assert "is still open" in again.text
    await world.end()
    assert isinstance(await world.switchboard.schedule("run", "nightly", BOB), str)
    await world.timekeeper.tick()
    assert len(world.started()) == 2


async def test_a_click_that_is_delivered_again_later_does_nothing_more() -> None:
    world = hours(schedule(HOURLY, overlaps=True))
    await world.at(NOON)
    clicked = world.clock()
    world.clock.pass_(seconds=1)
    assert isinstance(await world.switchboard.schedule("run", "nightly", BOB, asked_at=clicked), str)
    again = await world.switchboard.schedule("run", "nightly", BOB, asked_at=clicked)
    assert again == Refusal("closed", "Somebody wanted that just now, or did something else to it since.")
    assert world.control() == ["schedule_called"]


async def test_who_may_not_and_what_does_not_exist() -> None:
    world = hours(schedule(HOURLY))
    refused = await world.switchboard.schedule("run", "nightly", DANA)
    assert refused == Refusal("role", "Only operators may run schedules.")
    with pytest.raises(NotFound, match=r"There is no schedule weekly\. There is: nightly\."):
        await world.switchboard.schedule("run", "weekly", ALICE)
    assert world.control() == []


async def test_a_channel_that_cannot_be_found_delays_its_run_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    world = hours(schedule(HOURLY, channel="#gone"), schedule(HOURLY, "other"))
    await world.through(NOON, NOON + 3 * HOUR, 30 * MINUTE)
    assert [run.trigger.actor_name for run in world.started()] == ["other"]
    entry, _ = await world.calendar.entries()
    assert entry.trouble == "The bot sees no channel #gone."
    assert caplog.text.count("#gone") == 1
    assert world.timekeeper.lag() == timedelta()
    world.channels["#gone"] = "C9"
    world.restart()
    await world.at(NOON + 3 * HOUR + MINUTE)
    late = world.texts()[-1]
    assert "nightly, due Sat 21 Nov 2026 13:00 UTC, begun 2h 1m late" in late
    assert len(world.started()) == 2


async def test_jitter_moves_the_beginning_and_nothing_else() -> None:
    late = schedule(HOURLY, delay=7 * MINUTE, overlaps=True)
    world = hours(late)
    await world.through(NOON, NOON + HOUR + 6 * MINUTE)
    assert world.started() == []
    [entry] = await world.calendar.entries()
    assert entry.next == NOON + HOUR + 7 * MINUTE
    await world.at(NOON + HOUR + 7 * MINUTE)
    assert world.texts() == ["nightly, due Sat 21 Nov 2026 13:00 UTC\nReport."]
