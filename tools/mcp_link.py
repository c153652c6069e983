"""The connection to an MCP server: made at the start, made again after a failure, and never in the way of anything else."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

log = logging.getLogger(__name__)

CONNECT = 60.0
"""Seconds until a server has to be ready; one that is fetched when it is started for the first time takes long."""

WAIT = 10.0
"""Seconds that a call waits for a connection."""

LISTS = 30.0
"""Seconds that a new connection has to list its tools in."""

STEADY = 5.0
"""A connection that lasted so many seconds is made again at once when it ends."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two attempts to connect: doubled with each failure, and spread by a half."""


class Broken(Exception):
    """The connection is over, or there is none, and why. What was under way is lost. Never leaves the MCP source."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The server answered a call."""

    text: str
    is_error: bool
    """Whether it says itself that the call failed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not take the call, so it had no effect."""

    why: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The call left, and what came of it was not told."""

    why: str


class Session(Protocol):
    """One live connection."""

    changed: asyncio.Event
    """Set when the server says that its list of tools has changed."""
    broken: asyncio.Event
    """Set when it is over."""

    async def tools(self) -> tuple[Mapping[str, Any], ...]:
        """All that it lists, page by page, each as it was sent. Raises Broken."""

    async def call(self, tool: str, arguments: Mapping[str, Any], most: int) -> Answer | Refused | Lost:
        """Call one. Of the answer about `most` characters are kept. Cancelling it tells the server."""

    async def listen(self) -> None:
        """Have the server tell of changes, where it can, until it stops doing so."""


class Link:
    """Keeps one connection. `dial` makes one; `looked` is called with each new one, and whenever the server says that its list changed."""

    def __init__(
        self, name: str, dial: Callable[[], AbstractAsyncContextManager[Session]], looked: Callable[[Session], Awaitable[None]],
        random: Random | None = None, idle: float = 0.0,
    ) -> None:
        """`idle` is how many seconds the first attempt waits unless somebody needs it."""
        self._name = name
        self._idle = idle
        self._dial = dial
        self._looked = looked
        self._random = random or Random()  # noqa: S311 - it spreads retries and guards nothing
        self._session: Session | None = None
        self._why = "it has not answered yet"
        self._failures = 0
        """In a row."""
        self._attempts = 0
        """Those that have ended."""
        self._ended_at = float("-inf")
        self._hurry = asyncio.Event()
        self._moved = asyncio.Condition()

    async def live(self) -> Session:
        """The connection; where there is none just now, one is tried at once. Raises Broken with the reason of the last failure."""
        before = self._attempts
        try:
            async with asyncio.timeout(WAIT), self._moved:
                while (session := self._session) is None or session.broken.is_set():
                    if self._attempts > before or time.monotonic() - self._ended_at < FIRST_PAUSE:
                        raise Broken(self._why)
                    self._hurry.set()
                    await self._moved.wait()
                return session
        except TimeoutError:
            raise Broken(self._why) from None

    async def keep(self) -> None:
        """Connect, and connect again, until cancelled."""
        await self._rest(self._idle)
        while True:
            began = time.monotonic()
            why = await self._attempt()
            log.warning("MCP server %s: %s", self._name, why)
            steady = self._session is not None and time.monotonic() - began > STEADY
            async with self._moved:
                self._why, self._session = why, None
                if steady:
                    continue
                self._ended_at = time.monotonic()
                self._attempts += 1
                self._failures += 1
                self._moved.notify_all()
            pause = min(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE) * self._random.uniform(0.5, 1.0)
            self._hurry.clear()
            await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        """Wait, until somebody needs the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _attempt(self) -> str:
        """Hold one connection as long as it lasts; why it ended."""
        try:
            async with asyncio.timeout(CONNECT) as patience, self._dial() as session:
                patience.reschedule(None)
                await self._hold(session)
            return "the connection ended"
        except TimeoutError:
            return f"it was not ready within {CONNECT:g} seconds"
        except Exception as error:  # a task's outermost edge: whatever a server can cause ends this connection, and nothing else
            log.debug("MCP server %s", self._name, exc_info=True)
            return innermost(error)

    async def _hold(self, session: Session) -> None:
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(session.listen())
            watching = tasks.create_task(self._watch(session))
            await session.broken.wait()
            listening.cancel()
            watching.cancel()

    async def _watch(self, session: Session) -> None:
        """Look at the tools, now and whenever the server says that they have changed; at most once a second. Raises Broken."""
        while True:
            session.changed.clear()
            try:
                async with asyncio.timeout(LISTS):
                    await self._looked(session)
            except TimeoutError:
                raise Broken(f"it did not list its tools within {LISTS:g} seconds") from None
            if self._session is not session:
                async with self._moved:
                    self._session, self._failures = session, 0
                    self._moved.notify_all()
            await asyncio.sleep(1.0)
            await session.changed.wait()


def innermost(error: BaseException) -> str:
    """What went wrong, in one line: of a group the first of its errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split())[:300]
