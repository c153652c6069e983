"""What an MCP server offers just now, looked at once and by itself: for people who decide whether to trust it."""

import asyncio
import importlib
from dataclasses import dataclass

from tools.mcp_config import McpEntry
from tools.mcp_definition import Definition
from tools.mcp_link import Broken, innermost
from tools.mcp_source import McpSource, unusable
from tools.source import SourceContext

PATIENCE = 30.0
"""Seconds for a server to be ready and to list its tools, while a person waits."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An allowed tool as the server describes it now."""

    tool: str
    """Its name here."""
    definition: Definition | None
    """None where the server does not list it."""
    wrong: str
    """Why it could not be used whoever accepted it; empty where it could."""


async def inspect(entry: McpEntry, context: SourceContext) -> tuple[Seen, ...] | str:
    """Every allowed tool; or why the server could not be asked."""
    source = McpSource(entry, context)
    vendor = await asyncio.to_thread(importlib.import_module, "tools.mcp")
    try:
        async with asyncio.timeout(PATIENCE), vendor.dialled(entry, context) as session:
            await source.read(session)
    except TimeoutError:
        return f"it was not ready within {PATIENCE:g} seconds"
    except Exception as error:  # the edge to the vendor's transports: whatever they raise means that it could not be asked
        return str(error) if isinstance(error, Broken) else innermost(error)
    return tuple(_seen(entry.called(tool), source.listed(tool)) for tool in entry.tools)


def _seen(called: str, listed: tuple[Definition, ...]) -> Seen:
    if not listed:
        return Seen(called, None, "the server does not list it")
    if len(listed) > 1:
        return Seen(called, listed[0], "the server lists it more than once")
    return Seen(called, listed[0], unusable(listed[0]) or "")
