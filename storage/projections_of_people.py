"""What people were asked and what came of it, what they granted, what they think of runs: `approvals`, `grants` and `labels`."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, case

from agents.core import events as e
from agents.core.events import Recorded
from storage.codec import microseconds
from storage.erasure import erase
from storage.schema import approvals, grants, labels
from storage.writer import Transaction

Row = dict[str, Any]


def _earlier(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two moments, of which the second may be null."""
    return case((other < one, other), else_=one)


_THIS = approvals.c.ask_id == bindparam("ask")
_ASK = approvals.insert().inline()
_REMIND = approvals.update().where(_THIS).values(remind_at=None, due_at=_earlier(approvals.c.expires_at, approvals.c.escalate_at))
_ESCALATE = approvals.update().where(_THIS).values(escalate_at=None, due_at=_earlier(approvals.c.expires_at, approvals.c.remind_at))
_DECIDE = approvals.update().where(_THIS).values(state=bindparam("to"), decided_at=bindparam("at"), decided_by=bindparam("by"), due_at=None)
_WITHDRAW = (
    approvals.update()
    .where(
        approvals.c.run_id == bindparam("run"), approvals.c.asked_id < bindparam("behind"), approvals.c.state == "open",
        approvals.c.kind != "doubt",
    )
    .values(state="withdrawn", decided_at=bindparam("at"), decided_by=bindparam("by"), due_at=None)
)
_GIVE = grants.insert().inline()
_USE = grants.update().where(grants.c.grant_id == bindparam("grant")).values(uses_left=grants.c.uses_left - 1)
_REVOKE = grants.update().where(grants.c.grant_id == bindparam("grant")).values(revoked_at=bindparam("at"), revoked_by=bindparam("by"))
_LABEL = labels.insert().inline()

ORDER = (_ASK, _REMIND, _ESCALATE, _DECIDE, _WITHDRAW, _GIVE, _USE, _REVOKE, _LABEL)
"""What follows in the journal follows here too, so events that are written together may be sorted by what they change."""

TIMES = ("expires_at", "remind_at", "escalate_at")
"""When something is due of a question that nobody has decided."""


class People:
    """What some events make of these tables, each of which is then written with one statement for all that is alike."""

    def __init__(self) -> None:
        self._rows: defaultdict[Executable, list[Row]] = defaultdict(list)
        self._erased: list[Row] = []
        """Memories that somebody had erased."""

    def add(self, row: Recorded, event_id: int) -> None:
        """Take one more event."""
        if isinstance(row.event, e.MemoryForgotten):
            self._erased.append({"number": row.event.number, "at": microseconds(row.at), "by": row.actor})
        for statement, values in _made(row, event_id):
            self._rows[statement].append(values)

    def write(self, tx: Transaction) -> None:
        """Write what the events make."""
        for statement in ORDER:
            tx.write(statement, self._rows[statement])
        erase(tx, self._erased)


def _made(row: Recorded, event_id: int) -> Iterator[tuple[Executable, Row]]:
    """The statements that follow from an event."""
    match row.event:
        case e.ApprovalAsked() | e.DoubtRaised() | e.LimitReached() | e.HelpAsked() as event:
            yield _ASK, _asked(row, event, event_id)
        case e.ApprovalReminded(ask_id=ask):
            yield _REMIND, {"ask": ask}
        case e.ApprovalEscalated(ask_id=ask):
            yield _ESCALATE, {"ask": ask}
        case e.RunStopped():
            yield _WITHDRAW, {"run": row.run_id, "behind": event_id, "at": microseconds(row.at), "by": row.actor}
        case e.GrantGiven() as event:
            yield _GIVE, _given(event, event_id)
        case e.CallJudged(grant=grant) if grant:
            yield _USE, {"grant": grant}
        case e.GrantRevoked(grant_id=grant, name=name):
            yield _REVOKE, {"grant": grant, "at": microseconds(row.at), "by": name}
        case e.FeedbackGiven():
            yield _LABEL, {"given_id": event_id, "agent": row.agent}
        case event if decided := _decided(event):
            closed, state = decided
            yield _DECIDE, {"ask": closed, "to": state, "at": microseconds(row.at), "by": row.actor}


def _asked(row: Recorded, event: e.ApprovalAsked | e.DoubtRaised | e.LimitReached | e.HelpAsked, asked_id: int) -> Row:
    times: dict[str, int | None] = dict.fromkeys(TIMES)
    match event:
        case e.ApprovalAsked(tool=subject):
            kind = "approval"
            times |= {name: microseconds(at) for name in TIMES if (at := getattr(event, name)) is not None}
        case e.DoubtRaised(tool=subject):
            kind = "doubt"
        case e.HelpAsked(tool=subject):
            kind = "help"
        case e.LimitReached(limit=limit):
            kind, subject = "limit", limit.value
    return {
        "asked_id": asked_id, "ask_id": event.ask_id, "run_id": row.run_id, "agent": row.agent, "kind": kind, "subject": subject,
        "state": "open", "asked_at": microseconds(row.at), "decided_at": None, "decided_by": None, **times,
        "due_at": min((at for at in times.values() if at is not None), default=None),
    }


def _given(event: e.GrantGiven, given_id: int) -> Row:
    return {
        "given_id": given_id, "grant_id": event.grant_id, "until": microseconds(event.until), "uses_left": event.uses, "revoked_at": None,
        "revoked_by": None,
    }


def _decided(event: e.Event) -> tuple[str, str] | None:
    """The question that this event closes and the state in which it is then; None where it closes none."""
    match event:
        case e.ApprovalGranted(ask_id=ask):
            return ask, "granted"
        case e.ApprovalDenied(ask_id=ask):
            return ask, "denied"
        case e.ApprovalExpired(ask_id=ask):
            return ask, "expired"
        case e.ApprovalVoided(ask_id=ask):
            return ask, "void"
        case e.CallEdited(ask_id=ask):
            return ask, "superseded"
        case e.HelpGiven(ask_id=ask):
            return ask, "replied"
        case e.DoubtResolved(ask_id=ask, choice=choice) | e.LimitAnswered(ask_id=ask, choice=choice):
            return ask, choice
        case e.LimitLifted(ask_id=ask):
            return ask, "lifted"
    return None
