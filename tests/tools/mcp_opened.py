"""MCP sources in tests: opened as the bot does, with what their servers say at first accepted."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.tools.mcp_servers import EVERY, MemoryPins
from tests.tools.sources import NOW, opened
from tools.mcp_config import McpEntry
from tools.mcp_inspect import Seen, inspect
from tools.net import Net
from tools.redact import Redactor
from tools.source import SourceContext
from tools.toolbox import Toolbox


async def inspected(item: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> tuple[Seen, ...] | str:
    """What the server of this item says now."""
    held = environ or {}
    async with Net(hosts={"127.0.0.1"}) as net:
        context = SourceContext(
            net, Redactor(list(held.values())), lambda name: held.get(name, ""), Path(), lambda: NOW, lambda name, tools: None
        )
        return await inspect(McpEntry.model_validate(item), context)


FIRST: dict[str, tuple[Seen, ...]] = {}
"""What each kind of server says when it is started: to start one takes a second, so it is looked at once for all tests."""


async def accept(pins: MemoryPins, item: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> None:
    """An admin accepts all that the server says at first; over HTTP, that it says now."""
    kind = str([*item["mcp"].get("command", ()), *[""] * 4][3])
    seen = FIRST.get(kind) or await inspected({**item, "tools": EVERY[kind]} if kind else item, environ)
    assert not isinstance(seen, str), seen
    if kind:
        FIRST[kind] = seen
    for one in seen:
        assert one.definition is not None, one
        pins.accept(one.tool, one.definition.text, one.definition.digest)


@asynccontextmanager
async def trusted(
    item: Mapping[str, Any], environ: Mapping[str, str] | None = None, pins: MemoryPins | None = None
) -> AsyncIterator[tuple[Toolbox, MemoryPins]]:
    """The toolbox of a source all of whose tools were accepted as they are at first."""
    pins = pins or MemoryPins()
    await accept(pins, item, environ)
    async with opened(item, environ=environ, pins=pins) as toolbox:
        yield toolbox, pins
