"""What lists show, as a function of events: written in the transaction of the events, and made anew from them at any time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, func, select

from agents.core import events as e
from agents.core.events import Recorded
from agents.core.terms import Outcome
from storage.codec import microseconds
from storage.projections_of_callbacks import Callbacks
from storage.projections_of_findings import project_findings
from storage.projections_of_people import People
from storage.schema import events, marks, runs
from storage.writer import Transaction

BUCKET = 256
"""So many events side by side share their marks, which are written when the last of them is."""

WORDS = (e.ApprovalAsked, e.HelpAsked, e.LimitReached, e.DoubtRaised)
"""With these a run has something for people: it decided, or it calls for them."""

NANODOLLARS = 1_000_000_000
"""Costs are added up as whole numbers, so that their sum does not depend on the order."""

_START = runs.insert().inline()
_MOVE = (
    runs.update()
    .where(runs.c.number == bindparam("run"))
    .values(
        outcome=func.coalesce(bindparam("ended"), runs.c.outcome), steps=runs.c.steps + bindparam("more_steps"),
        tokens=runs.c.tokens + bindparam("more_tokens"), cost=runs.c.cost + bindparam("more_cost"),
        decided_at=func.coalesce(runs.c.decided_at, bindparam("first_word")), ended_at=func.coalesce(bindparam("end"), runs.c.ended_at),
        escalated=case((bindparam("called") == 1, 1), else_=runs.c.escalated),
    )
)
_OPEN_THREAD = runs.update().where(runs.c.number == bindparam("run")).values(thread_ts=bindparam("ts"))
_TOOL, _ACTOR = func.coalesce(events.c.tool, ""), func.coalesce(events.c.actor, "")
_MARK = marks.insert().from_select(
    [column.name for column in marks.c],
    select(bindparam("bucket", type_=BigInteger), events.c.agent, _TOOL, _ACTOR, func.max(events.c.time))
    .where(events.c.id.between(bindparam("first"), bindparam("last")))
    .group_by(events.c.agent, _TOOL, _ACTOR),
)


def project(tx: Transaction, places: Sequence[tuple[int, int]], recorded: Sequence[Recorded]) -> None:
    """Bring the projections up to these events, which were just written; `places` are the number of the run and the id of each."""
    started: list[dict[str, Any]] = []
    opened: list[dict[str, Any]] = []
    people, callbacks = People(), Callbacks()
    moved: dict[int, dict[str, Any]] = {}
    found: list[tuple[Recorded, int, int]] = []
    for (number, event_id), row in zip(places, recorded, strict=True):
        callbacks.add(row, number)
        match row.event:
            case e.ModelAnswered() | e.RunFinished() as event:
                _move(moved.setdefault(number, _unmoved(number)), event, row)
            case e.RunStarted() as event:
                started.append(_started(row, event, number, event_id))
            case e.PostFinished(post="opening", ts=ts) if ts:
                opened.append({"run": number, "ts": ts})
            case e.SignalReceived() | e.FindingMarked():
                found.append((row, number, event_id))
            case event:
                people.add(row, event_id)
                if isinstance(event, WORDS):
                    _speak(moved.setdefault(number, _unmoved(number)), row, called=not isinstance(event, e.ApprovalAsked))
    tx.write(_START, started)
    tx.write(_MOVE, tuple(moved.values()))
    tx.write(_OPEN_THREAD, opened)
    people.write(tx)
    callbacks.write(tx)
    for one in found:
        project_findings(tx, *one)
    _mark(tx, places[0][1], places[-1][1])


def _mark(tx: Transaction, first_id: int, last_id: int) -> None:
    """Mark the buckets that end among these ids. What is behind the last full bucket is looked through without marks."""
    full = range(first_id // BUCKET, (last_id + 1) // BUCKET)
    tx.write(_MARK, [{"bucket": n, "first": n * BUCKET, "last": (n + 1) * BUCKET - 1} for n in full])


def _started(row: Recorded, event: e.RunStarted, number: int, first_id: int) -> dict[str, Any]:
    trigger, place = event.trigger, event.trigger.place
    return {
        "number": number, "first_id": first_id, "run_id": row.run_id, "agent": row.agent, "source": trigger.source.value,
        "actor": trigger.actor, "team": place and place.team, "channel": place and place.channel,
        "thread_ts": place and place.thread_ts, "started_at": microseconds(row.at), "outcome": None, "steps": 0, "tokens": 0, "cost": 0,
        "incident": trigger.incident or None, "decided_at": None, "ended_at": None, "escalated": 0,
    }


def _unmoved(number: int) -> dict[str, Any]:
    return {
        "run": number, "ended": None, "more_steps": 0, "more_tokens": 0, "more_cost": 0, "first_word": None, "end": None, "called": 0,
    }


def _speak(moved: dict[str, Any], row: Recorded, *, called: bool) -> None:
    """The run has something for people, or calls for them because it cannot go on."""
    moved["first_word"] = moved["first_word"] or microseconds(row.at)
    moved["called"] = max(moved["called"], int(called))


def _move(moved: dict[str, Any], event: e.ModelAnswered | e.RunFinished, row: Recorded) -> None:
    """Add what this event adds to its run."""
    if isinstance(event, e.RunFinished):
        moved["ended"], moved["end"] = event.outcome.value, microseconds(row.at)
        _speak(moved, row, called=event.outcome is Outcome.HANDED_OVER)
        return
    moved["more_steps"] += 1
    moved["more_tokens"] += event.usage.total
    moved["more_cost"] += round(event.cost * NANODOLLARS)
