"""A Prometheus, measured: a query's value at the end of each bucket, for each combination of labels."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from agents.monitors import Measure, Monitor, Reading, Sample, Series, SourceDown, Watch
from agents.ports import Failed
from tools.monitoring.buckets import NONE, at, begins, named
from tools.monitoring.parts import PrometheusPart
from tools.monitoring.seen import Seen
from tools.prometheus_answers import Prometheus
from tools.prometheus_queries import MOST, TIMEOUT
from tools.series import Series as Line
from tools.series import series_of

POINTS = 10_000
"""Points of a series in one answer; a Prometheus gives 11,000 at most."""

LABELS = 3
"""Labels of a series at most, where no dimensions are named."""


class PrometheusSource:
    """Implements `MonitorSource`."""

    has_past = True

    def __init__(self, prometheus: Prometheus, part: PrometheusPart) -> None:
        self._prometheus = prometheus
        self._part = part
        self._seen: dict[str, Seen] = {}
        """By watch."""

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """The buckets that begin in [since, until). Raises SourceDown."""
        starts = begins(since, until, monitor.bucket)
        found: list[Sample] = []
        notes: dict[str, None] = {}
        for watch in monitor.watches:
            if watch.measure is not Measure.VALUE:
                continue
            values: dict[str, dict[int, float | None]] = {}
            for first in range(starts.start, starts.stop, starts.step * POINTS):
                part = range(first, min(first + starts.step * POINTS, starts.stop), starts.step)
                lines, said = await self._asked(self._part.query or watch.expression, part)
                notes |= dict.fromkeys(said)
                for key, points in self._by_key(monitor, lines, notes).items():
                    values.setdefault(key, {}).update(points)
            found += self._samples(monitor, watch, starts, values, notes)
        return Reading(tuple(found), tuple(notes))

    async def _asked(self, query: str, starts: range) -> tuple[list[Line], Sequence[str]]:
        """The series of a query, with a point at the end of each of these buckets. Raises SourceDown."""
        step = starts.step
        asked = [
            ("query", query), ("start", str(starts.start + step)), ("end", str(starts[-1] + step)), ("step", str(step)),
            ("timeout", TIMEOUT), ("limit", MOST),
        ]  # fmt: skip
        answer = await self._prometheus.ask("query_range", asked)
        if isinstance(answer, Failed):
            raise SourceDown(f"{self._part.source}: {answer.text}")
        lines = series_of(answer.content.get("result")) if isinstance(answer.content, dict) else None
        if lines is None:
            raise SourceDown(f"{self._part.source}: Prometheus answered something that is no series of numbers.")
        return lines, answer.remarks

    def _by_key(self, monitor: Monitor, lines: Sequence[Line], notes: dict[str, None]) -> dict[str, dict[int, float | None]]:
        """The points of each combination of labels, by begin of their bucket. Raises SourceDown where one has two series."""
        step = int(monitor.bucket.total_seconds())
        values: dict[str, dict[int, float | None]] = {}
        for line in lines:
            key = self._dimensions(monitor, line.labels)
            if key in values:
                raise SourceDown(
                    f"{self._part.source}: the query gives several series{f' with {key}' if key else ''}. Aggregate it, such as with "
                    "sum by (…), or name more labels under dimensions."
                )
            values[key] = {int(time) - step: value if math.isfinite(value) else None for time, value in line.points}
            if line.histograms:
                notes[f"{key or 'The query'} gives native histograms, which are no numbers: use histogram_quantile."] = None
        return values

    def _dimensions(self, monitor: Monitor, labels: Mapping[str, str]) -> str:
        if monitor.dimensions:
            return named(monitor.dimensions, [labels.get(name) or NONE for name in monitor.dimensions])
        if len(labels) > LABELS:
            raise SourceDown(
                f"{self._part.source}: the query gives series with {len(labels)} labels ({', '.join(sorted(labels))}). Name up to {LABELS} "
                "of them under dimensions, or aggregate with sum by (…)."
            )
        return named(sorted(labels), [labels[name] for name in sorted(labels)])

    def _samples(
        self, monitor: Monitor, watch: Watch, starts: range, values: Mapping[str, Mapping[int, float | None]], notes: dict[str, None]
    ) -> list[Sample]:
        """A sample for each bucket, without a value where a series has no point. A series begins with its first point."""
        if not starts:
            return []
        seen = self._seen.setdefault(watch.name, Seen())
        kept = seen.kept(sorted(values, key=lambda key: (-_size(values[key]), key)), monitor.most, at(starts.stop))
        if len(values) > len(kept):
            left = len(values) - len(kept)
            notes[f"{watch.name} has more than {monitor.most} series; {left} are left out. Aggregate the query."] = None
        found = []
        for key in sorted(kept):
            first = min(values[key], default=starts.start)
            found += [Sample(_key(monitor, watch, key), at(begin), values[key].get(begin)) for begin in starts if begin >= first]
        gone = seen.gone(values) or ([""] if not values and not monitor.dimensions else [])
        return found + [Sample(_key(monitor, watch, key), at(begin), None) for key in gone for begin in starts]


def _key(monitor: Monitor, watch: Watch, dimensions: str) -> str:
    return Series(monitor.name, watch.name, dimensions).key


def _size(points: Mapping[int, float | None]) -> float:
    known = [abs(value) for value in points.values() if value is not None]
    return math.fsum(known) / len(known) if known else 0.0
