"""What lists show, as a function of events: written in the transaction of the events, and made anew from them at any time."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, case, func

from agents.core import events as e
from agents.core.events import Recorded
from agents.core.ids import SYSTEM
from storage.codec import microseconds
from storage.schema import approvals, marks, runs
from storage.writer import Transaction

BUCKET = 256
"""So many events side by side share their marks."""

NANODOLLARS = 1_000_000_000
"""Costs are added up as whole numbers, so that their sum does not depend on the order."""

_START = runs.insert().inline()
_MOVE = (
    runs.update()
    .where(runs.c.number == bindparam("run"))
    .values(
        moved_at=bindparam("moved"), outcome=func.coalesce(bindparam("ended"), runs.c.outcome),
        steps=runs.c.steps + bindparam("more_steps"), tokens=runs.c.tokens + bindparam("more_tokens"),
        cost=runs.c.cost + bindparam("more_cost"),
    )
)
_ASK = approvals.insert().inline()
_DECIDE = (
    approvals.update()
    .where(approvals.c.ask_id == bindparam("ask"))
    .values(state=bindparam("to"), decided_at=bindparam("at"), decided_by=bindparam("by"))
)
_MARK = marks.insert().inline()
_MARK_AGAIN = (
    marks.update()
    .where(*(column == bindparam(f"this_{column.name}") for column in marks.primary_key))
    .values(newest=case((marks.c.newest < bindparam("this_newest"), bindparam("this_newest")), else_=marks.c.newest))
)
_MARK_COLUMNS = tuple(f"this_{column.name}" for column in marks.c)


def project(tx: Transaction, number: int, first_id: int, recorded: Sequence[Recorded]) -> None:
    """Bring the projections up to these events of the run with this number; the first has this id, the others follow it."""
    found: dict[tuple[int, str, str, str], int] = {}
    for event_id, row in enumerate(recorded, first_id):
        time = microseconds(row.at)
        if isinstance(row.event, e.RunStarted):
            tx.write(_START, (_started(row, row.event, number, event_id),))
        elif (asked := _asked(row, event_id)) is not None:
            tx.write(_ASK, (asked,))
        elif (decided := _decided(row)) is not None:
            tx.write(_DECIDE, (decided,))
        actor = "" if row.actor == SYSTEM else row.actor
        key = (event_id // BUCKET, row.agent, getattr(row.event, "tool", ""), actor)
        found[key] = max(time, found.get(key, time))
    tx.write(_MOVE, (_moved(recorded, number),))
    _mark(tx, [dict(zip(_MARK_COLUMNS, (*key, time), strict=True)) for key, time in found.items()])


def _mark(tx: Transaction, found: Sequence[Mapping[str, Any]]) -> None:
    """Bring marks up to these. Most are there already, so all are tried at once before they are looked at one by one."""
    if tx.write(_MARK_AGAIN, found) == len(found):
        return
    for mark in found:
        if not tx.write(_MARK_AGAIN, (mark,)):
            tx.write(_MARK, ({column.name: mark[name] for column, name in zip(marks.c, _MARK_COLUMNS, strict=True)},))


def _started(row: Recorded, event: e.RunStarted, number: int, first_id: int) -> dict[str, Any]:
    trigger, place = event.trigger, event.trigger.place
    at = microseconds(row.at)
    return {
        "number": number, "first_id": first_id, "run_id": row.run_id, "agent": row.agent, "source": trigger.source.value,
        "actor": trigger.actor, "team": place and place.team, "channel": place and place.channel,
        "thread_ts": place and place.thread_ts, "started_at": at, "moved_at": at, "outcome": None, "steps": 0, "tokens": 0, "cost": 0,
    }


def _moved(recorded: Sequence[Recorded], number: int) -> dict[str, Any]:
    answers = [row.event for row in recorded if isinstance(row.event, e.ModelAnswered)]
    ends = [row.event.outcome.value for row in recorded if isinstance(row.event, e.RunFinished)]
    return {
        "run": number, "moved": microseconds(recorded[-1].at), "ended": ends[0] if ends else None,
        "more_steps": len(answers), "more_tokens": sum(answer.usage.total for answer in answers),
        "more_cost": sum(round(answer.cost * NANODOLLARS) for answer in answers),
    }


def _asked(row: Recorded, asked_id: int) -> dict[str, Any] | None:
    expires_at: int | None = None
    match row.event:
        case e.ApprovalAsked(tool=subject, expires_at=until):
            kind, expires_at = "approval", microseconds(until)
        case e.DoubtRaised(tool=subject):
            kind = "doubt"
        case e.LimitReached(limit=limit):
            kind, subject = "limit", limit.value
        case _:
            return None
    return {
        "asked_id": asked_id, "ask_id": row.event.ask_id, "run_id": row.run_id, "agent": row.agent, "kind": kind, "subject": subject,
        "state": "open", "asked_at": microseconds(row.at), "expires_at": expires_at, "decided_at": None, "decided_by": None,
    }


def _decided(row: Recorded) -> dict[str, Any] | None:
    match row.event:
        case e.ApprovalGranted(ask_id=ask):
            state = "granted"
        case e.ApprovalDenied(ask_id=ask):
            state = "denied"
        case e.ApprovalExpired(ask_id=ask):
            state = "expired"
        case e.ApprovalVoided(ask_id=ask):
            state = "void"
        case e.DoubtResolved(ask_id=ask, choice=choice) | e.LimitAnswered(ask_id=ask, choice=choice):
            state = choice
        case _:
            return None
    return {"ask": ask, "to": state, "at": microseconds(row.at), "by": row.actor}
