"""Facts that concern no single run: halts, grants that are taken back, memories that are erased, breakers. They stand in `CONTROL`.

See `events.py` for what all events have in common.
"""

from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class BreakerOpened:
    """Something that tools need has stopped answering: from now on calls to it fail at once, and it is tried again by itself."""

    what: str
    """`host NAME` or `tool NAME`."""
    since: datetime
    """When the first failure of the row happened."""
    why: str
    """What it did instead of answering, in words of ours."""
    tool: str = ""
    """The tool's name; empty where it is a host."""
    kind: Literal["breaker_opened"] = "breaker_opened"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class BreakerClosed:
    """Calls go out again."""

    what: str
    how: Literal["answered", "forgotten", "restarted"]
    """It answered; nothing was sent to it for so long that nobody knows; or the program was restarted and knows nothing of it."""
    tool: str = ""
    kind: Literal["breaker_closed"] = "breaker_closed"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class BreakerTold:
    """A channel whose runs are affected is about to be told that something does not answer, or was told how it stands."""

    what: str
    channel: str
    shows: Literal["nothing", "outage", "end"]
    """What the message shows; nothing while it is about to be posted."""
    ts: str = ""
    """Of the message; empty where there is none."""
    kind: Literal["breaker_told"] = "breaker_told"
    CONTENT: ClassVar = frozenset[str]()


ControlEvent = Halted | Resumed | HaltTold | GrantRevoked | MemoryForgotten | BreakerOpened | BreakerClosed | BreakerTold
"""Any event of the stream `CONTROL`."""
