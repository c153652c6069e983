"""One use of a tool: where it stands, and the one table of what may follow what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from agents.core.ids import ActorId, AskId, CallId, canonical
from agents.core.terms import Decision
from agents.core.tool import Effect, Repeat, Risk


class CallState(StrEnum):
    """Where one call stands. The model is asked again when every call of its turn is over."""

    PROPOSED = "proposed"
    """The model asked for it."""
    READY = "ready"
    """The policy lets it run."""
    TO_ASK = "to ask"
    """The policy wants a countersignature; nobody was asked yet."""
    ASKED = "asked"
    APPROVED = "approved"
    VOID = "void"
    """What was asked about has changed; people will be asked anew."""
    STARTED = "started"
    """Its effect may be under way."""
    INTERRUPTED = "interrupted"
    """It was started and no answer told what became of it."""
    LISTENING = "waits for words"
    """People were asked in words; what somebody writes next is the answer."""
    DOUBTED = "in doubt"
    """A person was asked what became of it."""
    FINISHED = "finished"
    FAILED = "failed"
    REJECTED = "rejected"
    """No such tool, or arguments that do not fit it."""
    DENIED = "denied by policy"
    SIMULATED = "simulated"
    REFUSED = "refused"
    """A person denied it."""
    EXPIRED = "expired"
    CONFIRMED = "confirmed"
    """It was in doubt, and was found to have happened."""
    ABANDONED = "abandoned"
    """It was in doubt, and a person left it at that."""


OVER = frozenset({
    CallState.FINISHED, CallState.FAILED, CallState.REJECTED, CallState.DENIED, CallState.SIMULATED,
    CallState.REFUSED, CallState.EXPIRED, CallState.CONFIRMED, CallState.ABANDONED,
})
"""The states in which a call has a result that the model can read."""

WAITING = frozenset({CallState.ASKED, CallState.DOUBTED, CallState.LISTENING})
"""The states in which a call can do nothing until somebody answers."""

S = CallState

TRANSITIONS: Mapping[tuple[CallState, str], CallState] = {
    (S.PROPOSED, "call_rejected"): S.REJECTED,
    (S.PROPOSED, "call_judged:allow"): S.READY,
    (S.PROPOSED, "call_judged:notify"): S.READY,
    (S.PROPOSED, "call_judged:ask"): S.TO_ASK,
    (S.PROPOSED, "call_judged:deny"): S.DENIED,
    (S.PROPOSED, "call_judged:simulate"): S.SIMULATED,
    (S.READY, "call_rejected"): S.REJECTED,
    (S.APPROVED, "call_rejected"): S.REJECTED,
    (S.TO_ASK, "call_rejected"): S.REJECTED,
    (S.VOID, "call_rejected"): S.REJECTED,
    (S.READY, "grant_lapsed"): S.TO_ASK,
    (S.READY, "rights_checked"): S.READY,
    (S.APPROVED, "rights_checked"): S.APPROVED,
    (S.ASKED, "call_edited"): S.PROPOSED,
    (S.READY, "help_asked"): S.LISTENING,
    (S.LISTENING, "help_given"): S.FINISHED,
    (S.TO_ASK, "approval_asked"): S.ASKED,
    (S.VOID, "approval_asked"): S.ASKED,
    (S.ASKED, "vote_cast"): S.ASKED,
    (S.ASKED, "vote_withdrawn"): S.ASKED,
    (S.ASKED, "approval_reminded"): S.ASKED,
    (S.ASKED, "approval_escalated"): S.ASKED,
    (S.ASKED, "approval_granted"): S.APPROVED,
    (S.ASKED, "approval_denied"): S.REFUSED,
    (S.ASKED, "approval_expired"): S.EXPIRED,
    (S.ASKED, "approval_voided"): S.VOID,
    (S.APPROVED, "approval_voided"): S.VOID,
    (S.READY, "tool_started"): S.STARTED,
    (S.APPROVED, "tool_started"): S.STARTED,
    (S.STARTED, "tool_finished"): S.FINISHED,
    (S.STARTED, "tool_failed"): S.FAILED,
    (S.STARTED, "call_interrupted"): S.INTERRUPTED,
    (S.INTERRUPTED, "tool_started:again"): S.STARTED,
    (S.INTERRUPTED, "tool_failed"): S.FAILED,
    (S.INTERRUPTED, "probe_answered:happened"): S.CONFIRMED,
    (S.INTERRUPTED, "probe_answered:not"): S.FAILED,
    (S.INTERRUPTED, "doubt_raised"): S.DOUBTED,
    (S.DOUBTED, "doubt_resolved:happened"): S.CONFIRMED,
    (S.DOUBTED, "doubt_resolved:retry"): S.VOID,
    (S.DOUBTED, "doubt_resolved:abandon"): S.ABANDONED,
}
"""Every step that a call can take. What is not here cannot happen: above all, nothing starts that was not let run or approved."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A person's change of a call's arguments."""

    actor: ActorId
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool."""

    call_id: CallId
    tool: str
    arguments: Mapping[str, Any]
    """As they would be sent: with what people changed."""
    malformed: str | None = None
    state: CallState = CallState.PROPOSED
    decision: Decision | None = None
    rules: tuple[str, ...] = ()
    """Those that made the verdict, the one that decided first."""
    reason: str = ""
    """What that rule says to people and to the model."""
    risk: Risk = Risk.HIGH
    effect: Effect = Effect.EXTERNAL
    repeat: Repeat = Repeat.NEVER
    probe: bool = False
    digest: str = ""
    """Of the tool's definition that was judged."""
    askers: frozenset[ActorId] = frozenset()
    """Who had told the run what to do before the model asked for this."""
    edits: tuple[Edit, ...] = ()
    """What people changed in its arguments, oldest first."""
    grant: str = ""
    """The grant that let it run; empty where none did."""
    checked_at: datetime | None = None
    """When whoever let it run was last looked up again."""
    undo: int = 0
    """For how many seconds after its end it can be undone; 0 where it cannot."""
    grantable: bool = True
    """Whether people may let calls like it run ahead of time."""
    ask_id: AskId | None = None
    """The newest question about it."""
    attempt: int = 0
    """How often it was started under the present verdict or approval."""
    probed: bool = False
    """Whether its probe was asked and could not tell."""
    why: str = ""
    """What is known of its interruption."""
    result: str = ""
    """What the model reads of it."""
    is_error: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def number(self) -> int:
        """Its place among the run's calls, counted from 1."""
        return int(self.call_id.removeprefix("c"))

    @property
    def over(self) -> bool:
        """Whether it has a result."""
        return self.state in OVER

    @property
    def proposed(self) -> Mapping[str, Any]:
        """Its arguments as they were first asked for."""
        return self.edits[0].before if self.edits else self.arguments

    @property
    def undo_until(self) -> datetime | None:
        """Until when it can be undone; None where it cannot, or has not happened."""
        done = self.state in (CallState.FINISHED, CallState.CONFIRMED)
        return self.ended_at + timedelta(seconds=self.undo) if self.undo and done and self.ended_at else None


def same_call(tool: str, arguments: Mapping[str, Any]) -> str:
    """What two calls have in common that would do the same."""
    return f"{tool} {canonical(arguments)}"
