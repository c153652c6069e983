"""The web as a kind of source: reading pages, and searching where a service is configured."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.ports import Done, Failed
from tools.argument import Argument, Part
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext
from tools.tool import Outline, Tool
from tools.web.hosts import HostPattern
from tools.web.reader import PART, Reader
from tools.web.search import Search, SearchConfig


class WebConfig(Part):
    """What may be read, and where is searched."""

    hosts: tuple[HostPattern, ...] = ()
    """The only hosts of which pages are read; `*.example.org` for all below one."""
    search: SearchConfig | None = None
    """Without it, there is no `search`."""


class WebEntry(Entry):
    """`{name: web, web: {hosts: [docs.python.org, "*.example.org"]}}`."""

    web: WebConfig

    def urls(self) -> tuple[str, ...]:
        """The search service's. The hosts of pages are not named as ours: they have to be public."""
        return (self.web.search.address,) if self.web.search else ()


@dataclass(frozen=True, slots=True)
class Web:
    """An open source."""

    reader: Reader
    search: Search | None


async def _read(web: Web, arguments: Arguments, use: Use) -> Done | Failed:
    return await web.reader.read(arguments, use)


async def _search(web: Web, arguments: Arguments, use: Use) -> Done | Failed:
    return await web.search.search(arguments, use) if web.search else Failed("No search service is configured.")


@asynccontextmanager
async def _connect(entry: WebEntry, context: SourceContext) -> AsyncIterator[Web]:
    reader = Reader(entry.web.hosts, context)
    yield Web(reader, Search(entry.web.search, reader.hosts, context) if entry.web.search else None)


READ: Operation[Web] = Operation(
    "read", f"Read a web page as text, {PART:,} characters at a time. Only pages of the hosts on the tool's list.", _read,
    {
        "url": Argument(type="string", minLength=8, maxLength=2_000, description="http or https address"),
        "part": Argument(type="integer", minimum=1, maximum=200, default=1, description="which part of a long page"),
    },
    taints=True, invalid=lambda web, arguments: web.reader.invalid(arguments), timeout=60.0, max_result=PART + 4_000,
)

SEARCH: Operation[Web] = Operation(
    "search", "Search the web: titles, addresses, snippets, and whether the page may be read with this source.", _search,
    {
        "text": Argument(type="string", minLength=1, maxLength=400, description="what to search for"),
        "limit": Argument(type="integer", minimum=1, maximum=20, default=8),
    },
    taints=True, timeout=30.0,
)

ALL = Pack("web", WebEntry, (READ, SEARCH), _connect)
READING = Pack("web", WebEntry, (READ,), _connect)


class WebKind:
    """Implements `tools.source.Kind`: whether there is a search depends on the configuration."""

    key = "web"
    entry = WebEntry

    def operations(self) -> Mapping[str, str]:
        """All that there may be."""
        return ALL.operations()

    def outlines(self, entry: WebEntry, folder: Path) -> tuple[Outline, ...]:
        """Its tools, as far as the configuration tells."""
        return _pack(entry).outlines(entry, folder)

    def open(self, entry: WebEntry, context: SourceContext) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """Its tools, live until the block ends."""
        return _pack(entry).open(entry, context)


def _pack(entry: WebEntry) -> Pack[WebEntry, Web]:
    return ALL if entry.web.search else READING


WEB = WebKind()
