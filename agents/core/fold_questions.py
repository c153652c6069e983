"""What people were asked and how they answered, and what that makes of the run."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core.calls import Edit
from agents.core.folding import Changes, close, failed, move, put, raise_ask, succeeded
from agents.core.ids import AskId
from agents.core.state import Ask, AskKind, Run, Vote

ROWS = 5
"""So many calls of one turn stand in one message at most."""


def _on_approval_asked(run: Run, row: e.Recorded, event: e.ApprovalAsked) -> Changes:
    call = move(run, event.call_id, event.kind, ask_id=event.ask_id, attempt=0, probed=False, grant="")  # from here on people let it run
    ask = Ask(
        event.ask_id, AskKind.APPROVAL, row.at, event.call_id, _card(run, event), event.approvers, event.required, event.allow_initiator,
        event.expires_at, event.digest, event.preview, event.fingerprint, event.supersedes, event.allow_guests, event.allow_foreign,
        event.remind_at, False, event.escalate_at, event.escalate_to,
    )
    return {**raise_ask(run, ask), **put(run, call)}


def _card(run: Run, event: e.ApprovalAsked) -> AskId | None:
    """The first question of the message that this one joins: calls of one turn are asked about together, a replaced question alone."""
    turn = run.turn_of(event.call_id)
    if turn is None or event.supersedes is not None:
        return None
    mates = [ask for ask in run.asks.values() if ask.call_id in turn.calls and ask.kind is AskKind.APPROVAL and not ask.supersedes]
    if not mates or len(run.on_card(mates[-1].stands_in)) >= ROWS:
        return None
    card = mates[-1].stands_in
    return None if f"card:{card}" in run.posts else card  # who has seen a message decides on that, not on what joined it since


def _on_vote(run: Run, row: e.Recorded, event: e.VoteCast) -> Changes:
    call = move(run, event.call_id, event.kind)
    ask = run.asks[event.ask_id]
    voted = replace(ask, votes=(*ask.votes, Vote(row.actor, event.name)))
    return put(run, call, asks={**run.asks, event.ask_id: voted})


def _on_vote_withdrawn(run: Run, row: e.Recorded, event: e.VoteWithdrawn) -> Changes:
    call = move(run, event.call_id, event.kind)
    ask = run.asks[event.ask_id]
    left = replace(ask, votes=tuple(vote for vote in ask.votes if vote.actor != event.voter))
    return put(run, call, asks={**run.asks, event.ask_id: left})


def _on_reminded(run: Run, row: e.Recorded, event: e.ApprovalReminded) -> Changes:
    call = move(run, event.call_id, event.kind)
    return put(run, call, asks={**run.asks, event.ask_id: replace(run.asks[event.ask_id], reminded=True)})


def _on_escalated(run: Run, row: e.Recorded, event: e.ApprovalEscalated) -> Changes:
    call = move(run, event.call_id, event.kind)
    return put(run, call, asks={**run.asks, event.ask_id: replace(run.asks[event.ask_id], escalated=True)})


def _on_edited(run: Run, row: e.Recorded, event: e.CallEdited) -> Changes:
    """The policy judges the changed call from the beginning."""
    before = run.calls[event.call_id].arguments
    edits = (*run.calls[event.call_id].edits, Edit(row.actor, event.name, before, event.arguments))
    call = move(run, event.call_id, event.kind, arguments=event.arguments, edits=edits, checked_at=None)
    closed = close(run, row, event.ask_id, "superseded", event.name, f"{event.name} changed the call.")
    return {**closed, **put(run, call, tainted=run.tainted or event.tainted)}


def _on_grant_given(run: Run, row: e.Recorded, event: e.GrantGiven) -> Changes:
    given = replace(run.asks[event.ask_id], grant=event.grant_id)
    return {"asks": {**run.asks, event.ask_id: given}, "grants": run.grants + 1}


def _on_granted(run: Run, row: e.Recorded, event: e.ApprovalGranted) -> Changes:
    call = move(run, event.call_id, event.kind)
    names = ", ".join(vote.name for vote in run.asks[event.ask_id].votes)
    return {**close(run, row, event.ask_id, "granted", names), **put(run, call)}


def _on_denied(run: Run, row: e.Recorded, event: e.ApprovalDenied) -> Changes:
    reason = f": {event.reason}" if event.reason else " without a reason."
    call = move(run, event.call_id, event.kind, result=f"Denied by {event.name}{reason}", is_error=True, ended_at=row.at)
    closed = close(run, row, event.ask_id, "denied", event.name, event.reason)
    return {**closed, **failed(run, call, tainted=run.tainted or event.tainted)}


def _on_expired(run: Run, row: e.Recorded, event: e.ApprovalExpired) -> Changes:
    text = "The approval expired: nobody decided in time. It was not denied, and it did not run."
    call = move(run, event.call_id, event.kind, result=text, is_error=True, ended_at=row.at)
    return {**close(run, row, event.ask_id, "expired"), **failed(run, call)}


def _on_voided(run: Run, row: e.Recorded, event: e.ApprovalVoided) -> Changes:
    call = move(run, event.call_id, event.kind)
    ask = run.asks[event.ask_id]
    void = replace(ask, state="void", decided_at=row.at, decided_by=row.actor, reason=event.why)
    return put(run, call, asks={**run.asks, event.ask_id: void})


def _on_click_refused(run: Run, row: e.Recorded, event: e.ClickRefused) -> Changes:
    return {"refused": run.refused | {(row.actor, event.ask_id, event.code)}}


def _on_doubt(run: Run, row: e.Recorded, event: e.DoubtRaised) -> Changes:
    call = move(run, event.call_id, event.kind, ask_id=event.ask_id)
    ask = Ask(
        event.ask_id, AskKind.DOUBT, row.at, event.call_id, None, event.approvers, allow_initiator=event.allow_initiator, detail=event.why
    )
    return {**raise_ask(run, ask), **put(run, call)}


def _on_doubt_resolved(run: Run, row: e.Recorded, event: e.DoubtResolved) -> Changes:
    decided = close(run, row, event.ask_id, event.choice, event.name)
    verb = f"{event.kind}:{event.choice}"
    if event.choice == "retry":
        return {**decided, **put(run, move(run, event.call_id, verb))}
    if event.choice == "happened":
        text = f"It was cut off, and {event.name} confirmed that it happened. Its result is not known."
        return {**decided, **succeeded(run, move(run, event.call_id, verb, result=text, ended_at=row.at))}
    text = f"Its outcome is unknown: it was cut off, and {event.name} abandoned it. Do not propose the same action again."
    return {**decided, **put(run, move(run, event.call_id, verb, result=text, is_error=True, ended_at=row.at))}


def _on_help_asked(run: Run, row: e.Recorded, event: e.HelpAsked) -> Changes:
    call = move(run, event.call_id, event.kind, ask_id=event.ask_id)
    ask = Ask(event.ask_id, AskKind.HELP, row.at, event.call_id, None, event.approvers, detail=event.question)
    return {**raise_ask(run, ask), **put(run, call)}


def _on_help_given(run: Run, row: e.Recorded, event: e.HelpGiven) -> Changes:
    text = f"{event.name} has answered. What they wrote follows as a message."
    call = move(run, event.call_id, event.kind, result=text, ended_at=row.at)
    return {**close(run, row, event.ask_id, "replied", event.name), **succeeded(run, call)}


def _on_limit(run: Run, row: e.Recorded, event: e.LimitReached) -> Changes:
    return raise_ask(run, Ask(event.ask_id, AskKind.LIMIT, row.at, limit=event.limit, detail=event.detail))


def _on_limit_answered(run: Run, row: e.Recorded, event: e.LimitAnswered) -> Changes:
    decided = close(run, row, event.ask_id, event.choice, event.name)
    if event.choice == "stop":
        return {**decided, "stopped_by": event.name}
    if event.choice == "finish":
        return {**decided, "finishing": run.steps}
    raised = {**run.raised, event.limit: run.used(run.moved_at).get(event.limit, 0)}  # as it was when it began to wait
    return {**decided, "raised": raised, "model_error": "", "malformed": 0, "failures": {}}


def _on_limit_lifted(run: Run, row: e.Recorded, event: e.LimitLifted) -> Changes:
    return close(run, row, event.ask_id, "lifted", reason=event.why)


HANDLERS: Mapping[str, Callable[[Run, e.Recorded, Any], Changes]] = {
    "approval_asked": _on_approval_asked,
    "vote_cast": _on_vote,
    "vote_withdrawn": _on_vote_withdrawn,
    "approval_granted": _on_granted,
    "approval_denied": _on_denied,
    "approval_expired": _on_expired,
    "approval_voided": _on_voided,
    "approval_reminded": _on_reminded,
    "approval_escalated": _on_escalated,
    "call_edited": _on_edited,
    "grant_given": _on_grant_given,
    "click_refused": _on_click_refused,
    "doubt_raised": _on_doubt,
    "doubt_resolved": _on_doubt_resolved,
    "help_asked": _on_help_asked,
    "help_given": _on_help_given,
    "limit_reached": _on_limit,
    "limit_answered": _on_limit_answered,
    "limit_lifted": _on_limit_lifted,
}
"""What each kind of event does."""
