"""A bot at work in the sandbox's workspace: the real Bolt, clients, listeners, loop and runs; the model and the tools are scripted."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.fold import fold
from agents.core.ids import AskId, RunId
from agents.core.state import Run
from agents.dispatch import Embedded
from agents.ledger import AskSummary, AuditPage, AuditQuery, RunSummary
from agents.loop import Loop
from agents.ports import Delivery
from agents.runs import Runs
from agents.spec import rules_from
from agents.standing import Standing
from bot.listeners.desk import Desk
from bot.listeners.front import front
from bot.outbound import Outbound
from bot.people import People
from bot.sandbox.app import Sandbox
from bot.serve import members_may_see
from bot.slack import Slack, connect, listening
from bot.surface import SlackSurface
from tests.bot.sandbox.acting import INCIDENTS, Json, Page
from tests.memory import MemoryJournal
from tests.world import AGENT, FakeToolbox, ScriptedModel

Found = TypeVar("Found")


async def eventually(probe: Callable[[], Awaitable[Found | None]], seconds: float = 5.0) -> Found:
    """The first thing that the probe finds."""
    for _ in range(int(seconds / 0.01)):
        if (found := await probe()) is not None:
            return found
        await asyncio.sleep(0.01)
    raise TimeoutError(f"not within {seconds} s")


@dataclass(frozen=True)
class Role:
    """Who is in a role."""

    users: tuple[str, ...] = ()
    usergroups: tuple[str, ...] = ()


ROLES = {"operators": Role((), ("S01OPS",))}


def now() -> datetime:
    """The time, as in the program."""
    return datetime.now(UTC)


class MemoryInbox:
    """An inbox in memory that outlives a bot."""

    def __init__(self) -> None:
        self.kept: dict[str, Delivery | None] = {}
        self.broken = False

    async def receive(self, delivery: Delivery) -> bool:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("The disk is full.")
        new = delivery.key not in self.kept
        self.kept.setdefault(delivery.key, delivery)
        return new

    async def done(self, key: str) -> None:
        await asyncio.sleep(0)
        self.kept[key] = None

    async def pending(self, key: str | None = None) -> tuple[Delivery, ...]:
        await asyncio.sleep(0)
        return tuple(delivery for delivery in self.kept.values() if delivery is not None and key in (None, delivery.key))


class MemoryLedger:
    """Answers from a journal in memory."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal

    def _runs(self) -> list[Run]:
        return [fold(rows) for rows in self._journal.rows.values()]

    async def runs(self, *, open_only: bool = False, limit: int = 20) -> tuple[RunSummary, ...]:
        found = [
            RunSummary(
                run.run_id, run.agent, run.trigger.source, run.trigger.actor, run.trigger.place, run.text, run.started_at, run.moved_at,
                run.outcome, len(run.open_asks), run.steps, run.usage.total, run.cost,
            )
            for run in reversed(self._runs()) if not (open_only and run.over)
        ]
        return tuple(found[:limit])

    async def find_runs(self, prefix: str) -> tuple[RunId, ...]:
        return tuple(run_id for run_id in self._journal.rows if run_id.startswith(prefix))[:10]

    async def asks(self, *, open_only: bool = True, limit: int = 50) -> tuple[AskSummary, ...]:
        found = [
            AskSummary(
                ask.ask_id, run.run_id, run.agent, ask.kind, run.calls[ask.call_id].tool if ask.call_id else str(ask.limit), ask.state,
                ask.asked_at, ask.expires_at, ask.decided_at, ask.decided_by,
            )
            for run in self._runs() for ask in run.asks.values() if ask.open or not open_only
        ]
        return tuple(found[:limit])

    async def expired(self, now: datetime) -> tuple[AskId, ...]:
        return ()

    async def audit(self, query: AuditQuery) -> AuditPage:
        rows = [(number, row) for number, row in enumerate((row for rows in self._journal.rows.values() for row in rows), 1)]
        found = [
            (number, row) for number, row in reversed(rows)
            if query.run_id in (None, row.run_id) and query.agent in (None, row.agent)
            and query.tool in (None, getattr(row.event, "tool", None))
            and (query.user is None or query.user in (row.actor, row.actor.rpartition("/")[2]))
            and (query.since is None or row.at >= query.since) and (query.before is None or number < query.before)
        ]
        page = found[:query.limit]
        return AuditPage(tuple(row for _, row in page), page[-1][0] if len(found) > len(page) else None)


class BadLine(AsyncWebClient):
    """A line to Slack that breaks while a method is called. `breaks` says for its coming calls whether Slack still hears of them."""

    breaks: dict[str, deque[bool]]

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        coming = self.breaks.get(api_method)
        heard = coming.popleft() if coming else None
        answer = await super().api_call(api_method, **arguments) if heard in (None, True) else None
        if heard is not None or answer is None:
            raise aiohttp.ServerDisconnectedError
        return answer


def bad_line(slack: Slack, breaks: dict[str, deque[bool]]) -> BadLine:
    """The bot's client for posting, on such a line."""
    client = BadLine(token=slack.posting.token, base_url=slack.posting.base_url, timeout=15, session=slack.session)
    client.proxy = slack.posting.proxy
    client.retry_handlers = []
    client.breaks = breaks
    return client


@dataclass
class Kept:
    """What outlives a bot, and what it works with."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    toolbox: FakeToolbox = field(default_factory=FakeToolbox)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    channels: Mapping[str, str] = field(default_factory=dict)
    interval: float = 0.0
    breaks: dict[str, deque[bool]] = field(default_factory=dict)
    """Where the line to Slack breaks; see `BadLine`."""
    redact: Callable[[str], str] = str


@dataclass
class Office:
    """A bot that is connected, and a person at the page."""

    page: Page
    kept: Kept
    slack: Slack
    runs: Runs
    desk: Desk
    outbound: Outbound
    surface: SlackSurface
    dispatcher: Embedded

    async def mention(self, text: str = "checkout is slow", user: str = "U01DANA", channel: str = INCIDENTS, **more: Any) -> str:
        """Somebody mentions the bot; the message's ts."""
        return str((await self.page.act("post", user=user, channel=channel, text=f"@countersign {text}", **more))["ts"])

    async def run(self) -> Run:
        """The newest run."""
        async def newest() -> Run | None:
            return await self.runs.see(list(self.kept.journal.rows)[-1]) if self.kept.journal.rows else None

        return await eventually(newest)

    async def card(self, ts: str, state: str = "Approval needed", user: str = "U01DANA", channel: str = INCIDENTS) -> Json:
        """The message in the thread whose title begins so."""
        async def found() -> Json | None:
            thread = await self.page.thread(ts, user, channel)
            return next((m for m in thread if title(m).startswith(state)), None)

        return await eventually(found)

    async def said(self, ts: str, words: str, user: str = "U01DANA", channel: str = INCIDENTS) -> Json:
        """The message in the thread, for this person, that holds these words."""
        async def found() -> Json | None:
            return next((m for m in await self.page.thread(ts, user, channel) if words in m["text"] or words in str(m["blocks"])), None)

        return await eventually(found)

    async def click(self, card: Json, action: str, user: str, block: str | None = None, **more: Any) -> None:
        """Somebody clicks a button of a card, in the block with this id where there are several."""
        await self.page.act("click", user=user, channel=card["channel"], message_ts=card["ts"], action_id=action, block_id=block, **more)

    async def modal(self, user: str) -> Json:
        """The modal that this person has open."""
        async def found() -> Json | None:
            views = (await self.page.see("views", user=user))["views"]
            return views[-1] if views else None

        return await eventually(found)

    async def said_in_modal(self, user: str, words: str) -> Json:
        """The modal that this person has open, once it holds these words."""
        async def found() -> Json | None:
            view = await self.modal(user)
            return view if words in str(view["blocks"]) else None

        return await eventually(found)

    async def submit(self, user: str, view: Json, **typed: Any) -> Json | None:
        """Somebody fills in a modal, by the names of its inputs, and submits it; what is complained about."""
        values = {name.replace("__", ":"): {name.replace("__", ":"): state} for name, state in typed.items()}
        errors: Json | None = (await self.page.act("submit", user=user, view_id=view["id"], values=values))["errors"]
        return errors

    async def calls(self, method: str) -> list[Json]:
        """What the bot asked of Slack."""
        return list((await self.page.see("log", method=method))["calls"])


def title(message: Json) -> str:
    """The header of a message; empty where it has none."""
    return next((str(block["text"]["text"]) for block in message["blocks"] or () if block["type"] == "header"), "")


@asynccontextmanager
async def office(sandbox: Sandbox, page: Page, kept: Kept | None = None) -> AsyncIterator[Office]:
    """A bot in this workspace until the block ends, which is like a crash: what is under way is lost."""
    kept = kept or Kept()
    settings = sandbox.environment()
    async with connect(
        bot_token=settings["SLACK_BOT_TOKEN"], app_token=settings["SLACK_APP_TOKEN"], api_url=settings["SLACK_API_URL"]
    ) as slack, Outbound(interval=kept.interval) as outbound:
        people = People(slack.client, slack.team, ROLES, fresh=0.0)
        surface = SlackSurface(
            posting=bad_line(slack, kept.breaks), reading=slack.client, outbound=outbound, bot_user=slack.bot_user,
            mentions=people.mentions(), redact=kept.redact,
        )
        agents = {"triage": AGENT}
        standing = Standing(kept.journal, kept.journal, now)
        await standing.refresh()
        rules_for = rules_from(agents, kept.toolbox, standing)
        loop = Loop(
            journal=kept.journal, model=kept.model, toolbox=kept.toolbox, surface=surface, directory=people, standing=standing,
            agents=agents, rules_for=rules_for, clock=now,
        )
        async with Embedded(loop) as dispatcher:
            runs = Runs(
                journal=kept.journal, dispatcher=dispatcher, directory=people, toolbox=kept.toolbox, standing=standing,
                rules_for=rules_for, clock=now,
            )
            desk, app = front(
                slack, runs=runs, people=people, ledger=MemoryLedger(kept.journal), inbox=kept.inbox, journal=kept.journal,
                rules_for=rules_for, may_see=members_may_see,
                channels=kept.channels, agents=agents, clock=now,
            )
            async with desk:
                await desk.replay()
                async with listening(slack, app):
                    yield Office(page, kept, slack, runs, desk, outbound, surface, dispatcher)
                await desk.drain(0)
            await dispatcher.drain(0)
