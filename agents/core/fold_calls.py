"""What happened to a call, and what that makes of the run."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core.calls import Call, CallState
from agents.core.errors import IllegalTransition
from agents.core.folding import Changes, failed, move, put, succeeded
from agents.core.state import Run, Turn


def _on_calls_given(run: Run, row: e.Recorded, event: e.CallsGiven) -> Changes:
    if run.turns:
        raise IllegalTransition(f"{run.run_id} is under way; calls_given at {row.seq} cannot follow.")
    calls = {p.call_id: Call(p.call_id, p.tool, p.arguments, askers=run.askers) for p in event.calls}
    return {"turns": (Turn(run.unread, "", tuple(calls), e.Stop.TOOLS, given=True),), "unread": (), "calls": calls}


def _on_rejected(run: Run, row: e.Recorded, event: e.CallRejected) -> Changes:
    call = move(run, event.call_id, event.kind, result=event.error, is_error=True, ended_at=row.at)
    return failed(run, call, malformed=run.malformed + 1)


def _on_judged(run: Run, row: e.Recorded, event: e.CallJudged) -> Changes:
    call = move(
        run, event.call_id, f"{event.kind}:{event.decision}", decision=event.decision, rules=event.rules,
        risk=event.risk, effect=event.effect, repeat=event.repeat, probe=event.probe, digest=event.digest,
        grant=event.grant, undo=event.undo, grantable=event.grantable, reason=event.reason,
    )
    if call.state is CallState.DENIED:
        why = f" {event.reason}" if event.reason else ""
        text = f"Denied by policy ({', '.join(event.rules)}).{why} It did not run. Do not try to reach the same by another way."
        return failed(run, replace(call, result=text, is_error=True, ended_at=row.at), malformed=0)
    if call.state is CallState.SIMULATED:
        text = "Simulated: this agent is in shadow mode, so the call was recorded and not carried out."
        return put(run, replace(call, result=text, ended_at=row.at), malformed=0)
    return put(run, call, malformed=0)


def _on_tool_started(run: Run, row: e.Recorded, event: e.ToolStarted) -> Changes:
    verb = event.kind if event.attempt == 1 else f"{event.kind}:again"
    return put(run, move(run, event.call_id, verb, attempt=event.attempt, started_at=row.at))


def _on_tool_finished(run: Run, row: e.Recorded, event: e.ToolFinished) -> Changes:
    call = move(run, event.call_id, event.kind, result=event.result, ended_at=row.at)
    return succeeded(run, call, tainted=run.tainted or event.taints)


def _on_tool_failed(run: Run, row: e.Recorded, event: e.ToolFailed) -> Changes:
    call = move(run, event.call_id, event.kind, result=event.error, is_error=True, ended_at=row.at)
    return failed(run, call, tainted=run.tainted or event.taints)


def _on_interrupted(run: Run, row: e.Recorded, event: e.CallInterrupted) -> Changes:
    return put(run, move(run, event.call_id, event.kind, why=event.why), tainted=run.tainted or event.taints)


def _on_probe(run: Run, row: e.Recorded, event: e.ProbeAnswered) -> Changes:
    if event.happened is None:
        call = run.calls[event.call_id]
        return put(run, replace(call, probed=True))
    if event.happened:
        text = "It was cut off, and the tool has confirmed that it happened. Its result is not known."
        return succeeded(run, move(run, event.call_id, f"{event.kind}:happened", result=text, ended_at=row.at))
    text = "It was cut off, and the tool says that it did not happen."
    return failed(run, move(run, event.call_id, f"{event.kind}:not", result=text, is_error=True, ended_at=row.at))


def _on_grant_lapsed(run: Run, row: e.Recorded, event: e.GrantLapsed) -> Changes:
    call = move(run, event.call_id, event.kind)
    why = f"grant {event.grant_id} does not hold any more: {event.why}"
    return put(run, replace(call, grant="", checked_at=None, rules=(why,)))


def _on_rights_checked(run: Run, row: e.Recorded, event: e.RightsChecked) -> Changes:
    return put(run, move(run, event.call_id, event.kind, checked_at=row.at))


HANDLERS: Mapping[str, Callable[[Run, e.Recorded, Any], Changes]] = {
    "calls_given": _on_calls_given,
    "call_rejected": _on_rejected,
    "call_judged": _on_judged,
    "grant_lapsed": _on_grant_lapsed,
    "rights_checked": _on_rights_checked,
    "tool_started": _on_tool_started,
    "tool_finished": _on_tool_finished,
    "tool_failed": _on_tool_failed,
    "call_interrupted": _on_interrupted,
    "probe_answered": _on_probe,
}
"""What each kind of event does."""
