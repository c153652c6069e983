"""What leaves for Slack: about a message a second in each channel, what matters first, and nothing that matters is given up."""

import asyncio
import contextlib
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from enum import IntEnum
from random import Random
from types import TracebackType
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.tasks import Owner
from bot.trouble import EXPECTED, Trouble, retry_after, trouble_of

log = logging.getLogger(__name__)

Call = Callable[[], Awaitable[AsyncSlackResponse]]
"""One attempt at one request. It is made anew for each attempt."""

LONGEST_PAUSE = 60.0
"""Seconds between attempts at most."""


class Urgency(IntEnum):
    """What goes first in a channel."""

    DECISION = 0
    """Cards and their outcomes."""
    SPEECH = 1
    """Answers and notices."""
    SIGN = 2
    """The first sign of life of a run."""
    HINT = 3
    """What happens just now: it waits for everything else and may be dropped."""


class Lane:
    """The way into one channel: a bucket of `burst` messages that fills by one each `interval` seconds."""

    def __init__(self, interval: float, burst: int) -> None:
        self._interval = interval
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = time.monotonic()
        self._held_until = 0.0
        self._waiting: list[tuple[Urgency, int]] = []
        self._counter = itertools.count()
        self._changed = asyncio.Condition()
        self.hints: dict[str, Call] = {}
        """The newest progress of each message that has not been sent yet."""
        self.hinting: str | None = None
        """The message whose progress is being sent just now."""
        self.hinted = asyncio.Event()
        """Set while no progress is being sent."""
        self.hinted.set()
        self.worker: asyncio.Task[None] | None = None

    async def turn(self, urgency: Urgency) -> None:
        """Wait until a message of this urgency may go. Progress leaves a place for what matters."""
        needed = 2.0 if urgency is Urgency.HINT and self._burst > 1 else 1.0
        ticket = (urgency, next(self._counter))
        async with self._changed:
            heapq.heappush(self._waiting, ticket)
            try:
                while (pause := self._pause(ticket, needed)) is None or pause > 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._changed.wait()
                self._tokens -= 1
            finally:
                self._waiting.remove(ticket)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def hold(self, seconds: float) -> None:
        """Slack asks for quiet in this channel."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)

    def _pause(self, ticket: tuple[Urgency, int], needed: float) -> float | None:
        """Seconds until this ticket may go; None while another goes first."""
        if self._waiting[0] != ticket:
            return None
        now = time.monotonic()
        if self._interval > 0:
            self._tokens = min(float(self._burst), self._tokens + (now - self._filled_at) / self._interval)
        else:
            self._tokens = float(self._burst)
        self._filled_at = now
        return max((needed - self._tokens) * self._interval, self._held_until - now, 0.0)


class Outbound(Owner):
    """Use it as an async context: it owns every task that it starts."""

    def __init__(self, *, interval: float = 1.0, burst: int = 4, random: Random | None = None) -> None:
        self._interval = interval
        self._burst = burst
        self._random = random or Random()  # noqa: S311 - it spreads retries and guards nothing
        self._lanes: dict[str, Lane] = {}
        super().__init__()
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._draining = False
        self._aside: set[asyncio.Task[None]] = set()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._drop_hints()
        for task in self._aside:
            task.cancel()
        await super().__aexit__(kind, error, trace)

    async def send(
        self, channel: str, call: Call, *, urgency: Urgency, what: str, message: str | None = None,
        search: Callable[[], Awaitable[str | None]] | None = None, search_first: bool = False,
    ) -> str:
        """Send until it stands; its timestamp id.

        `message` names the message that is changed, so that older progress cannot overtake it. `search` looks whether the message
        stands already; it is asked first where `search_first`, and always before an attempt whose forerunner may have arrived.
        Waits out what is transient; raises SurfaceError where no attempt can succeed.
        """
        self._under_way += 1
        self._quiet.clear()
        try:
            return await self._until_it_stands(self._lane(channel), call, urgency, f"{what} in {channel}", message, search, search_first)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    @property
    def interval(self) -> float:
        """Seconds between two messages of a channel, in the long run."""
        return self._interval

    def aside(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Do this beside everything else, at its own pace; what is not done at the end is dropped."""
        task = self._tasks.create_task(work, name=name)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)
        return task

    def hint(self, channel: str, message: str, call: Call) -> None:
        """Send this progress when there is room; the latest for a message wins, and one attempt is all it gets."""
        if self._draining:
            return
        lane = self._lane(channel)
        lane.hints[message] = call
        if lane.worker is None or lane.worker.done():
            lane.worker = self._tasks.create_task(self._send_hints(lane), name=f"progress in {channel}")

    async def drain(self, seconds: float) -> bool:
        """Drop progress and wait for what matters; False where some of it was still not out after `seconds`."""
        self._draining = True
        self._drop_hints()
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            log.warning("%d messages are not out yet; they are sent after the next start", self._under_way)
            return False
        return True

    async def _until_it_stands(
        self, lane: Lane, call: Call, urgency: Urgency, what: str, message: str | None,
        search: Callable[[], Awaitable[str | None]] | None, unsure: bool,
    ) -> str:
        for attempt in itertools.count(1):
            if message is not None:
                lane.hints.pop(message, None)
                if lane.hinting == message:
                    await lane.hinted.wait()
            try:
                if unsure and search is not None and (found := await search()) is not None:
                    return found
                unsure = False
                await lane.turn(urgency)
                return str((await call()).get("ts") or "")
            except EXPECTED as error:
                trouble = trouble_of(error, what)
            unsure = unsure or trouble.may_have_arrived
            await self._wait_out(lane, trouble, attempt, what)
        raise AssertionError("It is tried without end.")

    async def _wait_out(self, lane: Lane, trouble: Trouble, attempt: int, what: str) -> None:
        if trouble.retry_after is not None:
            lane.hold(trouble.retry_after)
            return
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** min(attempt, 10)) * self._random.uniform(0.5, 1.0)
        log.warning("Slack did not take %s (attempt %d): %s; again in %.1f s", what, attempt, trouble.text, pause)
        await asyncio.sleep(pause)

    async def _send_hints(self, lane: Lane) -> None:
        while lane.hints:
            await lane.turn(Urgency.HINT)
            if not lane.hints:
                return
            lane.hinting = next(iter(lane.hints))
            lane.hinted.clear()
            pause = 0.0
            try:
                await lane.hints.pop(lane.hinting)()
            except EXPECTED as error:
                pause = retry_after(error)
                log.info("Progress was dropped: %s", error)
            finally:
                lane.hinting = None
                lane.hinted.set()
            await asyncio.sleep(pause)

    def _drop_hints(self) -> None:
        for lane in self._lanes.values():
            lane.hints.clear()
            if lane.worker is not None:
                lane.worker.cancel()

    def _lane(self, channel: str) -> Lane:
        if channel not in self._lanes:
            self._lanes[channel] = Lane(self._interval, self._burst)
        return self._lanes[channel]
