"""Schedules over a journal and a book, and time that passes when it is told to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from agents.core import events as e
from agents.core.errors import SurfaceError
from agents.core.ids import CONTROL, SYSTEM, RunId, person
from agents.core.schedule import Fire, Kept
from agents.core.trigger import Place
from agents.ledger import Ledger
from agents.ports import Journal
from agents.runs import Runs
from agents.schedules import Calendar, Schedule, ScheduleBook, Timetable
from agents.standing import Standing
from agents.switchboard import Switchboard
from scheduler.timekeeper import Timekeeper
from tests.bot.kept import MemoryBook, MemoryLedger
from tests.memory import MemoryJournal
from tests.world import SPECS, TEAM, Clock, FakeDirectory, FakeToolbox, voter

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CAROL = person(TEAM, "U_CAROL")


class Nobody:
    """Drives no run: each stays open until a test ends it."""

    def wake(self, run_id: RunId, *, urgent: bool = False) -> None:
        """Let it lie."""


class RememberingBook(MemoryBook):
    """A book that remembers what was decided to begin, and what was passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.fires: list[tuple[str, Fire]] = []
        self.passed = 0

    async def put(self, kept: Kept) -> bool:
        known = self.kept.get(kept.name)
        accepted = await super().put(kept)
        if accepted and kept.pending and not (known and known.pending):
            self.fires.append((kept.name, kept.pending))
        return accepted


@dataclass
class Hours:
    """What outlives every process, and one process after the other that looks at it."""

    schedules: Mapping[str, Schedule]
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=MemoryJournal)
    book: ScheduleBook = field(default_factory=RememberingBook)
    ledger: Ledger | None = None
    channels: dict[str, str] = field(default_factory=lambda: {"#ops": "C1"})

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, *schedules: Schedule) -> None:
        """A new process; with these schedules, if any are given."""
        if schedules:
            self.schedules = {one.name: one for one in schedules}
        memory = cast(MemoryJournal, self.journal)
        ledger = self.ledger or MemoryLedger(memory)
        directory = FakeDirectory()
        directory.known[CAROL] = voter(CAROL, "admins")
        self.standing = Standing(self.journal, ledger, self.clock)
        self.calendar = Calendar(self.schedules, self.book, self.standing, ledger, self.clock)
        self.switchboard = Switchboard(
            journal=self.journal, standing=self.standing, ledger=ledger, directory=directory, wake_all=_nothing, agents=("triage",),
            clock=self.clock, calendar=self.calendar,
        )
        self.runs = Runs(
            journal=self.journal, dispatcher=Nobody(), directory=directory, toolbox=FakeToolbox(SPECS), standing=self.standing,
            rules_for=cast(Any, None), clock=self.clock,
        )
        self.timekeeper = Timekeeper(
            calendar=self.calendar, book=self.book, standing=self.standing, runs=self.runs, skips=self.switchboard.skipped,
            place_of=self._place_of, clock=self.clock,
        )

    async def at(self, moment: datetime) -> None:
        """Look when the clock shows this."""
        self.clock.now = moment
        await self.timekeeper.tick()

    async def through(self, start: datetime, end: datetime, step: timedelta = MINUTE) -> None:
        """Look again and again."""
        while start <= end:
            await self.at(start)
            start += step

    def started(self) -> list[e.RunStarted]:
        """Every run, in the order in which they began."""
        rows = cast(MemoryJournal, self.journal).rows
        return [events[0].event for run_id, events in rows.items() if run_id != CONTROL and isinstance(events[0].event, e.RunStarted)]

    def texts(self) -> list[str]:
        """What the runs were asked."""
        return [run.text for run in self.started()]

    def control(self) -> list[str]:
        """What people did, by the kinds of its events."""
        return [row.event.kind for row in cast(MemoryJournal, self.journal).rows.get(CONTROL, ())]

    async def end(self, number: int = -1) -> RunId:
        """End a run, by its number among all."""
        run_id = [run_id for run_id in cast(MemoryJournal, self.journal).rows if run_id != CONTROL][number]
        seq = len(await self.journal.read(run_id))
        ended = e.Fact(e.RunFinished(e.Outcome.ANSWERED), SYSTEM, self.clock())
        await self.journal.append(run_id, [ended], after=seq, agent="triage")
        return run_id

    async def _place_of(self, channel: str) -> Place:
        if channel not in self.channels:
            raise SurfaceError(f"The bot sees no channel {channel}.")
        return Place(TEAM, self.channels[channel], "")


def schedule(times: Timetable, name: str = "nightly", **more: Any) -> Schedule:
    """A schedule of triage."""
    return replace(Schedule(name, times, "triage", "Report."), **more)


def hours(*schedules: Schedule, **more: Any) -> Hours:
    """Hours with these schedules."""
    return Hours({one.name: one for one in schedules}, **more)


async def _nothing() -> int:
    return 0
