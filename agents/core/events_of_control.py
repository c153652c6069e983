"""Facts that concern no single run: halts, grants taken back, memories erased, tools that are trusted, breakers, schedules. They stand in
`CONTROL`.

See `events.py` for what all events have in common.
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.events_of_api import TokenMade, TokenRevoked
from agents.core.events_of_intake import IntakeEvent
from agents.core.ids import GrantId, RunId


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
class ToolTrusted:
    """A person accepted how another program describes a tool. The tool may be used as long as it is described so, and only so."""

    tool: str
    digest: str
    """SHA-256 of the definition."""
    name: str
    """How people call whoever accepted it; the actor of the row is who."""
    definition: str = ""
    """Canonical JSON, as the other program wrote it."""
    kind: Literal["tool_trusted"] = "tool_trusted"
    CONTENT: ClassVar = frozenset({"definition"})


@dataclass(frozen=True, slots=True)
class ToolChanged:
    """A tool that was trusted was seen with another definition. It is off until somebody accepts one again."""

    tool: str
    digest: str
    """SHA-256 of what was seen."""
    definition: str = ""
    """What was seen, canonical JSON; cut where it is too long to be used."""
    kind: Literal["tool_changed"] = "tool_changed"
    CONTENT: ClassVar = frozenset({"definition"})


@dataclass(frozen=True, slots=True)
class ToolChangeTold:
    """An admin was told that a tool is off because its definition changed."""

    tool: str
    digest: str
    """Of the definition that was seen."""
    user: str
    """The admin's user id."""
    ts: str
    """Of the message; empty where it could not be posted."""
    kind: Literal["tool_change_told"] = "tool_change_told"
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


@dataclass(frozen=True, slots=True)
class SchedulePaused:
    """A person paused a schedule: its times start nothing."""

    schedule: str
    name: str
    """How people call whoever did it; the actor of the row is who."""
    kind: Literal["schedule_paused"] = "schedule_paused"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ScheduleResumed:
    """A person ended the pause of a schedule. What it missed meanwhile is not made up."""

    schedule: str
    name: str
    kind: Literal["schedule_resumed"] = "schedule_resumed"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ScheduleCalled:
    """A person wants a run of a schedule now."""

    schedule: str
    name: str
    kind: Literal["schedule_called"] = "schedule_called"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ScheduleSkipped:
    """A time of a schedule started nothing because its last run is open. It is written once for each such run."""

    schedule: str
    run: RunId
    kind: Literal["schedule_skipped"] = "schedule_skipped"
    CONTENT: ClassVar = frozenset[str]()


ControlEvent = (
    Halted | Resumed | HaltTold | GrantRevoked | MemoryForgotten | ToolTrusted | ToolChanged | ToolChangeTold
    | BreakerOpened | BreakerClosed | BreakerTold | SchedulePaused | ScheduleResumed | ScheduleCalled | ScheduleSkipped | IntakeEvent
    | TokenMade | TokenRevoked
)
"""Any event of the stream `CONTROL`."""
