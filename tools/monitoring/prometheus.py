"""A Prometheus, measured: a query's value at the end of each bucket, for each combination of labels."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from agents.monitors import Measure, Monitor, Reading, Sample, Series, SourceDown, Watch
from agents.ports import Failed
from tools.monitoring.buckets import at, begins, named
from tools.monitoring.parts import PrometheusPart
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
        self._seen: dict[str, dict[str, datetime]] = {}
        """By watch: each combination of labels that was ever there, and when it was there last."""

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
            found += self._samples(monitor, watch, starts, self._kept(monitor, watch, values, notes))
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
            return named(monitor.dimensions, [labels.get(name, "") for name in monitor.dimensions])
        if len(labels) > LABELS:
            raise SourceDown(
                f"{self._part.source}: the query gives series with {len(labels)} labels ({', '.join(sorted(labels))}). Name up to {LABELS} "
                "of them under dimensions, or aggregate with sum by (…)."
            )
        return named(sorted(labels), [labels[name] for name in sorted(labels)])

    def _kept(
        self, monitor: Monitor, watch: Watch, values: dict[str, dict[int, float | None]], notes: dict[str, None]
    ) -> dict[str, dict[int, float | None]]:
        """The series that are told apart: those that were before, and then the biggest. What is left out is said."""
        seen = self._seen.setdefault(watch.name, {})
        free = max(monitor.most - sum(key in seen for key in values), 0)
        fresh = sorted((key for key in values if key not in seen), key=lambda key: (-_size(values[key]), key))
        if len(fresh) > free:
            notes[f"{watch.name} has more than {monitor.most} series; {len(fresh) - free} are left out. Aggregate the query."] = None
        return {key: points for key, points in values.items() if key in seen or key in fresh[:free]}

    def _samples(
        self, monitor: Monitor, watch: Watch, starts: range, values: Mapping[str, Mapping[int, float | None]]
    ) -> list[Sample]:
        """A sample for each bucket; None where a series has no point."""
        seen = self._seen[watch.name]
        if starts and not monitor.dimensions and not values and not seen:
            return [Sample(Series(monitor.name, watch.name).key, at(begin), None) for begin in starts]
        for key in values:
            seen[key] = at(starts.stop)
        for key in [key for key, last in seen.items() if last < at(starts.start) - timedelta(days=7)]:
            del seen[key]
        found = []
        for key in sorted({*values, *seen}):
            points = values.get(key, {})
            first = min(points, default=starts.start)
            series = Series(monitor.name, watch.name, key).key
            found += [Sample(series, at(begin), points.get(begin)) for begin in starts if begin >= first or key not in values]
        return found


def _size(points: Mapping[int, float | None]) -> float:
    known = [abs(value) for value in points.values() if value is not None]
    return math.fsum(known) / len(known) if known else 0.0
