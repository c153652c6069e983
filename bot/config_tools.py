"""Items of `tools:`: HTTP requests, and sources that make several tools each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from agents.core.errors import ConfigError
from bot.config_mistakes import checked, nearest
from bot.config_source import Source, Where
from tools.decision import DECISION, DecisionConfig, DecisionEntry
from tools.http_config import HttpToolConfig
from tools.kinds import KINDS
from tools.source import Entry, Kind
from tools.tool import Outline

_HTTP = TypeAdapter(HttpToolConfig)
_COMMON = frozenset(Entry.model_fields)


class ToolReader:
    """Reads the items, each by itself, and notes every mistake."""

    def __init__(self, source: Source, environ: Mapping[str, str], folder: Path) -> None:
        self._source = source
        self._environ = environ
        self._folder = folder
        self.http: dict[str, HttpToolConfig | None] = {}
        """HTTP tools by name; None for those with mistakes."""
        self.sources: dict[str, Entry | None] = {}
        """Sources by name; None for those with mistakes."""
        self.outlines: dict[str, Outline | None] = {}
        """Every tool by its name, None for those with mistakes."""
        self._brought: dict[str, Entry] = {}
        """Those of the sources that agents bring along."""
        self.secrets: set[str] = set()
        """What the environment variables hold that sources name."""

    def read(self, items: list[Any]) -> None:
        """All items."""
        for number, item in enumerate(items):
            where: Where = ("tools", number)
            named = [key for key in KINDS if key in item] if isinstance(item, dict) and "http" not in item else []
            if named:
                self._read_source(item, KINDS[named[0]], where)
            else:
                self._read_http(item, where)

    def bring(self, name: str, decision: DecisionConfig, source: Source, where: Where) -> None:
        """A decision that an agent brings along. The configuration's own tool of this name goes before it."""
        entry = DecisionEntry(name=name, decision=decision)
        if name not in self.outlines:
            self._brought[name] = self.sources[name] = entry
            self.outlines.update((outline.name, outline) for outline in DECISION.outlines(entry, self._folder))
        elif self._brought.get(name, entry) != entry:
            source.wrong((*where, name), f"another agent decides something else by the name {name}; use another name")

    def _read_http(self, item: Any, where: Where) -> None:
        tool = checked(_HTTP, item, self._source, where)
        name = item.get("name") if isinstance(item, dict) else None
        if isinstance(name, str):
            self._add(name, tool.outline if tool else None, (*where, "name"))
            self.http[name] = tool

    def _read_source(self, item: dict[str, Any], kind: Kind[Any], where: Where) -> None:
        adapter: TypeAdapter[Entry] = TypeAdapter(kind.entry)
        entry = checked(adapter, item, self._source, where)
        name = item.get("name")
        if isinstance(name, str):
            if name in self.sources:
                self._source.wrong((*where, "name"), f"there are two by the name {name}; each name may stand once")
            self.sources[name] = entry
        if entry is None:
            if isinstance(name, str):
                for operation in kind.operations() or ():
                    self._add(f"{name}_{operation}" if operation else name, None, where)
            return
        self._check_operations(entry, kind, where)
        try:
            outlines = kind.outlines(entry, self._folder)
        except ConfigError as error:
            self._source.wrong((*where, kind.key), str(error))
            return
        for outline in outlines:
            self._add(outline.name, outline, (*where, "name"))
        for variable in sorted(entry.secret_names()):
            if value := self._environ.get(variable):
                self.secrets.add(value)
            else:
                self._source.wrong(where, f"the environment has no {variable}; set it to this source's secret")

    def _check_operations(self, entry: Entry, kind: Kind[Any], where: Where) -> None:
        known = kind.operations()
        if known is None:
            return
        for part, names in (("only", entry.only or ()), ("settings", tuple(entry.settings))):
            for place, name in enumerate(names):
                if name not in known:
                    inner: str | int = place if part == "only" else name
                    self._source.wrong((*where, part, inner), f"{kind.key} has no operation {name!r}{nearest(name, known)}")

    def _add(self, name: str, outline: Outline | None, where: Where) -> None:
        if name in self.outlines:
            self._source.wrong(where, f"there are two by the name {name}; each name may stand once")
        self.outlines[name] = outline
