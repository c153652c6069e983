"""What monitors found, and what people said of it: `findings` and `finding_marks`. A row follows from its own events alone."""

from sqlalchemy import BigInteger, Text, bindparam, exists, literal, null, select

from agents.core import events as e
from agents.core.events import Recorded
from agents.core.trigger import Source
from storage.codec import microseconds
from storage.schema import finding_marks, findings, runs
from storage.writer import Transaction

_THIS = (
    findings.c.number == bindparam("run"), findings.c.fingerprint == bindparam("print", type_=Text),
    findings.c.began == bindparam("since", type_=Text),
)
_OPEN = findings.insert().from_select(
    [column.name for column in findings.c],
    select(
        bindparam("event_id", type_=BigInteger), runs.c.number, bindparam("print", type_=Text), bindparam("since", type_=Text),
        runs.c.incident, runs.c.run_id, literal("firing"), bindparam("at", type_=BigInteger), bindparam("at", type_=BigInteger), null(),
    ).where(
        runs.c.number == bindparam("run"), runs.c.source == Source.FINDING.value, runs.c.incident.is_not(None),
        ~exists().where(*_THIS),
    ),
)
_HEARD = findings.update().where(*_THIS, findings.c.status == "firing").values(told_at=bindparam("at"))
_OVER = (
    findings.update()
    .where(
        findings.c.number == bindparam("run"), findings.c.fingerprint == bindparam("print", type_=Text), findings.c.status == "firing"
    )
    .values(status="resolved", told_at=bindparam("at"), resolved_at=bindparam("at"))
)
_MARK = finding_marks.insert().inline()
_CLOSE = (
    findings.update()
    .where(findings.c.number == bindparam("run"), findings.c.status == "firing")
    .values(status="resolved", resolved_at=bindparam("at"))
)


def project_findings(tx: Transaction, row: Recorded, number: int, event_id: int) -> None:
    """Write what an event makes of these tables, the run of this number being known already. They are few, and their order counts."""
    at = microseconds(row.at)
    match row.event:
        case e.SignalReceived(status=status) as event:
            values = {"event_id": event_id, "run": number, "print": event.fingerprint, "since": event.began, "at": at}
            if status == "resolved":
                tx.write(_OVER, [values])
            elif not tx.write(_HEARD, [values]):
                tx.write(_OPEN, [values])
        case e.FindingMarked(mark=mark, name=name, until=until):
            shown = microseconds(until) if until else None
            tx.write(_MARK, [{"marked_id": event_id, "number": number, "mark": mark.value, "name": name, "at": at, "until": shown}])
            if mark.closes:
                tx.write(_CLOSE, [{"run": number, "at": at}])
