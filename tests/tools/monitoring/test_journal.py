"""How the agents do, read from what their runs did."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from agents.core.errors import JournalError
from agents.figures import Work
from agents.monitors import Measure, Monitor, Sample, SourceDown, Watch
from scheduler.timetable import Every
from tests.world import NOON
from tools.monitoring.journal import JournalSource

MONITOR = Monitor(
    "agents", "journal", None, Every(timedelta(minutes=5)), (Watch(Measure.VALUE, "decisions"), Watch(Measure.VALUE, "budget")),
)  # fmt: skip


class Book:
    """One run that took ten seconds and cost a dollar, half an hour before noon."""

    async def work(self, since: datetime) -> Sequence[Work]:
        began = NOON - timedelta(minutes=30)
        end = began + timedelta(seconds=10)
        return [Work("triage", began, end, end, "answered", False, 1.0)] if since <= end else []


class Shut:
    async def work(self, since: datetime) -> Sequence[Work]:
        raise JournalError("The disk is full.")


async def test_each_figure_of_each_agent_is_a_series() -> None:
    source = JournalSource(Book(), ("triage", "janitor"), {"triage": 4.0})
    read = await source.read(MONITOR, NOON - timedelta(minutes=5), NOON + timedelta(minutes=5))
    assert read.samples[:4] == (
        Sample("value(decisions) agent=triage", NOON - timedelta(minutes=5), 1.0),
        Sample("value(budget) agent=triage", NOON - timedelta(minutes=5), 0.25),
        Sample("value(decisions) agent=janitor", NOON - timedelta(minutes=5), 0.0),
        Sample("value(budget) agent=janitor", NOON - timedelta(minutes=5), None),
    )
    assert {sample.at for sample in read.samples} == {NOON - timedelta(minutes=5), NOON}


async def test_a_journal_that_cannot_be_read_says_so() -> None:
    with pytest.raises(SourceDown, match=r"The journal could not be read: The disk is full\."):
        await JournalSource(Shut(), ("triage",), {}).read(MONITOR, NOON, NOON + timedelta(minutes=5))
