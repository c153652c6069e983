"""The embedded dispatcher: runs are driven by tasks of this process, so many at once and the urgent ones first."""

import asyncio
import heapq
import logging

from agents.core.ids import RunId
from agents.loop import Drive, Loop
from agents.tasks import Owner

log = logging.getLogger(__name__)

AGAIN = 60.0
"""Seconds until a run whose drive broke is tried again."""


class Embedded(Owner):
    """Drives runs in this process. Use it as an async context: it owns every task that it starts."""

    def __init__(self, loop: Loop, *, at_once: int = 100) -> None:
        self._loop = loop
        self._at_once = at_once
        super().__init__()
        self._driven: dict[RunId, Drive] = {}
        self._driving: dict[RunId, asyncio.Task[None]] = {}
        self._queue: list[tuple[bool, int, RunId]] = []
        self._queued: set[RunId] = set()
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def wake(self, run_id: RunId, *, urgent: bool = False) -> None:
        """Drive this run, or let the one who drives it read on. While draining nothing new is driven."""
        if (drive := self._driven.get(run_id)) is not None:
            drive.nudge()
        elif (urgent or run_id not in self._queued) and not self._loop.draining:
            self._count += 1
            self._queued.add(run_id)
            heapq.heappush(self._queue, (not urgent, self._count, run_id))
            self._fill()

    async def drain(self, seconds: float) -> bool:
        """Begin nothing new and wait for what is under way; False where it took longer than that and was left to recovery."""
        self._loop.draining = True
        self._queue.clear()
        self._queued.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            for task in self._driving.values():
                task.cancel()
            return False
        return True

    async def settled(self) -> None:
        """Wait until every run that was woken is over or waits for people."""
        await self._idle.wait()

    def _fill(self) -> None:
        """Drive what is queued: so many at once, and beyond that the urgent ones, which must not wait for others that wait for Slack."""
        while self._queue and (len(self._driven) < self._at_once or not self._queue[0][0]):
            run_id = heapq.heappop(self._queue)[2]
            if run_id not in self._queued:
                continue  # it was queued a second time, as urgent, and is driven already
            self._queued.discard(run_id)
            drive = self._driven[run_id] = Drive(run_id)
            self._idle.clear()
            self._driving[run_id] = self._tasks.create_task(self._drive(drive), name=f"drive {run_id}")

    async def _drive(self, drive: Drive) -> None:
        try:
            await self._loop.advance(drive)
        except Exception:  # a task's outermost edge: one run that cannot be driven must not stop the others
            log.exception("%s cannot be driven; it is tried again in %.0f s", drive.run_id, AGAIN)
            asyncio.get_running_loop().call_later(AGAIN, self.wake, drive.run_id)
        finally:
            del self._driven[drive.run_id], self._driving[drive.run_id]
            self._fill()
            if not self._driven:
                self._idle.set()
