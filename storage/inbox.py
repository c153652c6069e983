"""Deliveries from outside, durable before they are acknowledged."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from agents.ports import Delivery
from storage.codec import Redact, map_text, microseconds, moment
from storage.database import Database
from storage.schema import inbox
from storage.writer import Transaction

_KNOWN = select(inbox.c.id).where(inbox.c.key == bindparam("key"))
_LAST = select(func.max(inbox.c.id))
_RECEIVE = inbox.insert().inline()
_DONE = inbox.update().where(inbox.c.key == bindparam("delivery")).values(body=None)


class SqlInbox:
    """Implements `ports.Inbox`. Deliveries that arrive at once share a commit."""

    def __init__(self, database: Database, redact: Redact | None = None) -> None:
        """`redact` is applied to every text before it is stored."""
        self._database = database
        self._redact = redact
        self._receiving = _Receiving()
        self._finishing = _Finishing()

    async def receive(self, delivery: Delivery) -> bool:
        """Store it; durable on return. False where this key was stored before, however long ago."""
        body = delivery.body if self._redact is None else map_text(delivery.body, self._redact)
        row = {
            "key": delivery.key, "kind": delivery.kind, "body": json.dumps(body, separators=(",", ":")),
            "received_at": microseconds(delivery.received_at),
        }
        return await self._database.handle(self._receiving, row)

    async def done(self, key: str) -> None:
        """It was dealt with. Its body is dropped, its key stays. Repeating it changes nothing."""
        await self._database.handle(self._finishing, key)

    async def pending(self, key: str | None = None) -> tuple[Delivery, ...]:
        """What has not been dealt with, oldest first; with a key, that delivery alone."""
        this = () if key is None else (inbox.c.key == key,)
        found = await self._database.read(select(inbox).where(inbox.c.body.is_not(None), *this).order_by(inbox.c.id))
        return tuple(Delivery(row.key, row.kind, json.loads(row.body), moment(row.received_at)) for row in found)


class _Receiving:
    """Stores what is new of a group."""

    def carry_out(self, tx: Transaction, items: Sequence[dict[str, Any]]) -> list[bool]:
        """Whether each was new."""
        new: dict[str, dict[str, Any]] = {}
        last = tx.first(_LAST, {})
        first_id = ((last and last[0]) or 0) + 1
        outcomes = []
        for row in items:
            known = row["key"] in new or tx.first(_KNOWN, row) is not None
            outcomes.append(not known)
            if not known:
                new[row["key"]] = {**row, "id": first_id + len(new)}
        tx.write(_RECEIVE, tuple(new.values()))
        return outcomes

    def forget(self) -> None:
        """Nothing is remembered."""


class _Finishing:
    """Drops the bodies of a group."""

    def carry_out(self, tx: Transaction, items: Sequence[str]) -> list[None]:
        """Nothing for each."""
        tx.write(_DONE, [{"delivery": key} for key in items])
        return [None] * len(items)

    def forget(self) -> None:
        """Nothing is remembered."""
