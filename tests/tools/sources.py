"""A source of tools by itself, opened as the bot opens it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from agents.pools import Pools
from agents.ports import Clock
from tools.kinds import KINDS
from tools.memories import Memories
from tools.net import Net
from tools.pins import NoPins, Pins
from tools.redact import Redactor
from tools.source import Entry, SourceContext
from tools.toolbox import Toolbox
from tools.workspace import Workspace

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


@asynccontextmanager
async def opened(
    item: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, folder: Path = Path(), now: datetime = NOW,
    memories: Memories | None = None, workspace: Workspace | None = None, pins: Pins | None = None, net: Net | None = None,
    clock: Clock | None = None, pools: Pools | None = None,
) -> AsyncIterator[Toolbox]:
    """The toolbox that this item of `tools:` makes. `net` is for tests that count other addresses as public."""
    key = next(key for key in KINDS if key in item)
    entry: Entry = TypeAdapter(KINDS[key].entry).validate_python(item)
    held = environ or {}
    redact = Redactor([held[name] for name in entry.secret_names() if name in held])
    async with net or Net(hosts={urlsplit(url).hostname or "" for url in entry.urls()}) as client:
        toolbox = Toolbox((), redact)
        context = SourceContext(
            client, redact, lambda name: held.get(name, ""), folder, clock or (lambda: now), toolbox.offer, pins or NoPins(),
            memories, workspace, pools,
        )
        async with KINDS[key].open(entry, context) as tools:
            toolbox.offer(entry.name, tools)
            yield toolbox
