"""Facts of the questions that people are asked, and of their answers. See `events.py` for what all events have in common."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.ids import ActorId, AskId, CallId
from agents.core.terms import Limit


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
class DoubtRaised:
    """Nobody but a person can say whether a call happened. No default, no expiry."""

    ask_id: AskId
    call_id: CallId
    tool: str
    why: str
    approvers: tuple[str, ...]
    allow_initiator: bool = False
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
