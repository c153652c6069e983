"""From a mention to an answer, whole and over the wire."""

import asyncio
import time

from agents.core import events as e
from bot.sandbox.visitor import words_of
from tests.whole.town import BOT, INCIDENTS, Town, key_of, settled


async def test_an_incident_from_report_to_answer(acme: Town) -> None:
    async with acme.bot() as bot:
        ts = await acme.mention("checkout is slow, customers are complaining")
        card = await acme.card(ts)
        assert "rollback_service" in words_of(card)
        assert await acme.effects() == []
        await acme.alice.click(INCIDENTS, card, "approve")
        answer = await acme.answer(ts)
        await settled(bot)
        assert "recovered" in words_of(answer)
        assert len(await acme.effects()) == 1
    keys = [key_of(m).partition("/")[2] for m in await acme.bots_messages(ts)]
    assert [key.partition(":")[0] for key in keys] == ["progress", "card", "answer"]
    assert [m["user"] for m in await acme.dana.channel(INCIDENTS)].count(BOT) == 0


async def test_one_event_delivered_four_times_the_first_lost_before_the_ack_is_one_run(acme: Town) -> None:
    await acme.post("page/faults", {"drop_acks": 1, "redelivery_seconds": 0.05, "duplicate_events": 3})
    async with acme.bot() as bot:
        ts = await acme.mention("status of payments")
        await acme.answer(ts)
        await asyncio.sleep(0.5)
        await settled(bot)
    assert await acme.runs() == 1
    assert [key_of(m).partition("/")[2] for m in await acme.bots_messages(ts)] == ["answer:2"]  # the end of its stream


async def test_fifty_clicks_at_once_on_one_card_make_one_decision_and_at_most_one_effect(acme: Town) -> None:
    async with acme.bot() as bot:
        ts = await acme.mention("checkout is slow")
        card = await acme.card(ts)
        people = (acme.alice, acme.person("U01BOB"))
        await asyncio.gather(*(people[i % 2].click(INCIDENTS, card, "approve") for i in range(50)))
        await acme.answer(ts)
        await settled(bot)
        assert len(await acme.effects()) == 1
    events = [row.event for row in await acme.events()]
    assert sum(isinstance(event, e.ApprovalGranted) for event in events) == 1
    assert {event.code for event in events if isinstance(event, e.ClickRefused)} == {"closed"}


async def test_a_direct_message_and_a_reply_after_the_end(acme: Town) -> None:
    async with acme.bot() as bot:
        ts = await acme.dana.post("D01DANA", "status of checkout")
        await acme.dana.see("D01DANA", ts, "the answer", lambda m: "/answer:" in key_of(m))
        await settled(bot)
        await acme.dana.post("D01DANA", "and payments?", ts)
        await acme.dana.see("D01DANA", ts, "the second answer", lambda m: "/answer:" in key_of(m) and "payments" in words_of(m))
    assert await acme.runs() == 2


async def test_a_guest_may_not_approve_and_is_told_in_private(acme: Town) -> None:
    async with acme.bot():
        ts = await acme.mention("checkout is slow")
        card = await acme.card(ts)
        gus = acme.person("U01GUS")
        await gus.click(INCIDENTS, card, "approve")
        note = await gus.see(INCIDENTS, ts, "a private explanation", lambda m: bool(m["ephemeral"]))
        assert "Guests cannot decide" in words_of(note)
        assert await acme.effects() == []
    assert [row.event.code for row in await acme.events() if isinstance(row.event, e.ClickRefused)] == ["guest"]


async def test_a_drained_bot_is_gone_in_time_and_the_next_one_goes_on(acme: Town) -> None:
    await acme.post("model/faults", {"fail": [{"hang_seconds": 30}]})
    async with acme.bot():
        ts = await acme.mention("status of checkout")
        await acme.see(ts, "a sign of life", lambda m: m["user"] == BOT)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    async with acme.bot():
        await acme.answer(ts)
    assert [key_of(m).partition("/")[2] for m in await acme.bots_messages(ts)] == ["progress", "answer:2"]  # the next bot edits the stream
