"""The columns of a table at one look after the other: each change is told, whatever is usual. It is over when the columns are back, when
somebody says so, or after a day in which they did not change again: then they are taken for granted. What disturbs nobody who names the
columns that they read, such as a new one, is taken for granted after three looks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from agents.core.monitoring import LARGE, SETTLES, SMALL, WORSE, Bucket, Said, State, Tell, Terms, Track, judge
from agents.detection.schema import Change, Column, Severity, changes, columns_of

SCORES = {Severity.HIGH: LARGE, Severity.MEDIUM: 2.0, Severity.LOW: SMALL}
"""How far outside a change is; it moves the monitor's own severity."""

TOLD = 6
"""So many changes are told one by one."""

Columns = tuple[tuple[str, str, bool | None], ...]


class Look(NamedTuple):
    """What a table had at one time."""

    at: int
    """Unix seconds."""
    summary: Mapping[str, Any]


def judged_columns(
    track: Track, looks: Sequence[Look], said: Said, bucket: timedelta, now: datetime
) -> tuple[Track, tuple[Tell, ...]]:
    """How a table's columns stand after these looks, and what is told of them."""
    tells: list[Tell] = []
    for look in looks:
        try:
            columns = columns_of(look.summary)
        except ValueError:
            continue
        if track.columns is None:
            track = replace(track, columns=_plain(columns), state=State.FINE)
            continue
        track, told = _judged(track, look.at, columns, said, bucket, now)
        tells += told
    return track, tuple(tells)


def _judged(
    track: Track, at: int, columns: Sequence[Column], said: Said, bucket: timedelta, now: datetime
) -> tuple[Track, Sequence[Tell]]:
    found = changes([Column(*one) for one in track.columns or ()], columns)
    score = max((SCORES[one.severity] for one in found), default=0.0)
    again = bool(found) and _plain(columns) != track.changed
    if again and track.began is not None:
        score = max(score, WORSE * track.told)
    one = Bucket(at, State.FIRING if again else State.FINE, None, score, direction="changed", why=_why(found))
    began = track.began
    settles = SETTLES if any(one.severity is not Severity.LOW for one in found) else timedelta()
    terms = Terms(bucket, now, lambda bucket, began: replace(bucket, score=max(bucket.score, 1.01) if found else 0.0), said, settles)
    after, told = judge(replace(track, changed=_plain(columns) if found else None), [one], terms)
    if after.began is None and began is not None:
        after = replace(after, columns=_plain(columns), changed=None)
    return after, told


def _why(found: Sequence[Change]) -> str:
    sentences = [one.sentence for one in found[:TOLD]]
    return " ".join([*sentences, f"And {len(found) - TOLD} more changes."] if len(found) > TOLD else sentences)


def _plain(columns: Sequence[Column]) -> Columns:
    return tuple((one.name, one.type, one.nullable) for one in columns)
