"""The journal on a database: events are added at the end of their run, in one transaction with what is projected from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from agents.core.errors import IllegalTransition, JournalConflict
from agents.core.events import Fact, Recorded, RunStarted
from agents.core.ids import RunId
from agents.core.trigger import Place
from storage.codec import Redact, chained, encode, genesis
from storage.database import Database
from storage.projections import project
from storage.rows import SELECT_RUN, read_run
from storage.schema import chains, events, payloads, runs
from storage.writer import Transaction

_HEAD = (
    select(chains.c.number, events.c.seq, events.c.hash)
    .join_from(chains, events, events.c.run == chains.c.number)
    .where(chains.c.run_id == bindparam("run_id"))
    .order_by(events.c.seq.desc())
    .limit(1)
)
_LAST_ID = select(func.max(events.c.id))
_LAST_NUMBER = select(func.max(chains.c.number))
_CHAIN = chains.insert().inline()
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
        if not all(batch.facts for batch in batches):
            raise ValueError("There is nothing to append.")
        return await self._database.write(partial(_append, batches, self._redact))

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[Recorded, ...]:
        """The events of a run behind number `after`, in order. Raises JournalTampered."""
        return read_run(run_id, after, await self._database.read(SELECT_RUN, {"run_id": run_id, "after": after}))

    async def open_runs(self) -> tuple[RunId, ...]:
        """Every run that is not over, oldest first."""
        found = await self._database.read(select(runs.c.run_id).where(runs.c.outcome.is_(None)).order_by(runs.c.number))
        return tuple(RunId(row.run_id) for row in found)

    async def last_in_thread(self, place: Place) -> RunId | None:
        """The newest run that speaks in this thread."""
        there = (runs.c.team == place.team, runs.c.channel == place.channel, runs.c.thread_ts == place.thread_ts)
        found = await self._database.read(select(runs.c.run_id).where(*there).order_by(runs.c.number.desc()).limit(1))
        return RunId(found[0].run_id) if found else None


@dataclass(slots=True)
class _Chain:
    """A run while it is appended to."""

    number: int
    seq: int
    """Of its last event."""
    hash: bytes
    """Of its last event."""


def _append(batches: Sequence[Batch], redact: Redact | None, tx: Transaction) -> tuple[Recorded, ...]:
    """Check every batch before anything is written, then write all of them.

    Encoding is done here as well, in the writer's thread: beside it, two threads would fight for the interpreter at each statement.
    """
    heads = _heads(tx, [batch.run_id for batch in batches])
    new = [{"number": head.number, "run_id": run_id} for run_id, head in heads.items() if not head.seq]
    next_id = _after(tx, _LAST_ID)
    rows: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    written: list[tuple[int, int, list[Recorded]]] = []
    for batch in batches:
        head = heads[batch.run_id]
        _admit(batch, head.seq)
        encoded = [encode(fact, redact) for fact in batch.facts]
        facts = enumerate((item.fact for item in encoded), head.seq + 1)
        recorded = [Recorded(batch.run_id, seq, fact.at, fact.actor, batch.agent, fact.event) for seq, fact in facts]
        written.append((head.number, next_id, recorded))
        for item in encoded:
            head.seq += 1
            row = {"id": next_id, "seq": head.seq, "agent": batch.agent, **item.columns}
            head.hash = chained({**row, "run_id": batch.run_id}, head.hash)
            rows.append({**row, "run": head.number, "hash": head.hash})
            if item.payload is not None:
                contents.append({"event_id": next_id, **item.payload})
            next_id += 1
    tx.write(_CHAIN, new)
    tx.write(_EVENT, rows)
    tx.write(_PAYLOAD, contents)
    for number, first_id, recorded in written:
        project(tx, number, first_id, recorded)
    return tuple(event for _, _, recorded in written for event in recorded)


def _heads(tx: Transaction, run_ids: Sequence[RunId]) -> dict[RunId, _Chain]:
    """Where each run ends; a new number and its genesis for a run that does not exist."""
    heads: dict[RunId, _Chain] = {}
    new = 0
    for run_id in dict.fromkeys(run_ids):
        found = tx.first(_HEAD, {"run_id": run_id})
        if found is None:
            heads[run_id] = _Chain(_after(tx, _LAST_NUMBER) + new, 0, genesis(run_id))
            new += 1
        else:
            heads[run_id] = _Chain(*found)
    return heads


def _admit(batch: Batch, seq: int) -> None:
    if seq != batch.after:
        raise JournalConflict(f"{batch.run_id} is at event {seq}, not at {batch.after}. Read on and decide again.")
    if seq == 0 and not isinstance(batch.facts[0].event, RunStarted):
        raise IllegalTransition(f"{batch.run_id} does not exist yet: its first event has to be run_started.")


def _after(tx: Transaction, highest: Select[Any]) -> int:
    """The number behind the highest."""
    found = tx.first(highest, {})
    return (found[0] or 0) + 1 if found else 1
