"""Projections made anew from the events: after a repair, or to prove that nothing but events is in them."""

from sqlalchemy import bindparam, delete

from storage.database import Database
from storage.projections import project
from storage.rows import COLUMNS, SELECT_STORED, read_event
from storage.schema import approvals, callbacks, events, finding_marks, findings, grants, labels, marks, runs
from storage.writer import Transaction

PAGE = 1000
"""Events that are held in memory at once."""

PROJECTIONS = (runs, approvals, grants, labels, marks, callbacks, findings, finding_marks)
"""Every table that holds nothing but what follows from the events."""

_ID = COLUMNS.index("id")
_NEXT = (
    SELECT_STORED.add_columns(events.c.run).where(events.c.id > bindparam("behind")).order_by(events.c.id).limit(PAGE)
)


async def rebuild(database: Database) -> int:
    """Empty the projections and fill them from every event, in one transaction; the number of events.

    Writing waits meanwhile. Raises JournalTampered.
    """
    return await database.write(_rebuild)


def _rebuild(tx: Transaction) -> int:
    for table in PROJECTIONS:
        tx.write(delete(table), ({},))
    done = behind = 0
    while stored := tx.all(_NEXT, {"behind": behind}):
        project(tx, [(row[-1], row[_ID]) for row in stored], [read_event(row[:-1]) for row in stored])
        behind = stored[-1][_ID]
        done += len(stored)
    return done
