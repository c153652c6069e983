"""A bot at work in the sandbox's workspace: the real Bolt, clients, listeners, loop and runs; the model and the tools are scripted."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.fold import fold
from agents.core.grants import Grant
from agents.core.ids import CONTROL, AskId, RunId
from agents.core.state import Run
from agents.core.trigger import Place
from agents.dispatch import Embedded
from agents.ledger import AskSummary, AuditPage, AuditQuery, Label, RunSummary, Spend
from agents.loop import Loop
from agents.ports import Delivery
from agents.runs import Runs
from agents.spec import rules_from
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.listeners.front import Front, front
from bot.listeners.routes import Route
from bot.outbound import Outbound
from bot.people import People
from bot.sandbox.app import Sandbox
from bot.slack import Slack, connect, listening
from bot.surface import SlackSurface
from tests.bot.sandbox.acting import INCIDENTS, Json, Page
from tests.memory import MemoryJournal, grants_of
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
    channels: tuple[str, ...] = ()


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
        return [fold(rows) for run_id, rows in self._journal.rows.items() if run_id != CONTROL]

    def _summaries(self) -> list[RunSummary]:
        return [
            RunSummary(
                run.run_id, run.agent, run.trigger.source, run.trigger.actor, run.trigger.place, run.text, run.started_at, run.moved_at,
                run.outcome, len(run.open_asks), run.steps, run.usage.total, run.cost, number,
            )
            for number, run in enumerate(self._runs(), 1)
        ]

    async def runs(self, *, open_only: bool = False, limit: int = 20, before: int | None = None) -> tuple[RunSummary, ...]:
        found = [
            run for run in reversed(self._summaries())
            if not (open_only and run.outcome) and (before is None or run.number < before)
        ]
        return tuple(found[:limit])

    async def places(self, run_ids: Collection[RunId]) -> Mapping[RunId, RunSummary]:
        return {run.run_id: run for run in self._summaries() if run.run_id in run_ids}

    async def open_places(self, agent: str | None = None) -> tuple[Place, ...]:
        places = [run.place for run in self._summaries() if run.place and not run.outcome and agent in (None, run.agent)]
        return tuple({(place.team, place.channel): place for place in places}.values())

    async def find_runs(self, prefix: str) -> tuple[RunId, ...]:
        return tuple(run_id for run_id in self._journal.rows if run_id.startswith(prefix) and run_id != CONTROL)[:10]

    async def asks(self, *, open_only: bool = True, limit: int = 50) -> tuple[AskSummary, ...]:
        found = [
            AskSummary(
                ask.ask_id, run.run_id, run.agent, ask.kind, run.calls[ask.call_id].tool if ask.call_id else str(ask.limit), ask.state,
                ask.asked_at, ask.expires_at, ask.decided_at, ask.decided_by,
            )
            for run in self._runs() for ask in run.asks.values() if ask.open or not open_only
        ]
        return tuple((found if open_only else found[::-1])[:limit])

    async def due(self, now: datetime) -> tuple[AskId, ...]:
        return ()

    async def grants(self, *, limit: int = 100) -> tuple[Grant, ...]:
        return tuple(reversed(grants_of(self._journal)))[:limit]

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        return await self._journal.live_grants(now)

    async def labels(self, *, agent: str | None = None, limit: int = 100) -> tuple[Label, ...]:
        found = [
            Label(run.run_id, run.agent, one.actor, one.name, one.good, one.note, run.moved_at)
            for run in self._runs() for one in run.feedback if agent in (None, run.agent)
        ]
        return tuple(reversed(found))[:limit]

    async def spend(self, since: datetime) -> tuple[Spend, ...]:
        used: dict[str, list[RunSummary]] = {}
        for run in self._summaries():
            if run.started_at >= since:
                used.setdefault(run.agent, []).append(run)
        return tuple(
            Spend(agent, len(runs), sum(r.steps for r in runs), sum(r.tokens for r in runs), sum(r.cost for r in runs))
            for agent, runs in used.items()
        )

    async def audit(self, query: AuditQuery) -> AuditPage:
        rows = [row for rows in self._journal.rows.values() for row in rows]
        rows.sort(key=lambda row: row.at)
        found = [
            (number, row) for number, row in reversed([*enumerate(rows, 1)])
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
    """The agent of each channel."""
    on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What it reacts to where that is not only a mention."""
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    interval: float = 0.0
    breaks: dict[str, deque[bool]] = field(default_factory=dict)
    """Where the line to Slack breaks; see `BadLine`."""
    redact: Callable[[str], str] = str

    @property
    def routes(self) -> Mapping[str, Route]:
        """What happens in each channel."""
        return {name: Route.of(agent, self.on.get(name, ("mention",))) for name, agent in self.channels.items()}


@dataclass
class Office:
    """A bot that is connected, and a person at the page."""

    page: Page
    kept: Kept
    slack: Slack
    runs: Runs
    front: Front
    switchboard: Switchboard
    standing: Standing
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

    async def click(self, card: Json, action: str, user: str) -> None:
        """Somebody clicks a button of a card."""
        await self.page.act("click", user=user, channel=card["channel"], message_ts=card["ts"], action_id=action)

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
        people = People(slack.client, slack.team, kept.roles, fresh=0.0)
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
            switchboard = Switchboard(
                journal=kept.journal, standing=standing, ledger=MemoryLedger(kept.journal), directory=people, wake_all=runs.recover,
                agents=tuple(agents), clock=now,
            )
            edge = front(
                slack, runs=runs, switchboard=switchboard, standing=standing, people=people, ledger=MemoryLedger(kept.journal),
                inbox=kept.inbox, outbound=outbound, agents=agents, clock=now, channels=kept.routes,
            )
            async with edge.desk:
                await edge.desk.replay()
                async with listening(slack, edge.app):
                    yield Office(page, kept, slack, runs, edge, switchboard, standing, outbound, surface, dispatcher)
                await edge.desk.drain(0)
            await dispatcher.drain(0)
