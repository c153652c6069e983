"""The one way in: a delivery is written down before whoever sent it is told that it arrived, handled, and then marked as done.

Live deliveries and those that a crash left behind take the same path. Handlers may meet a delivery twice and must not mind. One that fails
is tried again after a pause, and is parked for people to look at when that did not help.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.errors import ConfigError, NotFound, SurfaceError
from agents.mailroom import Mailroom
from agents.ports import Clock, Delivery, Inbox
from agents.tasks import Owner
from bot.listeners.payloads import Body, Ears, delivery_of, where_of
from bot.listeners.whisper import Whisper
from bot.views.mrkdwn import escape

log = logging.getLogger(__name__)

Handler = Callable[[Delivery], Awaitable[None]]

Check = Callable[[Body], Awaitable[Mapping[str, str]]]
"""What is wrong with a submitted modal, by the block that should say so."""

PAUSES = (5.0, 30.0, 120.0, 600.0)
"""Seconds before a delivery that failed is tried again; after the last of these attempts it is parked."""

QUICK = 2.0
"""Seconds that a modal may be looked at before it is taken as it is: Slack waits three for an answer."""

BROKE = "Something went wrong here, and it was logged. What you did is kept and is tried again."
GIVEN_UP = "Something went wrong here again and again. What you did is kept, and operators find it with `/ops inbox`."


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is under way at one moment."""

    pending: int
    """Deliveries that have begun to be handled and are not done."""
    oldest: float
    """Seconds since the first of them began; 0 where there is none."""


class Desk(Owner):
    """Use it as an async context: it owns every task that it starts."""

    def __init__(
        self, *, inbox: Inbox, mailroom: Mailroom, handlers: Mapping[str, Handler], check: Check, whisper: Whisper, ears: Ears,
        clock: Clock, pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        """`handlers` are by the kind of delivery: `event`, `watched`, `home`, `session`, `shortcut`, `action`, `view`, and webhooks'.

        `check` looks at modals before they are acked.
        """
        self._inbox = inbox
        self._mailroom = mailroom
        self._handlers = handlers
        self._check = check
        self._whisper = whisper
        self._ears = ears
        self._clock = clock
        self._pauses = pauses
        super().__init__()
        self._under_way: dict[str, float] = {}
        """When each began, oldest first."""
        self._running: set[asyncio.Task[None]] = set()
        self._later: dict[str, asyncio.TimerHandle] = {}
        self.draining = False
        """Whether nothing new is begun any more; what comes is written down, and is handled at the next start."""
        mailroom.heard_by(self.begin)

    def backlog(self) -> Backlog:
        """How much is under way; costs nothing."""
        first = next(iter(self._under_way.values()), None)
        return Backlog(len(self._under_way), 0.0 if first is None else time.monotonic() - first)

    def delivery_of(self, body: Body) -> Delivery | None:
        """The delivery in a payload of Slack, or None where nobody listens to it. Raises what a payload of another shape gives rise to."""
        return delivery_of(body, self._ears, self._clock())

    async def receive(self, body: Body) -> Delivery | None:
        """Make a payload of Slack durable. What still has to be handled, or None where there is nothing to do.

        A delivery that comes again is handled again only if it was never dealt with: the first one may have been lost.
        Raises JournalError where it cannot be written down; then Slack must not be acked.
        """
        delivery = self.delivery_of(body)
        return None if delivery is None else (await self.keep(delivery))[1]

    async def keep(self, delivery: Delivery) -> tuple[bool, Delivery | None]:
        """Make a delivery durable: whether it is new, and what still has to be handled. Raises JournalError."""
        if self._is_in_hand(delivery.key):
            return False, None
        if await self._inbox.receive(delivery):
            return True, delivery
        if self._is_in_hand(delivery.key):
            return False, None
        return False, next(iter(await self._inbox.pending(delivery.key)), None)

    def _is_in_hand(self, key: str) -> bool:
        return key in self._under_way or key in self._later

    async def complaints(self, body: Body) -> Mapping[str, str]:
        """What the person has to put right in a modal before it is taken; nothing where it is taken.

        A payload that comes again is looked at again: the answer to the first one may have been lost. What breaks here, or takes too long,
        does so once more when it is handled, and is told then.
        """
        if body.get("type") != "view_submission":
            return {}
        try:
            async with asyncio.timeout(QUICK):
                return await self._check(body)
        except TimeoutError:
            log.warning("a submitted modal could not be checked within %g seconds", QUICK)
            return {}
        except Exception:
            log.exception("a submitted modal could not be checked")
            return {}

    async def drop(self, delivery: Delivery) -> None:
        """A delivery that was answered with complaints is dealt with: what is put right comes as another one."""
        await self._inbox.done(delivery.key)

    def begin(self, delivery: Delivery) -> None:
        """Handle a delivery that is durable."""
        if later := self._later.pop(delivery.key, None):
            later.cancel()
        if delivery.key not in self._under_way and not self.draining:
            self._under_way[delivery.key] = time.monotonic()
            self.spawn(self._handle(delivery), delivery.key)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside; `drain` waits for it."""
        task = self._tasks.create_task(self._outlived(work, name), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _outlived(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception:  # a task's outermost edge: whatever breaks in one must not end the bot
            log.exception("%s broke", name)

    async def replay(self) -> int:
        """Handle what was written down and not dealt with, oldest first; how many there were. Call it before new ones come in.

        Each is counted before it is handled: one that ends the process every time is parked at last.
        """
        left = [delivery for delivery in await self._inbox.pending() if not self._is_in_hand(delivery.key)]
        for delivery in left:
            self._under_way[delivery.key] = time.monotonic()
            attempts = await self._inbox.failed(delivery.key, "The bot ended before it was dealt with.")
            if attempts > len(self._pauses):
                await self._mailroom.park(delivery, attempts, "The bot ended each time before it was dealt with.")
                self._under_way.pop(delivery.key)
            else:
                await self._handle(delivery, counted=True)
        return len(left)

    async def drain(self, seconds: float) -> bool:
        """Begin nothing more, and wait for what is under way; False where some of it was left to the next start."""
        self.draining = True
        while self._later:
            self._later.popitem()[1].cancel()
        if not self._running:
            return True
        _, unfinished = await asyncio.wait(self._running, timeout=seconds)
        for task in unfinished:
            task.cancel()
        return not unfinished

    async def _handle(self, delivery: Delivery, *, counted: bool = False) -> None:
        """Deal with a delivery; `counted` says that this attempt is counted already."""
        try:
            await self._deal_with(delivery)
        except Exception as error:  # a task's outermost edge: it is tried again, and one bad delivery must not end the others
            log.exception("%s could not be handled", delivery.key)
            await self._tell(delivery, await self._put_off(delivery, f"{type(error).__name__}: {error}", 0 if counted else 1))
        finally:
            self._under_way.pop(delivery.key, None)

    async def _put_off(self, delivery: Delivery, why: str, times: int) -> str:
        """See to it that a delivery that failed is tried later, or park it; what its person reads, empty where they know already."""
        try:
            attempts = await self._inbox.failed(delivery.key, why, times=times)
            if attempts > len(self._pauses):
                await self._mailroom.park(delivery, attempts, why)
                log.error("%s is parked after %d attempts; `countersign inbox` lists it", delivery.key, attempts)
                return GIVEN_UP
        except Exception:  # the storage itself may be what is broken: then it is not counted either, and tried again all the same
            log.exception("%s could not be put off", delivery.key)
            attempts = 1
        if not self.draining:
            pause = self._pauses[max(0, min(attempts, len(self._pauses)) - 1)] if self._pauses else 0.0
            self._later[delivery.key] = asyncio.get_running_loop().call_later(pause, self._again, delivery)
        return BROKE if attempts <= 1 else ""

    def _again(self, delivery: Delivery) -> None:
        """The pause is over. Somebody may have dropped it meanwhile, so it is looked up."""
        self._later.pop(delivery.key, None)
        if not self.draining:
            self.spawn(self._looked_up(delivery), delivery.key)

    async def _looked_up(self, delivery: Delivery) -> None:
        try:
            found = await self._inbox.pending(delivery.key)
        except Exception:  # likewise
            log.exception("%s could not be looked up", delivery.key)
            self._later[delivery.key] = asyncio.get_running_loop().call_later(self._pauses[-1], self._again, delivery)
            return
        for one in found:
            self.begin(one)

    async def _tell(self, delivery: Delivery, text: str) -> None:
        if text and (where := where_of(delivery)):
            await self._whisper(where, text)

    async def _deal_with(self, delivery: Delivery) -> None:
        handler = self._handlers.get(delivery.kind)
        if handler is None:
            raise LookupError(f"Nothing here deals with {delivery.kind}. Was it taken out of the configuration?")
        try:
            await handler(delivery)
        except (NotFound, ConfigError, SurfaceError) as error:  # these do not pass: trying again would change nothing
            log.warning("%s: %s", delivery.key, error)
            await self._tell(delivery, f":warning: {escape(str(error))}")
        await self._inbox.done(delivery.key)
