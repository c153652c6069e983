"""Deliveries from outside, durable before they are acknowledged."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from agents.ports import Delivery, Undone
from storage.codec import Redact, map_text, microseconds, moment
from storage.database import Database
from storage.schema import inbox
from storage.writer import Transaction

_KNOWN = select(inbox.c.id).where(inbox.c.key == bindparam("key"))
_LAST = select(func.max(inbox.c.id))
_RECEIVE = inbox.insert().inline()
_DONE = inbox.update().where(inbox.c.key == bindparam("delivery")).values(body=None, error=None, parked_at=None)
_FAILED = (
    inbox.update().where(inbox.c.key == bindparam("delivery"))
    .values(attempts=inbox.c.attempts + bindparam("times"), error=bindparam("why"))
)
_ATTEMPTS = select(inbox.c.attempts).where(inbox.c.key == bindparam("delivery"))
_PARK = inbox.update().where(inbox.c.key == bindparam("delivery")).values(parked_at=bindparam("at"))
_UNDONE = (inbox.c.id == bindparam("number"), inbox.c.body.is_not(None))
_REPLAY = inbox.update().where(*_UNDONE).values(attempts=0, parked_at=None)
_NUMBERED = select(inbox.c.key, inbox.c.kind, inbox.c.body, inbox.c.received_at).where(*_UNDONE)
_LISTED = (
    select(inbox.c.id, inbox.c.key, inbox.c.kind, inbox.c.received_at, inbox.c.attempts, inbox.c.error, inbox.c.parked_at)
    .where(inbox.c.body.is_not(None)).order_by(inbox.c.parked_at.is_(None), inbox.c.id)
)


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
            "received_at": microseconds(delivery.received_at), "attempts": 0, "error": None, "parked_at": None,
        }
        return await self._database.handle(self._receiving, row)

    async def done(self, key: str) -> None:
        """It was dealt with. Its body is dropped, its key stays. Repeating it changes nothing."""
        await self._database.handle(self._finishing, key)

    async def pending(self, key: str | None = None) -> tuple[Delivery, ...]:
        """What has not been dealt with and is not parked, oldest first; with a key, that delivery alone."""
        this = (inbox.c.body.is_not(None), inbox.c.parked_at.is_(None), *(() if key is None else (inbox.c.key == key,)))
        found = await self._database.read(select(inbox).where(*this).order_by(inbox.c.id))
        return tuple(Delivery(row.key, row.kind, json.loads(row.body), moment(row.received_at)) for row in found)

    async def failed(self, key: str, why: str, *, times: int = 1) -> int:
        """Dealing with it came to nothing; how often by now."""
        text = why if self._redact is None else self._redact(why)

        def work(tx: Transaction) -> int:
            tx.write(_FAILED, [{"delivery": key, "times": times, "why": text}])
            found = tx.first(_ATTEMPTS, {"delivery": key})
            return int(found[0]) if found else 0

        return await self._database.write(work)

    async def park(self, key: str, at: datetime) -> None:
        """Keep it, and do not try it any more."""
        await self._database.write(lambda tx: tx.write(_PARK, [{"delivery": key, "at": microseconds(at)}]))

    async def replay(self, number: int) -> Delivery | None:
        """Let it be tried as if it were new; None where there is no such delivery that was not dealt with."""
        def work(tx: Transaction) -> Delivery | None:
            tx.write(_REPLAY, [{"number": number}])
            found = tx.first(_NUMBERED, {"number": number})
            return Delivery(found[0], found[1], json.loads(found[2]), moment(found[3])) if found else None

        return await self._database.write(work)

    async def undone(self, number: int | None = None, *, limit: int = 500) -> tuple[Undone, ...]:
        """What was not dealt with: first what is parked, then the others, each oldest first; with a number, that delivery alone."""
        this = _LISTED if number is None else _LISTED.where(inbox.c.id == number)
        return tuple(
            Undone(
                row.id, row.key, row.kind, moment(row.received_at), row.attempts, row.error or "",
                moment(row.parked_at) if row.parked_at is not None else None,
            )
            for row in await self._database.read(this.limit(limit))
        )


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
