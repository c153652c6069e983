"""What people read of what agents remember: by the same rules as of runs, with the channel and the person that each memory comes from."""

from agents.core.approval import Voter
from agents.core.memory import EVERYTHING, Memory
from agents.ports import Clock
from bot.listeners.words import Asked, Mistake
from bot.views import memory as view
from bot.views.lists import Pages
from bot.views.message import Message
from bot.views.mrkdwn import escape
from bot.visibility import Visibility
from tools.memories import Memories

MEMORIES = 10
"""What one page holds."""

CHUNK, CHUNKS = 100, 10
"""Memories that are looked through at once for those that somebody may see, and how often for one page."""


class Remembering:
    """Words to query to message. It checks no level, but of each memory whether the person may see it."""

    def __init__(self, memories: Memories, visibility: Visibility, clock: Clock) -> None:
        self._memories = memories
        self._visibility = visibility
        self._clock = clock

    async def answer(self, asked: Asked, voter: Voter) -> Message | Mistake:
        """What fits the words, or the newest."""
        said, before = asked.filters.get("about", ""), asked.filters.get("before", "")
        if said:
            fitting = await self._memories.search(said, EVERYTHING, self._clock(), CHUNK)
            seen = [one for one in fitting if await self._may_see(voter, one)][:MEMORIES]
            return view.memories(seen, f"that fit “{escape(said[:100])}” best")
        if before and number_of(before) is None:
            return Mistake("`before` takes a memory, such as `before m12`.")
        seen, following = await self._newest(voter, number_of(before))
        words = asked.words("before")
        return view.memories(
            seen, "newest first", Pages(f"{words} before m{following}" if following else None, words if before else None)
        )

    async def find(self, name: str, voter: Voter) -> Memory | Mistake:
        """The memory that is called so. One that this person may not see is as if it did not exist."""
        number = number_of(name)
        found = await self._memories.find(number, EVERYTHING, self._clock()) if number else None
        if found is None or not await self._may_see(voter, found):
            return Mistake(f"There is no memory `{escape(name[:40])}` that you may see. `/ops memory` lists the newest.")
        return found

    async def _newest(self, voter: Voter, before: int | None) -> tuple[list[Memory], int | None]:
        """A page, and where the list goes on; None at its end."""
        seen: list[Memory] = []
        for _ in range(CHUNKS):
            found = await self._memories.newest(EVERYTHING, self._clock(), CHUNK, before=before)
            for one in found:
                if len(seen) == MEMORIES:
                    return seen, before
                if await self._may_see(voter, one):
                    seen.append(one)
                before = one.number
            if len(found) < CHUNK:
                return seen, None
        return seen, before

    async def _may_see(self, voter: Voter, memory: Memory) -> bool:
        return await self._visibility.may_read(voter, memory.note.actor, memory.note.channel)


def number_of(name: str) -> int | None:
    """The number in `m12` or `12`; None where it is no memory's name."""
    digits = name.lower().removeprefix("m")
    return int(digits) if digits.isascii() and digits.isdecimal() and 0 < len(digits) <= 15 else None


