"""What agents remember across runs: rows that can be searched and erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.engine import Row

from agents.core.ids import ActorId, RunId
from agents.core.memory import Memory, Note, Scope, ranked
from storage.codec import Redact, microseconds, moment
from storage.database import Database
from storage.erasure import erase
from storage.fulltext import ADD, RELEVANCE, matching, words
from storage.schema import memories
from storage.writer import Transaction

LOOKED_AT = 100
"""So many of the most relevant memories are looked at for those that are relevant and fresh."""

EXPIRED = "expired"
"""Who has erased what had an end."""

_ADDED = memories.insert().inline()
_KNOWN = select(memories.c.id).where(memories.c.key == bindparam("wanted"))
_LAST = select(func.max(memories.c.id))
_OVER = (memories.c.erased_at.is_(None), memories.c.expires_at <= bindparam("now"))
_EXPIRED = select(memories.c.id).where(*_OVER)


class SqlMemories:
    """Implements `tools.memory.Memories`. Reads work beside a running bot as well."""

    def __init__(self, database: Database, redact: Redact = str) -> None:
        """`redact` is applied to every text before it is stored."""
        self._database = database
        self._redact = redact

    async def store(self, note: Note, scope: Scope, most: int) -> int | None:
        """Remember it; its number, durable on return. None where `most` memories are in this scope already. Raises JournalError."""
        row = _row(note, self._redact)
        held = select(func.count()).where(*_live(scope, note.at))

        def work(tx: Transaction) -> int | None:
            if known := tx.first(_KNOWN, {"wanted": note.key}):
                return int(known[0])
            _sweep(tx, note.at)
            if (count := tx.first(held, {})) and count[0] >= most:
                return None
            last = tx.first(_LAST, {})
            numbered = {**row, "id": ((last and last[0]) or 0) + 1}
            tx.write(_ADDED, [numbered])
            tx.write(ADD, [numbered])
            return int(numbered["id"])

        return await self._database.write(work)

    async def search(self, said: str, scope: Scope, now: datetime, limit: int) -> tuple[Memory, ...]:
        """What fits any of these words, the most relevant and freshest first. Raises JournalError."""
        match = matching(said)
        if match is None:
            return ()
        chosen = (
            select(*memories.c, RELEVANCE.label("relevance")).select_from(words.join(memories, memories.c.id == words.c.rowid))
            .where(match, *_live(scope, now)).order_by(RELEVANCE.desc()).limit(max(LOOKED_AT, limit))
        )
        return ranked(await self._found(chosen), now)[:limit]

    async def newest(
        self, scope: Scope, now: datetime, limit: int, *, topic: str = "", before: int | None = None
    ) -> tuple[Memory, ...]:
        """The newest first; with a topic, those about it; with `before`, those whose number is lower. Raises JournalError."""
        chosen = select(memories).where(*_live(scope, now)).order_by(memories.c.id.desc()).limit(limit)
        if topic:
            chosen = chosen.where(func.lower(memories.c.topic) == func.lower(topic))
        return await self._found(chosen if before is None else chosen.where(memories.c.id < before))

    async def find(self, number: int, scope: Scope, now: datetime) -> Memory | None:
        """The memory with this number; None where there is none in this scope, or none any more. Raises JournalError."""
        found = await self._found(select(memories).where(memories.c.id == number, *_live(scope, now)))
        return found[0] if found else None

    async def forget(self, number: int, by: str, now: datetime) -> None:
        """Erase a memory for good; durable on return. Repeating it changes nothing. Raises JournalError."""
        await self._database.write(lambda tx: erase(tx, [{"number": number, "at": microseconds(now), "by": by}]))

    async def sweep(self, now: datetime) -> None:
        """Erase what is over. Raises JournalError."""
        if await self._database.read(_EXPIRED, {"now": microseconds(now)}):
            await self._database.write(lambda tx: _sweep(tx, now))

    async def _found(self, chosen: Select[Any]) -> tuple[Memory, ...]:
        return tuple(_memory(row) for row in await self._database.read(chosen))


def _sweep(tx: Transaction, now: datetime) -> None:
    at = microseconds(now)
    erase(tx, [{"number": row[0], "at": at, "by": EXPIRED} for row in tx.all(_EXPIRED, {"now": at})])


def _live(scope: Scope, now: datetime) -> Sequence[ColumnElement[bool]]:
    """What holds of the memories of this scope that are neither erased nor over."""
    wanted = ((memories.c.book, scope.book), (memories.c.agent, scope.agent), (memories.c.channel, scope.channel))
    return (
        memories.c.erased_at.is_(None), or_(memories.c.expires_at.is_(None), memories.c.expires_at > microseconds(now)),
        *(one == value for one, value in wanted if value is not None),
    )


def _row(note: Note, redact: Redact) -> dict[str, Any]:
    return {
        "key": note.key, "book": note.book, "agent": note.agent, "channel": note.channel, "topic": _clean(note.topic, redact),
        "tags": "\n".join(_clean(tag, redact) for tag in note.tags), "text": _clean(note.text, redact), "run_id": note.run_id,
        "actor": note.actor, "tainted": int(note.tainted), "stored_at": microseconds(note.at),
        "expires_at": microseconds(note.expires_at) if note.expires_at else None, "erased_at": None, "erased_by": None,
    }


def _clean(text: str, redact: Redact) -> str:
    """Text without secrets, and without what no database takes."""
    return redact(text).encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _memory(row: Row[Any]) -> Memory:
    note = Note(
        row.key, row.book, row.agent, row.channel, row.text, row.topic, tuple(row.tags.split("\n")) if row.tags else (), RunId(row.run_id),
        ActorId(row.actor), bool(row.tainted), moment(row.stored_at), moment(row.expires_at) if row.expires_at is not None else None,
    )
    return Memory(row.id, note, getattr(row, "relevance", 0.0))


