"""How each tool of the configured MCP servers stands: trusted, changed since, never accepted, or not to be used."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from agents.core.switches import Switches
from bot.build import clock, redactor
from bot.config import Config
from bot.pins import ReadPins
from bot.settings import Settings
from tools.mcp_config import McpEntry
from tools.mcp_definition import Definition, accepted, difference, readable
from tools.mcp_inspect import Seen, inspect
from tools.net import Net
from tools.source import SourceContext


class TrustState(StrEnum):
    """How a tool stands."""

    TRUSTED = "trusted"
    NEW = "new"
    """Nobody has accepted it yet."""
    CHANGED = "changed"
    """Its definition is another than was accepted, or was in between."""
    UNUSABLE = "unusable"
    """It cannot be used whoever accepts it."""
    UNREACHABLE = "unreachable"
    """Its server could not be asked."""


WAITING = (TrustState.NEW, TrustState.CHANGED)
"""What waits for an admin."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One allowed tool of a server."""

    server: str
    name: str
    standing: TrustState
    why: str = ""
    """Why it cannot be used or its server cannot be asked."""
    definition: Definition | None = None
    """As its server describes it now."""
    shown: str = ""
    """What whoever accepts it has to read: the definition, or what is different in it."""


def servers(config: Config) -> tuple[McpEntry, ...]:
    """The configured MCP servers."""
    return tuple(entry for entry in config.sources if isinstance(entry, McpEntry))


async def examine(settings: Settings, config: Config, entries: Iterable[McpEntry], switches: Switches, net: Net) -> tuple[Tool, ...]:
    """Ask these servers, side by side, and compare what they say with what was accepted."""
    redact = redactor(settings, config)
    context = SourceContext(
        net, redact, lambda name: settings.environ.get(name, ""), config.folder, clock, lambda name, tools: None, ReadPins(switches)
    )

    async def one(entry: McpEntry) -> tuple[Tool, ...]:
        found = await inspect(entry, context)
        if isinstance(found, str):
            return tuple(Tool(entry.name, entry.called(tool), TrustState.UNREACHABLE, redact(found)) for tool in entry.tools)
        return tuple(_compared(entry.name, seen, switches) for seen in found)

    return tuple(tool for tools in await asyncio.gather(*map(one, entries)) for tool in tools)


def _compared(server: str, seen: Seen, switches: Switches) -> Tool:
    found = seen.definition
    if found is None or seen.wrong:
        return Tool(server, seen.tool, TrustState.UNUSABLE, seen.wrong, found)
    trust = switches.trusts.get(seen.tool)
    if trust is None:
        return Tool(server, seen.tool, TrustState.NEW, "", found, readable(found))
    if trust.digest == found.digest and seen.tool not in switches.changes:
        return Tool(server, seen.tool, TrustState.TRUSTED, "", found, readable(found))
    before = accepted(trust.definition, trust.digest)
    if trust.digest == found.digest:
        shown = f"It was seen with another definition, and now has the one again that {trust.name} accepted:\n{readable(found)}"
    elif before is None:
        shown = f"What {trust.name} accepted is not kept any more, so there is no difference to show. Now it is:\n{readable(found)}"
    else:
        shown = difference(before, found)
    return Tool(server, seen.tool, TrustState.CHANGED, "", found, shown)
