"""How events are added: everything that waits is checked, encoded and chained, and then each table is written once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select

from agents.core.errors import IllegalTransition, JournalConflict
from agents.core.events import Fact, Recorded, RunStarted
from agents.core.events_of_control import ControlEvent
from agents.core.ids import CONTROL, RunId
from storage.codec import SHORT, Redact, chained, encode, genesis
from storage.fence import Book, admit
from storage.projections import project
from storage.schema import chains, events, payloads
from storage.writer import Transaction

REMEMBERED = 2000
"""Runs whose last event is remembered; where there are more, all are forgotten and looked up anew."""

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


class _Head(NamedTuple):
    """Where a run ends."""

    number: int
    seq: int
    """Of its last event; 0 where the run does not exist yet."""
    hash: bytes


@dataclass(slots=True)
class _Rows:
    """What is about to be written."""

    chains: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    heads: dict[RunId, _Head] = field(default_factory=dict)
    """Where the runs end after this."""
    grants: Book = field(default_factory=dict)
    """What is left of the grants that are used, given or taken back."""

    def add(self, other: "_Rows") -> None:
        """Write those as well."""
        self.chains += other.chains
        self.events += other.events
        self.payloads += other.payloads
        self.recorded += other.recorded
        self.heads |= other.heads
        self.grants |= other.grants


class Appender:
    """Handles appends, each of which is several batches that are written together or not at all.

    Where runs end is remembered, which saves looking it up. The fence is not this memory but the unique key of a run's numbers: where
    somebody else has written, the transaction fails, the memory is dropped and the append meets what the database says.
    Encoding is done here, in the writer's thread: beside it, two threads would fight for the interpreter at each statement.
    """

    def __init__(self, redact: Redact | None) -> None:
        self._redact = redact
        self._heads: dict[RunId, _Head] = {}
        self._last_id: int | None = None
        self._last_number: int | None = None

    def forget(self) -> None:
        """Look everything up anew."""
        self._heads.clear()
        self._last_id = self._last_number = None

    def carry_out(self, tx: Transaction, items: Sequence[Sequence[Batch]]) -> list[tuple[Recorded, ...] | Exception]:
        """The events that each append has written, or why it was refused."""
        group = _Rows()
        outcomes: list[tuple[Recorded, ...] | Exception] = []
        for batches in items:
            try:
                rows = self._prepare(tx, batches, group)
            except Exception as error:  # it belongs to this append, of which nothing is written; the caller raises it
                outcomes.append(error)
            else:
                group.add(rows)
                outcomes.append(tuple(rows.recorded))
        self._write(tx, group)
        return outcomes

    def _prepare(self, tx: Transaction, batches: Sequence[Batch], group: _Rows) -> _Rows:
        """The rows of one append, which come behind those of the group."""
        rows = _Rows()
        last_id = self._last(tx) + len(group.events)
        for batch in batches:
            head = rows.heads.get(batch.run_id) or group.heads.get(batch.run_id) or self._head(tx, batch.run_id)
            _admit(batch, head.seq)
            if not head.seq:
                head = head._replace(number=(self._last_number or 0) + len(group.chains) + len(rows.chains) + 1)
                rows.chains.append({"number": head.number, "run_id": batch.run_id})
            number, seq, before = head
            for fact in batch.facts:
                admit(tx, fact, rows.grants, group.grants)
                item = encode(fact, self._redact)
                seq += 1
                event_id = last_id + len(rows.events) + 1
                row = {"id": event_id, "run": number, "seq": seq, "agent": batch.agent, **item.columns}
                before = chained(row, batch.run_id, before)
                row["hash"] = before[:SHORT]
                rows.events.append(row)
                if item.payload is not None:
                    rows.payloads.append({"event_id": event_id, **item.payload})
                rows.recorded.append(Recorded(batch.run_id, seq, fact.at, fact.actor, batch.agent, item.fact.event))
            rows.events[-1]["hash"] = before
            rows.heads[batch.run_id] = _Head(number, seq, before)
        return rows

    def _write(self, tx: Transaction, rows: _Rows) -> None:
        if not rows.events:
            return
        tx.write(_CHAIN, rows.chains)
        tx.write(_EVENT, rows.events)
        tx.write(_PAYLOAD, rows.payloads)
        project(tx, [(row["run"], row["id"]) for row in rows.events], rows.recorded)
        if len(self._heads) > REMEMBERED:
            self._heads.clear()
        self._heads |= rows.heads
        self._last_id = rows.events[-1]["id"]
        self._last_number = (self._last_number or 0) + len(rows.chains)

    def _head(self, tx: Transaction, run_id: RunId) -> _Head:
        known = self._heads.get(run_id)
        if known is not None:
            return known
        found = tx.first(_HEAD, {"run_id": run_id})
        return _Head(*found) if found else _Head(0, 0, genesis(run_id))

    def _last(self, tx: Transaction) -> int:
        """The id of the newest event."""
        if self._last_id is None:
            self._last_id = _highest(tx, _LAST_ID)
            self._last_number = _highest(tx, _LAST_NUMBER)
        return self._last_id


def _admit(batch: Batch, seq: int) -> None:
    if seq != batch.after:
        raise JournalConflict(f"{batch.run_id} is at event {seq}, not at {batch.after}. Read on and decide again.")
    for fact in batch.facts:
        if isinstance(fact.event, ControlEvent) != (batch.run_id == CONTROL):
            raise IllegalTransition(f"{fact.event.kind} has no place in {batch.run_id}.")
    if seq == 0 and batch.run_id != CONTROL and not isinstance(batch.facts[0].event, RunStarted):
        raise IllegalTransition(f"{batch.run_id} does not exist yet: its first event has to be run_started.")


def _highest(tx: Transaction, highest: Select[Any]) -> int:
    found = tx.first(highest, {})
    return (found and found[0]) or 0
