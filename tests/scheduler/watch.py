"""Monitors on a real database, a source that measures a made-up world, and time that passes when it is told to."""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from agents.core.errors import SurfaceError
from agents.core.finding import Mark
from agents.core.ids import RunId
from agents.core.state import Run
from agents.core.trigger import Place
from agents.incidents import Incidents
from agents.monitors import FindingBook, FindingSummary, Measure, Monitor, MonitorSource, Reading, Sample, SampleBook, SourceDown, Watch
from agents.ports import Journal
from agents.runs import Runs
from agents.standing import Standing
from scheduler.checks import Causes, Checks
from scheduler.timetable import Every
from storage.database import Database, open_database
from storage.findings import SqlFindings
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.samples import SqlSamples
from tests.scheduler.hours import Nobody
from tests.world import ALICE, SPECS, TEAM, Clock, FakeDirectory, FakeToolbox

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIVE = 5 * MINUTE

Values = Callable[[datetime], float | None]
"""The value of a series in the bucket that begins then; None where there is no sample at all."""


def monitor(name: str = "orders", *watches: Watch, **more: Any) -> Monitor:
    """A monitor of a volume, every five minutes."""
    watched = watches or (Watch(Measure.VOLUME, unit="rows"),)
    made = Monitor(name, "sql", "shop", Every(FIVE), watched, agent="triage", subject="shop.orders")
    return replace(made, **more)


def usual(at: datetime) -> float:
    """A day of ups and downs with a little noise that is always the same."""
    second = int(at.timestamp())
    noise = ((second * 2654435761) % 1000) / 1000 - 0.5
    return 1000 + 500 * math.sin(2 * math.pi * second / 86400) + 40 * noise


@dataclass
class World:
    """What a source measures: by series, each bucket as a function of its begin."""

    series: dict[str, Values] = field(default_factory=lambda: {"volume": usual})
    has_past: bool = True
    down: str = ""
    """Why it cannot be read."""
    reads: list[tuple[datetime, datetime]] = field(default_factory=list)

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        self.reads.append((since, until))
        if self.down:
            raise SourceDown(self.down)
        begins = [since + number * monitor.bucket for number in range(int((until - since) / monitor.bucket))]
        found = ((key, at, values(at)) for key, values in self.series.items() for at in begins)
        return Reading(tuple(Sample(key, at, value) for key, at, value in found if value is not None))


def during(values: Values, *spans: tuple[datetime, datetime, Values]) -> Values:
    """These values, and others in some stretches of time."""
    def at(moment: datetime) -> float | None:
        return next((other(moment) for begin, end, other in spans if begin <= moment < end), values(moment))

    return at


@dataclass
class Watchtower:
    """One process that looks at monitors."""

    database: Database
    clock: Clock
    monitors: Mapping[str, Monitor]
    sources: Mapping[str, MonitorSource]
    journal: Journal
    samples: SampleBook
    findings: FindingBook
    causes: Causes | None = None

    def __post_init__(self) -> None:
        ledger, directory = SqlLedger(self.database), FakeDirectory()
        self.standing = Standing(self.journal, ledger, self.clock)
        self.runs = Runs(
            journal=self.journal, dispatcher=Nobody(), directory=directory, toolbox=FakeToolbox(SPECS), standing=self.standing,
            rules_for=cast(Any, None), clock=self.clock,
        )
        self.incidents = Incidents(
            runs=self.runs, journal=self.journal, dispatcher=Nobody(), directory=directory, standing=self.standing, clock=self.clock
        )
        self.channels = {"#ops": "C1"}
        self.checks = Checks(
            monitors=self.monitors, sources=self.sources, samples=self.samples, findings=self.findings, incidents=self.incidents,
            standing=self.standing, place_of=self._place_of, clock=self.clock, causes=self.causes,
        )

    async def at(self, moment: datetime) -> None:
        """Look when the clock shows this, until nothing is left to do."""
        self.clock.now = moment
        await self.checks.tick()
        await self.checks.settled()

    async def through(self, start: datetime, end: datetime, step: timedelta = FIVE) -> None:
        """Look again and again."""
        while start <= end:
            await self.at(start)
            start += step

    async def told(self, *, open_only: bool = False) -> Sequence[FindingSummary]:
        """Findings, the oldest first."""
        return tuple(reversed(await self.findings.findings(open_only=open_only)))

    async def run_of(self, finding: FindingSummary) -> Run:
        return await self.runs.see(finding.run_id)

    async def mark(self, finding: FindingSummary, mark: Mark, until: datetime | None = None) -> None:
        await self.incidents.mark(finding.run_id, mark, ALICE, until=until)

    async def signals(self) -> Sequence[str]:
        """What was told, each by the status and the sentence why."""
        found = []
        for run_id in sorted({one.run_id for one in await self.findings.findings()}, key=str):
            for row in await self.journal.read(RunId(run_id)):
                if row.event.kind == "signal_received":
                    found.append((row.at, f"{row.event.status}: {row.event.finding.why if row.event.finding else ''}"))
        return [text for _, text in sorted(found, key=lambda one: one[0])]

    async def _place_of(self, channel: str) -> Place:
        if channel not in self.channels:
            raise SurfaceError(f"The bot sees no channel {channel}.")
        return Place(TEAM, self.channels[channel], "")


@asynccontextmanager
async def watching(
    folder: Path, clock: Clock, sources: Mapping[str, MonitorSource], *monitors: Monitor, **more: Any
) -> AsyncIterator[Watchtower]:
    """A process with these monitors, on the database in this folder."""
    async with open_database(f"sqlite:///{folder}/journal.db") as database:
        journal = SqlJournal(database)
        tower = Watchtower(
            database, clock, {one.name: one for one in monitors}, sources, journal, SqlSamples(database), SqlFindings(database), **more
        )
        async with tower.checks:
            yield tower


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
