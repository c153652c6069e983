"""Time: what is done again and again while the bot runs. The one module that knows APScheduler.

Nothing of a schedule is kept by it: a restart makes the jobs anew, and what must not be lost is found in the database.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Job = Callable[[], Awaitable[object]]
"""Something to do: an async function or method. An exception is logged, and the next turn comes all the same."""


@asynccontextmanager
async def every(jobs: dict[str, tuple[timedelta, Job]]) -> AsyncIterator[None]:
    """Do each job now and then again after its interval, never twice at once, until the context is left."""
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})
    for name, (interval, job) in jobs.items():
        scheduler.add_job(_quietly(job), "interval", seconds=interval.total_seconds(), id=name, name=name, next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _quietly(job: Job) -> Job:
    """The job, which may be cancelled when the context is left: that is no error, though APScheduler would log it as one."""

    async def turn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await job()

    return turn
