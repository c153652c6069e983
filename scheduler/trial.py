"""A look at a monitor that changes nothing: what would be read, how its newest buckets are judged, and what would be told."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agents.core.finding import number
from agents.core.monitoring import Track
from agents.monitors import NO_TRACKS, FindingSummary, History, Looked, Measure, Monitor, MonitorSource, Sample, SampleBook
from scheduler.drift import Drifts
from scheduler.judging import Task, least, newest
from scheduler.lines import Line, Lines
from scheduler.looking import Looks
from scheduler.series import judgement_of, watch_of
from scheduler.telling import News


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the newest sample of a series stands."""

    series: str
    at: datetime
    value: float
    """Not a number where there was nothing to measure."""
    words: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    looked: Looked
    """How the monitor would stand; its error says why it could not be read."""
    read: int
    """Samples."""
    notes: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    news: tuple[News, ...]


class Draft:
    """What is stored of a monitor, with what would be. Implements `SampleBook`; nothing of it is ever written."""

    def __init__(self, book: SampleBook | None) -> None:
        self._book = book
        self._looked: dict[str, Looked] = {}
        self._tracks: dict[str, Track] = {}
        self._new: dict[tuple[str, datetime], Sample] = {}
        self._anew = False
        self.read = 0

    async def looked(self) -> Mapping[str, Looked]:
        return {**(await self._book.looked() if self._book else {}), **self._looked}

    async def put(self, looked: Looked, samples: Sequence[Sample] = (), tracks: Mapping[str, Track] = NO_TRACKS) -> bool:
        known = (await self.looked()).get(looked.name)
        self._anew = self._anew or known is None or known.definition != looked.definition
        self._looked[looked.name] = looked
        self._tracks.update(tracks)
        self._new.update({(one.series, one.at): one for one in samples})
        self.read += len(samples)
        return True

    async def tracks(self, monitor: str) -> Mapping[str, Track]:
        known = await self._book.tracks(monitor) if self._book and not self._anew else {}
        return {**{series: Track() for series, _ in self._new}, **known, **self._tracks}

    async def samples(self, monitor: str, since: datetime, series: str | None = None) -> tuple[Sample, ...]:
        known = await self._book.samples(monitor, since, series) if self._book and not self._anew else ()
        new = {place: one for place, one in self._new.items() if one.at >= since and series in (None, one.series)}
        both = {**{(one.series, one.at): one for one in known}, **new}
        return tuple(both[place] for place in sorted(both))

    async def history(self, monitor: str, series: str, since: datetime) -> History:
        known = await self._book.history(monitor, series, since) if self._book and not self._anew else History((), ())
        line = Line(known)
        for one in sorted(self._new.values(), key=lambda one: one.at):
            if one.series == series and one.at >= since:
                line.add(int(one.at.timestamp()), math.nan if one.value is None else one.value)
        return History(line.at, line.values)

    async def forget(self, monitor: str, before: datetime) -> int:
        return 0


async def tried(
    monitor: Monitor, source: MonitorSource, book: SampleBook | None, known: Sequence[FindingSummary], now: datetime
) -> Trial:
    """Look at it, whether its time has come or not."""
    draft = Draft(book)
    looks = Looks({monitor.name: source}, draft, Lines(draft), Drifts(draft))
    looked, notes = await looks.up_to_date(monitor, (await draft.looked()).get(monitor.name), now)
    material = await looks.material(monitor, looked, known, now)
    judgement = judgement_of(monitor, looked, material, now)
    verdicts = [one for key, line in sorted(material.lines.items()) if (one := _verdict(monitor, looked, key, line, now)) is not None]
    return Trial(looked, draft.read, notes, tuple(verdicts), judgement.news)


def _verdict(monitor: Monitor, looked: Looked, key: str, line: Line, now: datetime) -> Verdict | None:
    watch = watch_of(monitor, key)
    if watch is None or not line.at:
        return None
    at, value = datetime.fromtimestamp(line.at[-1], UTC), line.values[-1]
    if watch.measure in (Measure.SCHEMA, Measure.FORECAST):
        return Verdict(key, at, value, "compared with the columns before" if watch.measure is Measure.SCHEMA else "days until the limit")
    until = int(looked.read_through.timestamp())
    said = newest(Task(monitor, watch, key, History(line.at, line.values), int(looked.began.timestamp()), until, until, now), 1)
    if not said or said[-1].at != line.at[-1]:
        return Verdict(key, at, value, "nothing was measured")
    one = said[-1]
    if one.learning:
        return Verdict(key, at, value, "learning")
    expected = f"{number(least(watch, one.low))} to {number(one.high)} expected"
    return Verdict(key, at, value, f"{expected}; {'outside' if one.outside else 'ok'}")
