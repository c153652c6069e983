"""From events to a run: `fold`, and what each kind of event does to the run that it meets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core import fold_calls, fold_questions
from agents.core.calls import Call
from agents.core.errors import IllegalTransition
from agents.core.folding import Changes
from agents.core.incident import after, ended, is_resolved, told
from agents.core.posts import ADVICE, OPENING
from agents.core.state import AskKind, Feedback, Marked, Post, Run, Said, Turn

POSTHUMOUS = (e.ClickRefused, e.FeedbackGiven, e.SignalReceived, e.CallbackTried, e.FindingMarked)
"""What may still be written of a run that is over. It changes nothing of what it did."""


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
    if handler is None or (run.over and not _posthumous(event)):
        raise IllegalTransition(f"{run.run_id} {'is over' if run.over else 'has started'}; {event.kind} at {row.seq} cannot follow.")
    waited = run.waited + (row.at - run.moved_at) if run.waiting or run.quiet else run.waited
    return replace(run, seq=row.seq, moved_at=row.at, waited=waited, **handler(run, row, event))


def _posthumous(event: e.Event) -> bool:
    """So may be what shows it: the opening is edited, and advice is posted."""
    if isinstance(event, e.PostStarted | e.PostFinished):
        return event.post == ADVICE or (event.post == OPENING and isinstance(event, e.PostFinished))
    return isinstance(event, POSTHUMOUS)


def _on_signal(run: Run, row: e.Recorded, event: e.SignalReceived) -> Changes:
    """Only an alert that is new, or whose state has changed, is news to the model; all such news is one message until it is read."""
    known = run.signals.get(event.fingerprint)
    alert = after(known, event, row.at)
    signals = {**run.signals, event.fingerprint: alert}
    changes: Changes = {"signals": signals, "inputs": run.inputs | {event.key}, "tainted": run.tainted or event.tainted}
    if run.over:
        return {**changes, "resolved_late": is_resolved(signals)}
    if known is not None and known.status == alert.status:
        return changes
    before = next((said for said in run.unread if said.signals), Said(run.trigger.actor_name, ""))
    news = tuple(dict.fromkeys((*before.signals, event.fingerprint)))
    said = replace(before, text=told([signals[one] for one in news], signals), signals=news)
    return {**changes, "unread": (*(one for one in run.unread if one is not before), said)}


def _on_marked(run: Run, row: e.Recorded, event: e.FindingMarked) -> Changes:
    """What was expected all along, or is from now on, is over with the click."""
    signals = {name: ended(one, row.at) for name, one in run.signals.items()} if event.mark.closes else run.signals
    return {"marks": (*run.marks, Marked(event.mark, row.actor, event.name, row.at, event.until, event.advice)), "signals": signals}


def _on_input(run: Run, row: e.Recorded, event: e.InputReceived) -> Changes:
    tainted = run.tainted or event.tainted
    return {"unread": (*run.unread, Said(event.name, event.text)), "inputs": run.inputs | {event.key}, "tainted": tainted,
            "askers": run.askers | {row.actor}}


def _on_asked_model(run: Run, row: e.Recorded, event: e.ModelAsked) -> Changes:
    asked = bool(run.turns) and run.turns[-1].text is None  # asked before, and cut off before it answered
    kept, said = (run.turns[:-1], run.turns[-1].said) if asked else (run.turns, ())
    turns = (*kept, Turn(said=said + run.unread))
    return {"turns": turns, "unread": (), "tainted": run.tainted or event.taints}


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


def _on_post_started(run: Run, row: e.Recorded, event: e.PostStarted) -> Changes:
    return {"posts": {**run.posts, event.post: Post()}}


def _on_post_finished(run: Run, row: e.Recorded, event: e.PostFinished) -> Changes:
    posted = {"posts": {**run.posts, event.post: Post(event.ts, event.shows, event.channel, event.picture, event.drawn)}}
    if event.post != OPENING or run.trigger.place is None or run.trigger.place.thread_ts:
        return posted
    place = replace(run.trigger.place, thread_ts=event.ts) if event.ts else None  # where it cannot speak, it goes on as at the terminal
    return {**posted, "trigger": replace(run.trigger, place=place)}


def _on_finished(run: Run, row: e.Recorded, event: e.RunFinished) -> Changes:
    return {"outcome": event.outcome, "reason": event.reason}


def _on_stopped(run: Run, row: e.Recorded, event: e.RunStopped) -> Changes:
    """Questions that nobody needs to answer any more are withdrawn; what is in doubt stays to be settled."""
    asks = {
        ask_id: replace(ask, state="withdrawn", decided_at=row.at, decided_by=row.actor, decided_name=event.name)
        if ask.open and ask.kind is not AskKind.DOUBT else ask
        for ask_id, ask in run.asks.items()
    }
    return {"stopped_by": event.name, "taken_over": event.takes_over, "asks": asks}


def _on_feedback(run: Run, row: e.Recorded, event: e.FeedbackGiven) -> Changes:
    return {"feedback": (*run.feedback, Feedback(row.actor, event.name, event.good, event.note))}


def _on_callback(run: Run, row: e.Recorded, event: e.CallbackTried) -> Changes:
    return {"callback": event}


HANDLERS: Mapping[str, Callable[[Run, e.Recorded, Any], Changes]] = {
    **fold_calls.HANDLERS,
    **fold_questions.HANDLERS,
    "input_received": _on_input,
    "signal_received": _on_signal,
    "finding_marked": _on_marked,
    "model_asked": _on_asked_model,
    "model_answered": _on_model_answered,
    "model_failed": _on_model_failed,
    "post_started": _on_post_started,
    "post_finished": _on_post_finished,
    "run_stopped": _on_stopped,
    "feedback_given": _on_feedback,
    "callback_tried": _on_callback,
    "run_finished": _on_finished,
}
"""What each kind of event does. `run_started` is missing: it makes the run."""
