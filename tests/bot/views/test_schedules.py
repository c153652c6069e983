"""Schedules as Slack shows them: within its limits, and tame whatever names and reasons say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agents.core.schedule import Missed, Said
from agents.core.trigger import Source
from agents.schedules import Entry, Schedule
from bot.views.home import home
from bot.views.opening import opening
from bot.views.schedules import SHOWN, brief, schedules
from scheduler.timetable import Every
from tests.bot.views.made import DANA, HOSTILE, NOON, assert_tame, buttons, check, run_of, started
from tests.bot.views.test_home import check_home, full
from tests.bot.views.test_lists import summary
from tests.bot.views.test_overview import HALT, OPERATOR, VIEWER

BAD = " ".join(HOSTILE)
NIGHTLY = Schedule("nightly", Every(timedelta(hours=1)), "triage", "Report.", "#ops")
WELL = Entry(NIGHTLY, NOON, NOON, summary(), None, None, None)


@pytest.mark.parametrize(("entry", "said"), [
    (WELL, "next <!date^"),
    (replace(WELL, last=None, run=None), "never ran"),
    (replace(WELL, run=None), "last <!date^"),
    (replace(WELL, paused=Said(1, DANA, BAD, NOON)), "paused by"),
    (replace(WELL, halt=HALT), "waits until"),
    (replace(WELL, trouble=BAD), ":warning:"),
    (replace(WELL, skipped=Missed(1, (NOON,), NOON)), "1 time skipped, since `run-"),
    (replace(WELL, schedule=replace(NIGHTLY, enabled=False, channel="C01OPS")), "in <#C01OPS>"),
])
def test_each_state_has_its_words(entry: Entry, said: str) -> None:
    shown = schedules([entry], OPERATOR)
    check(shown)
    assert said in str(shown.blocks)
    assert_tame(brief(entry))


def test_buttons_are_for_those_who_may() -> None:
    paused = replace(WELL, paused=Said(1, DANA, "Dana", NOON))
    assert [name for name, _ in buttons(list(schedules([WELL, paused], OPERATOR).blocks))] == [
        "schedule_pause", "schedule_run", "schedule_resume", "schedule_run",
    ]
    assert buttons(list(schedules([WELL], VIEWER).blocks)) == []


def test_many_keep_slacks_limits() -> None:
    one = replace(WELL, schedule=replace(NIGHTLY, agent="a" * 64, channel="#" + "c" * 80), trouble="x" * 900)
    long = [replace(one, schedule=replace(one.schedule, name=f"{number:n>64}")) for number in range(SHOWN + 5)]
    shown = schedules(long, OPERATOR, "y" * 300)
    check(shown)
    assert "`countersign schedules` lists them all." in str(shown.blocks)
    assert "/ops schedules" in str(check_home(home(full(schedules=long))))


def test_a_run_of_a_schedule_opens_with_its_name_and_what_was_missed() -> None:
    run = run_of(started())
    text = "nightly, due Mon 23 Nov 2026 09:00 CET\nMissed before it: 1 time (Sun 22 Nov 2026 09:00 CET).\nReport <!channel>."
    trigger = replace(run.trigger, source=Source.SCHEDULE, actor_name="nightly")
    said = replace(run.turns[0].said[0] if run.turns else run.unread[0], text=text)
    message = opening(replace(run, trigger=trigger, turns=(), unread=(said,)))
    check(message)
    assert message.text == "Scheduled: nightly, due Mon 23 Nov 2026 09:00 CET"
    assert "Missed before it: 1 time" in str(message.blocks)
