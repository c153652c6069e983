"""What the folds share: a step of a call, the end of a question, what the breaker counts."""

from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core.calls import TRANSITIONS, Call, same_call
from agents.core.errors import IllegalTransition
from agents.core.ids import AskId, CallId
from agents.core.state import Ask, Run

Changes = dict[str, Any]
"""Fields of a run and what an event makes of them."""


def move(run: Run, call_id: CallId, verb: str, **changes: Any) -> Call:
    """The call after this step of the table. Raises IllegalTransition."""
    call = run.calls.get(call_id)
    state = TRANSITIONS.get((call.state, verb)) if call else None
    if call is None or state is None:
        raise IllegalTransition(f"{run.run_id} call {call_id} is {call.state if call else 'unknown'}; {verb} cannot follow.")
    return replace(call, state=state, **changes)


def put(run: Run, call: Call, **changes: Any) -> Changes:
    """The run's calls with this one as it is now."""
    return {"calls": {**run.calls, call.call_id: call}, **changes}


def failed(run: Run, call: Call, **changes: Any) -> Changes:
    """A call came to nothing: the breaker counts it."""
    key = same_call(call.tool, call.arguments)
    return put(run, call, failures={**run.failures, key: run.failures.get(key, 0) + 1}, **changes)


def succeeded(run: Run, call: Call, **changes: Any) -> Changes:
    """A call came to something: the breaker forgets it."""
    key = same_call(call.tool, call.arguments)
    return put(run, call, failures={k: n for k, n in run.failures.items() if k != key}, **changes)


def close(run: Run, row: e.Recorded, ask_id: AskId, state: str, name: str = "", reason: str = "") -> Changes:
    """Close a question. Raises IllegalTransition where it is not open."""
    ask = run.asks.get(ask_id)
    if ask is None or not ask.open:
        raise IllegalTransition(f"{run.run_id} has no open question {ask_id}; {row.event.kind} cannot follow.")
    closed = replace(ask, state=state, decided_at=row.at, decided_by=row.actor, decided_name=name, reason=reason)
    return {"asks": {**run.asks, ask_id: closed}}


def raise_ask(run: Run, ask: Ask) -> Changes:
    """Put a question to people. Raises IllegalTransition where it was put before."""
    if ask.ask_id in run.asks:
        raise IllegalTransition(f"{run.run_id} has already asked {ask.ask_id}.")
    return {"asks": {**run.asks, ask.ask_id: ask}}
