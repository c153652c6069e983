"""What monitors read, as the bot and the commands at the terminal open it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from agents.monitors import Monitor, MonitorSource
from agents.ports import Clock
from bot.build import clock, redactor
from bot.config import Config
from bot.settings import Settings
from tools.breakers import Breakers
from tools.guarded import GuardedNet
from tools.monitoring.kinds import open_sources, urls_of
from tools.source import SourceContext


@asynccontextmanager
async def open_source_context(settings: Settings, config: Config, clock: Clock = clock) -> AsyncIterator[SourceContext]:
    """What sources are given that are opened for monitors: an HTTP client of their own, so that they and agents do not wait for another."""
    urls = (*urls_of(config.monitors.values()), *(url for entry in config.sources for url in entry.urls()))
    async with GuardedNet(Breakers(clock), hosts=frozenset(urlsplit(url).hostname or "" for url in urls)) as net:
        yield SourceContext(net, redactor(settings, config), settings.secret, config.folder, clock, lambda name, tools: None)


@asynccontextmanager
async def open_monitors(
    settings: Settings, config: Config, monitors: Mapping[str, Monitor] | None = None, clock: Clock = clock
) -> AsyncIterator[Mapping[str, MonitorSource]]:
    """A live source for each monitor of the configuration, or for these, by name; not for those of our own journal."""
    chosen = config.monitors if monitors is None else monitors
    async with open_source_context(settings, config, clock) as context, open_sources(chosen, context, config.sources) as sources:
        yield sources
