"""What is set up, what is missing, and how to get it: settings, configuration, database, Slack, models, tools. Changes nothing."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from agents.claude import Claude
from agents.claude_tier import Tier
from agents.core.errors import ConfigError, CountersignError
from agents.ports import Message, Prompt
from agents.schedules import Schedule
from bot.build import clock, is_over_http, tiers
from bot.check_databases import examine_databases
from bot.check_monitors import examine_monitors
from bot.check_places import examine_places, who_may
from bot.check_trust import examine_trust
from bot.config import Config, load
from bot.config_decisions import lacking
from bot.config_http import SlackConfig
from bot.control import ControlClient
from bot.finding import PATIENCE, Finding, State, ask_slack
from bot.settings import Settings
from bot.slack import ADVICE
from storage.database import open_database

SCOPES = (
    "app_mentions:read", "channels:history", "groups:history", "im:history", "mpim:history", "channels:read", "groups:read", "mpim:read",
    "chat:write", "im:write", "files:write", "assistant:write", "commands", "users:read", "usergroups:read",
)
"""What the bot token has to be allowed; the manifest in `deploy/` asks for the same."""

WAL_RESET = (3, 51, 3)
"""The version of SQLite that fixed a bug by which two connections that reset the log at once can corrupt a file."""

APPS = "https://api.slack.com/apps"

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that nobody else can reach."""


async def examine(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Look at everything, side by side, and list it in the order in which it would be set up."""
    try:
        settings = Settings.read(environ)
    except ConfigError as error:
        return (Finding("settings", State.MISSING, str(error), "Set these environment variables to what they should be."),)
    findings = [Finding("settings", State.OK, "read from the environment")]
    config: Config | None = None
    try:
        config = load(settings.config, environ)
        names = ", ".join(config.agents)
        findings.append(Finding("configuration", State.OK, f"{settings.config}: agents {names}; {len(config.tools)} tools"))
        findings.append(who_may(config))
        findings += _wants(config)
        findings += [_schedule(schedule) for schedule in config.schedules.values()]
    except ConfigError as error:
        findings.append(Finding("configuration", State.MISSING, str(error)))
    work = [_database(settings), _slack_bot(settings), _slack_way(settings, config)]
    if config is not None and settings.slack_bot_token:
        work.append(examine_places(settings, config))
    if config is not None:
        work += [_model(name, tier) for name, tier in tiers(settings, config).items()]
        work.append(examine_trust(settings, config))
        work += [examine_databases(settings, config), examine_monitors(settings, config)]
        work += [_host(host, port, names) for (host, port), names in _hosts(config).items()]
    for found in await asyncio.gather(*work):
        findings.extend(found)
    return tuple(findings)


def _wants(config: Config) -> tuple[Finding, ...]:
    """What agents say that they need tools for, and have none for."""
    hint = "It works without, and says what it could not look at. docs/agents.md lists the kinds of sources."
    lacks = {name: dict(lacking(wants, config.agents[name].tools, config.sources)) for name, wants in config.wants.items()}
    return tuple(
        Finding(f"agent {name}", State.WARNING, f"has no tool for {', '.join(f'{what} ({why})' for what, why in gaps.items())}", hint)
        for name, gaps in lacks.items() if gaps
    )


def _schedule(schedule: Schedule) -> Finding:
    """When it begins next, three times, so that a slip in it is seen before it counts."""
    times = [at := schedule.next_after(clock(), clock())]
    while len(times) < 3:
        times.append(at := schedule.next_after(at - schedule.delay, at))
    said = ", ".join(map(schedule.shown, times)) if schedule.enabled else "switched off"
    return Finding(f"schedule {schedule.name}", State.OK, f"{schedule.times.words}: {said}")


async def _database(settings: Settings) -> tuple[Finding, ...]:
    path = settings.database_file
    version = Finding("SQLite", State.OK, sqlite3.sqlite_version)
    if sqlite3.sqlite_version_info < WAL_RESET:
        text = f"{sqlite3.sqlite_version} has the WAL-reset bug, which 3.51.3 fixed"
        hint = "Countersign writes from one process only, which avoids it. Write to the file with nothing else."
        version = Finding("SQLite", State.WARNING, text, hint)
    if not path.exists():
        there = path.absolute().parent.is_dir()
        text = f"{path} will be created by the first start" if there else f"the folder of {path} does not exist"
        return Finding("database", State.OK if there else State.MISSING, text, "" if there else "Create it, or set DATABASE_URL."), version
    try:
        async with open_database(settings.database_url, read_only=True):
            bot = await ControlClient.reach(settings.control_socket)
        return Finding("database", State.OK, f"{path}, {'a bot is running on it' if bot else 'no bot is running'}"), version
    except CountersignError as error:
        return Finding("database", State.MISSING, str(error)), version


async def _slack_bot(settings: Settings) -> tuple[Finding, ...]:
    name = "Slack bot token"
    if not settings.slack_bot_token:
        hint = f"Create the app at {APPS} from deploy/slack-manifest.yaml, install it, and set SLACK_BOT_TOKEN to its xoxb-… token."
        return (Finding(name, State.MISSING, "SLACK_BOT_TOKEN is not set", hint),)
    answer = await ask_slack(settings, lambda client: client.auth_test())
    if isinstance(answer, str):
        return (Finding(name, State.MISSING, answer, _advice(answer)),)
    who = Finding(name, State.OK, f"{answer.get('user')} in {answer.get('team')}")
    granted = {scope for key, value in answer.headers.items() if key.lower() == "x-oauth-scopes" for scope in str(value).split(",")}
    if not granted:
        return who, Finding("Slack scopes", State.WARNING, "the server does not say which scopes the token has")
    lacking = [scope for scope in SCOPES if scope not in granted]
    if lacking:
        hint = f"Add them at {APPS} under OAuth & Permissions, and install the app again."
        return who, Finding("Slack scopes", State.MISSING, f"not granted: {', '.join(lacking)}", hint)
    return who, Finding("Slack scopes", State.OK, f"all {len(SCOPES)} are granted")


async def _slack_way(settings: Settings, config: Config | None) -> tuple[Finding, ...]:
    """Whether Slack can reach the bot: over Socket Mode, or by calling it."""
    if not is_over_http(settings, config.slack if config else SlackConfig()):
        return await _slack_app(settings)
    name = "Slack over HTTP"
    if not settings.slack_signing_secret:
        hint = f"Set it to the Signing Secret under Basic Information at {APPS}; `slack: {{mode: http}}` asks for it."
        return (Finding(name, State.MISSING, "SLACK_SIGNING_SECRET is not set", hint),)
    where = f"the bot listens at {settings.http}/slack/events"
    hint = "" if settings.http_address[0] not in LOCAL else "A proxy on this machine has to pass Slack's requests on; see docs/http.md."
    return (Finding(name, State.OK, f"{where}; the app's request URLs have to lead there", hint),)


async def _slack_app(settings: Settings) -> tuple[Finding, ...]:
    name = "Slack app token"
    if not settings.slack_app_token:
        hint = f"Make one at {APPS} under Basic Information, App-Level Tokens, with connections:write, and set SLACK_APP_TOKEN (xapp-…)."
        return (Finding(name, State.MISSING, "SLACK_APP_TOKEN is not set", hint),)
    answer = await ask_slack(settings, lambda client: client.apps_connections_open(app_token=settings.slack_app_token))
    if isinstance(answer, str):
        return (Finding(name, State.MISSING, answer, _advice(answer)),)
    return (Finding(name, State.OK, "Socket Mode can be opened"),)


def _advice(answer: str) -> str:
    return ADVICE.get(answer.rpartition(" ")[2], "")


async def _model(name: str, tier: Tier) -> tuple[Finding, ...]:
    label = f"model {name}"
    if not tier.api_key and tier.base_url == Settings().anthropic_base_url:
        hint = "Get one at https://platform.claude.com, or name another with api_key_env in the configuration."
        return (Finding(label, State.MISSING, "ANTHROPIC_API_KEY is not set", hint),)
    model = Claude({name: replace(tier, fallback=None, max_tokens=None)}, attempts=1, patience=PATIENCE * 2)
    try:
        answer = await model.ask(Prompt("Answer with one word.", (), (Message("user", ("Are you there?",)),), name, max_tokens=16))
    except CountersignError as error:
        return (Finding(label, State.MISSING, str(error), "Check the model's id, base_url and key."),)
    finally:
        await model.close()
    return (Finding(label, State.OK, f"{answer.model} answers"),)


async def _host(host: str, port: int, names: list[str]) -> tuple[Finding, ...]:
    users = f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
    label = f"{host}:{port}"
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except OSError as error:
        why = error.strerror or str(error) or "no answer"
        text = f"cannot be reached ({why}); used by {users}"
        return (Finding(label, State.MISSING, text, "Check the address, and the network from here."),)
    return (Finding(label, State.OK, f"reachable, used by {users}"),)


def _hosts(config: Config) -> dict[tuple[str, int], list[str]]:
    """The hosts of the tools, each with the tools that need it."""
    hosts: dict[tuple[str, int], list[str]] = defaultdict(list)
    named = [(tool.name, tool.http.url) for tool in config.tools] + [(one.name, url) for one in config.sources for url in one.urls()]
    for name, address in named:
        url = urlsplit(address)
        if url.hostname:
            hosts[url.hostname, url.port or (443 if url.scheme == "https" else 80)].append(name)
    return hosts
