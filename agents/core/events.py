"""Every fact that a run consists of: immutable, in the past tense, and enough to rebuild the run from nothing.

`CONTENT` names the fields that hold what people, models or tools wrote. They lie apart from the chained rows, so that they can be
erased without breaking the chain. A field that is added later needs a default: old rows are read by new code, never rewritten.
"""

import dataclasses
from datetime import datetime
from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.events_of_api import CallbackTried, TokenMade, TokenRevoked
from agents.core.events_of_calls import (
    CallInterrupted,
    CallJudged,
    CallRejected,
    CallsGiven,
    ProbeAnswered,
    ToolFailed,
    ToolFinished,
    ToolStarted,
)
from agents.core.events_of_control import (
    BreakerClosed,
    BreakerOpened,
    BreakerTold,
    GrantRevoked,
    Halted,
    HaltTold,
    MemoryForgotten,
    Resumed,
    ScheduleCalled,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSkipped,
    ToolChanged,
    ToolChangeTold,
    ToolTrusted,
)
from agents.core.events_of_intake import DeliveryDropped, DeliveryParked, DeliveryReplayed, IntakeEvent, RequestsRefused
from agents.core.events_of_posts import PostFinished, PostStarted
from agents.core.events_of_questions import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalEscalated,
    ApprovalExpired,
    ApprovalGranted,
    ApprovalReminded,
    ApprovalVoided,
    CallEdited,
    ClickRefused,
    DoubtRaised,
    DoubtResolved,
    GrantGiven,
    GrantLapsed,
    HelpAsked,
    HelpGiven,
    LimitAnswered,
    LimitLifted,
    LimitReached,
    RightsChecked,
    VoteCast,
    VoteWithdrawn,
)
from agents.core.events_of_signals import FindingMarked, SignalReceived
from agents.core.ids import ActorId, RunId
from agents.core.terms import Decision, Limit, Outcome, Proposal, Stop, Usage
from agents.core.trigger import Trigger

__all__ = (
    "ApprovalAsked",
    "ApprovalDenied",
    "ApprovalEscalated",
    "ApprovalExpired",
    "ApprovalGranted",
    "ApprovalReminded",
    "ApprovalVoided",
    "BreakerClosed",
    "BreakerOpened",
    "BreakerTold",
    "CallEdited",
    "CallInterrupted",
    "CallJudged",
    "CallRejected",
    "CallbackTried",
    "CallsGiven",
    "ClickRefused",
    "Decision",
    "DeliveryDropped",
    "DeliveryParked",
    "DeliveryReplayed",
    "DoubtRaised",
    "DoubtResolved",
    "Event",
    "Fact",
    "FeedbackGiven",
    "FindingMarked",
    "GrantGiven",
    "GrantLapsed",
    "GrantRevoked",
    "HaltTold",
    "Halted",
    "HelpAsked",
    "HelpGiven",
    "InputReceived",
    "Limit",
    "LimitAnswered",
    "LimitLifted",
    "LimitReached",
    "MemoryForgotten",
    "ModelAnswered",
    "ModelAsked",
    "ModelFailed",
    "Outcome",
    "PostFinished",
    "PostStarted",
    "ProbeAnswered",
    "Proposal",
    "Recorded",
    "RequestsRefused",
    "Resumed",
    "RightsChecked",
    "RunFinished",
    "RunStarted",
    "RunStopped",
    "ScheduleCalled",
    "SchedulePaused",
    "ScheduleResumed",
    "ScheduleSkipped",
    "SignalReceived",
    "Stop",
    "TokenMade",
    "TokenRevoked",
    "ToolChangeTold",
    "ToolChanged",
    "ToolFailed",
    "ToolFinished",
    "ToolStarted",
    "ToolTrusted",
    "Usage",
    "VoteCast",
    "VoteWithdrawn",
)


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A trigger became a run."""

    agent: str
    trigger: Trigger
    text: str
    kind: Literal["run_started"] = "run_started"
    CONTENT: ClassVar = frozenset({"text"})


@dataclass(frozen=True, slots=True)
class InputReceived:
    """Somebody wrote in the run's thread; the model reads it at its next turn."""

    key: str
    """Dedupe key of the message."""
    name: str
    text: str
    tainted: bool = False
    """Whether whoever wrote it is an outsider."""
    kind: Literal["input_received"] = "input_received"
    CONTENT: ClassVar = frozenset({"text"})


@dataclass(frozen=True, slots=True)
class ModelAsked:
    """A request to the model is about to leave."""

    step: int
    """Number of the model's turn in this run, counted from 1."""
    tier: str
    taints: bool = False
    """Whether it is shown what outsiders could have written beside the run's own content: descriptions of tools."""
    kind: Literal["model_asked"] = "model_asked"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ModelAnswered:
    """The model's turn, whole."""

    model: str
    """The id that answered; another than the tier's where the fallback did."""
    text: str
    calls: tuple[Proposal, ...]
    stop: Stop
    usage: Usage
    cost: float
    """US dollars by the configured prices."""
    ms: int
    """Milliseconds from the request to the last byte."""
    thinking: str = ""
    """What it thought, sealed by the adapter: for that model to read again, never shown to people. Empty where it did not think."""
    kind: Literal["model_answered"] = "model_answered"
    CONTENT: ClassVar = frozenset({"text", "calls", "thinking"})


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model, its retries and its fallback all failed."""

    error: str
    kind: Literal["model_failed"] = "model_failed"
    CONTENT: ClassVar = frozenset({"error"})


@dataclass(frozen=True, slots=True)
class RunStopped:
    """A person ended the run, which begins nothing more; what is under way comes to its end first."""

    name: str
    """How people call whoever did it; the actor of the row is who."""
    takes_over: bool = False
    """Whether that person goes on with the case themselves."""
    kind: Literal["run_stopped"] = "run_stopped"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """A person said whether the run was any good. It may come after the end."""

    name: str
    good: bool
    note: str = ""
    """What was wrong, in their words."""
    kind: Literal["feedback_given"] = "feedback_given"
    CONTENT: ClassVar = frozenset({"note"})


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over."""

    outcome: Outcome
    reason: str = ""
    kind: Literal["run_finished"] = "run_finished"
    CONTENT: ClassVar = frozenset({"reason"})


Event = (
    RunStarted | InputReceived | SignalReceived | ModelAsked | ModelAnswered | ModelFailed | CallsGiven | CallRejected | CallJudged
    | ApprovalAsked | VoteCast | VoteWithdrawn | ApprovalGranted | ApprovalDenied | ApprovalExpired | ApprovalVoided | ClickRefused
    | ApprovalReminded | ApprovalEscalated | CallEdited | GrantGiven | GrantLapsed | RightsChecked
    | ToolStarted | ToolFinished | ToolFailed | CallInterrupted | ProbeAnswered | DoubtRaised | DoubtResolved
    | HelpAsked | HelpGiven | LimitReached | LimitAnswered | LimitLifted | PostStarted | PostFinished | RunStopped | FeedbackGiven
    | RunFinished | Halted | Resumed | HaltTold | GrantRevoked | MemoryForgotten | BreakerOpened | BreakerClosed | BreakerTold
    | ToolTrusted | ToolChanged | ToolChangeTold | SchedulePaused | ScheduleResumed | ScheduleCalled | ScheduleSkipped | IntakeEvent
    | TokenMade | TokenRevoked | CallbackTried | FindingMarked
)
"""Any event, told apart by its `kind`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """An event on its way into the journal."""

    event: Event
    actor: ActorId
    at: datetime
    """When it happened, in UTC."""


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is in the journal."""

    run_id: RunId
    seq: int
    """Its number in the run, counted from 1 without gaps."""
    at: datetime
    actor: ActorId
    agent: str
    event: Event
