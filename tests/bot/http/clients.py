"""The API over fakes, on a real socket, with a token of each kind."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from agents.clients import Clients
from agents.core import events as e
from agents.core.approval import ApprovalRule, Refusal, Voter
from agents.core.errors import SurfaceError
from agents.core.ids import ActorId, local_person
from agents.core.trigger import Place
from agents.switchboard import Switchboard
from bot.config_api import ApiConfig, CallbackConfig
from bot.config_http import HttpConfig, RateConfig, RatesConfig
from bot.http.api_parts import Api
from bot.http.app import guarded
from bot.http.edge import Edge
from bot.http.refusals import Refusals
from bot.http.server import serving
from bot.listeners.waiting import Waiting
from bot.news import News
from bot.rooms import Kind
from bot.seen import Seen
from bot.tokens import hashed
from bot.visibility import Visibility
from tests.bot.http.web import desk_of, well
from tests.bot.kept import MemoryInbox, MemoryLedger
from tests.world import AGENT, TEAM, FakeDirectory, World
from tests.world import Bot as FakeBot

ROOT = local_person("root")
ADMIN = Voter(ROOT, "root", "root", "local", level=3, is_local=True)  # type: ignore[arg-type]  # an IntEnum's number
HOSTS = CallbackConfig(hosts=("127.0.0.1", "hooks.example.com"))

LIMITS = HttpConfig(rates=RatesConfig(address=RateConfig(per_second=100_000, burst=1_000_000)))

SECRETS = {name: f"cs_{name:x<43}" for name in ("viewer", "operator", "admin", "revoked", "expired", "bound", "approver")}
"""What each token shows."""


class Everybody(FakeDirectory):
    """The people of the world, root at the terminal, and programs."""

    clients: Clients

    def __init__(self, world: World) -> None:
        super().__init__()
        self.known[ROOT] = ADMIN
        people = FakeDirectory()
        people.known = self.known
        self.clients = Clients(people, world.standing, world.clock)

    async def voter(self, actor: ActorId) -> Voter:
        return await self.clients.voter(actor)


class MemoryUses:
    """When tokens were used."""

    def __init__(self) -> None:
        self.used: dict[str, datetime] = {}

    async def note(self, token: str, at: datetime) -> None:
        self.used[token] = at

    async def all(self) -> Mapping[str, datetime]:
        return self.used


class Halls:
    """Channels: C… are public, G… are private, D… are direct."""

    async def kind(self, channel: str, seconds: float) -> Kind:
        return {"C": Kind.PUBLIC, "G": Kind.PRIVATE}.get(channel[0], Kind.DIRECT)

    async def members(self, channel: str, seconds: float) -> frozenset[str]:
        return frozenset()


@dataclass
class Served:
    """An API that is served."""

    url: str
    edge: Edge
    world: World
    bot: FakeBot
    uses: MemoryUses
    session: aiohttp.ClientSession
    api: Api
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, who: str = "admin", body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status, and what is told, as a token; an empty one sends none."""
        sent = {"Authorization": f"Bearer {SECRETS.get(who, who)}"} if who else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, self.url + path, json=body, headers={**sent, **named}) as answer:
            told = await answer.json() if "json" in answer.content_type else await answer.text()
            self.headers = dict(answer.headers)
            return answer.status, told


async def _place(channel: str) -> Place:
    if channel == "#nowhere":
        raise SurfaceError("The bot sees no channel #nowhere.")
    return Place(TEAM, "C9", "")


async def let_in(board: Switchboard, world: World) -> None:
    """Make the tokens."""
    roles = {"viewer": "viewer", "admin": "admin"}
    for name, secret in SECRETS.items():
        until = world.clock() + timedelta(days=1) if name == "expired" else None
        agents = ("other",) if name == "bound" else ()
        made = await board.let_in(e.TokenMade(name, hashed(secret), roles.get(name, "operator"), "", agents, until), ROOT)
        assert not isinstance(made, Refusal)
    world.clock.pass_(days=2)
    assert not isinstance(await board.shut_out("revoked", ROOT), Refusal)


@asynccontextmanager
async def served(world: World | None = None) -> AsyncIterator[Served]:
    """The API with two agents, until the block ends."""
    world = world or World()
    rules = (ApprovalRule("*", ("role:operators", "api/approver", "api/operator")),)
    world.agents |= {"triage": replace(AGENT, approvals=rules), "other": replace(AGENT, name="other", approvals=rules)}
    world.directory = directory = Everybody(world)
    world.journal = journal = _news(world)
    async with world.running() as bot, aiohttp.ClientSession() as session:
        ledger, visibility, uses = MemoryLedger(world.journal), Visibility(Halls()), MemoryUses()  # type: ignore[arg-type]  # a fake
        board = Switchboard(
            journal=journal, standing=world.standing, ledger=ledger, directory=directory, wake_all=bot.runs.recover,
            agents=tuple(world.agents), clock=world.clock,
        )
        await let_in(board, world)
        api = Api(
            directory.clients, world.standing, visibility, Seen(ledger, visibility),
            Waiting(runs=bot.runs, ledger=ledger, visibility=visibility), journal, uses, ApiConfig(callbacks=HOSTS),
            lambda text: text.replace("hunter2", "[redacted]"), _place,
        )
        inbox = MemoryInbox()
        edge = Edge(
            bot.runs, board, ledger, journal, inbox, directory, world.agents, world.clock, {"database": well},
            desk_of(world, inbox, board, [], None), Refusals(board, world.clock), LIMITS, api=api,
        )
        guard, lobby = guarded(edge)
        async with serving(guard, "127.0.0.1", 0, lobby) as url:
            try:
                yield Served(url, edge, world, bot, uses, session, api)
            finally:
                api.news.close()


def _news(world: World) -> Any:
    """The world's journal, which tells of what is appended; the world reads its rows besides."""
    journal = world.journal

    class Telling(News):
        rows = journal.rows
        live_grants = staticmethod(journal.live_grants)

    return Telling(journal)
