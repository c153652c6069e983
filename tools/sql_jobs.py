"""Work on blocking connections beside the event loop: in a bounded number of threads, and ended when its time is over."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event, Lock
from typing import Any, TypeVar

from tools.sql_server import Failure

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds between asking the server to cancel and ending the connection."""

AGAIN = 0.2
"""Seconds until the server is asked once more: between two statements there was nothing to cancel."""


class Job:
    """One piece of work in a thread, and how another thread ends it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cancel: Callable[[], None] | None = None
        self._sever: Callable[[], None] | None = None
        self.stopped = False
        """Whether nobody waits for it any more; its connection is then not used again."""
        self.ended = Event()

    def hold(self, cancel: Callable[[], None], sever: Callable[[], None]) -> None:
        """It has a connection. Raises Failure where it should have ended already."""
        with self._lock:
            self._cancel, self._sever = cancel, sever
            if self.stopped:
                raise Failure("The call was given up before the database was reached.")

    def release(self) -> bool:
        """Its connection is its own no more; whether it was stopped."""
        with self._lock:
            self._cancel = self._sever = None
            return self.stopped

    def stop(self, errors: tuple[type[Exception], ...]) -> None:
        """Cancel its statement at the server, and end its connection where that does not help. Blocks."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with self._lock:
                self.stopped = True
                cancel = self._cancel
            if cancel is not None:
                with suppress(*errors):
                    cancel()
            if self.ended.wait(AGAIN):
                return
        with self._lock:
            if self._sever is not None:
                self._sever()


class Jobs:
    """The threads of one database."""

    def __init__(self, most: int, errors: tuple[type[Exception], ...]) -> None:
        """At most so many at once; `errors` are what a driver raises."""
        self._slots = asyncio.Semaphore(most)
        self._threads = ThreadPoolExecutor(most, "sql")
        self._stoppers = ThreadPoolExecutor(most, "sql-stop")
        self._errors = errors
        self._running: set[Job] = set()

    async def run(self, work: Callable[[Job], T], seconds: float) -> T:
        """What the work returns, or raises. Raises TimeoutError after so many seconds. Work that nobody waits for is ended."""
        async with asyncio.timeout(seconds):
            await self._slots.acquire()
            job = Job()
            self._running.add(job)
            future = asyncio.get_running_loop().run_in_executor(self._threads, _whole, work, job)
            future.add_done_callback(lambda done: self._over(job, done))
            try:
                return await asyncio.shield(future)
            finally:
                if not future.done():
                    self._stoppers.submit(job.stop, self._errors)

    async def close(self) -> None:
        """End what runs."""
        for job in self._running:
            self._stoppers.submit(job.stop, self._errors)
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._stoppers.shutdown)

    def _over(self, job: Job, done: "asyncio.Future[Any]") -> None:
        self._running.discard(job)
        self._slots.release()
        if not done.cancelled():
            done.exception()  # looked at: whoever waited for it has gone


def _whole(work: Callable[[Job], T], job: Job) -> T:
    try:
        return work(job)
    finally:
        job.ended.set()
