"""Which runs have an end that somebody waits for: `callbacks`."""

from typing import Any

from sqlalchemy import bindparam

from agents.core import events as e
from agents.core.events import Recorded
from storage.codec import microseconds
from storage.schema import callbacks
from storage.writer import Transaction

_WAIT = callbacks.insert().inline()
_DUE = callbacks.update().where(callbacks.c.number == bindparam("run")).values(due_at=bindparam("at"))


class Callbacks:
    """What some events make of this table. A run is known before it ends, and ends before its end is told."""

    def __init__(self) -> None:
        self._waited: list[dict[str, Any]] = []
        self._ended: list[dict[str, Any]] = []
        self._tried: list[dict[str, Any]] = []

    def add(self, row: Recorded, number: int) -> None:
        """Take one more event of the run with this number."""
        match row.event:
            case e.RunStarted(trigger=trigger) if trigger.callback:
                self._waited.append({"number": number, "run_id": row.run_id, "due_at": None})
            case e.RunFinished():
                self._ended.append({"run": number, "at": microseconds(row.at)})
            case e.CallbackTried(again_at=again):
                self._tried.append({"run": number, "at": microseconds(again) if again else None})

    def write(self, tx: Transaction) -> None:
        """Write what the events make."""
        tx.write(_WAIT, self._waited)
        tx.write(_DUE, self._ended)
        tx.write(_DUE, self._tried)
