"""The series of one monitor at one look: each is judged by what measures it, and what is new of them is told together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from agents.core.finding import Mark
from agents.core.monitoring import NOTHING, Said, Tell, Track
from agents.monitors import FindingSummary, History, Looked, Measure, Monitor, Sample, Watch, fingerprint_of
from agents.pools import Line as Kept
from agents.pools import dimensions_of, limit_of, limit_series, newest, targets
from scheduler.columns import Look, judged_columns
from scheduler.drift import Reference
from scheduler.judging import UNTOLD, Task, judged
from scheduler.lines import Line
from scheduler.outlook import is_due, looked_ahead
from scheduler.pictures import band_of, points_of
from scheduler.telling import NO_PICTURE, News, Shown, news_of


@dataclass(frozen=True, slots=True)
class Material:
    """What a monitor is judged by, beside its newest values."""

    lines: Mapping[str, Line]
    """Every series, as far as values are compared with."""
    tracks: Mapping[str, Track]
    """How each stood."""
    known: Sequence[FindingSummary]
    """What was found before, the newest first."""
    looks: Mapping[str, Sequence[Look]] = field(default_factory=dict)
    """By series of columns: the new looks at them."""
    whole: Mapping[str, History] = field(default_factory=dict)
    """By series that is looked ahead today: all that is kept of it."""
    compared: Mapping[str, Reference] = field(default_factory=dict)
    """By series of a distribution: what its newest summary was compared with."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look at a monitor came to."""

    through: datetime
    """Buckets that begin before this are judged."""
    tracks: Mapping[str, Track] = field(default_factory=dict)
    """Of the series that stand otherwise than before."""
    news: tuple[News, ...] = ()
    samples: tuple[Sample, ...] = ()
    """What is kept of looking ahead."""


def judgement_of(monitor: Monitor, looked: Looked, material: Material, now: datetime) -> Judgement:
    """Judge the buckets that were read and not judged yet. Takes milliseconds a series: to be done in a thread."""
    judging = _Judging(monitor, looked, material, now)
    for key, line in sorted(material.lines.items()) if looked.judged_through < looked.read_through else ():
        watch = watch_of(monitor, key)
        if watch is not None and watch.measure is Measure.SCHEMA:
            judging.columns(watch, key)
        elif watch is not None and watch.measure is not Measure.FORECAST:
            judging.values(watch, key, line)
    for watch in monitor.watches:
        if watch.measure is Measure.FORECAST:
            for key, target in targets(monitor, watch, material.lines).items():
                judging.ahead(watch, key, target)
    return Judgement(max(looked.judged_through, looked.read_through), judging.moved, tuple(judging.news), tuple(judging.samples))


class _Judging:
    """One look at one monitor."""

    def __init__(self, monitor: Monitor, looked: Looked, material: Material, now: datetime) -> None:
        self._monitor = monitor
        self._looked = looked
        self._material = material
        self._now = now
        self.moved: dict[str, Track] = {}
        self.news: list[News] = []
        self.samples: list[Sample] = []

    def values(self, watch: Watch, key: str, line: Line) -> None:
        """Judge a series of numbers."""
        track, own, looked = self._track(key), self._own(key), self._looked
        left_out, forget = _taught(own)
        task = Task(
            self._monitor, watch, key, History(line.at, line.values), int(looked.began.timestamp()), int(looked.judged_through.timestamp()),
            int(looked.read_through.timestamp()), self._now, track, said_of(track, own), forget, left_out,
        )
        outcome = judged(task)
        shown = Shown(points_of(task), band_of(task)) if outcome.tells else Shown()
        self._take(watch, key, outcome.track, [self._in_words(key, one) for one in outcome.tells], shown)

    def columns(self, watch: Watch, key: str) -> None:
        """Compare the columns of a table with those that it had."""
        track = self._track(key)
        looks = self._material.looks.get(key, ())
        self._take(watch, key, *judged_columns(track, looks, said_of(track, self._own(key)), self._monitor.bucket, self._now))

    def ahead(self, watch: Watch, key: str, target: str) -> None:
        """Look ahead, where a day is over."""
        track, history = self._track(key), self._material.whole.get(target)
        until = int(self._looked.read_through.timestamp())
        if history is None or not is_due(track, until):
            return
        named = limit_series(self._monitor, watch, key)
        line = self._material.lines.get(named)
        limit = limit_of(self._monitor, watch, key, newest({named: History(line.at, line.values)} if line else {}))
        kept = Kept(self._monitor, watch, dimensions_of(watch, key), history, limit)
        found = looked_ahead(kept, key, track, said_of(track, self._own(key)), until, self._now)
        self.samples += found.samples
        self._take(watch, key, found.track, found.tells, found.shown)

    def _in_words(self, key: str, tell: Tell) -> Tell:
        """With what is different in a column's values, where that is known of this bucket."""
        compared = self._material.compared.get(key)
        words = compared.words() if compared is not None and compared.last == tell.bucket.at else ""
        return replace(tell, bucket=replace(tell.bucket, why=f"{tell.bucket.why} Now: {words}.")) if words else tell

    def _track(self, key: str) -> Track:
        return self._material.tracks.get(key, UNTOLD)

    def _own(self, key: str) -> list[FindingSummary]:
        name = fingerprint_of(self._monitor.name, key)
        return [one for one in self._material.known if one.fingerprint == name]

    def _take(self, watch: Watch, key: str, track: Track, tells: Sequence[Tell], shown: Shown = NO_PICTURE) -> None:
        if track != self._track(key):
            self.moved[key] = track
        self.news += [news_of(self._monitor, watch, key, tell, shown) for tell in tells]


def watch_of(monitor: Monitor, key: str) -> Watch | None:
    """What a series is of; None where the monitor does not watch that any more."""
    found = [one for one in monitor.watches if key == one.name or key.startswith(f"{one.name} ")]
    return max(found, key=lambda one: len(one.name), default=None)


def said_of(track: Track, own: Sequence[FindingSummary]) -> Said:
    """What people said of the episode that a series is in."""
    for one in own:
        if one.began == str(track.began):
            snoozes = [mark.until for mark in one.marks if mark.mark is Mark.SNOOZED]
            return Said(frozenset(mark.mark for mark in one.marks), snoozes[-1] if snoozes else None)
    return NOTHING


def _taught(own: Sequence[FindingSummary]) -> tuple[tuple[tuple[int, int], ...], int | None]:
    """What people said is no example of what is usual: exceptions, and everything before a new level."""
    left_out, forget = [], None
    for one in own:
        began, marks = int(one.began or 0), {mark.mark for mark in one.marks}
        if Mark.EXCLUDE in marks and one.resolved_at is not None:
            left_out.append((began, int(one.resolved_at.timestamp())))
        if Mark.LEARN in marks:
            forget = max(began, forget or began)
    return tuple(left_out), forget
