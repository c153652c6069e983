"""Every fact that a run consists of: immutable, in the past tense, and enough to rebuild the run from nothing.

`CONTENT` names the fields that hold what people, models or tools wrote. They lie apart from the chained rows, so that they can be
erased without breaking the chain. A field that is added later needs a default: old rows are read by new code, never rewritten.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from agents.core.ids import ActorId, AskId, CallId, RunId
from agents.core.tool import Effect, Repeat, Risk
from agents.core.trigger import Trigger


class Decision(StrEnum):
    """What the policy says of a call."""

    ALLOW = "allow"
    NOTIFY = "notify"
    """Run it and tell people."""
    ASK = "ask"
    """Wait for a countersignature."""
    DENY = "deny"
    SIMULATE = "simulate"
    """Record what would have been done, and do nothing."""


class Stop(StrEnum):
    """Why the model stopped writing."""

    END = "end_turn"
    TOOLS = "tool_use"
    LENGTH = "max_tokens"
    REFUSAL = "refusal"


class Outcome(StrEnum):
    """How a run ended."""

    ANSWERED = "answered"
    STOPPED = "stopped"
    """A person ended it."""
    FAILED = "failed"
    """It could not go on, and says why."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call, as the endpoint counted them."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """All tokens, cached or not."""
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that the model asked for."""

    call_id: CallId
    tool: str
    arguments: dict[str, Any]
    malformed: str | None = None
    """What the model wrote where its arguments could not be read as a JSON object."""


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
    kind: Literal["model_answered"] = "model_answered"
    CONTENT: ClassVar = frozenset({"text", "calls"})


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
    kind: Literal["call_judged"] = "call_judged"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """People were asked to countersign one exact call."""

    ask_id: AskId
    call_id: CallId
    tool: str
    digest: str
    """What an approval binds to: see `approval.digest`."""
    preview: str
    """What the call would change, for reading; empty where the tool has no preview."""
    fingerprint: str
    """Of the preview; empty where there is none."""
    approvers: tuple[str, ...]
    """Who may decide: `role:NAME` or user ids. Nobody is in an empty list."""
    required: int
    """How many different people must approve."""
    expires_at: datetime
    allow_initiator: bool = False
    supersedes: AskId | None = None
    """The void question that this one replaces."""
    kind: Literal["approval_asked"] = "approval_asked"
    CONTENT: ClassVar = frozenset({"preview"})


@dataclass(frozen=True, slots=True)
class VoteCast:
    """A person approved; more may be needed. The actor of the row is who."""

    ask_id: AskId
    call_id: CallId
    tool: str
    name: str
    kind: Literal["vote_cast"] = "vote_cast"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ApprovalGranted:
    """Enough people approved."""

    ask_id: AskId
    call_id: CallId
    tool: str
    by: tuple[ActorId, ...]
    kind: Literal["approval_granted"] = "approval_granted"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ApprovalDenied:
    """A person denied; one is enough."""

    ask_id: AskId
    call_id: CallId
    tool: str
    name: str
    reason: str
    kind: Literal["approval_denied"] = "approval_denied"
    CONTENT: ClassVar = frozenset({"reason"})


@dataclass(frozen=True, slots=True)
class ApprovalExpired:
    """Nobody decided in time. That is not a denial."""

    ask_id: AskId
    call_id: CallId
    tool: str
    kind: Literal["approval_expired"] = "approval_expired"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ApprovalVoided:
    """What was asked about is no longer what would run; a new question follows."""

    ask_id: AskId
    call_id: CallId
    tool: str
    why: str
    kind: Literal["approval_voided"] = "approval_voided"
    CONTENT: ClassVar = frozenset({"why"})


@dataclass(frozen=True, slots=True)
class ClickRefused:
    """Somebody tried to decide and was not admitted. It changes nothing but the record."""

    ask_id: AskId
    code: str
    """The reason in one word, see `approval.Refusal`."""
    kind: Literal["click_refused"] = "click_refused"
    CONTENT: ClassVar = frozenset[str]()


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
    kind: Literal["tool_failed"] = "tool_failed"
    CONTENT: ClassVar = frozenset({"error"})


@dataclass(frozen=True, slots=True)
class CallInterrupted:
    """A call left and no answer told whether it happened: a crash, a timeout, a broken connection, a 5xx."""

    call_id: CallId
    tool: str
    why: str
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


@dataclass(frozen=True, slots=True)
class DoubtRaised:
    """Nobody but a person can say whether a call happened. No default, no expiry."""

    ask_id: AskId
    call_id: CallId
    tool: str
    why: str
    approvers: tuple[str, ...]
    kind: Literal["doubt_raised"] = "doubt_raised"
    CONTENT: ClassVar = frozenset({"why"})


@dataclass(frozen=True, slots=True)
class DoubtResolved:
    """A person said what became of a call in doubt."""

    ask_id: AskId
    call_id: CallId
    tool: str
    choice: Literal["happened", "retry", "abandon"]
    name: str
    kind: Literal["doubt_resolved"] = "doubt_resolved"
    CONTENT: ClassVar = frozenset[str]()


class Limit(StrEnum):
    """What a run can run out of, or be stopped by."""

    STEPS = "steps"
    TOKENS = "tokens"
    COST = "cost"
    TIME = "time"
    BREAKER = "breaker"
    """The same call failed three times."""
    MALFORMED = "malformed"
    """The model wrote arguments that do not fit, was told, and did it again."""
    MODEL = "model"
    """The model could not be reached, or gave nothing usable."""


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The run pauses and asks: raise it, finish with what there is, or stop."""

    ask_id: AskId
    limit: Limit
    detail: str
    """In words, with figures and units."""
    kind: Literal["limit_reached"] = "limit_reached"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class LimitAnswered:
    """A person said how to go on."""

    ask_id: AskId
    limit: Limit
    choice: Literal["raise", "finish", "stop"]
    name: str
    kind: Literal["limit_answered"] = "limit_answered"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model, its retries and its fallback all failed."""

    error: str
    kind: Literal["model_failed"] = "model_failed"
    CONTENT: ClassVar = frozenset({"error"})


@dataclass(frozen=True, slots=True)
class PostStarted:
    """A message is about to be posted; after a crash the thread is searched for its key first."""

    post: str
    """What is posted: `progress`, `answer:STEPS`, `card:ASK`, `notice:CALL`."""
    kind: Literal["post_started"] = "post_started"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class PostFinished:
    """A message stands in Slack, and shows this."""

    post: str
    ts: str
    """Its timestamp id; empty where it could not be posted."""
    shows: str = ""
    """The state that it shows, see `Run.showing`."""
    error: str = ""
    """Why it could not be posted and will not be tried again."""
    kind: Literal["post_finished"] = "post_finished"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over."""

    outcome: Outcome
    reason: str = ""
    kind: Literal["run_finished"] = "run_finished"
    CONTENT: ClassVar = frozenset({"reason"})


Event = (
    RunStarted | InputReceived | ModelAsked | ModelAnswered | ModelFailed | CallRejected | CallJudged
    | ApprovalAsked | VoteCast | ApprovalGranted | ApprovalDenied | ApprovalExpired | ApprovalVoided | ClickRefused
    | ToolStarted | ToolFinished | ToolFailed | CallInterrupted | ProbeAnswered | DoubtRaised | DoubtResolved
    | LimitReached | LimitAnswered | PostStarted | PostFinished | RunFinished
)
"""Any event, told apart by its `kind`."""

AnyEvent = Annotated[Event, Field(discriminator="kind")]
"""The same for pydantic, which reads an event by its `kind`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event on its way into the journal."""

    event: AnyEvent
    actor: ActorId
    at: datetime
    """When it happened, in UTC."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is in the journal."""

    run_id: RunId
    seq: int
    """Its number in the run, counted from 1 without gaps."""
    at: datetime
    actor: ActorId
    agent: str
    event: AnyEvent
