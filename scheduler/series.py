"""The series of one monitor at one look: each is judged by what measures it, and what is new of them is told together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agents.core.finding import Mark
from agents.core.monitoring import NOTHING, Said, Track
from agents.monitors import FindingSummary, History, Looked, Monitor, Watch, fingerprint_of
from scheduler.judging import UNTOLD, Outcome, Task, judged
from scheduler.lines import Line
from scheduler.pictures import band_of, points_of
from scheduler.telling import News, Shown, news_of


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look at a monitor came to."""

    through: datetime
    """Buckets that begin before this are judged."""
    tracks: Mapping[str, Track]
    """Of the series that stand otherwise than before."""
    news: tuple[News, ...]


def judgement_of(
    monitor: Monitor, looked: Looked, lines: Mapping[str, Line], tracks: Mapping[str, Track], known: Sequence[FindingSummary], now: datetime
) -> Judgement:
    """Judge the buckets that were read and not judged yet. Takes milliseconds a series: to be done in a thread."""
    if looked.judged_through >= looked.read_through:
        return Judgement(looked.judged_through, {}, ())
    moved: dict[str, Track] = {}
    news: list[News] = []
    for key, line in sorted(lines.items()):
        watch = watch_of(monitor, key)
        if watch is None:
            continue
        track = tracks.get(key, UNTOLD)
        outcome = judged(_task(monitor, watch, key, looked, line, track, known, now))
        if outcome.track != track:
            moved[key] = outcome.track
        news += _told(outcome)
    return Judgement(looked.read_through, moved, tuple(news))


def watch_of(monitor: Monitor, key: str) -> Watch | None:
    """What a series is of; None where the monitor does not watch that any more."""
    found = [one for one in monitor.watches if key == one.name or key.startswith(f"{one.name} ")]
    return max(found, key=lambda one: len(one.name), default=None)


def _task(
    monitor: Monitor, watch: Watch, key: str, looked: Looked, line: Line, track: Track, known: Sequence[FindingSummary], now: datetime
) -> Task:
    own = [one for one in known if one.fingerprint == fingerprint_of(monitor.name, key)]
    left_out, forget = _taught(own)
    return Task(
        monitor, watch, key, History(line.at, line.values), int(looked.began.timestamp()), int(looked.judged_through.timestamp()),
        int(looked.read_through.timestamp()), now, track, said_of(track, own), forget, (*track.left_out, *left_out),
    )


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


def _told(outcome: Outcome) -> list[News]:
    if not outcome.tells:
        return []
    task, shown = outcome.task, Shown(points_of(outcome.task), band_of(outcome.task))
    return [news_of(task.monitor, task.watch, task.key, tell, shown) for tell in outcome.tells]


def utc(seconds: int) -> datetime:
    """This Unix second."""
    return datetime.fromtimestamp(seconds, UTC)
