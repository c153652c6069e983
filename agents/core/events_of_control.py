"""Facts of people's hand on everything: halts, grants that are taken back, memories that are erased. They stand in `CONTROL`, not in a run.

See `events.py` for what all events have in common.
"""

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.ids import GrantId


@dataclass(frozen=True, slots=True)
class Halted:
    """A person froze an agent or everything: its runs, its grants, its questions to people."""

    scope: str
    """The agent's name; empty for everything."""
    name: str
    """How people call whoever did it; the actor of the row is who."""
    reason: str = ""
    kind: Literal["halted"] = "halted"
    CONTENT: ClassVar = frozenset({"reason"})


@dataclass(frozen=True, slots=True)
class Resumed:
    """A person ended a halt."""

    scope: str
    name: str
    kind: Literal["resumed"] = "resumed"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class HaltTold:
    """A channel in which something waits was told of a halt, or of its end."""

    scope: str
    channel: str
    ts: str
    """Of the message; empty where it could not be posted."""
    lifted: bool = False
    """Whether the message tells of the end."""
    kind: Literal["halt_told"] = "halt_told"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class GrantRevoked:
    """A person took a grant back. It counts from this moment."""

    grant_id: GrantId
    tool: str
    name: str
    kind: Literal["grant_revoked"] = "grant_revoked"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class MemoryForgotten:
    """A person had a memory of an agent erased. Its text is gone with this event, which does not tell it."""

    number: int
    agent: str
    """Whose memory it was."""
    name: str
    """How people call whoever did it; the actor of the row is who."""
    kind: Literal["memory_forgotten"] = "memory_forgotten"
    CONTENT: ClassVar = frozenset[str]()


ControlEvent = Halted | Resumed | HaltTold | GrantRevoked | MemoryForgotten
"""Any event of the stream `CONTROL`."""
