"""One series at one look: how its new buckets were, and what is told of it. It takes milliseconds, so it is done in a thread.

What decides is in `agents/core/monitoring.py`, what counts is in `agents/detection`; here they meet. numpy is imported when the first
series is judged.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agents.core.absence import missing_after
from agents.core.duration import show
from agents.core.finding import Direction, number
from agents.core.monitoring import NOTHING, Bucket, Said, State, Tell, Terms, Track, judge
from agents.monitors import History, Measure, Monitor, Watch
from scheduler.as_before import AsBefore, Range

if TYPE_CHECKING:
    from agents.detection.live import Judged

PIECE = 86400
"""Seconds that are judged at once."""

COUNTED = (Measure.VALUE, Measure.VOLUME, Measure.FRESHNESS)
"""What is missing where there is nothing to measure. A rate of no rows is not: their number is a measure of its own."""

UNTOLD = Track()
"""Of a series that is judged for the first time."""

JOURNAL = "journal"
"""The kind of monitor that knows by itself what is due."""

NEVER_NEGATIVE = frozenset(Measure) - {Measure.VALUE, Measure.FORECAST}


@dataclass(frozen=True, slots=True)
class Task:
    """What is known of a series when it is judged."""

    monitor: Monitor
    watch: Watch
    key: str
    history: History
    """Everything up to the last complete bucket."""
    began: int
    """Since when the monitor watches: Unix seconds."""
    since: int
    """Buckets that begin before this were judged."""
    until: int
    """Buckets that begin before this are complete."""
    now: datetime
    track: Track = UNTOLD
    said: Said = NOTHING
    """Of the finding of its episode."""
    forget: int | None = None
    """What was before is no example of what is usual: Unix seconds."""
    left_out: tuple[tuple[int, int], ...] = ()
    """Times that people said are none either."""

    @property
    def exceptions(self) -> tuple[tuple[int, int], ...]:
        """All times that are no example of what is usual."""
        return (*self.left_out, *self.track.left_out, *self.track.over)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    task: Task
    track: Track
    tells: tuple[Tell, ...] = ()


def least(watch: Watch, low: float) -> float:
    """The lower end of an expected range: what is counted is never below zero."""
    return max(low, 0.0) if watch.measure in NEVER_NEGATIVE else low


def judged(task: Task) -> Outcome:
    """The series after its new buckets. After a long sleep a day is judged after the other, as if the bot had been awake."""
    track, until = task.track, task.until
    tells: list[Tell] = []
    while True:
        piece = replace(task, until=min(until, task.since + PIECE), track=track)
        track, told = _judged(piece)
        tells += told
        if piece.until == until:
            return Outcome(replace(task, track=track), track, tuple(tells))
        task = replace(task, since=piece.until, said=task.said if track.began == task.track.began else NOTHING)


def _judged(task: Task) -> tuple[Track, tuple[Tell, ...]]:
    history, new = task.history, _new(task)
    end = bisect_left(history.at, task.until)
    judgements = {one.at: one for one in newest(task, end - bisect_left(history.at, task.since), end)} if new else {}
    buckets = [_bucket(task, at, value, judgements.get(at)) for at, value in new] + _missing(task)
    if not buckets:
        return task.track, ()
    before = AsBefore(history, task.monitor.bucket, lambda place: _range(task, place), task.exceptions)
    return judge(task.track, buckets, Terms(task.monitor.bucket, task.now, before, task.said))


def newest(task: Task, count: int, end: int | None = None) -> Sequence["Judged"]:
    """What the detector says of so many samples, the newest, or those before a place in the history."""
    from agents.detection.live import judge_newest

    at, values = task.history.at, task.history.values
    if end is not None:
        at, values = at[:end], values[:end]
    if count <= 0 or not at:
        return ()
    past = tuple((first, min(last, task.since - 1)) for first, last in task.exceptions if first < task.since)
    return judge_newest(at, values, newest=count, sensitivity=task.watch.sensitivity, excluded=past, relearn_from=task.forget)


def _new(task: Task) -> list[tuple[int, float]]:
    at, values = task.history.at, task.history.values
    return [(at[i], values[i]) for i in range(bisect_left(at, task.since), bisect_left(at, task.until)) if math.isfinite(values[i])]


def _range(task: Task, place: int) -> Range | None:
    found = newest(task, 1, place + 1)
    return Range(found[-1].low, found[-1].high) if found and not found[-1].learning else None


def _bucket(task: Task, at: int, value: float, said: "Judged | None") -> Bucket:
    watch = task.watch
    sure = said if said is not None and not said.learning else None
    score = sure.score * watch.sensitivity if sure else 0.0
    if watch.least is not None and value < watch.least:
        why = f"It must not be below {number(watch.least, watch.unit)}."
        return Bucket(at, State.FIRING, value, max(score, 1.0), watch.least, watch.most, "below", why, certain=True)
    if watch.most is not None and value > watch.most:
        why = f"It must not be above {number(watch.most, watch.unit)}."
        return Bucket(at, State.FIRING, value, max(score, 1.0), watch.least, watch.most, "above", why, certain=True)
    if sure is None:
        return Bucket(at, State.LEARNING, value)
    direction: Direction = "above" if value > sure.expected else "below"
    low = least(watch, sure.low)
    if watch.direction not in (None, direction):
        return Bucket(at, State.FINE, value, 0.0, low, sure.high, direction)
    return Bucket(at, State.FIRING if sure.fires else State.FINE, value, score, low, sure.high, direction, sure.why)


def _missing(task: Task) -> list[Bucket]:
    """The newest complete bucket, where it is missing; it fires as long as nothing comes."""
    length = int(task.monitor.bucket.total_seconds())
    newest_begin = task.until - length
    if task.watch.measure not in COUNTED or task.monitor.kind == JOURNAL or newest_begin < task.since:
        return []
    end = bisect_left(task.history.at, task.until)
    known = [at for at, value in zip(task.history.at[:end], task.history.values[:end], strict=True) if math.isfinite(value)]
    if not known:
        gone = task.track.began is not None and task.track.direction == "missing"
        return [Bucket(newest_begin, State.FINE)] if gone else []
    wait = missing_after(known, task.monitor.bucket)
    first = known[-1] + length
    if wait is None or first < task.began or newest_begin - known[-1] < wait:
        return []
    why = f"Nothing has come since; by its own past it should have come within {show(timedelta(seconds=wait))}."
    return [Bucket(newest_begin, State.FIRING, None, 0.0, direction="missing", why=why, since=first)]
