"""The journal on a database: events are added at the end of their run, in one transaction with what is projected from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import bindparam, func, select

from agents.core.errors import JournalConflict
from agents.core.events import Fact, Recorded
from agents.core.ids import RunId
from agents.core.trigger import Place
from storage.codec import Encoded, Redact, chained, encode, genesis
from storage.database import Database
from storage.projections import project
from storage.rows import SELECT_RUN, read_run
from storage.schema import events, payloads, runs
from storage.writer import Transaction

_HEAD = (
    select(events.c.seq, events.c.hash)
    .where(events.c.run_id == bindparam("run_id"))
    .order_by(events.c.seq.desc())
    .limit(1)
)
_LAST = select(func.max(events.c.id))
_EVENT = events.insert().inline()
_PAYLOAD = payloads.insert().inline()


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts for one run; see `Journal.append`."""

    run_id: RunId
    facts: Sequence[Fact]
    after: int
    """The run's last event as the caller knows it; 0 where the run does not exist yet."""
    agent: str


class SqlJournal:
    """Implements `ports.Journal`. `redact` is applied to every text of an event before it is hashed and stored."""

    def __init__(self, database: Database, redact: Redact | None = None) -> None:
        self._database = database
        self._redact = redact

    async def append(self, run_id: RunId, facts: Sequence[Fact], *, after: int, agent: str) -> tuple[Recorded, ...]:
        """Write these facts as the events `after + 1`, … of the run; durable on return. Raises JournalConflict."""
        return await self.append_many((Batch(run_id, facts, after, agent),))

    async def append_many(self, batches: Sequence[Batch]) -> tuple[Recorded, ...]:
        """Write several batches in one transaction: all of them or, where one meets another last event, none.

        Raises JournalConflict.
        """
        encoded = [(batch, [encode(fact, self._redact) for fact in batch.facts]) for batch in batches]
        return await self._database.write(partial(_append, encoded))

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[Recorded, ...]:
        """The events of a run behind number `after`, in order. Raises JournalTampered."""
        return read_run(run_id, after, await self._database.read(SELECT_RUN, {"run_id": run_id, "after": after}))

    async def open_runs(self) -> tuple[RunId, ...]:
        """Every run that is not over, oldest first."""
        found = await self._database.read(select(runs.c.run_id).where(runs.c.outcome.is_(None)).order_by(runs.c.first_id))
        return tuple(RunId(row.run_id) for row in found)

    async def last_in_thread(self, place: Place) -> RunId | None:
        """The newest run that speaks in this thread."""
        there = (runs.c.team == place.team, runs.c.channel == place.channel, runs.c.thread_ts == place.thread_ts)
        found = await self._database.read(select(runs.c.run_id).where(*there).order_by(runs.c.first_id.desc()).limit(1))
        return RunId(found[0].run_id) if found else None


def _append(batches: Sequence[tuple[Batch, Sequence[Encoded]]], tx: Transaction) -> tuple[Recorded, ...]:
    """Check every batch before anything is written, then write all of them."""
    heads: dict[RunId, tuple[int, bytes]] = {}
    next_id = _next_id(tx)
    rows: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    written: list[tuple[int, list[Recorded]]] = []
    for batch, encoded in batches:
        run_id = batch.run_id
        seq, before = heads[run_id] if run_id in heads else _head(tx, run_id)
        if seq != batch.after:
            raise JournalConflict(f"{run_id} is at event {seq}, not at {batch.after}. Read on and decide again.")
        facts = enumerate((item.fact for item in encoded), seq + 1)
        written.append((next_id, [Recorded(run_id, n, fact.at, fact.actor, batch.agent, fact.event) for n, fact in facts]))
        for item in encoded:
            seq += 1
            row = {"id": next_id, "run_id": run_id, "seq": seq, "agent": batch.agent, **item.columns}
            row["hash"] = before = chained(row, before)
            rows.append(row)
            if item.payload is not None:
                contents.append({"event_id": next_id, **item.payload})
            next_id += 1
        heads[run_id] = seq, before
    tx.write(_EVENT, rows)
    tx.write(_PAYLOAD, contents)
    for first_id, recorded in written:
        project(tx, recorded, first_id)
    return tuple(event for _, recorded in written for event in recorded)


def _head(tx: Transaction, run_id: RunId) -> tuple[int, bytes]:
    """Number and hash of the run's last event."""
    found = tx.first(_HEAD, {"run_id": run_id})
    return (found[0], found[1]) if found else (0, genesis(run_id))


def _next_id(tx: Transaction) -> int:
    found = tx.first(_LAST, {})
    return (found[0] or 0) + 1 if found else 1
