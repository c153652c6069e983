"""Time: what is done again and again while the bot runs.

Turns are counted by the clock that never jumps: a wall clock that is set back by an hour must not stop everything for an hour.
Nothing of a turn is kept: a restart begins them anew, and what must not be lost is found in the database.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[object]]
"""Something to do: an async function or method. An exception is logged, and the next turn comes all the same."""


class Pulse:
    """How far jobs are behind their turns."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def next_turn(self, job: str, interval: timedelta) -> None:
        """The job has had its turn, and the next one ends after this at the earliest."""
        self._due[job] = time.monotonic() + interval.total_seconds()

    def behind(self) -> tuple[str, timedelta]:
        """The job that is most behind, and by how much; nothing where none is."""
        now = time.monotonic()
        job, due = min(self._due.items(), key=lambda one: one[1], default=("", now))
        return job, timedelta(seconds=max(0.0, now - due))


@asynccontextmanager
async def every(jobs: dict[str, tuple[timedelta, Job]], pulse: Pulse | None = None) -> AsyncIterator[None]:
    """Do each job now and then again after its interval, never twice at once, until the context is left."""
    kept = pulse or Pulse()
    async with asyncio.TaskGroup() as tasks:
        turning = [tasks.create_task(_turn(name, *one, kept), name=name) for name, one in jobs.items()]
        try:
            yield
        finally:
            for task in turning:
                task.cancel()


async def _turn(name: str, interval: timedelta, job: Job, pulse: Pulse) -> None:
    """One job's turns."""
    while True:
        pulse.next_turn(name, interval)
        try:
            await job()
        except Exception:  # a task's outermost edge: one bad turn must not be the last
            log.exception("%s broke; it is done again in %.0f s", name, interval.total_seconds())
        pulse.next_turn(name, interval)
        await asyncio.sleep(interval.total_seconds())
