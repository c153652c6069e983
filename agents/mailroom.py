"""Deliveries that could not be dealt with: what is parked, and what people do about it. Each such deed is an event of `CONTROL`."""

from collections.abc import Callable
from datetime import timedelta

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Refusal, Voter
from agents.core.errors import NotFound
from agents.core.ids import ActorId
from agents.ports import Clock, Delivery, Directory, Inbox, Undone
from agents.switchboard import Switchboard

FRESH = timedelta(seconds=10)
"""How long a delivery may be under way before anybody wonders."""

WHY = 500
"""Characters of what went wrong that are kept."""


class Mailroom:
    """The event is written before the inbox is changed: after a crash between the two, the deed is seen and can be done again."""

    def __init__(self, *, inbox: Inbox, switchboard: Switchboard, directory: Directory, clock: Clock) -> None:
        self._inbox = inbox
        self._switchboard = switchboard
        self._directory = directory
        self._clock = clock
        self._begin: Callable[[Delivery], None] = _left_to_the_next_start

    def heard_by(self, begin: Callable[[Delivery], None]) -> None:
        """Who deals with what is to be tried again, in this process."""
        self._begin = begin

    async def undone(self) -> tuple[Undone, ...]:
        """What was not dealt with, parked ones first, without what has only just arrived and is under way."""
        now = self._clock()
        return tuple(one for one in await self._inbox.undone() if one.parked_at or one.attempts or now - one.received_at > FRESH)

    async def park(self, delivery: Delivery, attempts: int, why: str) -> None:
        """Give a delivery up until a person says otherwise."""
        await self._switchboard.note(e.DeliveryParked(delivery.key, delivery.kind, attempts, why[:WHY]))
        await self._inbox.park(delivery.key, self._clock())

    async def replay(self, number: int, actor: ActorId) -> str | Refusal:
        """Have a delivery tried at once, as if it were new. One sentence for the person. Raises NotFound."""
        found, voter = await self._admitted(number, actor)
        if isinstance(voter, Refusal):
            return voter
        await self._switchboard.note(e.DeliveryReplayed(found.key, voter.name), voter.actor)
        delivery = await self._inbox.replay(number)
        if delivery is None:
            raise NotFound(f"Delivery {number} was dealt with meanwhile.")
        self._begin(delivery)
        return f"Delivery {number} is tried again."

    async def drop(self, number: int, actor: ActorId) -> str | Refusal:
        """Give a delivery up for good. One sentence for the person. Raises NotFound."""
        found, voter = await self._admitted(number, actor)
        if isinstance(voter, Refusal):
            return voter
        await self._switchboard.note(e.DeliveryDropped(found.key, voter.name), voter.actor)
        await self._inbox.done(found.key)
        return f"Delivery {number} is dropped: nothing comes of it."

    async def _admitted(self, number: int, actor: ActorId) -> tuple[Undone, Voter | Refusal]:
        """The delivery, and who acts on it or why they may not."""
        found = await self._inbox.undone(number)
        if not found:
            raise NotFound(f"There is no delivery {number} that waits. /ops inbox and `countersign inbox` list them.")
        voter = await self._directory.voter(actor)
        may = voter.is_member and voter.level >= Level.OPERATOR
        return found[0], voter if may else Refusal("role", "Only operators may replay or drop a delivery.")


def _left_to_the_next_start(_: Delivery) -> None:
    """Nobody deals with deliveries here: the bot finds it when it starts."""
