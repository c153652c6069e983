"""Brings what is stored of one monitor up to date. Each step is durable before the next, and only one of several processes makes it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agents.core.errors import CountersignError
from agents.core.monitoring import Track
from agents.monitors import (
    NO_TRACKS,
    FindingSummary,
    History,
    Looked,
    Measure,
    Monitor,
    MonitorSource,
    Reading,
    Sample,
    SampleBook,
    SourceDown,
    history_of,
)
from agents.pools import targets
from scheduler.columns import Look
from scheduler.drift import Drifts
from scheduler.judging import UNTOLD
from scheduler.lines import Lines, begin_of
from scheduler.outlook import is_due
from scheduler.series import Material

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds that one reading may take; sources have limits of their own, this one is for a source that hangs."""

CHUNK, STRETCH = 600, timedelta(hours=12)
"""So many buckets are read at once, two days of five minutes; of shorter ones as many as this time has."""

PART = 4000
"""So many samples are written at once: everything else that is written waits meanwhile."""

AGAIN = timedelta(minutes=1)
"""A reading that failed is tried again after this; only then, if it still fails, people hear of it."""


class Faster(CountersignError):
    """Another process has moved the monitor on; it is looked at anew."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What is read, and where it is kept."""

    sources: Mapping[str, MonitorSource]
    """By monitor."""
    book: SampleBook
    lines: Lines
    drifts: Drifts

    async def up_to_date(self, monitor: Monitor, stored: Looked | None, now: datetime) -> tuple[Looked, tuple[str, ...]]:
        """Read what is complete by now, a chunk after the other; how it stands then, and what people should know of it. Raises Faster."""
        source = self.sources[monitor.name]
        looked = stored
        if looked is None or looked.definition != monitor.definition:
            self.drifts.forget(monitor.name)
            looked = await self.put(stored, begun(monitor, stored, source, now))
        notes: dict[str, None] = {}
        end = complete(monitor, source, now)
        due = monitor.times.due(looked.through, now)
        done = replace(looked, through=due.at if due else looked.through, error="", error_since=None)
        try:
            while looked.read_through < end:
                until = min(end, looked.read_through + max(CHUNK * monitor.bucket, STRETCH)) if source.has_past else end
                reading = await self._read(monitor, source, looked.read_through if source.has_past else end - monitor.bucket, until)
                notes.update(dict.fromkeys(reading.notes))
                samples = await self.drifts.measured(monitor, reading.samples, now)
                looked = await self._keep(looked, replace(done if until == end else looked, read_through=until), samples)
        except SourceDown as error:
            return await self._failed(monitor, looked, str(error), now), tuple(notes)
        return await self.put(looked, replace(done, version=looked.version, read_through=looked.read_through)), tuple(notes)

    async def put(
        self, before: Looked | None, after: Looked, samples: Sequence[Sample] = (), tracks: Mapping[str, Track] = NO_TRACKS
    ) -> Looked:
        """Write how it stands now, if anything is new. Raises Faster."""
        if before == after and not samples and not tracks:
            return after
        written = replace(after, version=(before.version if before else 0) + 1)
        if not await self.book.put(written, samples, tracks):
            self.lines.forget(after.name)
            self.drifts.forget(after.name)
            raise Faster(f"{after.name} was moved on by another process.")
        self.lines.moved(before, written, samples)
        return written

    async def _keep(self, looked: Looked, after: Looked, samples: Sequence[Sample]) -> Looked:
        """Write samples in parts, and with the last of them how the monitor stands then."""
        for start in range(0, len(samples) - PART, PART):
            looked = await self.put(looked, looked, samples[start:start + PART])
        rest = (len(samples) - 1) // PART * PART if samples else 0
        return await self.put(looked, replace(after, version=looked.version), samples[rest:])

    async def _read(self, monitor: Monitor, source: MonitorSource, since: datetime, until: datetime) -> Reading:
        """What it gives, or SourceDown, whatever went wrong: one monitor's trouble is its own."""
        try:
            async with asyncio.timeout(PATIENCE):
                reading = await source.read(monitor, since, until)
        except TimeoutError:
            raise SourceDown(f"It gave no answer within {PATIENCE:.0f} seconds.") from None
        except SourceDown:
            raise
        except Exception as error:  # the edge of a source: the monitor says that it could not look, and the log has the rest
            log.exception("%s could not be read", monitor.name)
            raise SourceDown(f"It could not be read: {type(error).__name__}. The bot's log has the details.") from error
        known = tuple(one for one in reading.samples if since <= one.at < until)
        return replace(reading, samples=known)

    async def _failed(self, monitor: Monitor, looked: Looked, why: str, now: datetime) -> Looked:
        """Why it could not look, and since when. Its time is over only once people hear of it: until then it is tried again soon."""
        since = looked.error_since or now
        due = monitor.times.due(looked.through, now) if now - since >= AGAIN else None
        return await self.put(looked, replace(looked, error=why, error_since=since, through=due.at if due else looked.through))


    async def material(self, monitor: Monitor, looked: Looked, known: Sequence[FindingSummary], now: datetime) -> Material:
        """What the buckets that were not judged yet are judged by."""
        lines, tracks = await self.lines.of(monitor, looked), await self.book.tracks(monitor.name)
        looks: dict[str, list[Look]] = {}
        whole: dict[str, History] = {}
        for watch in monitor.watches:
            if watch.measure is Measure.SCHEMA and looked.judged_through < looked.read_through:
                for key in (key for key in lines if key == watch.name or key.startswith(f"{watch.name} ")):
                    looks[key] = await self._columns(monitor, looked, key, tracks.get(key, UNTOLD), now)
            elif watch.measure is Measure.FORECAST:
                for key, target in targets(monitor, watch, lines).items():
                    if target not in whole and is_due(tracks.get(key, UNTOLD), int(looked.read_through.timestamp())):
                        whole[target] = await self.book.history(monitor.name, target, now - monitor.keep)
        return Material(lines, tracks, known, looks, whole, self.drifts.newest(monitor.name))


    async def _columns(self, monitor: Monitor, looked: Looked, key: str, track: Track, now: datetime) -> list[Look]:
        """The new looks at a table's columns; before the first of all of them the one with which its past was read, to compare with."""
        since = looked.judged_through if track.columns is not None else now - history_of(monitor.bucket)
        found = [one for one in await self.book.samples(monitor.name, since, key) if one.summary is not None]
        past = sum(one.at < looked.judged_through for one in found)
        return [Look(int(one.at.timestamp()), one.summary) for one in found[max(past - 1, 0):] if one.summary is not None]


def begun(monitor: Monitor, stored: Looked | None, source: MonitorSource, now: datetime) -> Looked:
    """How a monitor stands that was never looked at, or compares something else now. What is complete by now is its past."""
    end = complete(monitor, source, now)
    if not source.has_past:
        end -= monitor.bucket
    first = begin_of(now - history_of(monitor.bucket), monitor.bucket) if source.has_past else end
    return Looked(monitor.name, stored.version if stored else 0, monitor.definition, now, now, first, end)


def complete(monitor: Monitor, source: MonitorSource, now: datetime) -> datetime:
    """Buckets that begin before this are complete. A source without a past is asked for now, which is what it is."""
    if not source.has_past:
        return begin_of(now, monitor.bucket) + monitor.bucket
    return begin_of(now - monitor.delay, monitor.bucket)


def is_behind(monitor: Monitor, looked: Looked | None) -> bool:
    """Whether the past that it compares with is not read whole."""
    return looked is None or looked.definition != monitor.definition or looked.read_through < looked.judged_through
