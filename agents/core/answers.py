"""What an admitted choice makes of a question: the events that follow, or why it cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.core import events as e
from agents.core.approval import Refusal, Voter, allow, approve, digest, rule_changed, rule_for
from agents.core.calls import Call
from agents.core.grants import Terms
from agents.core.ids import CallId, canonical
from agents.core.policy import Rules
from agents.core.state import Ask, AskKind, Run, Vote


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose, and what was looked up for it."""

    verb: str
    """One of `approval.CHOICES`."""
    voter: Voter
    reason: str = ""
    """Of a denial, or what is replied to a question in words."""
    arguments: Mapping[str, Any] | None = None
    """Of an edit: all of them, as they would be sent."""
    terms: Terms | None = None
    """Of a grant."""
    preview: str | None = None
    """Fingerprint of the preview as it is now; None where it was not taken, or the tool is gone."""
    gone: tuple[Vote, ...] = ()
    """Earlier votes that do not count any more."""


def chosen(run: Run, ask: Ask, choice: Choice, rules: Rules, now: datetime) -> tuple[e.Event, ...] | Refusal:
    """The events that follow from a choice that was admitted."""
    if ask.limit is not None:
        return (e.LimitAnswered(ask.ask_id, ask.limit, choice.verb, choice.voter.name),)  # type: ignore[arg-type]  # admit has checked it
    if ask.kind is AskKind.HELP:
        return _replied(ask, choice)
    call = run.calls[ask.call_id or CallId("")]
    if ask.kind is AskKind.DOUBT:
        return (e.DoubtResolved(ask.ask_id, call.call_id, call.tool, choice.verb, choice.voter.name),)  # type: ignore[arg-type]  # likewise
    match choice.verb:
        case "deny":
            outsider = not choice.voter.is_member
            return (e.ApprovalDenied(ask.ask_id, call.call_id, call.tool, choice.voter.name, choice.reason.strip(), outsider),)
        case "edit":
            return _edited(ask, call, choice, rules)
    approved = _approved(run, ask, call, choice, rules)
    if choice.verb == "grant" and choice.terms and isinstance(approved[-1], e.ApprovalGranted):
        return *approved, allow(run, call, ask, choice.voter.name, choice.terms, now)
    return approved


def _replied(ask: Ask, choice: Choice) -> tuple[e.Event, ...] | Refusal:
    """The words are a message like any other in the thread; that one came ends the waiting."""
    text = choice.reason.strip()
    if not text:
        return Refusal("arguments", "Nothing was written. Write what the agent asks for.")
    return (e.InputReceived(f"reply:{ask.ask_id}", choice.voter.name, text, not choice.voter.is_member),)


def _edited(ask: Ask, call: Call, choice: Choice, rules: Rules) -> tuple[e.Event, ...] | Refusal:
    arguments = dict(choice.arguments or {})
    if wrong := rules.invalid(call.tool, arguments):
        return Refusal("arguments", f"That does not fit {call.tool}: {wrong}")
    if canonical(arguments) == canonical(call.arguments):
        return Refusal("arguments", "Nothing was changed. Approve it as it is, or deny it.")
    return (e.CallEdited(ask.ask_id, call.call_id, call.tool, choice.voter.name, arguments, not choice.voter.is_member),)


def _approved(run: Run, ask: Ask, call: Call, choice: Choice, rules: Rules) -> tuple[e.Event, ...]:
    spec = rules.tools.get(call.tool)
    if spec is None or choice.preview is None:
        return approve(run, ask, call, choice.voter, "", f"{call.tool} was taken away from this agent.")
    if changed := rule_changed(ask, rule_for(call.tool, rules.approvals)):
        return approve(run, ask, call, choice.voter, "", changed)
    fresh = digest(spec, call.arguments, run.agent, choice.preview)
    why = "The target has changed since this was asked." if choice.preview != ask.fingerprint else "The tool has changed."
    return approve(run, ask, call, choice.voter, fresh, why, choice.gone)
