"""Deliveries: each is kept once, until it is dealt with."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from agents.ports import Delivery
from storage.database import Database
from storage.inbox import SqlInbox
from tests.storage.stories import START

MENTION = Delivery("T01ACME/Ev1", "event", {"event": {"type": "app_mention", "text": "Grüße"}}, START)


async def test_a_delivery_is_pending_until_it_is_done(database: Database) -> None:
    inbox = SqlInbox(database)
    second = replace(MENTION, key="T01ACME/Ev2", received_at=START - timedelta(hours=1))
    assert await inbox.receive(MENTION)
    assert await inbox.receive(second)
    assert await inbox.pending() == (MENTION, second)
    assert await inbox.pending(second.key) == (second,)
    await inbox.done(MENTION.key)
    await inbox.done(MENTION.key)
    await inbox.done("unknown")
    assert await inbox.pending() == (second,)


async def test_a_repetition_is_known_even_when_the_first_was_dealt_with(database: Database) -> None:
    inbox = SqlInbox(database)
    assert await inbox.receive(MENTION)
    assert not await inbox.receive(replace(MENTION, body={"retry": 1}))
    await inbox.done(MENTION.key)
    assert not await inbox.receive(MENTION)
    assert await inbox.pending() == ()


async def test_of_many_equal_deliveries_at_once_one_is_new(database: Database) -> None:
    inbox = SqlInbox(database)
    outcomes = await asyncio.gather(*(inbox.receive(replace(MENTION, key=f"k{n % 250}")) for n in range(1000)))
    assert sum(outcomes) == 250
    assert [d.key for d in await inbox.pending()] == [f"k{n}" for n in range(250)]
    await asyncio.gather(*(inbox.done(f"k{n}") for n in range(0, 250, 2)))
    assert len(await inbox.pending()) == 125


async def test_secrets_are_marked_before_anything_is_stored(database: Database) -> None:
    inbox = SqlInbox(database, lambda text: text.replace("s3cret", "[redacted]"))
    await inbox.receive(replace(MENTION, body={"event": {"text": "the key is s3cret", "blocks": [{"text": "s3cret"}]}}))
    (kept,) = await inbox.pending()
    assert kept.body == {"event": {"text": "the key is [redacted]", "blocks": [{"text": "[redacted]"}]}}


async def test_what_fails_is_counted_parked_and_tried_again_when_a_person_says_so(database: Database) -> None:
    inbox = SqlInbox(database, lambda text: text.replace("s3cret", "[redacted]"))
    second = replace(MENTION, key="T01ACME/Ev2")
    await inbox.receive(MENTION)
    await inbox.receive(second)
    assert await inbox.failed(MENTION.key, "no s3cret") == 1
    assert await inbox.failed(MENTION.key, "still no s3cret", times=3) == 4
    assert await inbox.failed("unknown", "nothing") == 0
    await inbox.park(MENTION.key, START + timedelta(minutes=5))
    assert await inbox.pending() == (second,)
    assert await inbox.pending(MENTION.key) == ()
    assert not await inbox.receive(MENTION)
    parked, waiting = await inbox.undone()
    assert (parked.number, parked.key, parked.attempts, parked.why) == (1, MENTION.key, 4, "still no [redacted]")
    assert (parked.parked_at, waiting.parked_at) == (START + timedelta(minutes=5), None)
    assert await inbox.undone(2) == (waiting,)
    assert await inbox.replay(1) == MENTION
    assert await inbox.pending() == (MENTION, second)
    assert [(one.key, one.attempts, one.parked_at) for one in await inbox.undone(1)] == [(MENTION.key, 0, None)]
    await inbox.done(MENTION.key)
    assert await inbox.replay(1) is None
    assert await inbox.replay(17) is None
    assert await inbox.undone() == (waiting,)


async def test_what_is_parked_is_listed_first_however_much_waits(database: Database) -> None:
    inbox = SqlInbox(database)
    await asyncio.gather(*(inbox.receive(replace(MENTION, key=f"k{n}")) for n in range(20)))
    await inbox.park("k19", START)
    await inbox.park("k7", START)
    assert [one.key for one in await inbox.undone(limit=3)] == ["k7", "k19", "k0"]
