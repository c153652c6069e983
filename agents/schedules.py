"""Schedules as they are configured, where their state is kept, and how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from agents.core.duration import show
from agents.core.ids import SYSTEM, RunId
from agents.core.schedule import UNTOUCHED, Due, Fire, Kept, Missed, Said
from agents.core.switches import Halt
from agents.ledger import Ledger, RunSummary
from agents.ports import Clock
from agents.standing import Standing

LATE = timedelta(minutes=1)
"""From here on it is told how late a run begins."""


class Timetable(Protocol):
    """When a schedule fires. Pure: the same moments always give the same times."""

    @property
    def words(self) -> str:
        """What says when it fires, as the configuration has it; two that fire at other times have other words."""

    @property
    def zone(self) -> tzinfo:
        """In which its times are told."""

    def after(self, moment: datetime) -> datetime:
        """The first time later than this moment, in UTC."""

    def due(self, floor: datetime, now: datetime) -> Due | None:
        """The times later than `floor` and not later than `now`; None where there are none."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run that begins by itself again and again."""

    name: str
    times: Timetable
    agent: str
    prompt: str
    channel: str = ""
    """`#name` or id of the channel in which its runs speak; empty where they are followed from the terminal."""
    delay: timedelta = timedelta()
    """How long after its time it begins, always the same: its share of the jitter."""
    overlaps: bool = False
    """Whether a run begins while the last one is still open."""
    enabled: bool = True
    """Whether time starts runs; people can have them in any case."""

    @property
    def definition(self) -> str:
        """See `Kept.definition`."""
        return self.times.words if self.enabled else ""

    def shown(self, at: datetime) -> str:
        """A moment in the schedule's own zone."""
        return f"{at.astimezone(self.times.zone):%a %d %b %Y %H:%M %Z}"

    def next_after(self, floor: datetime, now: datetime) -> datetime:
        """When it begins next, given up to when its times are dealt with. It may be over already."""
        return self.times.after(max(floor, now - self.delay)) + self.delay

    def asked(self, fire: Fire, now: datetime) -> str:
        """What its run is asked: which schedule this is, what was missed before it, and its prompt."""
        if fire.by == SYSTEM:
            late = now - fire.at - self.delay
            first = f"{self.name}, due {self.shown(fire.at)}{f', begun {show(late)} late' if late > LATE else ''}"
        else:
            first = f"{self.name}, run by {fire.name} {self.shown(fire.at)}"
        told = [first]
        if fire.missed:
            told.append(f"Missed before it: {self._listed(fire.missed)}.")
        if fire.skipped:
            told.append(f"Skipped before it, while {fire.because or 'its last run'} was still open: {self._listed(fire.skipped)}.")
        return "\n".join((*told, self.prompt))

    def _listed(self, missed: Missed) -> str:
        """How many, and which."""
        times = [self.shown(at) for at in missed.times]
        if missed.count > len(times):
            times = [times[0], times[1], "…", self.shown(missed.last)] if len(times) > 1 else [times[0], "…", self.shown(missed.last)]
        many = f"{'more than ' if missed.at_least else ''}{missed.count:,} {'time' if missed.count == 1 else 'times'}"
        return f"{many} ({', '.join(times)})"


class ScheduleBook(Protocol):
    """What is kept of schedules."""

    async def all(self) -> Mapping[str, Kept]:
        """Every schedule that was ever seen, by name."""

    async def put(self, kept: Kept) -> bool:
        """Write it as `kept.version`, durable on return; False where what stands there is not the version before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a schedule stands at one moment."""

    schedule: Schedule
    next: datetime | None
    """When it begins next; None where only people can start it."""
    last: datetime | None
    """The time for which it last started a run."""
    run: RunSummary | None
    """That run."""
    paused: Said | None
    halt: Halt | None
    """What freezes its agent."""
    skipped: Missed | None
    """Times at which nothing began since, because that run was open."""
    trouble: str = ""
    """Why it has not begun although its time has come; empty where nothing is wrong."""

    @property
    def is_open(self) -> bool:
        """Whether its last run is not over."""
        return self.run is not None and self.run.outcome is None


class Calendar:
    """How schedules stand. Reads only."""

    def __init__(
        self, schedules: Mapping[str, Schedule], book: ScheduleBook, standing: Standing, ledger: Ledger, clock: Clock
    ) -> None:
        self.schedules = schedules
        self.troubles: dict[str, str] = {}
        """Why those have not begun whose time has come, by name; whoever starts them writes it down."""
        self._book = book
        self._standing = standing
        self._ledger = ledger
        self._clock = clock

    async def entries(self) -> tuple[Entry, ...]:
        """Every schedule of the configuration, in its order."""
        kept = await self._book.all() if self.schedules else {}
        runs = await self._ledger.places([one.run_id for one in kept.values() if one.run_id])
        return tuple(self._entry(schedule, kept.get(schedule.name), runs) for schedule in self.schedules.values())

    async def open_run(self, name: str) -> RunId | None:
        """The run that this schedule started last, if it is not over."""
        kept = (await self._book.all()).get(name)
        if kept is None or kept.run_id is None:
            return None
        run = (await self._ledger.places([kept.run_id])).get(kept.run_id)
        return kept.run_id if run is not None and run.outcome is None else None

    def _entry(self, schedule: Schedule, kept: Kept | None, runs: Mapping[RunId, RunSummary]) -> Entry:
        now = self._clock()
        timing = self._standing.switches.schedules.get(schedule.name, UNTOUCHED)
        begins = schedule.enabled and timing.paused is None
        known = kept or Kept(schedule.name, 0, schedule.definition, now)
        floor = known.floor if known.definition == schedule.definition else now
        return Entry(
            schedule, schedule.next_after(floor, now) if begins else None, known.fired, runs.get(known.run_id) if known.run_id else None,
            timing.paused, self._standing.halt_of(schedule.agent), known.skipped, self.troubles.get(schedule.name, ""),
        )
