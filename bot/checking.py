"""The monitors of a running bot: their sources, opened where there are any, and whether they are looked at in time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from agents.core.trigger import Place
from agents.monitors import MonitorSource
from agents.ports import Clock
from bot import duration
from bot.build import Engine, Store
from bot.config import Config
from bot.readiness import Check
from scheduler.checks import Checks

BEHIND = timedelta(minutes=10)
"""From here on a monitor that waits for its turn is told of."""


@asynccontextmanager
async def open_checks(
    config: Config, store: Store, engine: Engine, place_of: Callable[[str], Awaitable[Place]], clock: Clock
) -> AsyncIterator[Checks]:
    """What looks at the configured monitors, with their sources."""
    sources: Mapping[str, MonitorSource] = {}
    async with Checks(
        monitors=config.monitors, sources=sources, samples=store.samples, findings=store.findings, incidents=engine.incidents,
        standing=engine.standing, place_of=place_of, clock=clock,
    ) as checks:
        yield checks


def is_looking(checks: Checks) -> Check:
    """For `/readyz`: well while no monitor waits long for its turn."""
    async def check() -> str | None:
        name, lag = checks.lag()
        return f"The monitor {name} is {duration.show(lag)} behind its turn; the log says why." if lag > BEHIND else None

    return check
