"""Who waits for news of a run is woken when something is appended to it."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agents.core.events import Fact, Recorded
from agents.core.ids import RunId
from agents.core.trigger import Place
from agents.ports import Journal


class News:
    """A journal that tells of what is appended through it. Implements `ports.Journal`. The only process that writes needs only one."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: dict[RunId, set[asyncio.Event]] = {}
        self.closed = False
        """Whether nobody should wait any more, because the bot ends."""
        self.readers = 0
        """How many follow a run now."""

    async def append(self, run_id: RunId, facts: Sequence[Fact], *, after: int, agent: str) -> tuple[Recorded, ...]:
        """See `ports.Journal`."""
        written = await self._journal.append(run_id, facts, after=after, agent=agent)
        for waiting in self._waiting.get(run_id, ()):
            waiting.set()
        return written

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[Recorded, ...]:
        """See `ports.Journal`."""
        return await self._journal.read(run_id, after=after)

    async def open_runs(self) -> tuple[RunId, ...]:
        """See `ports.Journal`."""
        return await self._journal.open_runs()

    async def last_in_thread(self, place: Place) -> RunId | None:
        """See `ports.Journal`."""
        return await self._journal.last_in_thread(place)

    async def last_of_incident(self, incident: str) -> RunId | None:
        """See `ports.Journal`."""
        return await self._journal.last_of_incident(incident)

    async def unshown(self) -> tuple[RunId, ...]:
        """See `ports.Journal`."""
        return await self._journal.unshown()

    async def behind(self, run_id: RunId, seq: int, seconds: float) -> tuple[Recorded, ...]:
        """The events of a run behind this number, as soon as there are any; none where none came in time, or where the bot ends."""
        news = asyncio.Event()
        self._waiting.setdefault(run_id, set()).add(news)
        try:
            async with asyncio.timeout(seconds):
                while not (found := await self._journal.read(run_id, after=seq)) and not self.closed:
                    await news.wait()
                    news.clear()
                return found
        except TimeoutError:
            return ()
        finally:
            self._waiting[run_id].discard(news)
            if not self._waiting[run_id]:
                del self._waiting[run_id]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Somebody follows a run in this block."""
        self.readers += 1
        try:
            yield
        finally:
            self.readers -= 1

    def close(self) -> None:
        """Nobody waits any more."""
        self.closed = True
        for waiting in self._waiting.values():
            for news in waiting:
                news.set()
