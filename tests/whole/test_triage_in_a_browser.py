"""An incident in a browser: the channel's one message, the card, the answer and the summary, wide and as narrow as a telephone."""

import pytest
from playwright.async_api import expect

from tests.whole.test_triage import ALERTS, alert, answer_of, began, card_of, opened, send
from tests.whole.town import Town, settled
from tests.whole.windows import picture, press, said, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_an_incident_from_the_alert_to_the_summary(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        await send(bot.url, alert())
        ts = (await opened(acme))["ts"]
        await card_of(acme, ts)
        alice = await browser.thread("U01ALICE", ts, ALERTS)
        await said(alice, "sev2, Team Basket, 90 % sure")
        await picture(alice, "triage-1-card")
        await press(alice, "Approve")
        await answer_of(acme, ts, "Remembered as m1")
        await said(alice, "Remembered as m1")
        await settled(bot)
        await picture(alice, "triage-2-answer")
        await send(bot.url, alert("resolved", began=await began(acme)))
        await answer_of(acme, ts, "Summary")
        await said(alice, "Summary: checkout is well again")
        await settled(bot)
        await picture(alice, "triage-3-summary")
        channel = await browser.open("U01ALICE", ALERTS)
        await said(channel, "Resolved: HighLatency")
        await expect(channel.get_by_text("HighLatency: checkout is not well")).to_have_count(1)
        await picture(channel, "triage-4-channel")
    assert len(await acme.effects()) == 1


async def test_thin_evidence_is_handed_over_with_what_there_is(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        await send(bot.url, alert(name="PaymentsDeclined", service="payments"))
        ts = (await opened(acme))["ts"]
        alice = await browser.thread("U01ALICE", ts, ALERTS)
        await said(alice, "assess: not sure enough")
        await picture(alice, "triage-5-thin")
        await expect(alice.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
        await alice.get_by_role("textbox").fill("The provider had an outage. Leave it.")
        await alice.page.keyboard.press("Enter")
        await answer_of(acme, ts, "is with people now")
        await said(alice, "is with people now")
        await settled(bot)
        await picture(alice, "triage-6-answered")
    assert await acme.effects() == []
