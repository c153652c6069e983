"""Samples of monitors, and how monitors and their series stand. Only whoever has seen the newest version of a monitor changes it."""

import json
import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, exists, func, select

from agents.core.monitoring import Track
from agents.monitors import NO_TRACKS, History, Looked, Sample
from storage.codec import EPOCH, Redact, map_text, microseconds, moment
from storage.database import Database
from storage.points import DAY, packed, unpacked
from storage.schema import monitors, samples, series, summaries
from storage.writer import Transaction

SECOND = timedelta(seconds=1)

_KNOWN = select(monitors.c.number, monitors.c.version, monitors.c.definition).where(monitors.c.name == bindparam("name"))
_LAST_MONITOR, _LAST_SERIES = select(func.max(monitors.c.number)), select(func.max(series.c.number))
_FIRST = monitors.insert().inline()
_NEXT = (
    monitors.update().where(monitors.c.number == bindparam("this"))
    .values({column: bindparam(column.name) for column in monitors.c if column.name not in ("name", "number")})
)
_SERIES = select(series.c.key, series.c.number).where(series.c.monitor == bindparam("of"))
_NEW_SERIES = series.insert().inline()
_TRACK = series.update().where(series.c.number == bindparam("this")).values(track=bindparam("how"))
_DAY = select(samples.c.points).where(samples.c.series == bindparam("this"), samples.c.day == bindparam("then"))
_NEW_DAY = samples.insert().inline()
_MORE = (
    samples.update().where(samples.c.series == bindparam("this"), samples.c.day == bindparam("then")).values(points=bindparam("now"))
)
_REPLACED = summaries.delete().where(summaries.c.series == bindparam("this"), summaries.c.at == bindparam("then"))
_SUMMARY = summaries.insert().inline()

_OF_MONITOR = select(series.c.number).where(series.c.monitor == bindparam("of"))
_OLD = samples.delete().where(samples.c.series.in_(_OF_MONITOR), samples.c.day < bindparam("before"))
_OLD_SUMMARIES = summaries.delete().where(summaries.c.series.in_(_OF_MONITOR), summaries.c.at < bindparam("at"))
_EMPTY = series.delete().where(series.c.monitor == bindparam("of"), ~exists().where(samples.c.series == series.c.number))
_GONE = monitors.delete().where(
    monitors.c.number == bindparam("this"), monitors.c.through < bindparam("before"), ~exists().where(series.c.monitor == monitors.c.number)
)
_ERASED = (
    samples.delete().where(samples.c.series.in_(_OF_MONITOR)), summaries.delete().where(summaries.c.series.in_(_OF_MONITOR)),
    series.delete().where(series.c.monitor == bindparam("of")),
)

_LISTED = (
    select(series.c.number, series.c.key, series.c.track).join_from(series, monitors, series.c.monitor == monitors.c.number)
    .where(monitors.c.name == bindparam("name")).order_by(series.c.key)
)
_POINTS = (
    select(samples.c.day, samples.c.points)
    .where(samples.c.series == bindparam("this"), samples.c.day >= bindparam("first")).order_by(samples.c.day)
)
_SUMMARIES = (
    select(summaries.c.at, summaries.c.summary).where(summaries.c.series == bindparam("this"), summaries.c.at >= bindparam("since"))
)

Value = tuple[str, int, float | None, str | None]
"""Series, second, value and summary."""


class SqlSamples:
    """Implements `SampleBook`."""

    def __init__(self, database: Database, redact: Redact | None = None) -> None:
        """`redact` is applied to why a monitor could not look, and to what is kept beside values."""
        self._database = database
        self._redact = redact

    async def looked(self) -> Mapping[str, Looked]:
        """Every monitor that was ever looked at, by name."""
        return {row.name: _looked(row) for row in await self._database.read(select(monitors))}

    async def put(self, looked: Looked, samples: Sequence[Sample] = (), tracks: Mapping[str, Track] = NO_TRACKS) -> bool:
        """Write all of it at once; see `SampleBook.put`."""
        rows = [(one.series, _seconds(one.at), one.value, self._packed(one.summary)) for one in samples]
        looked = replace(looked, error=self._redact(looked.error)) if self._redact else looked
        how = {key: _tracks().dump_json(track, exclude_defaults=True).decode() for key, track in tracks.items()}
        return await self._database.write(lambda tx: _put(tx, looked, rows, how))

    async def tracks(self, monitor: str) -> Mapping[str, Track]:
        """Every series of a monitor, by key, as it was judged so far."""
        found = await self._database.read(_LISTED, {"name": monitor})
        return {row.key: _tracks().validate_json(row.track) if row.track else Track() for row in found}

    async def samples(self, monitor: str, since: datetime, series: str | None = None) -> tuple[Sample, ...]:
        """By series, then by time."""
        found: list[Sample] = []
        for row in await self._database.read(_LISTED, {"name": monitor}):
            if series in (None, row.key):
                told = {
                    at: json.loads(text)
                    for at, text in await self._database.read(_SUMMARIES, {"this": row.number, "since": _seconds(since)})
                }
                history = await self._history(row.number, since)
                found += (
                    Sample(row.key, EPOCH + at * SECOND, None if math.isnan(value) else value, told.get(at))
                    for at, value in zip(history.at, history.values, strict=True)
                )
        return tuple(found)

    async def history(self, monitor: str, series: str, since: datetime) -> History:
        """The values of one series, without summaries."""
        for row in await self._database.read(_LISTED, {"name": monitor}):
            if row.key == series:
                return await self._history(row.number, since)
        return History((), ())

    async def _history(self, number: int, since: datetime) -> History:
        at, values, least = array("q"), array("d"), _seconds(since)
        for day, points in await self._database.read(_POINTS, {"this": number, "first": least // DAY}):
            seconds, measured = unpacked(points)
            skipped = bisect_left(seconds, least - day * DAY)
            at.extend(day * DAY + second for second in seconds[skipped:])
            values.extend(measured[skipped:])
        return History(at, values)

    async def forget(self, monitor: str, before: datetime) -> int:
        """Erase days that lie wholly before this; see `SampleBook.forget`."""
        def work(tx: Transaction) -> int:
            known = tx.first(_KNOWN, {"name": monitor})
            if known is None:
                return 0
            day = _seconds(before) // DAY
            erased = tx.write(_OLD, [{"of": known[0], "before": day}])
            if erased:
                tx.write(_OLD_SUMMARIES, [{"of": known[0], "at": day * DAY}])
                tx.write(_EMPTY, [{"of": known[0]}])
            tx.write(_GONE, [{"this": known[0], "before": microseconds(before)}])
            return erased

        return await self._database.write(work)

    def _packed(self, summary: Mapping[str, Any] | None) -> str | None:
        if summary is None:
            return None
        return json.dumps(map_text(summary, self._redact) if self._redact else summary, separators=(",", ":"))


def _put(tx: Transaction, looked: Looked, rows: Sequence[Value], how: Mapping[str, str]) -> bool:
    known = tx.first(_KNOWN, {"name": looked.name})
    if (known[1] if known else 0) != looked.version - 1:
        return False
    number = known[0] if known else _after(tx.first(_LAST_MONITOR, {}))
    if known is None:
        tx.write(_FIRST, [{"number": number, "name": looked.name, **_row(looked)}])
    else:
        tx.write(_NEXT, [{"this": number, **_row(looked)}])
        if known[2] != looked.definition:
            for statement in _ERASED:
                tx.write(statement, [{"of": number}])
    numbers = _numbered(tx, number, dict.fromkeys((*(row[0] for row in rows), *how)))
    _write_days(tx, numbers, rows)
    _write_summaries(tx, numbers, rows)
    tx.write(_TRACK, [{"this": numbers[key], "how": text} for key, text in how.items()])
    return True


def _write_days(tx: Transaction, numbers: Mapping[str, int], rows: Sequence[Value]) -> None:
    """Put values among those of their day."""
    days: dict[tuple[int, int], dict[int, float | None]] = {}
    for key, at, value, _ in rows:
        days.setdefault((numbers[key], at // DAY), {})[at % DAY] = value
    new, more = [], []
    for (line, day), values in days.items():
        known = tx.first(_DAY, {"this": line, "then": day})
        if known is None:
            new.append({"series": line, "day": day, "points": packed(values)})
        else:
            stood: dict[int, float | None] = dict(zip(*unpacked(known[0]), strict=True))
            more.append({"this": line, "then": day, "now": packed({**stood, **values})})
    tx.write(_NEW_DAY, new)
    tx.write(_MORE, more)


def _write_summaries(tx: Transaction, numbers: Mapping[str, int], rows: Sequence[Value]) -> None:
    told = {(numbers[key], at): summary for key, at, _, summary in rows if summary is not None}
    tx.write(_REPLACED, [{"this": line, "then": at} for line, at in told])
    tx.write(_SUMMARY, [{"series": line, "at": at, "summary": summary} for (line, at), summary in told.items()])


def _numbered(tx: Transaction, monitor: int, keys: Mapping[str, None]) -> Mapping[str, int]:
    """The numbers of these series, which are new or known."""
    known: dict[str, int] = dict(row for row in tx.all(_SERIES, {"of": monitor})) if keys else {}
    new = [key for key in keys if key not in known]
    if new:
        first = _after(tx.first(_LAST_SERIES, {}))
        known.update((key, number) for number, key in enumerate(new, first))
        tx.write(_NEW_SERIES, [{"number": known[key], "monitor": monitor, "key": key, "track": None} for key in new])
    return known


def _after(found: Sequence[Any] | None) -> int:
    return ((found and found[0]) or 0) + 1


def _row(looked: Looked) -> dict[str, Any]:
    return {
        "version": looked.version, "definition": looked.definition, "began": microseconds(looked.began),
        "through": microseconds(looked.through), "read_through": microseconds(looked.read_through),
        "judged_through": microseconds(looked.judged_through), "error": looked.error,
        "error_since": microseconds(looked.error_since) if looked.error_since else None,
    }


def _looked(row: Any) -> Looked:
    since = moment(row.error_since) if row.error_since is not None else None
    began, through, read, judged = map(moment, (row.began, row.through, row.read_through, row.judged_through))
    return Looked(row.name, row.version, row.definition, began, through, read, judged, row.error, since)


def _seconds(at: datetime) -> int:
    return (at - EPOCH) // SECOND


@cache
def _tracks() -> TypeAdapter[Track]:
    return TypeAdapter(Track)
