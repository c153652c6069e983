"""People decide about calls in a browser, with the real bot: change, deny, approve together, allow more, several at once, undo."""

import pytest
from playwright.async_api import expect

from agents.core import events as e
from tests.whole.quiet import called, spoke
from tests.whole.town import INCIDENTS, Town, settled
from tests.whole.windows import gone, modal, picture, press, said, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPERATORS = {"U01ALICE", "U01BOB"}
GENERAL = "C01GENERAL"


async def test_a_call_is_changed_before_it_is_approved(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("restart web")
        await acme.card(ts)
        alice = await browser.thread("U01ALICE", ts)
        await picture(alice, "edit-1-card")
        await press(alice, "Edit")
        form = modal(alice, "Edit this call")
        await form.get_by_role("textbox", name="reason").fill("x")
        await press(form, "Ask with this")
        await said(form, "must have at least 3 characters")
        await form.get_by_role("textbox", name="reason").fill("It leaks memory since Monday")
        await form.get_by_role("textbox", name="service").fill("catalog")
        await picture(alice, "edit-2-form")
        await press(form, "Ask with this")
        await expect(form).to_have_count(0)
        await said(alice, "Changed by Alice Moreau before it was approved")
        assert await acme.effects() == []
        await picture(alice, "edit-3-changed")
        await press(alice, "Approve")
        await said(alice, "catalog was restarted")
        await settled(bot)
        await picture(alice, "edit-4-answer")
    [effect] = await acme.effects()
    assert ("catalog" in str(effect), "It leaks memory since Monday" in str(effect)) == (True, True)
    assert await spoke(acme, INCIDENTS, ts) == {"progress": 1, "card": 2, "answer": 1}
    assert await called(acme) == {"card": OPERATORS}


async def test_a_denial_with_its_reason_reaches_the_model(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("restart web")
        await acme.card(ts)
        alice = await browser.thread("U01ALICE", ts)
        await press(alice, "Deny")
        form = modal(alice, "Deny this call")
        await form.get_by_role("textbox", name="Reason").fill("The sale ends at noon; wait until then")
        await picture(alice, "deny-1-form")
        await press(form, "Deny")
        await said(alice, "Alice Moreau denied it: The sale ends at noon")
        await settled(bot)
        await gone(alice, "Approve")
        await picture(alice, "deny-2-answer")
    asked = [request["body"] for request in (await acme.get("model/log"))["requests"]]
    assert "The sale ends at noon; wait until then" in str(asked[-1]["messages"])
    assert await acme.effects() == []
    assert await spoke(acme, INCIDENTS, ts) == {"progress": 1, "card": 1, "answer": 1}


async def test_two_people_together(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("fail over the orders database")
        await acme.card(ts)
        alice, bob = await browser.thread("U01ALICE", ts), await browser.thread("U01BOB", ts)
        await expect(alice.get_by_role("button", name="Approve, and allow more")).to_have_count(0)
        await press(alice, "Approve")
        await said(bob, "1 of 2")
        await picture(bob, "two-1-first-vote")
        await press(alice, "Approve")  # once more: one person counts once
        await settled(bot)
        assert await acme.effects() == []
        await press(bob, "Approve")
        await said(bob, "orders-db-2 takes the writes of orders-db now")
        await settled(bot)
        await picture(bob, "two-2-answer")
    assert len(await acme.effects()) == 1
    granted = [row.event for row in await acme.events() if isinstance(row.event, e.ApprovalGranted)]
    assert len(granted) == 1
    assert await called(acme) == {"card": {*OPERATORS, "U01CAROL"}}


async def test_what_is_allowed_ahead_is_listed_counted_and_taken_back(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("restart web twice")
        await acme.card(ts)
        alice = await browser.thread("U01ALICE", ts)
        await press(alice, "Approve, and allow more")
        form = modal(alice, "Approve and allow more")
        await said(form, "where reason is exactly")
        await form.get_by_text("reason is exactly this").click()
        await said(form, "where reason may be anything")
        await picture(alice, "grant-1-form")
        await press(form, "Approve and allow")
        await said(alice, "web was restarted twice")  # the second call asked nobody
        await settled(bot)
        await picture(alice, "grant-2-answer")
        assert len(await acme.effects()) == 2
        channel = await browser.open("U01ALICE", INCIDENTS)
        await channel.get_by_role("textbox", name="Message #incidents").fill("/ops grants")
        await channel.keyboard.press("Enter")
        await said(channel, "restart_service")
        await picture(channel, "grant-3-list")
        await press(channel, "Take back")
        await said(channel, "from now on restart_service asks again")
        await picture(channel, "grant-4-revoked")
        again = await acme.mention("restart web twice")
        await acme.card(again)
        await settled(bot)
        assert len(await acme.effects()) == 2
    events = [row.event for row in await acme.events()]
    [given] = [event for event in events if isinstance(event, e.GrantGiven)]
    assert [event.grant for event in events if isinstance(event, e.CallJudged)] == ["", given.grant_id, ""]
    assert [event.grant_id for event in events if isinstance(event, e.GrantRevoked)] == [given.grant_id]


async def test_several_calls_on_one_card(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        first = await acme.mention("restart web and catalog")
        await acme.card(first)
        alice = await browser.thread("U01ALICE", first)
        await picture(alice, "several-1-card")
        await press(alice, "Approve all 2")
        await said(alice, "Both were restarted.")
        await settled(bot)
        await picture(alice, "several-2-answer")
        assert len(await acme.effects()) == 2
        second = await acme.mention("restart web and catalog")
        await acme.card(second)
        bob = await browser.thread("U01BOB", second)
        await bob.get_by_role("button", name="Deny", exact=True).last.click()
        form = modal(bob, "Deny this call")
        await form.get_by_role("textbox", name="Reason").fill("Not this one")
        await press(form, "Deny")
        await expect(bob.get_by_role("button", name="Approve", exact=True)).to_have_count(1)
        await picture(bob, "several-3-one-denied")
        await press(bob, "Approve")
        await said(bob, "was not restarted, as far as I know: Denied by Bob Lindqvist: Not this one")
        await settled(bot)
        await picture(bob, "several-4-answer")
    assert len(await acme.effects()) == 3
    for ts in (first, second):
        assert await spoke(acme, INCIDENTS, ts) == {"progress": 1, "card": 1, "answer": 1}


async def test_what_ran_without_asking_is_taken_back(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.dana.post(GENERAL, "@countersign scale web to 10")
        alice = await browser.thread("U01ALICE", ts, GENERAL)
        await said(alice, "web has 10 instances")
        await picture(alice, "undo-1-notice")
        await press(alice, "Undo", "Undo")
        await said(alice, "Done: scale_service.")
        await settled(bot)
        await picture(alice, "undo-2-undone")
        await press(alice, "Undo", "Undo")  # the button is still there, and takes nothing back a second time
        await said(alice, "being undone already")
        await settled(bot)
    assert len(await acme.effects()) == 2
    assert "notice" not in await called(acme)


async def test_a_rollback_is_taken_back_under_an_approval_of_its_own(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("roll back payments")
        await acme.card(ts)
        alice, bob = await browser.thread("U01ALICE", ts), await browser.thread("U01BOB", ts)
        await press(alice, "Approve")
        await said(alice, "payments was rolled back")
        await settled(bot)
        await picture(alice, "undo-3-rolled-back")
        await press(alice, "Undo", "Undo")
        await bob.get_by_role("button", name="Approve", exact=True).wait_for()
        await picture(bob, "undo-4-card")
        assert len(await acme.effects()) == 1
        await press(bob, "Approve")
        await gone(bob, "Approve")
        await settled(bot)
        await picture(bob, "undo-5-undone")
    assert len(await acme.effects()) == 2
    assert "2026.11.17-1" in str((await acme.get("company/services/payments"))["version"])
