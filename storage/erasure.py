"""Memories that are erased: their text is gone from the table, from the index and from the log, and the row says that it was there."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam

from storage.fulltext import REBUILD
from storage.schema import memories
from storage.writer import Transaction

_ERASE = (
    memories.update()
    .where(memories.c.id == bindparam("number"), memories.c.erased_at.is_(None))
    .values(text="", topic="", tags="", erased_at=bindparam("at"), erased_by=bindparam("by"))
)


def erase(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Erase these memories: of each its `number`, `at` and `by`. Repeating it changes nothing."""
    if rows:
        tx.write(_ERASE, rows)
        tx.write(REBUILD, ({},))
        tx.scrub = True
