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

from agents.core.state import Run
from agents.dispatch import Embedded
from agents.incidents import Incidents
from agents.loop import Loop
from agents.mailroom import Mailroom
from agents.monitors import Monitor
from agents.noise import Noise, Watched
from agents.runs import Runs
from agents.schedules import Calendar, Schedule
from agents.spec import RulesFor, rules_from
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.bolt import listening
from bot.charts import Charts
from bot.listeners.front import Front, front
from bot.listeners.routes import Route
from bot.outbound import Outbound
from bot.people import People
from bot.pictures import Pictures
from bot.rendering import Rendering
from bot.sandbox.app import Sandbox
from bot.slack import Slack, connect
from bot.surface import SlackSurface
from bot.views.links import links
from tests.bot.kept import MemoryBook, MemoryInbox, MemoryLedger, MemoryMemories
from tests.bot.sandbox.acting import INCIDENTS, Json, Page
from tests.bot.watched import MemoryFindings, MemorySamples
from tests.memory import MemoryJournal
from tests.world import AGENT, FakeToolbox, ScriptedModel
from tools.breakers import Breakers

Found = TypeVar("Found")


async def eventually(probe: Callable[[], Awaitable[Found | None]], seconds: float = 15.0) -> Found:
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
    memories: MemoryMemories = field(default_factory=MemoryMemories)
    channels: Mapping[str, str] = field(default_factory=dict)
    """The agent of each channel."""
    on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What it reacts to where that is not only a mention."""
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    interval: float = 0.0
    breaks: dict[str, deque[bool]] = field(default_factory=dict)
    """Where the line to Slack breaks; see `BadLine`."""
    redact: Callable[[str], str] = str
    clock: Callable[[], datetime] = now
    """The time that breakers go by."""
    tainted: frozenset[str] = frozenset()
    """Channels whose content outsiders could have written."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    book: MemoryBook = field(default_factory=MemoryBook)
    monitors: Mapping[str, Monitor] = field(default_factory=dict)
    samples: MemorySamples = field(default_factory=MemorySamples)

    @property
    def watched(self) -> Watched:
        """What there is to read of monitors."""
        findings = MemoryFindings(self.journal)
        return Watched(self.monitors, self.samples, findings, Noise(self.monitors, findings, self.journal))

    @property
    def routes(self) -> Mapping[str, Route]:
        """What happens in each channel."""
        return {
            name: Route.of(agent, self.on.get(name, ("mention",)), taints=name in self.tainted) for name, agent in self.channels.items()
        }


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
    breakers: Breakers
    calendar: Calendar
    incidents: Incidents

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


AGENTS = {"triage": AGENT}


@asynccontextmanager
async def office(sandbox: Sandbox, page: Page, kept: Kept | None = None) -> AsyncIterator[Office]:
    """A bot in this workspace until the block ends, which is like a crash: what is under way is lost."""
    kept = kept or Kept()
    async with connect(**_address(sandbox)) as slack, Outbound(interval=kept.interval) as outbound:
        people = People(slack.client, slack.team, kept.roles, fresh=0.0)
        surface = _surface(slack, people, outbound, kept)
        ledger, breakers = MemoryLedger(kept.journal), Breakers(kept.clock)
        standing = Standing(kept.journal, kept.journal, now)
        await standing.refresh()
        rules_for = rules_from(AGENTS, kept.toolbox, standing)
        async with Embedded(_loop(surface, people, standing, rules_for, kept)) as dispatcher:
            runs = Runs(
                journal=kept.journal, dispatcher=dispatcher, directory=people, toolbox=kept.toolbox, standing=standing,
                rules_for=rules_for, clock=now,
            )
            calendar = Calendar(kept.schedules, kept.book, standing, ledger, now)
            switchboard = Switchboard(
                journal=kept.journal, standing=standing, ledger=ledger, directory=people, wake_all=runs.recover, agents=tuple(AGENTS),
                clock=now, calendar=calendar,
            )
            incidents = Incidents(
                runs=runs, journal=kept.journal, dispatcher=dispatcher, directory=people, standing=standing, clock=now,
                advise=kept.watched.noise.advice,
            )
            edge = front(
                slack, runs=runs, switchboard=switchboard, standing=standing, people=people, inbox=kept.inbox, memories=kept.memories,
                ledger=ledger, journal=kept.journal, rules_for=rules_for, channels=kept.routes, agents=AGENTS, outbound=outbound, clock=now,
                breakers=breakers, calendar=calendar, incidents=incidents, watched=kept.watched,
                mailroom=Mailroom(inbox=kept.inbox, switchboard=switchboard, directory=people, clock=now),
            )
            async with edge.desk:
                await edge.desk.replay()
                async with listening(slack, edge.desk, edge.command):
                    yield Office(
                        page, kept, slack, runs, edge, switchboard, standing, outbound, surface, dispatcher, breakers, calendar, incidents
                    )
                await edge.desk.drain(0)
            await dispatcher.drain(0)


def _surface(slack: Slack, people: People, outbound: Outbound, kept: Kept) -> SlackSurface:
    return SlackSurface(
        posting=bad_line(slack, kept.breaks), reading=slack.client, outbound=outbound, places=slack.places, bot_user=slack.bot_user,
        rendering=Rendering(people.mentions(), Charts(Pictures(slack.client), outbound.aside), links(slack.url)), redact=kept.redact,
    )


def _loop(surface: SlackSurface, people: People, standing: Standing, rules_for: RulesFor, kept: Kept) -> Loop:
    return Loop(
        journal=kept.journal, model=kept.model, toolbox=kept.toolbox, surface=surface, directory=people, standing=standing, agents=AGENTS,
        rules_for=rules_for, clock=now,
    )


def _address(sandbox: Sandbox) -> dict[str, str]:
    settings = sandbox.environment()
    return {"bot_token": settings["SLACK_BOT_TOKEN"], "app_token": settings["SLACK_APP_TOKEN"], "api_url": settings["SLACK_API_URL"]}
