"""Agents from the configuration: what an entry of `agents:` says, over what the agent that it uses says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from agents.core.approval import ROLE, ApprovalRule
from agents.core.budget import Limits
from agents.core.policy import Autonomy
from agents.spec import AgentSpec
from bot.config_mistakes import checked, nearest, quoted
from bot.config_shape import AgentEntry, AgentFile, AgentParts, ApprovalConfig, PrivacyConfig
from bot.config_source import Source, Where, read

_ENTRY = TypeAdapter(AgentEntry)
_FILE = TypeAdapter(AgentFile)


@dataclass(frozen=True, slots=True)
class Layer:
    """One place in which something is said of an agent."""

    source: Source
    where: Where
    parts: AgentParts
    folder: Path
    """Where the files that it names lie."""
    written: Mapping[str, Any]
    """The same as it is written, with its mistakes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An agent as it was read, before its names were checked against the rest of the configuration."""

    name: str
    layers: tuple[Layer, ...]
    """The entry in the configuration first, then the `agent.yaml` that it uses."""

    def says(self, part: str) -> Layer | None:
        """The layer whose word on this part counts; None where no layer says anything."""
        return next((layer for layer in self.layers if getattr(layer.parts, part) is not None), None)

    def part(self, part: str, default: Any) -> Any:
        """What is said of this part, or the default."""
        layer = self.says(part)
        return getattr(layer.parts, part) if layer else default

    def place(self, part: str) -> tuple[Source, Where]:
        """Where this part is said, or where it would have to be."""
        layer = self.says(part)
        return (layer.source, (*layer.where, part)) if layer else (self.layers[0].source, self.layers[0].where)

    def broken(self, part: str) -> bool:
        """Whether what is said of this part has mistakes, so that what it would have meant is unknown."""
        return any(
            place[:len(layer.where) + 1] == (*layer.where, part) for layer in self.layers for place in layer.source.unknown()
        )

    def written_rules(self) -> Iterator[tuple[Source, Where, Mapping[str, Any]]]:
        """The approval rules as they are written and where, those with mistakes too."""
        for layer in self.layers:
            rules = layer.written.get("approvals")
            for number, rule in enumerate(rules if isinstance(rules, list) else ()):
                if isinstance(rule, dict):
                    yield layer.source, (*layer.where, "approvals", number), rule
            if rules is not None:
                return

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of its tools; those that it brings along come last."""
        brought = (name for layer in self.layers for name in layer.parts.decisions or ())
        return tuple(dict.fromkeys((*self.part("tools", ()), *brought)))

    @property
    def approvals(self) -> tuple[ApprovalConfig, ...]:
        """Its approval rules."""
        return tuple(self.part("approvals", ()))

    @property
    def autonomy(self) -> Autonomy:
        """How free it is."""
        return Autonomy(self.part("autonomy", Autonomy.SUPERVISED))

    @property
    def tier(self) -> str:
        """Which model reasons for it."""
        return str(self.part("tier", "smart"))

    def spec(self, roles: Mapping[str, object], window: int, privacy: PrivacyConfig | None = None) -> AgentSpec:
        """The agent, once every name in it was checked. `privacy` is what holds where it says nothing of its own."""
        rules = tuple(rule_of(rule, roles) for rule in self.approvals)
        return AgentSpec(
            self.name, self.part("description", ""), self._prompt(), self.tools, self.tier, self.autonomy, rules, self._limits(),
            window, self.part("privacy", privacy or PrivacyConfig()).privacy,
        )

    def _prompt(self) -> str:
        """The text, from the file that holds it if need be; an unreadable file is noted as a mistake."""
        layer = self.says("prompt")
        if layer is None or layer.parts.prompt is None:
            return ""
        text = layer.parts.prompt
        if not text.endswith(".md") or "\n" in text or " " in text:
            return text
        try:
            return (layer.folder / text).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            layer.source.wrong((*layer.where, "prompt"), f"{quoted(text)} cannot be read in {layer.folder}: {_why(error)}")
            return ""

    def _limits(self) -> Limits:
        """Each limit from the first layer that sets it."""
        said: dict[str, Any] = {}
        for layer in reversed(self.layers):
            said |= layer.parts.limits.model_dump(exclude_none=True) if layer.parts.limits else {}
        return Limits(**said)


class AgentReader:
    """Reads the items of `agents:`. `library` is the folder of the ready-made agents."""

    def __init__(self, source: Source, folder: Path, library: Path, environ: Mapping[str, str]) -> None:
        self._source = source
        self._folder = folder
        self._library = library
        self._environ = environ
        self.files: list[Source] = []
        """The `agent.yaml` files that were read."""

    def read(self, number: int, item: Any) -> Draft | None:
        """One item, or None after its mistakes were noted."""
        where: Where = ("agents", number)
        entry = checked(_ENTRY, item, self._source, where, partly=True)
        if entry is None:
            return None
        layer = Layer(self._source, where, entry, self._folder, item)
        if entry.use is not None:
            return self._using(entry.use, entry, layer)
        missing = [part for part in ("name", "description", "prompt") if getattr(entry, part) is None]
        for part in missing:
            self._source.wrong((*where, part), "is missing; say it here, or name an agent with `use`")
        return None if missing else Draft(str(entry.name), (layer,))

    def _using(self, use: str, entry: AgentEntry, layer: Layer) -> Draft | None:
        folder = self._folder / use if "/" in use or use.startswith(".") else self._library / use
        try:
            found = (folder / "agent.yaml").is_file()
        except (OSError, ValueError):
            found = False
        if not found:
            known = nearest(use, library_names(self._library)) if folder.parent == self._library else f"; {folder} has no agent.yaml"
            self._source.wrong((*layer.where, "use"), f"there is no agent {quoted(use)}{known}")
            return None
        source = read(folder / "agent.yaml", str(folder / "agent.yaml"), self._environ)
        self.files.append(source)
        file = checked(_FILE, source.content, source, (), partly=True) if not source.mistakes else None
        return Draft(entry.name or file.name, (layer, Layer(source, (), file, folder, source.content))) if file else None


def rule_of(rule: ApprovalConfig, roles: Mapping[str, object]) -> ApprovalRule:
    """The rule as the core reads it: approvers that are roles are marked as such."""
    return ApprovalRule(
        tool=rule.tool, approvers=tuple(ROLE + name if name in roles else name for name in rule.approvers), required=rule.required,
        expires=rule.expires, allow_initiator=rule.allow_initiator, allow_guests=rule.allow_guests, allow_foreign=rule.allow_foreign,
        remind=rule.remind, escalate=rule.escalate or "", escalate_after=rule.escalate_after,
    )


def library_names(library: Path) -> Iterator[str]:
    """The ready-made agents."""
    return (file.parent.name for file in sorted(library.glob("*/agent.yaml")))


def _why(error: OSError | ValueError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else str(error)
