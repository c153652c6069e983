"""Facts of one call: judged, started, ended, or cut off. See `events.py` for what all events have in common."""

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.ids import CallId
from agents.core.terms import Decision, Proposal
from agents.core.tool import Effect, Repeat, Risk


@dataclass(frozen=True, slots=True)
class CallRejected:
    """A call never got as far as the policy: no such tool, or arguments that do not fit."""

    call_id: CallId
    tool: str
    error: str
    kind: Literal["call_rejected"] = "call_rejected"
    CONTENT: ClassVar = frozenset({"error"})


@dataclass(frozen=True, slots=True)
class CallJudged:
    """The policy's verdict on a call, once, with the rules that made it."""

    call_id: CallId
    tool: str
    decision: Decision
    rules: tuple[str, ...]
    risk: Risk
    effect: Effect
    repeat: Repeat
    probe: bool = False
    digest: str = ""
    """Of the tool's definition that was judged: no other may run under this verdict."""
    grant: str = ""
    """The grant that let it run; empty where none did."""
    undo: int = 0
    """For how many seconds after its end it can be undone; 0 where it cannot."""
    grantable: bool = True
    """Whether people may let calls like it run ahead of time."""
    reason: str = ""
    """What the rule that decided says to people and to the model."""
    kind: Literal["call_judged"] = "call_judged"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class CallsGiven:
    """A person said what to do, and no model is asked: an Undo. The calls are judged as any others."""

    calls: tuple[Proposal, ...]
    kind: Literal["calls_given"] = "calls_given"
    CONTENT: ClassVar = frozenset({"calls"})


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A call is about to have its effect. Durable before the effect begins."""

    call_id: CallId
    tool: str
    key: str
    """Idempotency key: the same for each attempt at this call under one approval."""
    attempt: int = 1
    kind: Literal["tool_started"] = "tool_started"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call came to its end and returned something."""

    call_id: CallId
    tool: str
    result: str
    ms: int = 0
    taints: bool = False
    kind: Literal["tool_finished"] = "tool_finished"
    CONTENT: ClassVar = frozenset({"result"})


@dataclass(frozen=True, slots=True)
class ToolFailed:
    """A call certainly had no effect, or was a read, and the model reads why it failed."""

    call_id: CallId
    tool: str
    error: str
    ms: int = 0
    taints: bool = False
    """Whether outsiders could have written the error."""
    kind: Literal["tool_failed"] = "tool_failed"
    CONTENT: ClassVar = frozenset({"error"})


@dataclass(frozen=True, slots=True)
class CallInterrupted:
    """A call left and no answer told whether it happened: a crash, a timeout, a broken connection, a 5xx."""

    call_id: CallId
    tool: str
    why: str
    taints: bool = False
    """Whether outsiders could have written why."""
    kind: Literal["call_interrupted"] = "call_interrupted"
    CONTENT: ClassVar = frozenset({"why"})


@dataclass(frozen=True, slots=True)
class ProbeAnswered:
    """The tool's probe was asked whether an interrupted call happened."""

    call_id: CallId
    tool: str
    happened: bool | None
    """None where the probe could not tell."""
    detail: str = ""
    kind: Literal["probe_answered"] = "probe_answered"
    CONTENT: ClassVar = frozenset({"detail"})
