"""The web application over fakes, on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from agents.switchboard import Switchboard
from bot.http.app import build_web
from bot.http.edge import Edge
from bot.http.server import serving
from tests.bot.kept import MemoryInbox, MemoryLedger
from tests.world import World


async def well() -> str | None:
    """Nothing is wrong."""
    return None


@asynccontextmanager
async def served(
    world: World | None = None, *, ready: Mapping[str, Callable[[], Awaitable[str | None]]] | None = None
) -> AsyncIterator[str]:
    """The address of the application until the block ends."""
    world = world or World()
    async with world.running() as bot:
        ledger = MemoryLedger(world.journal)
        switchboard = Switchboard(
            journal=world.journal, standing=world.standing, ledger=ledger, directory=world.directory, wake_all=bot.runs.recover,
            agents=tuple(world.agents), clock=world.clock,
        )
        edge = Edge(
            bot.runs, switchboard, ledger, world.journal, MemoryInbox(), world.directory, world.agents, world.clock,
            ready or {"database": well},
        )
        async with serving(build_web(edge), "127.0.0.1", 0) as url:
            yield url
