"""The bot: everything wired and at work in one workspace until it is told to end. Starting is recovering, ending is draining."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from agents.runs import Runs
from bot.build import Engine, Store, clock, open_engine, open_store, redactor
from bot.config import Config
from bot.control import serve_control
from bot.listeners.clicks import Clicks
from bot.listeners.commands import Commands
from bot.listeners.desk import Desk
from bot.listeners.mentions import Mentions
from bot.listeners.routes import Routes
from bot.listeners.whisper import Whisper
from bot.outbound import Outbound
from bot.people import People
from bot.settings import Settings
from bot.slack import Slack, build_app, connect, listening
from bot.surface import SlackSurface
from scheduler.service import every
from scheduler.sweeps import ExpirySweep

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=15)
"""How often questions whose time is up are looked for."""

PATIENCE = 7.0
"""Seconds that runs get to bring to its end what is under way, once the bot was told to end; all of it takes less than ten."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that is wired and not listening yet."""

    slack: Slack
    engine: Engine
    desk: Desk
    commands: Commands
    outbound: Outbound


async def serve(settings: Settings, config: Config) -> None:
    """Work until SIGTERM or SIGINT. Raises ConfigError, JournalBusy, JournalVersion before anything is begun."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_store(settings, redactor(settings, config)) as store, wired(settings, config, store) as bot:
        expiry = ExpirySweep(store.ledger, bot.engine.runs.expire, clock)
        async with AsyncExitStack() as edges:
            await edges.enter_async_context(serve_control(settings.control_socket, bot.engine.runs, config.agents))
            await _recover(bot)
            await edges.enter_async_context(listening(bot.slack, build_app(bot.slack, bot.desk, bot.commands.handle)))
            await edges.enter_async_context(every({"expiry": (SWEEP, expiry.sweep)}))
            await stop.wait()
            log.info("Told to end: nothing new is begun, what is under way is brought to its end.")
            await asyncio.gather(bot.engine.dispatcher.drain(PATIENCE), bot.desk.drain(PATIENCE))
        await bot.outbound.drain(0.5)
        log.info("Ended. What is open goes on at the next start.")


@asynccontextmanager
async def wired(settings: Settings, config: Config, store: Store) -> AsyncIterator[Bot]:
    """Connect to the workspace and put everything together. Raises ConfigError where a token does not work."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            connect(bot_token=settings.slack_bot_token, app_token=settings.slack_app_token, api_url=settings.slack_api_url)
        )
        people = People(slack.client, slack.team, config.roles)
        outbound = await stack.enter_async_context(Outbound())
        surface = SlackSurface(
            posting=slack.posting, reading=slack.client, outbound=outbound, bot_user=slack.bot_user, mentions=people.mentions()
        )
        engine = await stack.enter_async_context(open_engine(settings, config, store, surface, people))
        desk, commands = _edges(slack, config, store, people, engine.runs)
        yield Bot(slack, engine, await stack.enter_async_context(desk), commands, outbound)


def _edges(slack: Slack, config: Config, store: Store, people: People, runs: Runs) -> tuple[Desk, Commands]:
    """Everything that listens to Slack."""
    whisper = Whisper(slack.client)
    routes = Routes(slack.client, {name: channel.agent for name, channel in config.channels.items()}, config.agents)
    mentions = Mentions(runs=runs, people=people, routes=routes, whisper=whisper, bot_user=slack.bot_user)
    clicks = Clicks(runs=runs, client=slack.client, whisper=whisper)
    handlers = {"event": mentions.handle, "action": clicks.handle_action, "view": clicks.handle_view}
    desk = Desk(inbox=store.inbox, handlers=handlers, whisper=whisper, bot_user=slack.bot_user, clock=clock)
    proxy = slack.client.proxy
    return desk, Commands(ledger=store.ledger, people=people, whisper=whisper, session=slack.session, proxy=proxy, clock=clock)


async def _recover(bot: Bot) -> None:
    """Take up where the last process ended: deliveries that were never dealt with, and runs that are not over."""
    deliveries = await bot.desk.replay()
    runs = await bot.engine.runs.recover()
    if deliveries or runs:
        log.info("Recovered: %d deliveries that were not dealt with, %d runs that are not over.", deliveries, runs)
