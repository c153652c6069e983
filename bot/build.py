"""The composition root: the one place that knows which adapter stands behind which port."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from agents import ports
from agents.claude import Claude
from agents.claude_tier import Prices, Tier
from agents.clients import Clients
from agents.core.errors import JournalBusy
from agents.core.ids import CONTROL
from agents.core.state import Run
from agents.core.switches import Switches, fold_switches
from agents.dispatch import Embedded
from agents.figures import WorkBook
from agents.incidents import Incidents
from agents.ledger import Ledger
from agents.loop import Loop
from agents.mailroom import Mailroom
from agents.monitors import FindingBook, SampleBook
from agents.noise import Noise
from agents.pools import Pools
from agents.ports import Directory, Inbox, Journal, Surface, Uses
from agents.runs import Runs
from agents.schedules import Calendar, ScheduleBook
from agents.spec import RulesFor, rules_from
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.alone import NoSurface, Terminal
from bot.config import Config
from bot.config_http import SlackConfig
from bot.news import News
from bot.pins import JournalPins
from bot.settings import Settings, passwords_in
from storage.database import open_database
from storage.findings import SqlFindings
from storage.inbox import SqlInbox
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.memory import SqlMemories
from storage.samples import SqlSamples
from storage.schedules import SqlSchedules
from storage.uses import SqlUses
from tools.breakers import Breakers
from tools.guarded import GuardedNet
from tools.http import build_tools, hosts_of
from tools.kinds import kind_of
from tools.mcp_config import McpEntry
from tools.memories import Memories
from tools.pins import Pins
from tools.redact import Redactor
from tools.source import SourceContext
from tools.toolbox import Toolbox
from tools.workspace import Workspace


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """What can be asked of a journal beside a running bot."""

    journal: Journal
    ledger: Ledger
    memories: Memories
    schedules: ScheduleBook
    inbox: Inbox
    uses: Uses
    samples: SampleBook
    findings: FindingBook
    work: WorkBook


@dataclass(frozen=True, slots=True)
class Store:
    """A database that is ours alone."""

    journal: News
    ledger: Ledger
    inbox: Inbox
    memories: Memories
    schedules: ScheduleBook
    uses: Uses
    samples: SampleBook
    findings: FindingBook
    work: WorkBook


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that moves runs."""

    runs: Runs
    dispatcher: Embedded
    switchboard: Switchboard
    standing: Standing
    rules_for: RulesFor
    breakers: Breakers
    calendar: Calendar
    mailroom: Mailroom
    directory: Clients
    """People, and programs with tokens."""
    incidents: Incidents
    noise: Noise


@asynccontextmanager
async def open_reader(settings: Settings) -> AsyncIterator[Reader]:
    """Read a journal, whether a bot runs on it or not. Raises JournalError, JournalVersion."""
    async with open_database(settings.database_url, read_only=True) as database:
        yield Reader(
            SqlJournal(database), SqlLedger(database), SqlMemories(database), SqlSchedules(database), SqlInbox(database), SqlUses(database),
            SqlSamples(database), SqlFindings(database), SqlLedger(database),
        )


async def read_switches(settings: Settings, config: Config) -> Switches:
    """What people have switched so far, as far as the configured tools need it. Raises JournalError, JournalVersion."""
    if not settings.database_file.exists() or not any(isinstance(entry, McpEntry) for entry in config.sources):
        return Switches()
    async with open_reader(settings) as reader:
        return fold_switches(await reader.journal.read(CONTROL))


@asynccontextmanager
async def open_store(settings: Settings, redact: Callable[[str], str]) -> AsyncIterator[Store]:
    """Take the database for this process. Raises JournalBusy where a bot holds it."""
    async with open_database(settings.database_url) as database:
        yield Store(
            News(SqlJournal(database, redact=redact)), SqlLedger(database), SqlInbox(database, redact), SqlMemories(database, redact),
            SqlSchedules(database), SqlUses(database), SqlSamples(database, redact), SqlFindings(database), SqlLedger(database),
        )


@asynccontextmanager
async def open_memories(settings: Settings, config: Config) -> AsyncIterator[Memories]:
    """What agents remember, for a process without a store; beside a bot it can only be read. Raises JournalError, JournalVersion."""
    async with AsyncExitStack() as stack:
        try:
            database = await stack.enter_async_context(open_database(settings.database_url))
        except JournalBusy:
            database = await stack.enter_async_context(open_database(settings.database_url, read_only=True))
        yield SqlMemories(database, redactor(settings, config))


@asynccontextmanager
async def open_switchboard(settings: Settings, config: Config, redact: Callable[[str], str]) -> AsyncIterator[Switchboard]:
    """The switches alone, for the person at the terminal; nothing is driven. Raises JournalBusy where a bot holds the database."""
    async with open_store(settings, redact) as store:
        standing = Standing(store.journal, store.ledger, clock)
        await standing.refresh()
        yield _switchboard(store, standing, Terminal(), _nobody, config, _calendar(store, standing, config))


async def _nobody() -> int:
    return 0


def _switchboard(
    store: Store, standing: Standing, directory: Directory, wake_all: Callable[[], Awaitable[int]], config: Config, calendar: Calendar
) -> Switchboard:
    return Switchboard(
        journal=store.journal, standing=standing, ledger=store.ledger, directory=directory, wake_all=wake_all, agents=tuple(config.agents),
        clock=clock, calendar=calendar,
    )


def _calendar(store: Store, standing: Standing, config: Config) -> Calendar:
    return Calendar(config.schedules, store.schedules, standing, store.ledger, clock)


@asynccontextmanager
async def open_toolbox(
    settings: Settings, config: Config, pins: Pins, memories: Memories | None = None, workspace: Workspace | None = None,
    samples: SampleBook | None = None,
) -> AsyncIterator[Toolbox]:
    """The configured tools; of MCP servers those that `pins` says were accepted."""
    redact = redactor(settings, config)
    named = (urlsplit(url).hostname or "" for source in config.sources for url in source.urls())
    async with AsyncExitStack() as stack:
        breakers = Breakers(clock)
        net = await stack.enter_async_context(GuardedNet(breakers, hosts=hosts_of(config.tools) | frozenset(named)))
        toolbox = Toolbox(build_tools(config.tools, net, redact=redact, secret=settings.secret), redact, breakers)
        pools = Pools(samples, config.monitors) if samples else None
        context = SourceContext(net, redact, settings.secret, config.folder, clock, toolbox.offer, pins, memories, workspace, pools)
        for entry in config.sources:
            toolbox.offer(entry.name, await stack.enter_async_context(kind_of(entry).open(entry, context)))
        yield toolbox


@asynccontextmanager
async def open_engine(
    settings: Settings, config: Config, store: Store, surface: Surface, directory: Directory,
    drives: Callable[[Run], bool] = lambda run: True, workspace: Workspace | None = None,
    replaying: Callable[[ports.Toolbox], ports.Toolbox] | None = None,
) -> AsyncIterator[Engine]:
    """The loop and the door to it, over a store and a surface. Runs that it does not drive are left as they are.

    `replaying` puts recorded answers in the tools' place.
    """
    async with AsyncExitStack() as stack:
        standing = Standing(store.journal, store.ledger, clock)
        await standing.refresh()
        directory = Clients(directory, standing, clock)
        calendar = _calendar(store, standing, config)
        switchboard = _switchboard(store, standing, directory, lambda: runs.recover(), config, calendar)
        opened = await stack.enter_async_context(
            open_toolbox(settings, config, JournalPins(standing, switchboard), store.memories, workspace, store.samples)
        )
        toolbox = replaying(opened) if replaying else opened
        model = Claude(tiers(settings, config))
        stack.push_async_callback(model.close)
        rules_for = rules_from(config.agents, toolbox, standing, config.policy)
        loop = Loop(
            journal=store.journal, model=model, toolbox=toolbox, surface=surface, directory=directory, standing=standing,
            agents=config.agents, rules_for=rules_for, clock=clock, drives=drives,
        )
        dispatcher = await stack.enter_async_context(Embedded(loop))
        runs = Runs(
            journal=store.journal, dispatcher=dispatcher, directory=directory, toolbox=toolbox, standing=standing, rules_for=rules_for,
            clock=clock,
        )
        noise = Noise(config.monitors, store.findings, store.journal)
        incidents = Incidents(
            runs=runs, journal=store.journal, dispatcher=dispatcher, directory=directory, standing=standing, clock=clock,
            advise=noise.advice,
        )
        mailroom = Mailroom(inbox=store.inbox, switchboard=switchboard, directory=directory, clock=clock)
        yield Engine(runs, dispatcher, switchboard, standing, rules_for, opened.breakers, calendar, mailroom, directory, incidents, noise)


@asynccontextmanager
async def open_embedded(settings: Settings, config: Config) -> AsyncIterator[Engine]:
    """Drive the terminal's own runs in this process, without Slack. Raises JournalBusy where a bot holds the database.

    A decision on a run that speaks in Slack is recorded; the run itself is left to the bot, which can tell it to people.
    """
    async with (
        open_store(settings, redactor(settings, config)) as store,
        open_engine(settings, config, store, NoSurface(), Terminal(), drives=lambda run: run.trigger.place is None) as engine,
    ):
        yield engine


def redactor(settings: Settings, config: Config) -> Redactor:
    """Marks every secret that this program holds."""
    addresses = (passwords_in(model.base_url or "") for model in config.models.values())
    return Redactor([
        *(part for secret in (*settings.secrets, *config.secrets) for part in (secret, *passwords_in(secret))),
        *(password for passwords in addresses for password in passwords),
    ])  # fmt: skip


def is_over_http(settings: Settings, slack: SlackConfig) -> bool:
    """Whether Slack calls the bot; otherwise the bot opens a connection. Where nothing is said, by which of the two secrets there is."""
    if slack.mode is None:
        return bool(settings.slack_signing_secret) and not settings.slack_app_token
    return slack.mode == "http"


def tiers(settings: Settings, config: Config) -> dict[str, Tier]:
    """The model tiers, with the keys and addresses that they do not name themselves."""
    return {
        name: Tier(
            model.model, config.api_keys.get(name) or settings.anthropic_api_key, model.base_url or settings.anthropic_base_url,
            model.fallback, model.max_tokens, model.timeout.total_seconds(),
            Prices(**model.prices.model_dump()) if model.prices else None, model.cache,
        )
        for name, model in config.models.items()
    }
