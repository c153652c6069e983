"""One tool: what it is, and how it is called. The toolbox calls it; nobody else does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agents.core.tool import Risk, ToolSpec
from agents.ports import Caller, Done, Failed, Preview, Unknown


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may take."""

    timeout: float = 30.0
    """Seconds until a call, a preview or a probe is given up."""
    max_result: int = 20_000
    """Characters of a result that the model is shown; the rest is left out visibly."""
    at_once: int = 0
    """How many calls of it may be under way at one moment; 0 for any number."""


class Tool(Protocol):
    """Something that agents can do. What is expected to go wrong is a result, never an exception."""

    @property
    def spec(self) -> ToolSpec:
        """What the policy, the model and the approval card see. It never changes while the tool lives."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """What is sent for arguments that are left out."""

    @property
    def bounds(self) -> Bounds:
        """What one call may take; the toolbox keeps to it."""

    def invalid(self, arguments: Mapping[str, Any]) -> str | None:
        """What is wrong with arguments that fit the schema, in one sentence; None where nothing is. Pure."""

    async def run(self, arguments: Mapping[str, Any], *, key: str, caller: Caller) -> Done | Failed | Unknown:
        """Have the effect. The same key and arguments always send the same bytes."""

    async def preview(self, arguments: Mapping[str, Any]) -> Preview:
        """What the call would change. Reads only. Called only where `spec.preview` is set."""

    async def probe(self, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        """Whether the call with this key happened; None where it cannot be told. Reads only. Called only where `spec.probe` is set."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What the configuration alone says of a tool, before anything is connected."""

    name: str
    reads: bool
    """Whether it has no effect."""
    risk: Risk
    """The highest that a call of it can have by its own rules."""
    undo: str = ""
    """The tool that its calls are taken back with; empty where they cannot be."""
    per_minute: int = 0
    """How often a minute it may be called before people are asked; 0 for any number."""
    arguments: frozenset[str] | None = None
    """Names of its arguments; None where they are not known before it is connected."""
    labels: Mapping[str, str] | None = None
    """What the operator says of it; None where that is not known."""
