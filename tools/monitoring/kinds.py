"""Opens what monitors read: each kind by its own file, imported when a monitor uses it."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from agents.core.errors import ConfigError
from agents.monitors import Monitor, MonitorSource, Reading, SourceDown
from tools.monitoring.parts import DbtPart, HttpPart, PrometheusPart, SqlPart
from tools.source import Entry, SourceContext

if TYPE_CHECKING:
    from tools.sql import Database


class Closed:
    """Stands where a source could not be opened. Implements `MonitorSource`."""

    def __init__(self, why: str, *, has_past: bool) -> None:
        self._why = why
        self.has_past = has_past

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """Raises SourceDown."""
        raise SourceDown(self._why)


class Redacted:
    """A source whose words hold no secrets: what it says is kept, and shown to people. Implements `MonitorSource`."""

    def __init__(self, source: MonitorSource, redact: Callable[[str], str]) -> None:
        self._source = source
        self._redact = redact

    @property
    def has_past(self) -> bool:
        """The source's own."""
        return self._source.has_past

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """What the source gives. Raises SourceDown."""
        try:
            reading = await self._source.read(monitor, since, until)
        except SourceDown as error:
            raise SourceDown(self._redact(str(error))) from error
        return replace(reading, notes=tuple(map(self._redact, reading.notes)))


def urls_of(monitors: Iterable[Monitor]) -> tuple[str, ...]:
    """The addresses that monitors name themselves: they may be reached."""
    return tuple(monitor.source.url for monitor in monitors if isinstance(monitor.source, HttpPart))


@asynccontextmanager
async def open_sources(
    monitors: Mapping[str, Monitor], context: SourceContext, entries: Iterable[Entry]
) -> AsyncIterator[Mapping[str, MonitorSource]]:
    """A live source for each monitor, by its name; not for those of our own journal, which is nobody's but the bot's to read.

    `entries` are the sources of `tools:` that monitors refer to. One that cannot be opened raises SourceDown when it is read. Monitors of
    one database share its connections; agents have others.
    """
    known = {entry.name: entry for entry in entries}
    async with AsyncExitStack() as stack:
        opener = _Opener(context, known, stack)
        found: dict[str, MonitorSource] = {}
        for name, monitor in monitors.items():
            try:
                source = await opener.source(monitor)
            except ConfigError as error:
                source = Closed(str(error), has_past=_has_past(monitor))
            if source is not None:
                found[name] = Redacted(source, context.redact)
        yield found


def _has_past(monitor: Monitor) -> bool:
    """Whether its source has a past once it can be opened, which is read then."""
    part = monitor.source
    return isinstance(part, PrometheusPart) or (isinstance(part, SqlPart) and part.time is not None)


class _Opener:
    """Opens sources, and each database once."""

    def __init__(self, context: SourceContext, entries: Mapping[str, Entry], stack: AsyncExitStack) -> None:
        self._context = context
        self._entries = entries
        self._stack = stack
        self._databases: dict[str, Database] = {}

    async def source(self, monitor: Monitor) -> MonitorSource | None:
        """The monitor's source; None for one of a kind that is opened elsewhere. Raises ConfigError."""
        context = self._context
        match monitor.source:
            case SqlPart():
                from tools.monitoring.sql import SqlSource

                return SqlSource(await self._database(monitor.source.source), monitor.source, context.clock)
            case PrometheusPart():
                return await self._prometheus(monitor.source)
            case HttpPart():
                from tools.monitoring.http import HttpSource

                return HttpSource(context.net, monitor.source, context.secret, context.clock)
            case DbtPart():
                from tools.monitoring.dbt import DbtSource

                return DbtSource(context.folder / monitor.source.project, monitor.source, context.clock)
        return None

    async def _prometheus(self, part: PrometheusPart) -> MonitorSource:
        from tools.monitoring.prometheus import PrometheusSource
        from tools.prometheus import PrometheusEntry, connect

        entry = self._entries.get(part.source)
        if not isinstance(entry, PrometheusEntry):
            raise ConfigError(f"There is no Prometheus source {part.source} among the tools.")
        return PrometheusSource(await self._stack.enter_async_context(connect(entry, self._context)), part)

    async def _database(self, name: str) -> "Database":
        from tools.sql import opened
        from tools.sql_config import SqlEntry

        entry = self._entries.get(name)
        if not isinstance(entry, SqlEntry):
            raise ConfigError(f"There is no SQL source {name} among the tools.")
        if name not in self._databases:
            self._databases[name] = await self._stack.enter_async_context(opened(entry, self._context))
        return self._databases[name]
