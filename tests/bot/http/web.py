"""The web application over fakes, on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from agents.mailroom import Mailroom
from agents.ports import Delivery
from agents.switchboard import Switchboard
from bot.config_http import HttpConfig
from bot.http.app import guarded
from bot.http.edge import Edge, SlackEndpoint, Webhook
from bot.http.guard import Guard
from bot.http.refusals import Refusals
from bot.http.server import serving
from bot.listeners.desk import Desk, Handler
from bot.listeners.payloads import Ears
from bot.listeners.whisper import Whisper
from bot.slack import Slack
from tests.bot.kept import MemoryInbox, MemoryLedger
from tests.world import World

SECRET = "sandbox-secret"
CLIENT = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/")


async def well() -> str | None:
    """Nothing is wrong."""
    return None


@dataclass
class Web:
    """An application that is served."""

    url: str
    edge: Edge
    inbox: MemoryInbox
    world: World
    guard: Guard
    handled: list[str] = field(default_factory=list)
    """Keys of deliveries that were dealt with, in order."""


def desk_of(
    world: World, inbox: MemoryInbox, switchboard: Switchboard, handled: list[str], handlers: Mapping[str, Handler] | None
) -> Desk:
    async def handle(delivery: Delivery) -> None:
        handled.append(delivery.key)

    async def looked_at(body: Any) -> Mapping[str, str]:
        return {"reason": "Say why."} if body["view"].get("callback_id") == "wrong" else {}

    return Desk(
        inbox=inbox, mailroom=Mailroom(inbox=inbox, switchboard=switchboard, directory=world.directory, clock=world.clock),
        handlers=handlers or dict.fromkeys(("event", "action", "view", "shortcut", "webhook", "home"), handle), check=looked_at,
        whisper=Whisper(CLIENT), ears=Ears("U01BOT"), clock=world.clock,
    )


@asynccontextmanager
async def served(world: World | None = None, **more: Any) -> AsyncIterator[str]:
    """The address of the application until the block ends."""
    async with web(world, **more) as made:
        yield made.url


@asynccontextmanager
async def web(
    world: World | None = None, *, ready: Mapping[str, Callable[[], Awaitable[str | None]]] | None = None,
    limits: HttpConfig | None = None, hooks: frozenset[str] = frozenset(), over_http: bool = False,
    handlers: Mapping[str, Handler] | None = None, webhooks: Mapping[str, Webhook] | None = None,
) -> AsyncIterator[Web]:
    """The application, served until the block ends. `over_http` lets Slack call it."""
    world, inbox = world or World(), MemoryInbox()
    async with world.running() as bot:
        ledger = MemoryLedger(world.journal)
        switchboard = Switchboard(
            journal=world.journal, standing=world.standing, ledger=ledger, directory=world.directory, wake_all=bot.runs.recover,
            agents=tuple(world.agents), clock=world.clock,
        )
        handled: list[str] = []
        desk = desk_of(world, inbox, switchboard, handled, handlers)

        async def command(body: Any) -> None:
            handled.append(f"/ops {body.get('text', '')}")

        slack = Slack(CLIENT, CLIENT, None, "", "T01ACME", "Acme", "U01BOT", "B01BOT", None)  # type: ignore[arg-type]  # nothing is asked
        edge = Edge(
            bot.runs, switchboard, ledger, world.journal, inbox, world.directory, world.agents, world.clock,
            ready or {"database": well}, desk, Refusals(switchboard, world.clock), limits or HttpConfig(),
            SlackEndpoint(slack, command, SECRET, desk) if over_http else None, hooks, webhooks or {},
        )
        guard, lobby = guarded(edge)
        async with desk, serving(guard, "127.0.0.1", 0, lobby) as url:
            yield Web(url, edge, inbox, world, guard, handled)
            await desk.drain(1)
