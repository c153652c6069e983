"""The journal on a database: events are added at the end of their run, in one transaction with what is projected from them."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from agents.core.events import Fact, Recorded
from agents.core.ids import RunId
from agents.core.trigger import Place, Source
from storage.append import Appender, Batch
from storage.codec import Redact
from storage.database import Database
from storage.rows import SELECT_RUN, read_run
from storage.schema import approvals, events, runs

_WAITING = select(approvals.c.run_id).where(approvals.c.state == "open")
_OPEN = select(runs.c.run_id).where(runs.c.outcome.is_(None)).order_by(runs.c.run_id.in_(_WAITING), runs.c.number)

_IS_OPEN = runs.c.outcome.is_(None)
_THREAD = (runs.c.team == bindparam("team"), runs.c.channel == bindparam("channel"), runs.c.thread_ts == bindparam("thread_ts"))
_UNDOES = _IS_OPEN & (runs.c.source == Source.UNDO.value)
_HEARING = select(runs.c.run_id).where(*_THREAD).order_by(~_IS_OPEN, _UNDOES, runs.c.number.desc()).limit(1)

_OF_INCIDENT = select(runs.c.run_id).where(runs.c.incident == bindparam("incident")).order_by(runs.c.number.desc()).limit(1)

LATEST = 500
"""So many of the newest incidents are looked at for what came after the end of their runs: signals, and what people said of findings."""

_ENDED = select(runs.c.run_id, runs.c.number).where(runs.c.incident.is_not(None)).order_by(runs.c.number.desc()).limit(LATEST).subquery()
_NEWEST = select(func.max(events.c.seq)).where(events.c.run == _ENDED.c.number).correlate(_ENDED).scalar_subquery()
_UNSHOWN = (
    select(_ENDED.c.run_id)
    .join_from(_ENDED, events, (events.c.run == _ENDED.c.number) & (events.c.seq == _NEWEST))
    .where(events.c.kind.in_(("signal_received", "finding_marked", "click_refused", "post_started")))
    .order_by(_ENDED.c.number)
)


class SqlJournal:
    """Implements `ports.Journal`. `redact` is applied to every text of an event before it is hashed and stored."""

    def __init__(self, database: Database, redact: Redact | None = None) -> None:
        self._database = database
        self._appender = Appender(redact)

    async def append(self, run_id: RunId, facts: Sequence[Fact], *, after: int, agent: str) -> tuple[Recorded, ...]:
        """Write these facts as the events `after + 1`, … of the run; durable on return. Raises JournalConflict."""
        return await self.append_many((Batch(run_id, facts, after, agent),))

    async def append_many(self, batches: Sequence[Batch]) -> tuple[Recorded, ...]:
        """Write several batches in one transaction: all of them or, where one meets another last event, none.

        Raises JournalConflict.
        """
        if not all(batch.facts for batch in batches):
            raise ValueError("There is nothing to append.")
        return await self._database.handle(self._appender, batches)

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[Recorded, ...]:
        """The events of a run behind number `after`, in order. Raises JournalTampered."""
        return read_run(run_id, after, await self._database.read(SELECT_RUN, {"run_id": run_id, "after": after}))

    async def open_runs(self) -> tuple[RunId, ...]:
        """Every run that is not over: first those that wait for nobody, then those that wait for people, oldest first in both."""
        return tuple(RunId(row.run_id) for row in await self._database.read(_OPEN))

    async def last_in_thread(self, place: Place) -> RunId | None:
        """The run that hears what is said in this thread; see `ports.Journal`."""
        there = {"team": place.team, "channel": place.channel, "thread_ts": place.thread_ts}
        found = await self._database.read(_HEARING, there)
        return RunId(found[0].run_id) if found else None

    async def last_of_incident(self, incident: str) -> RunId | None:
        """The newest run of this incident."""
        found = await self._database.read(_OF_INCIDENT, {"incident": incident})
        return RunId(found[0].run_id) if found else None

    async def unshown(self) -> tuple[RunId, ...]:
        """The latest incidents whose newest event may not be shown; see `ports.Journal`."""
        return tuple(RunId(row.run_id) for row in await self._database.read(_UNSHOWN))
