"""From stored rows to events: the chain of a run is checked whenever it is read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from agents.core.events import Recorded
from agents.core.ids import RunId
from storage.codec import chained, decode, genesis, tampered
from storage.schema import chains, events, payloads

_OF_EVENT = tuple(column for column in events.c if column is not events.c.run)

COLUMNS = ("run_id", *(column.name for column in _OF_EVENT), "salt", "content")

SELECT_STORED = (
    select(chains.c.run_id, *_OF_EVENT, payloads.c.salt, payloads.c.content)
    .join_from(events, chains, chains.c.number == events.c.run)
    .join(payloads, payloads.c.event_id == events.c.id, isouter=True)
)
"""Events with their payloads; nulls where there is none or where it was erased."""

SELECT_RUN = SELECT_STORED.where(chains.c.run_id == bindparam("run_id"), events.c.seq >= bindparam("after")).order_by(events.c.seq)
"""The events of a run from number `after`: the one before those that are wanted anchors their chain."""


def read_run(run_id: RunId, after: int, stored: Sequence[Sequence[Any]]) -> tuple[Recorded, ...]:
    """The events behind number `after` from the rows of SELECT_RUN. Raises JournalTampered."""
    read: list[Recorded] = []
    seq, before = max(after - 1, 0), genesis(run_id)
    for values in stored:
        row = dict(zip(COLUMNS, values, strict=True))
        salt, content = row.pop("salt"), row.pop("content")
        if row["seq"] == after:
            seq, before = after, row["hash"]
            continue
        seq += 1
        if row["seq"] != seq:
            raise tampered(run_id, seq, "it is missing")
        if _hash(row, run_id, before) != row["hash"]:
            raise tampered(run_id, seq, "its row or the one before is not what was written")
        before = row["hash"]
        read.append(decode(row, salt, content))
    return tuple(read)


def _hash(row: dict[str, Any], run_id: RunId, before: bytes) -> bytes | None:
    """What the row's hash should be; None where a column holds something of a kind that is never written."""
    try:
        return chained(row, run_id, before)
    except TypeError:
        return None


def read_event(values: Sequence[Any]) -> Recorded:
    """One event by itself. Its payload is checked, its place in the chain is not. Raises JournalTampered."""
    row = dict(zip(COLUMNS, values, strict=True))
    try:
        return decode(row, row.pop("salt"), row.pop("content"))
    except ValueError as error:
        raise tampered(row["run_id"], row["seq"], f"it cannot be read ({error})") from error
