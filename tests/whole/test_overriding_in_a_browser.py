"""People take the reins in a browser, with the real bot: stop, take over, halt, and say what was wrong."""

import asyncio

import pytest
from playwright.async_api import expect

from agents.core import events as e
from tests.whole.quiet import called, spoke
from tests.whole.town import INCIDENTS, Town, settled
from tests.whole.windows import PHONE, gone, modal, picture, press, said, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_stop_on_the_message_of_a_run_that_waits(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("restart web")
        await acme.card(ts)
        alice = await browser.thread("U01ALICE", ts)
        await picture(alice, "stop-1-waits")
        await press(alice, "Stop", "Stop")
        await said(alice, "Stopped by Alice Moreau")
        await settled(bot)
        await gone(alice, "Approve")
        await gone(alice, "Take over")
        await picture(alice, "stop-2-stopped")
    assert await acme.effects() == []
    assert await spoke(acme, INCIDENTS, ts) == {"progress": 1, "card": 1, "answer": 1}


async def test_the_platforms_own_stop_button(acme: Town) -> None:
    await acme.post("model/faults", {"fail": [{"hang_seconds": 4}]})
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("status of checkout")
        dana = await browser.thread("U01DANA", ts)
        await said(dana, "countersign is working…")
        await picture(dana, "stop-3-platform")
        await dana.locator(".work").get_by_role("button", name="Stop").click()
        await said(dana, "Stopped by Dana Reyes")
        await settled(bot)
        await expect(dana.get_by_text("is working")).to_have_count(0)
        await picture(dana, "stop-4-platform-stopped")


async def test_a_person_takes_the_case_over(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("checkout is slow")
        await acme.card(ts)
        alice = await browser.thread("U01ALICE", ts)
        await press(alice, "Take over", "Take over")
        await said(alice, "Alice Moreau took this over.")
        await settled(bot)
        await gone(alice, "Approve")
        await picture(alice, "take-over")
    assert await acme.effects() == []
    assert await called(acme) == {"card": {"U01ALICE", "U01BOB"}}


async def test_a_thumb_down_with_a_note_and_the_timeline(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("status of payments")
        await acme.answer(ts)
        dana = await browser.thread("U01DANA", ts, **PHONE)
        await press(dana, "Bad answer")
        form = modal(dana, "What was wrong?")
        await form.get_by_role("textbox").fill("It says nothing about the queue")
        await picture(dana, "thumb-1-form")
        await press(form, "Send")
        await expect(form).to_have_count(0)
        await settled(bot)
        await press(dana, "Timeline")
        await said(modal(dana, "Timeline"), "service_status")
        await picture(dana, "timeline")
    notes = [(row.event.good, row.event.note) for row in await acme.events() if isinstance(row.event, e.FeedbackGiven)]
    assert notes == [(False, "It says nothing about the queue")]


async def test_the_home_tab_decides_and_halts(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("fail over the orders database")
        await acme.card(ts)
        carol = await browser.open("U01CAROL", "home")
        await said(carol, "failover_database")
        await picture(carol, "home-1-waits")
        await press(carol, "Approve")
        await said(carol, "Nothing waits for you.")
        card = await acme.card(ts)
        assert "1 of 2" in str(card)
        await carol.get_by_role("button", name="Halt", exact=True).first.click()
        await carol.get_by_role("dialog").get_by_role("button", name="Halt", exact=True).click()
        await expect(carol.get_by_role("button", name="Resume", exact=True)).to_have_count(1)
        await picture(carol, "home-2-halted")
        told = await _told_of_halt(acme)
        bob = await browser.thread("U01BOB", ts)
        await press(bob, "Approve")
        await said(bob, "halted")
        assert await acme.effects() == []
        await picture(bob, "halt-1-refused")
        await press(carol, "Resume")
        await gone(carol, "Resume")
        await press(bob, "Approve")
        await said(bob, "takes the writes of orders-db now")
        await settled(bot)
        await picture(carol, "home-3-decided")
    assert len(await acme.effects()) == 1
    [message] = [m for m in await acme.dana.channel(INCIDENTS) if m["ts"] == told]
    assert "has resumed triage" in str(message)


async def _told_of_halt(acme: Town) -> str:
    """The message about the halt in the channel in which something waits."""
    for _ in range(200):
        for message in await acme.dana.channel(INCIDENTS):
            if "has halted triage" in str(message):
                return str(message["ts"])
        await asyncio.sleep(0.02)
    raise AssertionError("The channel was not told.")
