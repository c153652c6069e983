"""Gets events, clicks, modals and commands to the app, over whichever transport the workspace has, and again when an ack is missing."""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from bot.sandbox.slack_errors import AppUnreachable
from bot.sandbox.slack_events import events_of, wrap
from bot.sandbox.slack_faults import Faults
from bot.sandbox.workspace import Change, Json, Workspace

RETRY_DELAYS = (0.0, 60.0, 300.0)
"""Seconds before Slack's first, second and third redelivery of an event."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """One payload on its way to the app."""

    kind: Literal["events_api", "interactive", "slash_commands"]
    payload: Json
    attempt: int = 0  # 0 at first, then the number of the redelivery
    reason: str = ""  # why it is delivered again, in Slack's words


class NotDelivered(Exception):
    """The app did not ack; `reason` is Slack's word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    """A way to the app: Socket Mode or signed HTTP."""

    @property
    def connected(self) -> bool:
        """Whether an app can be reached now."""

    async def wait_connected(self) -> None:
        """Return as soon as an app can be reached."""

    async def send(self, delivery: Delivery, seconds: float, ignore_ack: bool = False) -> Json | None:
        """Send it and return what came with the ack; raises NotDelivered when none came in time, or when the ack is to be ignored."""


class Deliveries:
    """The queue of events, and the direct way for what a person waits for."""

    def __init__(self, workspace: Workspace, faults: Faults, transport: Transport, subscriptions: frozenset[str]) -> None:
        self.transport: Transport = transport
        self._workspace = workspace
        self._faults = faults
        self._subscriptions = subscriptions
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        workspace.watchers.append(self._on_change)

    def event(self, event: Json) -> None:
        """Queue an event, if the app is subscribed to its type."""
        if event["type"] not in self._subscriptions:
            return
        delivery = Delivery("events_api", wrap(self._workspace, event))
        for _ in range(self._faults.copies()):
            self._queue.put_nowait(delivery)

    async def run(self) -> None:
        """Deliver what is queued, for as long as the sandbox lives."""
        async with asyncio.TaskGroup() as under_way:
            while True:
                delivery = await self._queue.get()
                under_way.create_task(self._deliver(delivery))

    async def ask(self, kind: Literal["interactive", "slash_commands"], payload: Json) -> Json | None:
        """Deliver what a person waits for, once, and return the payload of the ack; raises AppUnreachable."""
        if not self.transport.connected:
            raise AppUnreachable("The app is not connected, so nobody can answer this.")
        try:
            return await self.transport.send(Delivery(kind, payload), self._faults.ack_seconds)
        except NotDelivered as missing:
            raise AppUnreachable(f"The app did not answer within {self._faults.ack_seconds:g} seconds ({missing.reason}).") from missing

    def _on_change(self, change: Change) -> None:
        for event in events_of(self._workspace, change):
            self.event(event)

    async def _deliver(self, delivery: Delivery) -> None:
        for delay in (*RETRY_DELAYS, None):
            if not self.transport.connected:
                await self.transport.wait_connected()
                delivery = replace(delivery, attempt=max(delivery.attempt, 1), reason=delivery.reason or "connection_failed")
            try:
                await self.transport.send(delivery, self._faults.ack_seconds, ignore_ack=self._faults.drops_ack())
                return
            except NotDelivered as missing:
                delivery = replace(delivery, attempt=delivery.attempt + 1, reason=missing.reason)
            if delay is not None and self.transport.connected:
                await self._pause(delay)
        log.warning("gave up on event %s after %d attempts", delivery.payload.get("event_id"), delivery.attempt)

    async def _pause(self, seconds: float) -> None:
        """Wait before a redelivery, unless the tests asked for another delay."""
        chosen = self._faults.redelivery_seconds
        await asyncio.sleep(seconds if chosen is None else chosen)
