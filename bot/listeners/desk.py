"""The one way in: a delivery is written down before Slack is told that it arrived, handled, and then marked as done.

Live deliveries and those that a crash left behind take the same path. Handlers may meet a delivery twice and must not mind.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from agents.core.errors import ConfigError, NotFound, SurfaceError
from agents.ports import Clock, Delivery, Inbox
from agents.tasks import Owner
from bot.listeners.payloads import Body, Ears, delivery_of, where_of
from bot.listeners.whisper import Whisper
from bot.views.mrkdwn import escape

log = logging.getLogger(__name__)

Handler = Callable[[Delivery], Awaitable[None]]

Check = Callable[[Body], Awaitable[Mapping[str, str]]]
"""What is wrong with a submitted modal, by the block that should say so."""

BROKE = "Something went wrong here, and it was logged. What you did is kept and is tried again when the bot next starts."


class Desk(Owner):
    """Use it as an async context: it owns every task that it starts."""

    def __init__(
        self, *, inbox: Inbox, handlers: Mapping[str, Handler], check: Check, whisper: Whisper, ears: Ears, clock: Clock
    ) -> None:
        """`handlers` are by the kind of delivery: `event`, `watched`, `home`, `session`, `shortcut`, `action`, `view`.

        `check` looks at modals before they are acked.
        """
        self._inbox = inbox
        self._handlers = handlers
        self._check = check
        self._whisper = whisper
        self._ears = ears
        self._clock = clock
        super().__init__()
        self._under_way: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()

    async def receive(self, body: Body) -> Delivery | None:
        """Make a payload durable. What still has to be handled, or None where there is nothing to do.

        A delivery that comes again is handled again only if it was never dealt with: the first one may have been lost.
        Raises JournalError where it cannot be written down; then Slack must not be acked.
        """
        delivery = delivery_of(body, self._ears, self._clock())
        if delivery is None or delivery.key in self._under_way:
            return None
        if await self._inbox.receive(delivery):
            return delivery
        if delivery.key in self._under_way:
            return None
        return next(iter(await self._inbox.pending(delivery.key)), None)

    async def complaints(self, body: Body) -> Mapping[str, str]:
        """What the person has to put right in a modal before it is taken; nothing where it is taken.

        A payload that comes again is looked at again: the answer to the first one may have been lost. What breaks here breaks once more
        when it is handled, and is told then.
        """
        if body.get("type") != "view_submission":
            return {}
        try:
            return await self._check(body)
        except Exception:
            log.exception("a submitted modal could not be checked")
            return {}

    async def drop(self, delivery: Delivery) -> None:
        """A delivery that was answered with complaints is dealt with: what is put right comes as another one."""
        await self._inbox.done(delivery.key)

    def begin(self, delivery: Delivery) -> None:
        """Handle a delivery that is durable."""
        if delivery.key not in self._under_way:
            self._under_way.add(delivery.key)
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
        """Handle what was written down and not dealt with, oldest first; how many there were. Call it before new ones come in."""
        left = await self._inbox.pending()
        for delivery in left:
            self._under_way.add(delivery.key)
            await self._handle(delivery)
        return len(left)

    async def drain(self, seconds: float) -> bool:
        """Wait for what is under way; False where some of it was left to the next start."""
        if not self._running:
            return True
        _, unfinished = await asyncio.wait(self._running, timeout=seconds)
        for task in unfinished:
            task.cancel()
        return not unfinished

    async def _handle(self, delivery: Delivery) -> None:
        try:
            await self._deal_with(delivery)
        except Exception:  # a task's outermost edge: it stays pending, and one bad delivery must not end the others
            log.exception("%s could not be handled; it is tried again at the next start", delivery.key)
            await self._whisper(where_of(delivery), BROKE)
        finally:
            self._under_way.discard(delivery.key)

    async def _deal_with(self, delivery: Delivery) -> None:
        handler = self._handlers.get(delivery.kind)
        if handler is not None:
            try:
                await handler(delivery)
            except (NotFound, ConfigError, SurfaceError) as error:  # these do not pass: trying again would change nothing
                log.warning("%s: %s", delivery.key, error)
                await self._whisper(where_of(delivery), f":warning: {escape(str(error))}")
        await self._inbox.done(delivery.key)
