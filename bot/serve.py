"""The bot: everything wired and at work in one workspace until it is told to end. Starting is recovering, ending is draining."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module

from agents.core.errors import ConfigError
from agents.noise import Watched
from bot import duration
from bot.build import Engine, Store, clock, is_over_http, open_engine, open_store, redactor, tiers
from bot.callbacks import Callbacks
from bot.charts import Charts
from bot.checking import is_looking, open_checks
from bot.config import Config
from bot.control import serve_control
from bot.digesting import LOOK, digests_of
from bot.http.api_parts import Api
from bot.http.edge import Edge, SlackEndpoint, Webhook
from bot.http.refusals import Refusals
from bot.listeners.alerts import KIND, Alerts
from bot.listeners.desk import Desk
from bot.listeners.front import Front, front
from bot.listeners.routes import Route
from bot.listeners.waiting import Waiting
from bot.outbound import Outbound
from bot.people import People
from bot.pictures import Pictures
from bot.readiness import Check, checks
from bot.rendering import Rendering
from bot.seen import Seen
from bot.settings import Settings
from bot.slack import Slack, connect
from bot.surface import SlackSurface
from bot.views.clickable import clickable
from bot.views.links import links
from bot.visibility import Visibility
from bot.workspace import SlackWorkspace
from scheduler.checks import Checks
from scheduler.digest import Digests
from scheduler.service import Pulse, every
from scheduler.sweeps import BudgetSweep, QuestionSweep
from scheduler.timekeeper import Timekeeper
from tools.net import Net

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=15)
"""How often questions are looked for whose end, reminder or second channel is due."""

CATCH_UP = timedelta(seconds=2)
"""How often it is looked whether a channel has to be told of a halt or of an outage, or of its end."""

REFUSALS = timedelta(seconds=10)
"""How often it is looked whether requests that were turned away are to be told of."""

REFRESH = timedelta(seconds=5)
"""How often it is looked whether those who have the Home tab open see what is no longer so, and whether agents may spend again."""

FORGET = timedelta(hours=1)
"""How often memories and samples whose time is over are erased; nobody reads them from that moment."""

TICK = timedelta(seconds=1)
"""How often it is looked whether the time of a schedule or of a monitor has come."""

BEHIND = timedelta(minutes=1)
"""From here on the scheduler is not well: so much is a job behind its turn, or a run of a schedule behind its time."""

SWITCH = 0.0005
"""Seconds that one thread may keep the interpreter while others wait. By default it is ten times as long, and what is read and written in
threads of its own waits that long again and again while requests pour in."""

CALLBACKS = timedelta(seconds=2)
"""How often it is looked whether the end of a run is to be told to an address."""

PATIENCE = 7.0
"""Seconds that runs get to bring to its end what is under way, once the bot was told to end; all of it takes less than ten."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is wired and not listening yet."""

    slack: Slack
    engine: Engine
    front: Front
    outbound: Outbound
    edge: Edge
    timekeeper: Timekeeper
    pulse: Pulse
    callbacks: Callbacks
    """To be swept from time to time."""
    checks: Checks
    digests: Digests
    url: str = ""
    """Where its HTTP server listens, once it does."""


async def serve(settings: Settings, config: Config) -> None:
    """Work until SIGTERM or SIGINT. Raises ConfigError, JournalBusy, JournalVersion before anything is begun."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with at_work(settings, config):
        await stop.wait()
        log.info("Told to end: nothing new is begun, what is under way is brought to its end.")
    log.info("Ended. What is open goes on at the next start.")


@asynccontextmanager
async def at_work(settings: Settings, config: Config) -> AsyncIterator[Bot]:
    """A bot that has recovered and listens until the block ends; then it drains, in less than ten seconds."""
    _require(settings, config)
    sys.setswitchinterval(SWITCH)
    async with open_store(settings, redactor(settings, config)) as store, wired(settings, config, store) as bot, AsyncExitStack() as server:
        questions = QuestionSweep(store.ledger, bot.engine.runs.tick, clock)
        budgets = BudgetSweep(store.ledger, bot.engine.rules_for, bot.engine.dispatcher.wake)
        async with AsyncExitStack() as edges:
            await edges.enter_async_context(serve_control(
                settings.control_socket, bot.engine.runs, bot.engine.switchboard, config.agents, config.usual_agent,
                mailroom=bot.engine.mailroom,
            ))
            await _recover(bot)
            if bot.edge.slack is None:
                await edges.enter_async_context(_listening(bot))
            await edges.enter_async_context(every({
                "questions": (SWEEP, questions.sweep), "halts": (CATCH_UP, bot.front.announcer.catch_up),
                "changes": (CATCH_UP, bot.front.teller.catch_up),
                "outages": (CATCH_UP, bot.front.outages.catch_up), "home": (REFRESH, bot.front.home.refresh),
                "budgets": (REFRESH, budgets.sweep), "memory": (FORGET, lambda: store.memories.sweep(clock())),
                "schedules": (TICK, bot.timekeeper.tick), "refusals": (REFUSALS, bot.edge.refusals.flush),
                "callbacks": (CALLBACKS, bot.callbacks.sweep), "monitors": (TICK, bot.checks.tick), "samples": (FORGET, bot.checks.sweep),
                "digests": (LOOK, bot.digests.tick),
            }, bot.pulse))
            url = await server.enter_async_context(_http(settings, bot.edge))
            yield replace(bot, url=url)
        await asyncio.gather(bot.engine.dispatcher.drain(PATIENCE), bot.front.desk.drain(PATIENCE))
        await bot.edge.refusals.flush(at_once=True)
        await bot.outbound.drain(0.5)


def _require(settings: Settings, config: Config) -> None:
    """Raises ConfigError where a token or a key is missing, before anything is created or tried."""
    tokens = {"SLACK_BOT_TOKEN": settings.slack_bot_token}
    if is_over_http(settings, config.slack):
        tokens["SLACK_SIGNING_SECRET"] = settings.slack_signing_secret
    else:
        tokens["SLACK_APP_TOKEN"] = settings.slack_app_token
    missing = [name for name, value in tokens.items() if not value]
    if any(not tier.api_key and tier.base_url == Settings().anthropic_base_url for tier in tiers(settings, config).values()):
        missing.append("ANTHROPIC_API_KEY")
    if missing:
        raise ConfigError(f"Not set: {', '.join(missing)}. `countersign check` says how to get what is missing.")


@asynccontextmanager
async def wired(settings: Settings, config: Config, store: Store) -> AsyncIterator[Bot]:
    """Connect to the workspace and put everything together. Raises ConfigError where a token does not work."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            connect(
                bot_token=settings.slack_bot_token, app_token="" if is_over_http(settings, config.slack) else settings.slack_app_token,
                api_url=settings.slack_api_url,
            )
        )
        people = People(slack.client, slack.team, config.roles)
        outbound = await stack.enter_async_context(Outbound())
        engine = await stack.enter_async_context(open_engine(
            settings, config, store, _surface(settings, config, slack, people, outbound), people,
            workspace=SlackWorkspace(slack, people, outbound),
        ))
        edge = front(
            slack, runs=engine.runs, switchboard=engine.switchboard, standing=engine.standing, people=people, ledger=store.ledger,
            inbox=store.inbox, journal=store.journal, memories=store.memories, outbound=outbound, agents=config.agents,
            rules_for=engine.rules_for, clock=clock, breakers=engine.breakers, calendar=engine.calendar, mailroom=engine.mailroom,
            incidents=engine.incidents, watched=Watched(config.monitors, store.samples, store.findings, engine.noise),
            channels={name: Route.of(one.agent, one.on, taints=one.taints) for name, one in config.channels.items()},
            hooks={KIND: Alerts(engine.incidents, slack.places, config.webhooks).handle},
        )
        await stack.enter_async_context(edge.desk)
        pulse = Pulse()
        timekeeper = Timekeeper(
            calendar=engine.calendar, book=store.schedules, standing=engine.standing, runs=engine.runs, skips=engine.switchboard.skipped,
            place_of=slack.places.told, clock=clock,
        )
        checks_ = await stack.enter_async_context(open_checks(settings, config, store, engine, slack.places.told, clock))
        parts = {"scheduler": _keeps_time(pulse, timekeeper), "monitors": is_looking(checks_)}
        web = _edge(settings, config, store, slack, engine, edge, people, parts)
        net = await stack.enter_async_context(Net(hosts=config.api.hosts))
        callbacks = Callbacks(
            journal=store.journal, ledger=store.ledger, net=net, config=config.api, secret=config.callback_secret, clock=clock
        )
        digests = digests_of(slack, engine, store, config, clock)
        yield Bot(slack, engine, edge, outbound, web, timekeeper, pulse, callbacks, checks_, digests)


def _surface(settings: Settings, config: Config, slack: Slack, people: People, outbound: Outbound) -> SlackSurface:
    """Where runs speak."""
    charts = Charts(Pictures(slack.client), outbound.aside)
    return SlackSurface(
        posting=slack.posting, reading=slack.client, outbound=outbound, places=slack.places, bot_user=slack.bot_user,
        rendering=Rendering(people.mentions(), charts, links(slack.url), clickable(config.links, slack.url)),
        redact=redactor(settings, config),
    )


def _edge(
    settings: Settings, config: Config, store: Store, slack: Slack, engine: Engine, ears: Front, people: People, parts: Mapping[str, Check]
) -> Edge:
    """What the HTTP endpoints do their work with. `parts` say how they are, beside those that are known here."""
    called = is_over_http(settings, config.slack)
    return Edge(
        engine.runs, engine.switchboard, store.ledger, store.journal, store.inbox, people, config.agents, clock,
        ready={**checks(store.ledger, slack, tiers(settings, config)), "intake": _takes(ears.desk), **parts}, desk=ears.desk,
        refusals=Refusals(engine.switchboard, clock), limits=config.http,
        slack=SlackEndpoint(slack, ears.command, settings.slack_signing_secret, ears.desk) if called else None,
        webhooks={name: Webhook(hook, settings.secret(hook.secret_env)) for name, hook in config.webhooks.items()},
        api=_api(slack, people, engine, store, config, redactor(settings, config)),
    )


def _api(slack: Slack, people: People, engine: Engine, store: Store, config: Config, redact: Callable[[str], str]) -> Api:
    visibility = Visibility(people.rooms)
    waiting = Waiting(runs=engine.runs, ledger=store.ledger, visibility=visibility)
    return Api(
        engine.directory, engine.standing, visibility, Seen(store.ledger, visibility), waiting, store.journal, store.uses, config.api,
        redact, slack.places.of,
    )


@asynccontextmanager
async def _listening(bot: Bot) -> AsyncIterator[None]:
    """Listen over Socket Mode until the block ends. Runs do not wait until its library is imported."""
    bolt = await asyncio.to_thread(import_module, "bot.bolt")
    async with bolt.listening(bot.slack, bot.front.desk, bot.front.command):
        yield


@asynccontextmanager
async def _http(settings: Settings, edge: Edge) -> AsyncIterator[str]:
    """Serve HTTP until the block ends; the address. Its libraries take long to import, and runs do not wait for them."""
    app, server = await asyncio.to_thread(lambda: (import_module("bot.http.app"), import_module("bot.http.server")))
    guard, lobby = app.guarded(edge)
    async with server.serving(guard, *settings.http_address, lobby) as url:
        try:
            yield url
        finally:
            if edge.api is not None:
                edge.api.news.close()


def _takes(desk: Desk) -> Check:
    async def check() -> str | None:
        return "The bot is ending: what arrives is kept, and dealt with at the next start." if desk.draining else None

    return check


def _keeps_time(pulse: Pulse, timekeeper: Timekeeper) -> Check:
    async def check() -> str | None:
        job, behind = pulse.behind()
        if behind > BEHIND:
            return f"The job {job} is {duration.show(behind)} behind its turn."
        lag = timekeeper.lag()
        return f"A schedule could not be looked after for {duration.show(lag)}; the log says why." if lag > BEHIND else None

    return check


async def _recover(bot: Bot) -> None:
    """Take up where the last process ended: deliveries that were never dealt with, and runs that are not over."""
    deliveries = await bot.front.desk.replay()
    runs = await bot.engine.runs.recover()
    if deliveries or runs:
        log.info("Recovered: %d deliveries that were not dealt with, %d runs that are not over.", deliveries, runs)
