"""What fails again and again is tried at growing pauses, parked, and goes on when a person says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from agents.core import events as e
from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.ids import CONTROL, SYSTEM
from agents.mailroom import Mailroom
from agents.ports import Delivery
from agents.switchboard import Switchboard
from bot.listeners.desk import Desk
from bot.listeners.payloads import Ears
from bot.listeners.whisper import Whisper
from tests.bot.kept import MemoryInbox, MemoryLedger
from tests.world import BOB, DANA, NOON, World

ALERT = Delivery("alerts:4711", "webhook", {"alert": 1}, NOON)


class Hook:
    """Deals with deliveries, once it is mended."""

    def __init__(self) -> None:
        self.broken = True
        self.met: list[str] = []

    async def __call__(self, delivery: Delivery) -> None:
        self.met.append(delivery.key)
        if self.broken:
            raise RuntimeError("no such field")


@asynccontextmanager
async def desk(
    world: World, inbox: MemoryInbox, hook: Hook, pauses: tuple[float, ...] = (0.01, 0.01)
) -> AsyncIterator[tuple[Desk, Mailroom]]:
    async def wake_all() -> int:
        return 0

    switchboard = Switchboard(
        journal=world.journal, standing=world.standing, ledger=MemoryLedger(world.journal), directory=world.directory, wake_all=wake_all,
        agents=("triage",), clock=world.clock,
    )
    mailroom = Mailroom(inbox=inbox, switchboard=switchboard, directory=world.directory, clock=world.clock)
    made = Desk(
        inbox=inbox, mailroom=mailroom, handlers={"webhook": hook}, check=None, whisper=Whisper(AsyncWebClient()),  # type: ignore[arg-type]
        ears=Ears("U01BOT"), clock=world.clock, pauses=pauses,
    )
    async with made:
        yield made, mailroom
        await made.drain(1)


async def parked(inbox: MemoryInbox) -> None:
    for _ in range(500):
        if inbox.parked:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"It was not parked: {inbox.attempts}")


async def settled(made: Desk) -> None:
    for _ in range(500):
        if not made.backlog().pending:
            return
        await asyncio.sleep(0.01)


def told(world: World) -> list[tuple[str, str]]:
    return [(row.actor, row.event.kind) for row in world.journal.rows[CONTROL]]


async def test_it_is_parked_replayed_and_dealt_with() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    async with desk(world, inbox, hook) as (made, mailroom):
        assert await made.keep(ALERT) == (True, ALERT)
        made.begin(ALERT)
        assert await made.keep(ALERT) == (False, None)
        await parked(inbox)
        assert hook.met == [ALERT.key] * 3
        assert await made.keep(ALERT) == (False, None)
        (listed,) = await mailroom.undone()
        assert (listed.number, listed.attempts, listed.why) == (1, 3, "RuntimeError: no such field")
        hook.broken = False
        assert await mailroom.replay(1, BOB) == "Delivery 1 is tried again."
        await settled(made)
        assert await inbox.pending() == ()
        assert len(hook.met) == 4
        with pytest.raises(NotFound, match="no delivery 1 that waits"):
            await mailroom.replay(1, BOB)
    assert told(world) == [(SYSTEM, "delivery_parked"), (BOB, "delivery_replayed")]
    assert world.journal.rows[CONTROL][0].event == e.DeliveryParked(ALERT.key, "webhook", 3, "RuntimeError: no such field")


async def test_it_is_dropped_by_operators_alone() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    async with desk(world, inbox, hook, pauses=(60.0,)) as (made, mailroom):
        await made.keep(ALERT)
        made.begin(ALERT)
        await settled(made)
        refused = await mailroom.drop(1, DANA)
        assert isinstance(refused, Refusal)
        assert refused.text == "Only operators may replay or drop a delivery."
        assert await mailroom.drop(1, BOB) == "Delivery 1 is dropped: nothing comes of it."
        assert await inbox.pending() == ()
        with pytest.raises(NotFound):
            await mailroom.drop(1, BOB)
    assert told(world) == [(BOB, "delivery_dropped")]


async def test_what_was_dropped_between_two_attempts_is_not_tried_again() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    async with desk(world, inbox, hook, pauses=(0.1, 0.1)) as (made, mailroom):
        await made.keep(ALERT)
        made.begin(ALERT)
        await settled(made)
        await mailroom.drop(1, BOB)
        await asyncio.sleep(0.2)
        assert hook.met == [ALERT.key]


async def test_what_ends_the_process_each_time_is_parked_without_being_tried() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    inbox.kept[ALERT.key] = ALERT
    for _ in range(2):
        await inbox.failed(ALERT.key, "the bot ended")
    async with desk(world, inbox, hook) as (made, _):
        assert await made.replay() == 1
        assert hook.met == []
        assert list(inbox.parked) == [ALERT.key]


async def test_an_attempt_at_the_start_counts_once() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    inbox.kept[ALERT.key] = ALERT
    async with desk(world, inbox, hook, pauses=(60.0, 60.0)) as (made, _):
        await made.replay()
        assert (hook.met, inbox.attempts) == ([ALERT.key], {ALERT.key: (1, "RuntimeError: no such field")})


async def test_what_nobody_deals_with_is_kept() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    other = Delivery("x", "gone", {}, NOON)
    async with desk(world, inbox, hook, pauses=()) as (made, mailroom):
        await made.keep(other)
        made.begin(other)
        await parked(inbox)
        assert "Nothing here deals with gone." in (await mailroom.undone())[0].why


async def test_while_it_drains_nothing_is_begun_and_all_is_kept() -> None:
    world, inbox, hook = World(), MemoryInbox(), Hook()
    async with desk(world, inbox, hook) as (made, _):
        await made.drain(0)
        assert await made.keep(ALERT) == (True, ALERT)
        made.begin(ALERT)
        assert (hook.met, made.backlog().pending, await inbox.pending()) == ([], 0, (ALERT,))
