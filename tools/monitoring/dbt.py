"""A dbt project's artifacts, measured: what failed, how fresh its sources were, and which columns its tables have.

https://docs.getdbt.com/reference/artifacts/dbt-artifacts
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.monitors import Measure, Monitor, Reading, Sample, Series, SourceDown, Watch
from agents.ports import Clock
from tools.monitoring.buckets import begin_of, named
from tools.monitoring.parts import DbtPart

LARGEST = 200_000_000
"""Bytes of a file that are read."""

TOLD = 20
"""Nodes that are named beside a number of them."""

VALUES: Mapping[str, frozenset[str]] = {
    "failures": frozenset({"error", "fail", "runtime error"}),
    "skipped": frozenset({"skipped"}),
    "warnings": frozenset({"warn", "partial success"}),
}
"""What can be counted of the last run: nodes with one of these states."""

SPANS = ("seconds", "age")
"""What else can be watched of it: how long it took, and how long ago it was."""

MADE_BY = {"run_results.json": "dbt build", "sources.json": "dbt source freshness", "catalog.json": "dbt docs generate"}


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
        files: dict[str, Any] = {}
        found: dict[str, Sample] = {}
        now = self._clock()
        for watch in monitor.watches:
            try:
                for sample in self._of(monitor, watch, files, now):
                    found[sample.series] = sample
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise SourceDown(f"{self._folder}: an artifact of dbt is not as expected ({type(error).__name__}: {error}).") from error
        kept = dict(list(found.items())[:monitor.most + len(monitor.watches)])
        many = len(found) - len(kept)
        notes = (f"{many} tables are left out: name those that matter under select, or raise most.",) if many else ()
        return Reading(tuple(kept.values()), notes)

    def _of(self, monitor: Monitor, watch: Watch, files: dict[str, Any], now: datetime) -> Iterator[Sample]:
        begin = begin_of(now, monitor.bucket)
        match watch.measure:
            case Measure.VALUE:
                value, summary = self._value(watch.column, self._file("run_results.json", files), now)
                yield Sample(Series(monitor.name, watch.name).key, begin, value, summary)
            case Measure.FRESHNESS:
                for result in self._file("sources.json", files)["results"]:
                    if self._counts(result["unique_id"]):
                        age = result.get("max_loaded_at_time_ago_in_s")
                        yield Sample(_key(monitor, watch, result["unique_id"]), begin, None if age is None else float(age))
            case Measure.SCHEMA:
                catalog = self._file("catalog.json", files)
                for node, table in {**catalog["nodes"], **catalog["sources"]}.items():
                    if self._counts(node):
                        held = sorted(table["columns"].values(), key=lambda column: int(column["index"]))
                        columns = [[str(column["name"]), str(column["type"]), None] for column in held]
                        yield Sample(_key(monitor, watch, node), begin, None, {"columns": columns})

    def _value(self, name: str, results: Mapping[str, Any], now: datetime) -> tuple[float, Mapping[str, Any] | None]:
        if name == "seconds":
            return float(results["elapsed_time"]), None
        if name == "age":
            made = datetime.fromisoformat(results["metadata"]["generated_at"])
            return (now - (made if made.tzinfo else made.replace(tzinfo=UTC))).total_seconds(), None
        wanted = VALUES[name]
        nodes = [one["unique_id"] for one in results["results"] if one["status"] in wanted and self._counts(one["unique_id"])]
        return float(len(nodes)), {"nodes": nodes[:TOLD]} if nodes else None

    def _counts(self, node: str) -> bool:
        return not self._part.select or any(name in (node, name_of(node), node.rpartition(".")[2]) for name in self._part.select)

    def _file(self, name: str, files: dict[str, Any]) -> Any:
        """The content of an artifact, read once. Raises SourceDown."""
        if name not in files:
            places = [self._folder / "target" / name, self._folder / name]
            path = next((place for place in places if place.is_file()), None)
            if path is None:
                raise SourceDown(f"There is no {name} in {places[0].parent}. It is made by `{MADE_BY[name]}`.")
            try:
                if path.stat().st_size > LARGEST:
                    raise SourceDown(f"{path} is larger than the {LARGEST // 1_000_000} MB that are read.")
                files[name] = json.loads(path.read_bytes())
            except OSError as error:
                raise SourceDown(f"{path} cannot be read: {error.strerror}.") from error
            except (ValueError, RecursionError) as error:
                raise SourceDown(f"{path} is no JSON: {error}. If dbt was writing it, the next look will do.") from error
        return files[name]


def name_of(node: str) -> str:
    """What people call a node: `orders` of `model.shop.orders`, `raw.orders` of `source.shop.raw.orders`."""
    kind, _, rest = node.partition(".")
    name = rest.partition(".")[2]
    return name if kind == "source" or "." not in name else name.partition(".")[0]


def _key(monitor: Monitor, watch: Watch, node: str) -> str:
    return Series(monitor.name, watch.name, named(("node",), (name_of(node),))).key
