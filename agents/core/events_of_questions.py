"""Facts of the questions that people are asked, and of their answers. See `events.py` for what all events have in common."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.ids import ActorId, AskId, CallId, GrantId
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
    """The void or superseded question that this one replaces."""
    allow_guests: bool = False
    allow_foreign: bool = False
    """Whether members of other workspaces may decide."""
    remind_at: datetime | None = None
    """When those who may decide are reminded; None for never."""
    escalate_at: datetime | None = None
    """When it is shown in a second channel as well; None for never."""
    escalate_to: str = ""
    """That channel, as `#name` or by its id."""
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
class VoteWithdrawn:
    """Somebody who had approved may not do so any more, so their approval does not count."""

    ask_id: AskId
    call_id: CallId
    tool: str
    voter: ActorId
    name: str
    kind: Literal["vote_withdrawn"] = "vote_withdrawn"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class CallEdited:
    """A person changed a call's arguments before it was approved. The question is superseded; a new one asks about the changed call."""

    ask_id: AskId
    call_id: CallId
    tool: str
    name: str
    arguments: dict[str, Any]
    """All of them, as they are now."""
    tainted: bool = False
    """Whether whoever changed it is an outsider."""
    kind: Literal["call_edited"] = "call_edited"
    CONTENT: ClassVar = frozenset({"arguments"})


@dataclass(frozen=True, slots=True)
class GrantGiven:
    """Together with an approval: calls like this one may run without asking, so often and so long."""

    grant_id: GrantId
    ask_id: AskId
    call_id: CallId
    tool: str
    digest: str
    """Of the tool's definition; another one is not covered."""
    arguments: dict[str, Any]
    """The arguments that have to be just these."""
    until: datetime
    uses: int
    name: str
    """How people call whoever gave it; the actor of the row is who."""
    free: tuple[str, ...] | None = None
    """Names of the arguments that may be anything. A call with any other argument is not covered. None in old rows: all others may."""
    kind: Literal["grant_given"] = "grant_given"
    CONTENT: ClassVar = frozenset({"arguments"})


@dataclass(frozen=True, slots=True)
class GrantLapsed:
    """A grant that let a call run does not hold any more, before the call began: people are asked instead."""

    grant_id: GrantId
    call_id: CallId
    tool: str
    why: str
    kind: Literal["grant_lapsed"] = "grant_lapsed"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class RightsChecked:
    """Whoever let a call run was looked up once more, and still may."""

    call_id: CallId
    tool: str
    kind: Literal["rights_checked"] = "rights_checked"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ApprovalReminded:
    """Those who may decide were reminded, once."""

    ask_id: AskId
    call_id: CallId
    tool: str
    kind: Literal["approval_reminded"] = "approval_reminded"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ApprovalEscalated:
    """Nobody had decided for so long that it is shown in a second channel, once."""

    ask_id: AskId
    call_id: CallId
    tool: str
    kind: Literal["approval_escalated"] = "approval_escalated"
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
    tainted: bool = False
    """Whether whoever denied is an outsider, whose reason the model reads."""
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
class HelpAsked:
    """The model asks people something in words, and the run waits for what they write. No expiry."""

    ask_id: AskId
    call_id: CallId
    tool: str
    question: str
    approvers: tuple[str, ...] = ()
    """Whom it is addressed to; empty for whoever asked for the run."""
    kind: Literal["help_asked"] = "help_asked"
    CONTENT: ClassVar = frozenset({"question"})


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """Somebody wrote to the run while it waited for words; the model reads their message at its next turn."""

    ask_id: AskId
    call_id: CallId
    tool: str
    name: str
    kind: Literal["help_given"] = "help_given"
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


@dataclass(frozen=True, slots=True)
class LimitLifted:
    """The limit for which the run paused is not met any more, so nobody has to answer: it goes on."""

    ask_id: AskId
    limit: Limit
    why: str
    kind: Literal["limit_lifted"] = "limit_lifted"
    CONTENT: ClassVar = frozenset[str]()
