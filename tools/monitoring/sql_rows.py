"""A table's measurements on their way from rows to samples."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agents.monitors import Measure, Monitor, Sample, Series, Watch
from tools.monitoring.buckets import OTHER, at, named
from tools.monitoring.sql_query import BETWEEN
from tools.sql_text import Refused

Cells = Sequence[str]


@dataclass(slots=True)
class Group:
    """What was counted in one bucket of one group."""

    rows: int
    numbers: tuple[float | None, ...]
    """By the place of the watch."""
    newest: float | None = None
    """Unix seconds."""
    summaries: dict[int, Mapping[str, object]] = field(default_factory=dict)
    """By the place of the watch."""


Groups = dict[tuple[int, str], Group]
"""By begin of the bucket and key of the group."""


def gathered(rows: Iterable[Cells], count: int, timed: bool) -> Groups:
    """What `Plan.measures` gave for so many watches. Raises Refused where a value is no number."""
    found: Groups = {}
    for bucket, key, many, *rest in rows:
        numbers = tuple(number(cell) for cell in rest[:count])
        newest = number(rest[count]) if timed else None
        found[int(float(bucket)), text(key) or ""] = Group(int(many), numbers, newest)
    return found


def number(cell: str) -> float | None:
    """A number; None for null and for what is not finite. Raises Refused."""
    if cell == "NULL":
        return None
    if cell in ("true", "false"):
        return float(cell == "true")
    try:
        value = float(text(cell) or "")
    except ValueError:
        raise Refused(f"It gave {cell[:60]}, which is no number.") from None
    return value if math.isfinite(value) else None


def text(cell: str) -> str | None:
    """A value as text; None for null. Text that could be taken for something else is in quotes."""
    if cell == "NULL":
        return None
    return str(json.loads(cell)) if cell.startswith('"') and cell.endswith('"') and len(cell) > 1 else cell


def add_quantiles(groups: Groups, place: int, rows: Iterable[Cells]) -> None:
    """Put what `Plan.quantiles` gave to its groups."""
    values: dict[tuple[int, str], list[float]] = {}
    for bucket, key, _, value in rows:
        known = number(value)
        if known is not None:
            values.setdefault((int(float(bucket)), text(key) or ""), []).append(known)
    for where, group in groups.items():
        nulls = group.rows - int(group.numbers[place] or 0)
        group.summaries[place] = {"kind": "numeric", "count": group.rows, "nulls": nulls, "quantiles": values.get(where, [])}


def add_names(groups: Groups, place: int, rows: Iterable[Cells]) -> None:
    """Put what `Plan.names` gave to its groups."""
    values: dict[tuple[int, str], list[list[object]]] = {}
    for bucket, key, value, many in rows:
        values.setdefault((int(float(bucket)), text(key) or ""), []).append([text(value) or "", int(many)])
    for where, group in groups.items():
        nulls = group.rows - int(group.numbers[place] or 0)
        group.summaries[place] = {"kind": "category", "count": group.rows, "nulls": nulls, "top": values.get(where, [])}


def samples(monitor: Monitor, groups: Groups, starts: range, since: Mapping[str, float], newest: Mapping[str, float]) -> Iterator[Sample]:
    """A sample of each watch for each bucket, also for those in which there was nothing.

    `since` has for each group from when on it is there: before that it has no samples. `newest` has its newest row before the first bucket.
    """
    length = int(monitor.bucket.total_seconds())
    for key, first in sorted(since.items()):
        latest = newest.get(key)
        for begin in starts:
            group = groups.get((begin, key))
            if group is not None and group.newest is not None:
                latest = group.newest if latest is None else max(latest, group.newest)
            if begin + length <= first and group is None:
                continue
            age = None if latest is None else max(0.0, begin + length - latest)
            yield from _of(monitor, key, begin, group, age)


def dimensions_of(monitor: Monitor, key: str) -> str:
    """A group's key as a series has it."""
    if not monitor.dimensions:
        return ""
    values = [OTHER] * len(monitor.dimensions) if key == OTHER else key.split(BETWEEN)
    return named(monitor.dimensions, values[:len(monitor.dimensions)])


def _of(monitor: Monitor, key: str, begin: int, group: Group | None, age: float | None) -> Iterator[Sample]:
    dimensions = dimensions_of(monitor, key)
    for place, watch in enumerate(monitor.watches):
        if watch.measure in (Measure.SCHEMA, Measure.FORECAST):
            continue
        summary = group.summaries.get(place) if group else None
        value = age if watch.measure is Measure.FRESHNESS else _value(watch, group, place)
        yield Sample(Series(monitor.name, watch.name, dimensions).key, at(begin), value, summary)


def _value(watch: Watch, group: Group | None, place: int) -> float | None:
    if watch.measure is Measure.VOLUME:
        return float(group.rows) if group else 0.0
    if group is None or watch.measure is Measure.DISTRIBUTION:
        return None
    counted = group.numbers[place]
    if watch.measure in (Measure.NULL_RATE, Measure.ZERO_RATE):
        return (counted or 0.0) / group.rows if group.rows else None
    return counted
