"""A dbt project's artifacts, measured: what failed, how fresh its sources were, and which columns its tables have. See `tools/dbt.py`."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.monitors import Measure, Monitor, Reading, Sample, Series, SourceDown, Watch
from agents.ports import Clock
from tools.artifacts import Unreadable, mark_of, member, members, read_object, unix, word
from tools.dbt import CATALOG, RUN_RESULTS, SOURCES
from tools.dbt_results import results_of
from tools.monitoring.buckets import begin_of, named
from tools.monitoring.names import VALUES
from tools.monitoring.parts import DbtPart

TOLD = 20
"""Nodes that are named beside a number of them."""

MADE_BY = {RUN_RESULTS: "dbt build", SOURCES: "dbt source freshness", CATALOG: "dbt docs generate"}

Artifact = Mapping[str, Any]


class DbtSource:
    """Implements `MonitorSource`."""

    has_past = False

    def __init__(self, folder: Path, part: DbtPart, clock: Clock) -> None:
        self._folder = folder
        self._part = part
        self._clock = clock

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """One sample of now of each series. Raises SourceDown."""
        return await asyncio.to_thread(self._read, monitor)

    def _read(self, monitor: Monitor) -> Reading:
        files: dict[str, Artifact] = {}
        found: list[Sample] = []
        left = 0
        for watch in monitor.watches:
            of_watch = list(self._of(monitor, watch, files))
            found += of_watch[:monitor.most]
            left = max(left, len(of_watch) - monitor.most)
        notes = (f"{left} tables are left out: name those that matter under select, or raise series.",) if left > 0 else ()
        return Reading(tuple(found), notes)

    def _of(self, monitor: Monitor, watch: Watch, files: dict[str, Artifact]) -> Iterator[Sample]:
        begin = begin_of(self._clock(), monitor.bucket)
        match watch.measure:
            case Measure.VALUE:
                value, summary = self._value(watch.column, self._file(RUN_RESULTS, files))
                yield Sample(Series(monitor.name, watch.name).key, begin, value, summary)
            case Measure.FRESHNESS:
                for one in members(self._file(SOURCES, files), "results"):
                    if self._counts(node := word(one, "unique_id")):
                        yield Sample(_key(monitor, watch, node), begin, _number(one.get("max_loaded_at_time_ago_in_s")))
            case Measure.SCHEMA:
                catalog = self._file(CATALOG, files)
                for node, table in sorted({**member(catalog, "nodes"), **member(catalog, "sources")}.items()):
                    if self._counts(node):
                        yield Sample(_key(monitor, watch, node), begin, None, {"columns": _columns(table)})

    def _value(self, name: str, artifact: Artifact) -> tuple[float | None, Mapping[str, Any] | None]:
        if name == "seconds":
            return _number(artifact.get("elapsed_time")), None
        if name == "age":
            made = unix(word(artifact, "metadata", "generated_at"))
            return None if made is None else self._clock().timestamp() - made, None
        nodes = [one.node for one in results_of(artifact).values() if one.status in VALUES[name] and self._counts(one.node)]
        return float(len(nodes)), {"nodes": nodes[:TOLD]} if nodes else None

    def _counts(self, node: str) -> bool:
        return bool(node) and (not self._part.select or any(one in (node, name_of(node)) for one in self._part.select))

    def _file(self, name: str, files: dict[str, Artifact]) -> Artifact:
        """The content of an artifact, read once. Raises SourceDown."""
        if name not in files:
            places = (self._folder, self._folder / "target")
            folder = next((place for place in places if mark_of(place / name)), None)
            if folder is None:
                raise SourceDown(f"There is no {name} in {self._folder} or its folder target. It is made by `{MADE_BY[name]}`.")
            try:
                files[name] = read_object(folder, name)
            except Unreadable as error:
                raise SourceDown(f"{error}.") from error
        return files[name]


def name_of(node: str) -> str:
    """What people and the lineage call a node: `orders` of `model.shop.orders`, `raw.orders` of `source.shop.raw.orders`."""
    parts = node.split(".")
    return ".".join(parts[2:3] if parts[0] in ("test", "unit_test") else parts[2:]) or node


def _columns(table: Any) -> list[list[str | None]]:
    held = sorted(members(table, "columns"), key=lambda column: _number(column.get("index")) or 0.0)
    return [[word(column, "name"), word(column, "type"), None] for column in held]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _key(monitor: Monitor, watch: Watch, node: str) -> str:
    return Series(monitor.name, watch.name, named(("node",), (name_of(node),))).key
