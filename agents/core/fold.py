"""From events to a run: `fold`, and what each kind of event does to the run that it meets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core.calls import TRANSITIONS, Call, CallState
from agents.core.errors import IllegalTransition
from agents.core.ids import AskId, CallId, canonical
from agents.core.state import Ask, AskKind, Post, Run, Said, Turn, Vote

Changes = dict[str, Any]
"""Fields of a run and what an event makes of them."""


def fold(recorded: Iterable[e.Recorded], run: Run | None = None) -> Run:
    """The run that these events make, on top of what was folded before. Raises IllegalTransition."""
    for row in recorded:
        run = apply(run, row)
    if run is None:
        raise IllegalTransition("A run needs at least its first event, run_started.")
    return run


def apply(run: Run | None, row: e.Recorded) -> Run:
    """The run after one more event. Raises IllegalTransition."""
    event = row.event
    if run is None:
        if not isinstance(event, e.RunStarted) or row.seq != 1:
            raise IllegalTransition(f"{row.run_id} begins with {event.kind} at {row.seq}, not with run_started at 1.")
        said = (Said(event.trigger.actor_name, event.text),)
        return Run(
            row.run_id, 1, event.agent, event.trigger, row.at, row.at, unread=said, inputs=frozenset({event.trigger.dedupe_key}),
            askers=frozenset({event.trigger.actor}), tainted=event.trigger.tainted,
        )
    if row.seq != run.seq + 1:
        raise IllegalTransition(f"{run.run_id} is at event {run.seq}; event {row.seq} cannot follow.")
    handler = HANDLERS.get(event.kind)
    if handler is None or (run.over and not isinstance(event, e.ClickRefused)):
        raise IllegalTransition(f"{run.run_id} {'is over' if run.over else 'has started'}; {event.kind} at {row.seq} cannot follow.")
    waited = run.waited + (row.at - run.moved_at) if run.waiting else run.waited
    return replace(run, seq=row.seq, moved_at=row.at, waited=waited, **handler(run, row, event))


def same_call(tool: str, arguments: Mapping[str, Any]) -> str:
    """What two calls have in common that would do the same."""
    return f"{tool} {canonical(arguments)}"


def _move(run: Run, call_id: CallId, verb: str, **changes: Any) -> Call:
    """The call after this step of the table. Raises IllegalTransition."""
    call = run.calls.get(call_id)
    state = TRANSITIONS.get((call.state, verb)) if call else None
    if call is None or state is None:
        raise IllegalTransition(f"{run.run_id} call {call_id} is {call.state if call else 'unknown'}; {verb} cannot follow.")
    return replace(call, state=state, **changes)


def _put(run: Run, call: Call, **changes: Any) -> Changes:
    return {"calls": {**run.calls, call.call_id: call}, **changes}


def _failed(run: Run, call: Call, **changes: Any) -> Changes:
    """A call came to nothing: the breaker counts it."""
    key = same_call(call.tool, call.arguments)
    return _put(run, call, failures={**run.failures, key: run.failures.get(key, 0) + 1}, **changes)


def _succeeded(run: Run, call: Call, **changes: Any) -> Changes:
    key = same_call(call.tool, call.arguments)
    return _put(run, call, failures={k: n for k, n in run.failures.items() if k != key}, **changes)


def _decide(run: Run, row: e.Recorded, ask_id: AskId, state: str, name: str = "", reason: str = "", **changes: Any) -> Changes:
    """Close a question. Raises IllegalTransition where it is not open."""
    ask = run.asks.get(ask_id)
    if ask is None or not ask.open:
        raise IllegalTransition(f"{run.run_id} has no open question {ask_id}; {row.event.kind} cannot follow.")
    closed = replace(ask, state=state, decided_at=row.at, decided_by=row.actor, decided_name=name, reason=reason)
    return {"asks": {**run.asks, ask_id: closed}, **changes}


def _ask(run: Run, ask: Ask) -> Changes:
    if ask.ask_id in run.asks:
        raise IllegalTransition(f"{run.run_id} has already asked {ask.ask_id}.")
    return {"asks": {**run.asks, ask.ask_id: ask}}


def _on_input(run: Run, row: e.Recorded, event: e.InputReceived) -> Changes:
    tainted = run.tainted or event.tainted
    return {"unread": (*run.unread, Said(event.name, event.text)), "inputs": run.inputs | {event.key}, "tainted": tainted,
            "askers": run.askers | {row.actor}}


def _on_asked_model(run: Run, row: e.Recorded, event: e.ModelAsked) -> Changes:
    asked = bool(run.turns) and run.turns[-1].text is None  # asked before, and cut off before it answered
    kept, said = (run.turns[:-1], run.turns[-1].said) if asked else (run.turns, ())
    turns = (*kept, Turn(said=said + run.unread))
    return {"turns": turns, "unread": ()}


def _on_model_answered(run: Run, row: e.Recorded, event: e.ModelAnswered) -> Changes:
    if not run.turns or run.turns[-1].text is not None:
        raise IllegalTransition(f"{run.run_id} did not ask the model; model_answered at {row.seq} cannot follow.")
    calls = {p.call_id: Call(p.call_id, p.tool, p.arguments, p.malformed, askers=run.askers) for p in event.calls}
    if calls.keys() & run.calls.keys():
        raise IllegalTransition(f"{run.run_id} has calls of these ids already: {', '.join(calls)}.")
    turn = replace(run.turns[-1], text=event.text, calls=tuple(calls), stop=event.stop, thinking=event.thinking)
    u, v = run.usage, event.usage
    usage = e.Usage(u.input + v.input, u.output + v.output, u.cache_read + v.cache_read, u.cache_write + v.cache_write)
    return {
        "turns": (*run.turns[:-1], turn), "calls": {**run.calls, **calls}, "usage": usage, "cost": run.cost + event.cost,
        "steps": run.steps + 1, "model_error": "",
    }


def _on_model_failed(run: Run, row: e.Recorded, event: e.ModelFailed) -> Changes:
    return {"model_error": event.error}


def _on_rejected(run: Run, row: e.Recorded, event: e.CallRejected) -> Changes:
    call = _move(run, event.call_id, event.kind, result=event.error, is_error=True, ended_at=row.at)
    return _failed(run, call, malformed=run.malformed + 1)


def _on_judged(run: Run, row: e.Recorded, event: e.CallJudged) -> Changes:
    call = _move(
        run, event.call_id, f"{event.kind}:{event.decision}", decision=event.decision, rules=event.rules,
        risk=event.risk, effect=event.effect, repeat=event.repeat, probe=event.probe, digest=event.digest,
    )
    if call.state is CallState.DENIED:
        text = f"Denied by policy ({', '.join(event.rules)}). It did not run. Do not try to reach the same by another way."
        return _failed(run, replace(call, result=text, is_error=True, ended_at=row.at), malformed=0)
    if call.state is CallState.SIMULATED:
        text = "Simulated: this agent is in shadow mode, so the call was recorded and not carried out."
        return _put(run, replace(call, result=text, ended_at=row.at), malformed=0)
    return _put(run, call, malformed=0)


def _on_approval_asked(run: Run, row: e.Recorded, event: e.ApprovalAsked) -> Changes:
    call = _move(run, event.call_id, event.kind, ask_id=event.ask_id, attempt=0, probed=False)
    ask = Ask(
        event.ask_id, AskKind.APPROVAL, row.at, event.call_id, event.approvers, event.required, event.allow_initiator,
        event.expires_at, event.digest, event.preview, event.fingerprint, event.supersedes,
    )
    return {**_ask(run, ask), **_put(run, call)}


def _on_vote(run: Run, row: e.Recorded, event: e.VoteCast) -> Changes:
    call = _move(run, event.call_id, event.kind)
    ask = run.asks[event.ask_id]
    voted = replace(ask, votes=(*ask.votes, Vote(row.actor, event.name)))
    return _put(run, call, asks={**run.asks, event.ask_id: voted})


def _on_granted(run: Run, row: e.Recorded, event: e.ApprovalGranted) -> Changes:
    call = _move(run, event.call_id, event.kind)
    names = ", ".join(vote.name for vote in run.asks[event.ask_id].votes)
    return {**_decide(run, row, event.ask_id, "granted", names), **_put(run, call)}


def _on_denied(run: Run, row: e.Recorded, event: e.ApprovalDenied) -> Changes:
    reason = f": {event.reason}" if event.reason else " without a reason."
    call = _move(run, event.call_id, event.kind, result=f"Denied by {event.name}{reason}", is_error=True, ended_at=row.at)
    return {**_decide(run, row, event.ask_id, "denied", event.name, event.reason), **_failed(run, call)}


def _on_expired(run: Run, row: e.Recorded, event: e.ApprovalExpired) -> Changes:
    text = "The approval expired: nobody decided in time. It was not denied, and it did not run."
    call = _move(run, event.call_id, event.kind, result=text, is_error=True, ended_at=row.at)
    return {**_decide(run, row, event.ask_id, "expired"), **_failed(run, call)}


def _on_voided(run: Run, row: e.Recorded, event: e.ApprovalVoided) -> Changes:
    call = _move(run, event.call_id, event.kind)
    ask = run.asks[event.ask_id]
    void = replace(ask, state="void", decided_at=row.at, decided_by=row.actor, reason=event.why)
    return _put(run, call, asks={**run.asks, event.ask_id: void})


def _on_click_refused(run: Run, row: e.Recorded, event: e.ClickRefused) -> Changes:
    return {"refused": run.refused | {(row.actor, event.ask_id, event.code)}}


def _on_tool_started(run: Run, row: e.Recorded, event: e.ToolStarted) -> Changes:
    verb = event.kind if event.attempt == 1 else f"{event.kind}:again"
    return _put(run, _move(run, event.call_id, verb, attempt=event.attempt, started_at=row.at))


def _on_tool_finished(run: Run, row: e.Recorded, event: e.ToolFinished) -> Changes:
    call = _move(run, event.call_id, event.kind, result=event.result, ended_at=row.at)
    return _succeeded(run, call, tainted=run.tainted or event.taints)


def _on_tool_failed(run: Run, row: e.Recorded, event: e.ToolFailed) -> Changes:
    return _failed(run, _move(run, event.call_id, event.kind, result=event.error, is_error=True, ended_at=row.at))


def _on_interrupted(run: Run, row: e.Recorded, event: e.CallInterrupted) -> Changes:
    return _put(run, _move(run, event.call_id, event.kind, why=event.why))


def _on_probe(run: Run, row: e.Recorded, event: e.ProbeAnswered) -> Changes:
    if event.happened is None:
        call = run.calls[event.call_id]
        return _put(run, replace(call, probed=True))
    if event.happened:
        text = "It was cut off, and the tool has confirmed that it happened. Its result is not known."
        return _succeeded(run, _move(run, event.call_id, f"{event.kind}:happened", result=text, ended_at=row.at))
    text = "It was cut off, and the tool says that it did not happen."
    return _failed(run, _move(run, event.call_id, f"{event.kind}:not", result=text, is_error=True, ended_at=row.at))


def _on_doubt(run: Run, row: e.Recorded, event: e.DoubtRaised) -> Changes:
    call = _move(run, event.call_id, event.kind, ask_id=event.ask_id)
    ask = Ask(event.ask_id, AskKind.DOUBT, row.at, event.call_id, event.approvers, allow_initiator=event.allow_initiator, detail=event.why)
    return {**_ask(run, ask), **_put(run, call)}


def _on_doubt_resolved(run: Run, row: e.Recorded, event: e.DoubtResolved) -> Changes:
    decided = _decide(run, row, event.ask_id, event.choice, event.name)
    verb = f"{event.kind}:{event.choice}"
    if event.choice == "retry":
        return {**decided, **_put(run, _move(run, event.call_id, verb))}
    if event.choice == "happened":
        text = f"It was cut off, and {event.name} confirmed that it happened. Its result is not known."
        return {**decided, **_succeeded(run, _move(run, event.call_id, verb, result=text, ended_at=row.at))}
    text = f"Its outcome is unknown: it was cut off, and {event.name} abandoned it. Do not propose the same action again."
    return {**decided, **_put(run, _move(run, event.call_id, verb, result=text, is_error=True, ended_at=row.at))}


def _on_limit(run: Run, row: e.Recorded, event: e.LimitReached) -> Changes:
    return _ask(run, Ask(event.ask_id, AskKind.LIMIT, row.at, limit=event.limit, detail=event.detail))


def _on_limit_answered(run: Run, row: e.Recorded, event: e.LimitAnswered) -> Changes:
    decided = _decide(run, row, event.ask_id, event.choice, event.name)
    if event.choice == "stop":
        return {**decided, "stopped_by": event.name}
    if event.choice == "finish":
        return {**decided, "finishing": run.steps}
    raised = {**run.raised, event.limit: run.used(run.moved_at).get(event.limit, 0)}  # as it was when it began to wait
    return {**decided, "raised": raised, "model_error": "", "malformed": 0, "failures": {}}


def _on_post_started(run: Run, row: e.Recorded, event: e.PostStarted) -> Changes:
    return {"posts": {**run.posts, event.post: Post()}}


def _on_post_finished(run: Run, row: e.Recorded, event: e.PostFinished) -> Changes:
    return {"posts": {**run.posts, event.post: Post(event.ts, event.shows)}}


def _on_finished(run: Run, row: e.Recorded, event: e.RunFinished) -> Changes:
    return {"outcome": event.outcome, "reason": event.reason}


HANDLERS: Mapping[str, Callable[[Run, e.Recorded, Any], Changes]] = {
    "input_received": _on_input,
    "model_asked": _on_asked_model,
    "model_answered": _on_model_answered,
    "model_failed": _on_model_failed,
    "call_rejected": _on_rejected,
    "call_judged": _on_judged,
    "approval_asked": _on_approval_asked,
    "vote_cast": _on_vote,
    "approval_granted": _on_granted,
    "approval_denied": _on_denied,
    "approval_expired": _on_expired,
    "approval_voided": _on_voided,
    "click_refused": _on_click_refused,
    "tool_started": _on_tool_started,
    "tool_finished": _on_tool_finished,
    "tool_failed": _on_tool_failed,
    "call_interrupted": _on_interrupted,
    "probe_answered": _on_probe,
    "doubt_raised": _on_doubt,
    "doubt_resolved": _on_doubt_resolved,
    "limit_reached": _on_limit,
    "limit_answered": _on_limit_answered,
    "post_started": _on_post_started,
    "post_finished": _on_post_finished,
    "run_finished": _on_finished,
}
"""What each kind of event does. `run_started` is missing: it makes the run."""
