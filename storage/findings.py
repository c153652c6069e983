"""What monitors found, as the journal has it."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Select, or_, select

from agents.core.finding import Mark
from agents.core.ids import RunId
from agents.monitors import FindingSummary, Marking
from storage.codec import microseconds, moment
from storage.database import Database
from storage.schema import finding_marks, findings

AT_ONCE = 500
"""So many runs are asked for their marks with one statement."""


class SqlFindings:
    """Implements `FindingBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def findings(
        self, *, monitor: str | None = None, since: datetime | None = None, open_only: bool = False
    ) -> tuple[FindingSummary, ...]:
        """The newest first; `since` leaves out those that were over before."""
        found = await self._database.read(_chosen(monitor, since, open_only=open_only))
        marks = await self._marks({row.number for row in found})
        return tuple(
            FindingSummary(
                RunId(row.run_id), row.incident, row.fingerprint, row.status, moment(row.opened_at),
                moment(row.resolved_at) if row.resolved_at is not None else None,
                tuple(marking for marked, marking in marks.get(row.number, ()) if marked > row.opened_id), row.began,
            )
            for row in found
        )

    async def _marks(self, numbers: set[int]) -> dict[int, list[tuple[int, Marking]]]:
        """What people said of these runs, in its order."""
        marks: defaultdict[int, list[tuple[int, Marking]]] = defaultdict(list)
        ordered = sorted(numbers)
        for start in range(0, len(ordered), AT_ONCE):
            wanted = finding_marks.c.number.in_(ordered[start:start + AT_ONCE])
            for row in await self._database.read(select(finding_marks).where(wanted).order_by(finding_marks.c.marked_id)):
                until = moment(row.until) if row.until is not None else None
                marks[row.number].append((row.marked_id, Marking(Mark(row.mark), row.name, moment(row.at), until)))
        return marks


def _chosen(monitor: str | None, since: datetime | None, *, open_only: bool) -> Select[tuple[object, ...]]:
    chosen = select(findings).order_by(findings.c.opened_id.desc())
    if monitor is not None:
        chosen = chosen.where(findings.c.fingerprint > f"{monitor}/", findings.c.fingerprint < f"{monitor}0")  # 0 comes after /
    if open_only:
        chosen = chosen.where(findings.c.status == "firing")
    if since is not None:
        chosen = chosen.where(or_(findings.c.status == "firing", findings.c.resolved_at >= microseconds(since)))
    return chosen
