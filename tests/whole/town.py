"""Acme with its company, and bots that come and go in it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

import bot.sandbox
from agents.core.events import Recorded
from agents.core.ids import RunId
from agents.ledger import AuditQuery
from bot.build import open_reader
from bot.config import Config, load
from bot.sandbox.app import Sandbox, running
from bot.sandbox.visitor import Message, Visitor, button_of
from bot.serve import Bot, at_work
from bot.settings import Settings

INCIDENTS = "C01INCIDENTS"
BOT = "U01BOT"
CONFIG = Path(bot.sandbox.__file__).parent / "countersign.yaml"


@dataclass
class Town:
    """Everything that outlives a bot."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    settings: Settings
    config: Config

    def person(self, user: str) -> Visitor:
        """Somebody of the workspace."""
        return Visitor(self.session, self.sandbox.url, user)

    @property
    def dana(self) -> Visitor:
        """Reports things."""
        return self.person("U01DANA")

    @property
    def alice(self) -> Visitor:
        """An operator."""
        return self.person("U01ALICE")

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Bot]:
        """A bot at work; leaving the block drains it."""
        async with at_work(self.settings, self.config) as bot:
            yield bot

    async def post(self, path: str, body: Any) -> Any:
        """Tell the sandbox's model or company something."""
        async with self.session.post(f"{self.sandbox.url}/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def get(self, path: str) -> Any:
        """Ask the sandbox's model or company something."""
        async with self.session.get(f"{self.sandbox.url}/{path}") as response:
            return await response.json()

    async def scene(self, pattern: str, *turns: dict[str, Any]) -> None:
        """Make the model play these turns where the first words of a person match the pattern."""
        await self.post("model/scenes", {"title": "a test", "match": {"text": [pattern]}, "turns": list(turns)})

    async def effects(self) -> list[Any]:
        """What the company really carried out."""
        return list((await self.get("company/effects"))["effects"])

    async def mention(self, text: str, who: str = "U01DANA") -> str:
        """Somebody asks the bot in #incidents."""
        return await self.person(who).post(INCIDENTS, f"@countersign {text}")

    async def see(self, ts: str, what: str, wanted: Callable[[Message], bool], user: str = "U01DANA") -> Message:
        """Wait for a message in the thread."""
        return await self.person(user).see(INCIDENTS, ts, what, wanted)

    async def card(self, ts: str) -> Message:
        """The card that waits in the thread."""
        return await self.see(ts, "a card", lambda m: not m["ephemeral"] and button_of(m, "approve") is not None)

    async def answer(self, ts: str) -> Message:
        """The run's answer."""
        return await self.see(ts, "the answer", lambda m: "/answer:" in key_of(m))

    async def bots_messages(self, ts: str) -> list[Message]:
        """What the bot said to everybody in the thread."""
        return [m for m in await self.dana.thread(INCIDENTS, ts) if m["user"] == BOT and not m["ephemeral"]]

    async def events(self, run_id: RunId | None = None) -> list[Recorded]:
        """The journal, oldest first."""
        async with open_reader(self.settings) as reader:
            return list(reversed((await reader.ledger.audit(AuditQuery(run_id=run_id, limit=1000))).events))

    async def runs(self) -> int:
        """How many runs there are."""
        async with open_reader(self.settings) as reader:
            return len(await reader.ledger.runs(limit=100))


def key_of(message: Message) -> str:
    """The event's key that a message of the bot carries."""
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("key", ""))


def unwatched(folder: Path, more: str = "") -> Path:
    """A configuration like the sandbox's, in which no monitor looks at a data pipeline that is not there."""
    path = folder / "countersign.yaml"
    others = re.sub(r"^(monitors|digests):\n.*?(?=^\w|\Z)", "", CONFIG.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    path.write_text(others + more, encoding="utf-8")
    if not (folder / "runbooks").exists():
        (folder / "runbooks").symlink_to(CONFIG.parent / "runbooks")
    return path


@asynccontextmanager
async def town(folder: Path, pipeline: Path | None = None) -> AsyncIterator[Town]:
    """The sandbox with everything at full speed; with the company's data pipeline, where it gets an empty folder for it."""
    async with running(folder=pipeline) as sandbox, aiohttp.ClientSession() as session:
        environment = {**sandbox.environment(), "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}", "COUNTERSIGN_CONFIG": str(CONFIG)}
        config = load(CONFIG, environment)
        place = Town(sandbox, session, Settings.read(environment), config if pipeline else replace(config, monitors={}))
        await place.post("model/settings", {"pace": 0})
        await place.post("company/settings", {"rollback_settles": 0})
        yield place


async def settled(bot: Bot) -> None:
    """Wait until nothing moves any more."""
    await asyncio.sleep(0.05)
    await bot.engine.dispatcher.settled()


async def connected(anybody: Visitor) -> None:
    """Wait until the workspace sees a bot that was started in a process of its own; a busy machine takes its time."""
    for _ in range(600):
        if (await anybody.state())["bot_connected"]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("No bot came.")


def with_agent(place: Town, **changes: Any) -> Town:
    """The same town with another agent."""
    agents = {name: replace(spec, **changes) for name, spec in place.config.agents.items()}
    return replace(place, config=replace(place.config, agents=agents))
