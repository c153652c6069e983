"""The monitors of a running bot: their sources, opened where there are any, and whether they are looked at in time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from agents.core.trigger import Place
from agents.figures import WorkBook
from agents.monitors import Monitor, MonitorSource
from agents.ports import Clock
from bot import duration
from bot.build import Engine, Store
from bot.config import Config
from bot.readiness import Check
from bot.settings import Settings
from scheduler.checks import Causes, Checks

if TYPE_CHECKING:
    from scheduler.causes import Look, Pipeline
    from tools.pipeline import Reader

log = logging.getLogger(__name__)

BEHIND = timedelta(minutes=10)
"""From here on a monitor that waits for its turn is told of."""


@asynccontextmanager
async def open_monitored(
    settings: Settings, config: Config, work: WorkBook, clock: Clock, monitors: Mapping[str, Monitor] | None = None
) -> AsyncIterator[Mapping[str, MonitorSource]]:
    """The sources of the configured monitors, or of some of them, by monitor. Nothing is opened or imported where there are none."""
    wanted = config.monitors if monitors is None else monitors
    if not wanted:
        yield {}
        return
    from bot.monitors import open_monitors

    async with open_monitors(settings, config, wanted, clock) as opened:
        yield {**opened, **_of_journal(config, wanted, work)}


def _of_journal(config: Config, monitors: Mapping[str, Monitor], work: WorkBook) -> Mapping[str, MonitorSource]:
    """The sources of monitors that watch our own runs."""
    from tools.monitoring.journal import JournalSource
    from tools.monitoring.parts import JournalPart

    most = {name: spec.limits.cost_per_day for name, spec in config.agents.items() if spec.limits.cost_per_day is not None}
    parts = {name: one.source for name, one in monitors.items() if isinstance(one.source, JournalPart)}
    return {name: JournalSource(work, (part.agent,) if part.agent else tuple(config.agents), most) for name, part in parts.items()}


@asynccontextmanager
async def open_checks(
    settings: Settings, config: Config, store: Store, engine: Engine, place_of: Callable[[str], Awaitable[Place]], clock: Clock
) -> AsyncIterator[Checks]:
    """What looks at the configured monitors."""
    async with open_monitored(settings, config, store.work, clock) as sources, Checks(
        monitors=config.monitors, sources=sources, samples=store.samples, findings=store.findings, incidents=engine.incidents,
        standing=engine.standing, place_of=place_of, clock=clock, causes=_causes(config, engine),
    ) as checks:
        yield checks


def _causes(config: Config, engine: Engine) -> Causes | None:
    """Where findings come from; None where no monitor has a place in a lineage, and then nothing is imported for it."""
    wanted = {one.lineage for one in config.monitors.values() if one.lineage and one.node}
    if not wanted:
        return None
    from scheduler.causes import LineageCauses
    from tools.lineage import LineageEntry, reader_of

    entries = (entry for entry in config.sources if isinstance(entry, LineageEntry) and entry.name in wanted)
    readers = {one.name: _look(one.name, reader_of(one.lineage, config.folder)) for one in entries}
    return LineageCauses(config.monitors, readers, engine.runs.see)


def _look(name: str, reader: "Reader") -> "Look":
    """Reads a pipeline; that it cannot be read is logged once."""
    from tools.artifacts import Unreadable

    said: set[str] = set()

    async def look() -> "Pipeline | None":
        try:
            found = await asyncio.to_thread(reader.look)
        except Unreadable as error:
            if str(error) not in said:
                log.warning("The lineage %s cannot be read, so that findings are told without their causes: %s", name, error)
                said.add(str(error))
            return None
        said.clear()
        return found

    return look


def is_looking(checks: Checks) -> Check:
    """For `/readyz`: well while no monitor waits long for its turn."""
    async def check() -> str | None:
        name, lag = checks.lag()
        return f"The monitor {name} is {duration.show(lag)} behind its turn; the log says why." if lag > BEHIND else None

    return check
