"""From stored rows to events: the chain of a run is checked whenever it is read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from agents.core.events import Recorded
from agents.core.ids import RunId
from storage.codec import SHORT, chained, decode, genesis, tampered
from storage.schema import chains, events, payloads

_OF_EVENT = tuple(column for column in events.c if column is not events.c.run)

COLUMNS = ("run_id", *(column.name for column in _OF_EVENT), "salt", "content")

SELECT_STORED = (
    select(chains.c.run_id, *_OF_EVENT, payloads.c.salt, payloads.c.content)
    .join_from(events, chains, chains.c.number == events.c.run)
    .join(payloads, payloads.c.event_id == events.c.id, isouter=True)
)
"""Events with their payloads; nulls where there is none or where it was erased."""

_ANCHOR = (
    select(events.c.seq)
    .where(events.c.run == chains.c.number, events.c.seq <= bindparam("after"), func.length(events.c.hash) > SHORT)
    .order_by(events.c.seq.desc()).limit(1).correlate(chains).scalar_subquery()
)
SELECT_RUN = SELECT_STORED.where(chains.c.run_id == bindparam("run_id"), events.c.seq >= func.coalesce(_ANCHOR, 0)).order_by(events.c.seq)
"""The events of a run behind number `after`, and those before them back to one with a whole hash, which anchors their chain."""


def read_run(run_id: RunId, after: int, stored: Sequence[Sequence[Any]]) -> tuple[Recorded, ...]:
    """The events behind number `after` from the rows of SELECT_RUN. Raises JournalTampered."""
    read: list[Recorded] = []
    seq, before, kept = 0, genesis(run_id), b""
    for values in stored:
        row = dict(zip(COLUMNS, values, strict=True))
        salt, content, kept = row.pop("salt"), row.pop("content"), row["hash"]
        if not seq and row["seq"] in range(1, after + 1):
            seq, before = row["seq"], kept
            continue
        seq += 1
        if row["seq"] != seq:
            raise tampered(run_id, seq, "it is missing")
        before = _hash(row, run_id, before)
        if not isinstance(kept, bytes) or len(kept) < SHORT or not before.startswith(kept):
            raise tampered(run_id, seq, "its row or the one before is not what was written")
        if seq > after:
            read.append(decode(row, salt, content))
    if stored and kept != before:
        raise tampered(run_id, seq + 1, "it is missing")
    return tuple(read)


def _hash(row: dict[str, Any], run_id: RunId, before: bytes) -> bytes:
    """What the row's hash should be; nothing where a column holds something of a kind that is never written."""
    try:
        return chained(row, run_id, before)
    except TypeError:
        return b""


def read_event(values: Sequence[Any]) -> Recorded:
    """One event by itself. Its payload is checked, its place in the chain is not. Raises JournalTampered."""
    row = dict(zip(COLUMNS, values, strict=True))
    try:
        return decode(row, row.pop("salt"), row.pop("content"))
    except ValueError as error:
        raise tampered(row["run_id"], row["seq"], f"it cannot be read ({error})") from error
