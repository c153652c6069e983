"""Deliveries from outside, durable before they are acknowledged."""

import json
from functools import partial

from sqlalchemy import bindparam, func, select

from agents.ports import Delivery
from storage.codec import microseconds, moment
from storage.database import Database
from storage.schema import inbox
from storage.writer import Transaction

_KNOWN = select(inbox.c.id).where(inbox.c.key == bindparam("key"))
_LAST = select(func.max(inbox.c.id))
_RECEIVE = inbox.insert().inline()
_DONE = inbox.update().where(inbox.c.key == bindparam("delivery")).values(body=None)


class SqlInbox:
    """Implements `ports.Inbox`. Deliveries that arrive at once share a commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def receive(self, delivery: Delivery) -> bool:
        """Store it; durable on return. False where this key was stored before, however long ago."""
        row = {
            "key": delivery.key, "kind": delivery.kind, "body": json.dumps(delivery.body, separators=(",", ":")),
            "received_at": microseconds(delivery.received_at),
        }
        return await self._database.write(partial(_receive, row))

    async def done(self, key: str) -> None:
        """It was dealt with. Its body is dropped, its key stays. Repeating it changes nothing."""
        await self._database.write(partial(_done, key))

    async def pending(self) -> tuple[Delivery, ...]:
        """What has not been dealt with, oldest first."""
        found = await self._database.read(select(inbox).where(inbox.c.body.is_not(None)).order_by(inbox.c.id))
        return tuple(Delivery(row.key, row.kind, json.loads(row.body), moment(row.received_at)) for row in found)


def _receive(row: dict[str, object], tx: Transaction) -> bool:
    if tx.first(_KNOWN, row) is not None:
        return False
    last = tx.first(_LAST, {})
    tx.write(_RECEIVE, ({**row, "id": (last[0] or 0) + 1 if last else 1},))
    return True


def _done(key: str, tx: Transaction) -> None:
    tx.write(_DONE, ({"delivery": key},))
