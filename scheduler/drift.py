"""How far a column's values are from what they were, as a metric of its own: the distance of each summary to those of the days before.

A day's summaries are pooled once it is over, and the reference is all days of the past together; on a first day it is what came before.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from agents.monitors import Measure, Monitor, Sample, SampleBook, history_of
from scheduler.lines import midnight

if TYPE_CHECKING:
    from agents.detection.drift import Summary

DAY = 86400


@dataclass(slots=True)
class Reference:
    """What the summaries of one series are compared with."""

    length: int
    """Days that count."""
    days: "dict[int, Summary]" = field(default_factory=dict)
    """Whole days, pooled, by their number since 1970."""
    today: int = -1
    running: "Summary | None" = None
    """What came of the newest day so far."""
    pool: "Summary | None" = None
    """All of the days, pooled; None where there are none or it is not known."""
    last: int = -1
    """The newest second that was compared."""
    compared: "tuple[list[Summary], Summary] | None" = None
    """What it was compared with, and its summary."""

    def compare(self, at: int, summary: "Summary") -> float | None:
        """The distance of a summary of this second from those before it, which it is one of from now on."""
        from agents.detection.drift import distance, pooled

        if at // DAY != self.today:
            self._turn(at // DAY)
        past = [one for one in (self.pool or self.running,) if one is not None]
        found = distance(past, summary)
        if at > self.last:
            self.last, self.compared = at, (past, summary)
        self.running = summary if self.running is None else pooled([self.running, summary], summary) or self.running
        return found

    def words(self) -> str:
        """What is different in the newest summary; empty where that is not known."""
        from agents.detection.drift import difference

        return difference(*self.compared) if self.compared is not None else ""

    def _turn(self, day: int) -> None:
        """Another day begins."""
        from agents.detection.drift import pooled

        if self.running is not None:
            self.days[self.today] = self.running
        self.days = {number: one for number, one in self.days.items() if number >= day - self.length}
        self.today, self.running = day, None
        newest = next(reversed(self.days.values()), None)
        self.pool = None if newest is None else pooled(list(self.days.values()), newest)


class Drifts:
    """The references of all series whose distribution is watched, read from what is stored when they are needed first."""

    def __init__(self, book: SampleBook) -> None:
        self._book = book
        self._known: dict[tuple[str, str], Reference] = {}

    async def measured(self, monitor: Monitor, samples: Sequence[Sample], now: datetime) -> tuple[Sample, ...]:
        """These samples, in which each summary of a column has its distance as value."""
        names = tuple(watch.name for watch in monitor.watches if watch.measure is Measure.DISTRIBUTION)
        mine = [one for one in samples if one.summary is not None and one.value is None and _is_of(one.series, names)]
        if not mine:
            return tuple(samples)
        since = midnight(now - history_of(monitor.bucket))
        for key in {one.series for one in mine}:
            if (monitor.name, key) not in self._known:
                past = await self._book.samples(monitor.name, since, key)
                self._known[monitor.name, key] = await asyncio.to_thread(_reference, monitor, past)
        values = await asyncio.to_thread(self._compared, monitor.name, mine)
        return tuple(replace(one, value=values[one.series, one.at]) if (one.series, one.at) in values else one for one in samples)

    def newest(self, monitor: str) -> Mapping[str, Reference]:
        """What the newest summary of each series was compared with."""
        return {key: one for (name, key), one in self._known.items() if name == monitor}

    def forget(self, monitor: str) -> None:
        """Read it anew the next time."""
        self._known = {place: one for place, one in self._known.items() if place[0] != monitor}

    def _compared(self, monitor: str, samples: Sequence[Sample]) -> dict[tuple[str, datetime], float | None]:
        found = {}
        for one in sorted(samples, key=lambda one: one.at):
            summary = _summary(one)
            known = self._known[monitor, one.series]
            found[one.series, one.at] = None if summary is None else known.compare(int(one.at.timestamp()), summary)
        return found


def _is_of(series: str, names: Sequence[str]) -> bool:
    return any(series == name or series.startswith(f"{name} ") for name in names)


def _reference(monitor: Monitor, past: Sequence[Sample]) -> Reference:
    known = Reference(history_of(monitor.bucket).days)
    for one in past:
        if (summary := _summary(one)) is not None:
            known.compare(int(one.at.timestamp()), summary)
    return known


def _summary(sample: Sample) -> "Summary | None":
    from agents.detection.drift import summary_of

    try:
        return summary_of(sample.summary) if sample.summary is not None else None
    except ValueError:
        return None
