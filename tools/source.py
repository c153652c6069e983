"""Where tools come from beside plain HTTP requests: an item of `tools:` that names a kind of source and makes several tools.

A kind is one file (or a few): its part of the configuration, its operations, and how it is opened. `kinds.py` lists them all.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import Field

from agents.core.ids import canonical
from agents.pools import Pools
from agents.ports import Clock
from tools.argument import Part
from tools.memories import Memories
from tools.net import Net
from tools.operation import Operation, Setting, Source, tools_of
from tools.pins import NoPins, Pins
from tools.tool import Outline, Tool
from tools.workspace import Workspace

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""The name of an environment variable that holds a secret. Fields of this kind are called `…_env`: the loader looks for them, requires
that the variable is set, and has its value redacted everywhere."""


class Entry(Part):
    """An item of `tools:` that is a source. Subclasses add one field, which has the kind's name."""

    name: str = Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,39}$")
    """Its tools are called `NAME_OPERATION`."""
    only: tuple[str, ...] | None = None
    """The operations that exist; None for all."""
    settings: dict[str, Setting] = Field(default_factory=dict)
    """By operation: what the operator says in place of what it says of itself."""

    def urls(self) -> tuple[str, ...]:
        """The addresses that it names: they may be reached, and `countersign check` tries them."""
        return ()

    def secret_names(self) -> frozenset[str]:
        """The environment variables that hold its secrets."""
        return frozenset(_secret_names(self.model_dump()))


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a source is given when it is opened."""

    net: Net
    """The only way to speak HTTP."""
    redact: Callable[[str], str]
    secret: Callable[[str], str]
    """The value of an environment variable, asked for when it is needed and kept nowhere; empty where it is not set."""
    folder: Path
    """The configuration's own: relative paths in it are seen from here."""
    clock: Clock
    offer: Callable[[str, Sequence[Tool]], None]
    """`offer(name, tools)`: from now on these are the tools of the source with this name. For sources whose tools change."""
    pins: Pins = field(default_factory=NoPins)
    """Which tools of other programs people have accepted."""
    memories: Memories | None = None
    """What agents remember; None where there is no database."""
    workspace: Workspace | None = None
    """Slack; None where there is no connection to it."""
    pools: Pools | None = None
    """What is kept of monitors; None where there is no database."""


E = TypeVar("E", bound=Entry)
Any_E = TypeVar("Any_E", bound=Entry, contravariant=True)


class Kind(Protocol[Any_E]):
    """A kind of source."""

    @property
    def key(self) -> str:
        """The field of the entry by which it is known, such as `prometheus`."""

    @property
    def entry(self) -> type[Entry]:
        """The shape of its entries."""

    def operations(self) -> Mapping[str, str] | None:
        """Each operation and its description; None where the entry itself lists them."""

    def outlines(self, entry: Any_E, folder: Path) -> tuple[Outline, ...]:
        """Its tools, as far as the configuration in this folder tells. Raises ConfigError."""

    def open(self, entry: Any_E, context: SourceContext) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """Its tools, live until the block ends. Raises ConfigError where it can never work; what may pass is told by each call."""


@dataclass(frozen=True, slots=True)
class Pack(Generic[E, Source]):
    """A kind whose operations are known beforehand. Implements `Kind`."""

    key: str
    entry: type[E]
    known: tuple[Operation[Source], ...]
    connect: Callable[[E, SourceContext], AbstractAsyncContextManager[Source]]
    """Opens the source itself."""

    def operations(self) -> Mapping[str, str]:
        """Each operation and its description."""
        return {operation.name: operation.description for operation in self.known}

    def outlines(self, entry: E, folder: Path) -> tuple[Outline, ...]:
        """Its tools, as far as the configuration tells."""
        return tuple(one.outline(entry.name, entry.settings.get(one.name, Setting())) for one in self._chosen(entry))

    @asynccontextmanager
    async def open(self, entry: E, context: SourceContext) -> AsyncIterator[Sequence[Tool]]:
        """Its tools, live until the block ends."""
        async with self.connect(entry, context) as source:
            said = entry.model_dump(mode="json", exclude={"settings", "only"})
            definition = context.redact(canonical({"kind": self.key, **said}))
            yield tools_of(self._chosen(entry), source, entry.name, entry.settings, definition)

    def _chosen(self, entry: E) -> tuple[Operation[Source], ...]:
        return tuple(one for one in self.known if entry.only is None or one.name in entry.only)


def _secret_names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str) and key.endswith("_env") and isinstance(inner, str):
                yield inner
            else:
                yield from _secret_names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _secret_names(inner)
