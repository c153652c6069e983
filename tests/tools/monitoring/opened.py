"""Monitors as a configuration has them, and their sources as the bot opens them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from agents.monitors import Monitor, MonitorSource, Sample, Watch
from agents.ports import Clock
from scheduler.timetable import Every
from tools.kinds import KINDS
from tools.monitoring.kinds import open_sources, urls_of
from tools.monitoring.parts import MonitorPart
from tools.net import Net
from tools.source import Entry, SourceContext

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def monitor(part: MonitorPart, *watches: Watch, kind: str = "sql", **more: Any) -> Monitor:
    return Monitor("m", kind, part, Every(timedelta(minutes=5)), watches, **more)


@asynccontextmanager
async def sources(
    monitors: Mapping[str, Monitor], items: Sequence[Mapping[str, Any]] = (), *, environ: Mapping[str, str] | None = None,
    folder: Path = Path(), clock: Clock = lambda: NOW,
) -> AsyncIterator[Mapping[str, MonitorSource]]:
    entries = [_entry(item) for item in items]
    urls = (*urls_of(monitors.values()), *(url for entry in entries for url in entry.urls()))
    async with Net(hosts={urlsplit(url).hostname or "" for url in urls}) as net:
        context = SourceContext(net, str, lambda name: (environ or {}).get(name, ""), folder, clock, lambda name, tools: None)
        async with open_sources(monitors, context, entries) as found:
            yield found


def _entry(item: Mapping[str, Any]) -> Entry:
    key = next(key for key in KINDS if key in item)
    entry: Entry = TypeAdapter(KINDS[key].entry).validate_python(item)
    return entry


def told(samples: Sequence[Sample]) -> dict[str, list[tuple[str, float | None]]]:
    """The samples of each series, with their times."""
    found: dict[str, list[tuple[str, float | None]]] = {}
    for sample in samples:
        found.setdefault(sample.series, []).append((f"{sample.at:%d %H:%M}", sample.value))
    return found
