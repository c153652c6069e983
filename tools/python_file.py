"""Tools that the operator writes in Python: a file beside the configuration, with operations declared as the built-in ones are."""

import hashlib
import importlib.util
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from agents.core.errors import ConfigError
from agents.core.ids import canonical
from tools.argument import Part
from tools.operation import Operation, Setting, tools_of
from tools.source import Entry, SourceContext
from tools.tool import Outline, Tool


class PythonConfig(Part):
    """Which file, and what it is told."""

    file: str = Field(min_length=1, pattern=r"\.py$")
    """Seen from the configuration. It runs inside the bot, with all its rights: it is code of yours, like a plug-in."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Given to the file's `connect`."""


class PythonEntry(Entry):
    """`{name: NAME, python: {file: my_tools.py}}`."""

    python: PythonConfig


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file that was read."""

    operations: tuple[Operation[Any], ...]
    connect: Any
    digest: str
    """SHA-256 of its text: an approval binds to the code that was there when it was asked for."""


class _PythonKind:
    """Implements `tools.source.Kind`."""

    key = "python"
    entry = PythonEntry

    def operations(self) -> None:
        """The file lists them."""
        return

    def outlines(self, entry: PythonEntry, folder: Path) -> tuple[Outline, ...]:
        """Its tools. Raises ConfigError where the file cannot be read, or declares none."""
        operations = _chosen(entry, _load(entry, folder).operations)
        return tuple(one.outline(entry.name, entry.settings.get(one.name, Setting())) for one in operations)

    def open(self, entry: PythonEntry, context: SourceContext) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """Its tools, on what its `connect` yields."""
        return _open(entry, context)


PYTHON = _PythonKind()


@asynccontextmanager
async def _open(entry: PythonEntry, context: SourceContext) -> AsyncIterator[Sequence[Tool]]:
    loaded = _load(entry, context.folder)
    said = {"kind": "python", "file": loaded.digest, "options": entry.python.options}
    async with loaded.connect(entry.python.options, context) as source:
        operations = _chosen(entry, loaded.operations)
        yield tools_of(operations, source, entry.name, entry.settings, context.redact(canonical(said)))


def _load(entry: PythonEntry, folder: Path) -> _Loaded:
    path = folder / entry.python.file
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        spec = importlib.util.spec_from_file_location(f"countersign_tools_{digest[:16]}", path)
        if spec is None or spec.loader is None:
            raise ImportError("it is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up by name
        spec.loader.exec_module(module)
    except Exception as error:  # whatever stands in the file can go wrong when it is read
        raise ConfigError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    operations = getattr(module, "OPERATIONS", ())
    if not isinstance(operations, Sequence) or not operations or not all(isinstance(one, Operation) for one in operations):
        raise ConfigError(f"{path} declares no tools: it has to hold OPERATIONS, a tuple of tools.operation.Operation")
    return _Loaded(tuple(operations), getattr(module, "connect", _unconnected), digest)


@asynccontextmanager
async def _unconnected(options: Mapping[str, Any], context: SourceContext) -> AsyncIterator[SourceContext]:
    """Without a `connect`, operations work on the context itself."""
    yield context


def _chosen(entry: PythonEntry, operations: tuple[Operation[Any], ...]) -> tuple[Operation[Any], ...]:
    unknown = [name for name in (*(entry.only or ()), *entry.settings) if name not in {one.name for one in operations}]
    if unknown:
        raise ConfigError(f"{entry.python.file} has no operation {', '.join(unknown)}")
    return tuple(one for one in operations if entry.only is None or one.name in entry.only)
