"""What the memory tools need of the place where memories are kept."""

from datetime import datetime
from typing import Protocol

from agents.core.memory import Memory, Note, Scope


class Memories(Protocol):
    """Memories that can be searched and erased. All of it raises JournalError where the database cannot be read or written."""

    async def store(self, note: Note, scope: Scope, most: int) -> int | None:
        """Remember it; its number, durable on return. None where `most` memories are in this scope already."""

    async def search(self, said: str, scope: Scope, now: datetime, limit: int) -> tuple[Memory, ...]:
        """What fits any of these words, the most relevant and freshest first."""

    async def newest(
        self, scope: Scope, now: datetime, limit: int, *, topic: str = "", before: int | None = None
    ) -> tuple[Memory, ...]:
        """The newest first; with a topic, those about it; with `before`, those whose number is lower."""

    async def find(self, number: int, scope: Scope, now: datetime) -> Memory | None:
        """The memory with this number; None where there is none in this scope, or none any more."""

    async def forget(self, number: int, by: str, now: datetime) -> None:
        """Erase a memory for good; durable on return. Repeating it changes nothing."""

    async def sweep(self, now: datetime) -> None:
        """Erase what is over."""
