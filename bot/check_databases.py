"""Whether the databases that agents read are there, and whether their accounts could write."""

import asyncio
from datetime import UTC, datetime

from agents.core.errors import ConfigError
from bot.build import redactor
from bot.config import Config
from bot.finding import Finding, State
from bot.settings import Settings
from tools.net import Net
from tools.source import SourceContext
from tools.sql_config import SqlEntry
from tools.sql_operations import examined
from tools.sql_server import Failure

HINT = "Give it an account that may only read. Countersign reads only, whatever the account may do; two locks are better than one."


async def examine_databases(settings: Settings, config: Config) -> tuple[Finding, ...]:
    """A finding for each database."""
    entries = [entry for entry in config.sources if isinstance(entry, SqlEntry)]
    return tuple(await asyncio.gather(*(_database(entry, settings, config) for entry in entries)))


async def _database(entry: SqlEntry, settings: Settings, config: Config) -> Finding:
    label = f"database {entry.name}"
    redact = redactor(settings, config)
    async with Net() as net:
        context = SourceContext(
            net, redact, lambda name: settings.environ.get(name, ""), config.folder, lambda: datetime.now(UTC), lambda name, tools: None
        )
        try:
            tables, writes = await examined(entry, context)
        except (ConfigError, Failure) as error:
            return Finding(label, State.MISSING, redact(str(error)), "Check its address, its account, and the network from here.")
    if not tables:
        hint = "Look at schemas and tables in its configuration, and at what the account may read."
        return Finding(label, State.WARNING, "there is no table that may be read", hint)
    if writes:
        return Finding(label, State.WARNING, f"{tables} tables can be read; its account could also write: {writes}", HINT)
    return Finding(label, State.OK, f"{tables} tables can be read")
