"""Monitors, their samples and findings in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.fold import fold
from agents.core.monitoring import Track
from agents.monitors import NO_TRACKS, FindingSummary, History, Looked, Marking, Measure, Monitor, Sample, Watch
from scheduler.timetable import Every
from tests.memory import MemoryJournal

ORDERS = Monitor(
    "orders", "sql", "shop.orders", Every(timedelta(minutes=5)), (Watch(Measure.VOLUME, unit="rows"),), channel="#incidents",
    agent="triage", subject="shop.orders", owner="data team",
)


class MemorySamples:
    """Implements `SampleBook` for what is put into it."""

    def __init__(self) -> None:
        self.stands: dict[str, Looked] = {}
        self.kept: dict[str, list[Sample]] = {}

    async def looked(self) -> Mapping[str, Looked]:
        await asyncio.sleep(0)
        return dict(self.stands)

    async def put(self, looked: Looked, samples: Sequence[Sample] = (), tracks: Mapping[str, Track] = NO_TRACKS) -> bool:
        await asyncio.sleep(0)
        self.stands[looked.name] = looked
        self.kept.setdefault(looked.name, []).extend(samples)
        return True

    async def tracks(self, monitor: str) -> Mapping[str, Track]:
        await asyncio.sleep(0)
        return {one.series: Track() for one in self.kept.get(monitor, ())}

    async def samples(self, monitor: str, since: datetime, series: str | None = None) -> tuple[Sample, ...]:
        await asyncio.sleep(0)
        return tuple(one for one in self.kept.get(monitor, ()) if one.at >= since and series in (None, one.series))

    async def history(self, monitor: str, series: str, since: datetime) -> History:
        found = await self.samples(monitor, since, series)
        return History([int(one.at.timestamp()) for one in found], [float("nan") if one.value is None else one.value for one in found])

    async def forget(self, monitor: str, before: datetime) -> int:
        raise AssertionError("Nobody forgets here.")


class MemoryFindings:
    """Implements `FindingBook` over a journal in memory."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal

    async def findings(
        self, *, monitor: str | None = None, since: datetime | None = None, open_only: bool = False
    ) -> tuple[FindingSummary, ...]:
        await asyncio.sleep(0)
        found = [one for rows in self._journal.rows.values() for one in _summaries(rows)]
        kept = [
            one for one in found
            if monitor in (None, one.monitor) and (one.status == "firing" or not open_only)
            and (since is None or one.resolved_at is None or one.resolved_at >= since)
        ]  # fmt: skip
        return tuple(sorted(kept, key=lambda one: one.opened_at, reverse=True))


def _summaries(rows: Sequence[e.Recorded]) -> list[FindingSummary]:
    if not isinstance(rows[0].event, e.RunStarted):
        return []
    run = fold(rows)
    opened = {row.event.fingerprint: row.at for row in reversed(rows) if isinstance(row.event, e.SignalReceived)}
    marks = tuple(Marking(one.mark, one.name, one.at, one.until) for one in run.marks)
    return [
        FindingSummary(run.run_id, run.trigger.incident, name, alert.status, opened[name], alert.ended, marks)
        for name, alert in run.signals.items() if alert.finding
    ]  # fmt: skip
