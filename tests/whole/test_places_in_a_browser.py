"""Where work comes from and where people are called, in a browser, with the real bot: a shortcut, an alert, a second channel, `/ops`."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from agents.core import events as e
from agents.core.ids import AskId, run_of
from bot.build import clock
from bot.sandbox.visitor import button_of
from bot.serve import Bot
from tests.whole.quiet import called, spoke
from tests.whole.town import BOT, INCIDENTS, Town, settled
from tests.whole.windows import gone, picture, press, said, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALERTS, LEADS = "C01ALERTS", "C01OPSLEADS"


async def test_a_message_is_handed_to_an_agent_from_its_menu(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.person("U01GUS").post(INCIDENTS, "payments feels slow to me")
        bob = await browser.open("U01BOB", INCIDENTS)
        message = bob.get_by_role("article", name="Gus Park")
        await message.hover()
        await press(message, "More actions")
        await message.get_by_role("menuitem", name="Triage this").click()
        await said(bob, "triage looks into it.")
        await picture(bob, "shortcut-1-told")
        await acme.answer(ts)
        thread = await browser.thread("U01BOB", ts)
        await said(thread, "payments is healthy")
        await settled(bot)
        await picture(thread, "shortcut-2-answer")
    assert await spoke(acme, INCIDENTS, ts) == {"answer": 1}
    assert await called(acme) == {}


async def test_an_alert_of_another_app_is_looked_into(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        grafana = acme.person("U01GRAFANA")
        ts = await grafana.post(ALERTS, "[FIRING] checkout p95 above 1 s")
        await grafana.post(ALERTS, "[RESOLVED] web")
        await acme.dana.see(ALERTS, ts, "a card", lambda m: button_of(m, "approve") is not None)
        alice = await browser.thread("U01ALICE", ts, ALERTS)
        await picture(alice, "alert-1-card")
        await press(alice, "Approve")
        await said(alice, "checkout has recovered since the rollback")
        await settled(bot)
        await picture(alice, "alert-2-answer")
    assert await acme.runs() == 1
    assert await spoke(acme, ALERTS, ts) == {"progress": 1, "card": 1, "answer": 1}
    assert await called(acme) == {"card": {"U01ALICE", "U01BOB"}}


def hurried(place: Town, **times: Any) -> Town:
    """The same town, in which people are called again soon."""
    agents = {
        name: replace(spec, approvals=tuple(replace(rule, **times) if rule.escalate else rule for rule in spec.approvals))
        for name, spec in place.config.agents.items()
    }
    return replace(place, config=replace(place.config, agents=agents))


async def test_people_are_called_again_and_then_in_a_second_channel(acme: Town) -> None:
    town = hurried(acme, remind=timedelta(seconds=1), escalate_after=timedelta(seconds=6))
    async with town.bot() as bot, windows(town) as browser:
        ts = await town.mention("roll back payments")
        await town.card(ts)
        [ask] = [row.event.ask_id for row in await town.events() if isinstance(row.event, e.ApprovalAsked)]
        await _due(bot, ask, "remind_at")
        alice = await browser.thread("U01ALICE", ts)
        await said(alice, "still waits for a decision")
        await picture(alice, "remind-1-thread")
        bob = await browser.open("U01BOB", LEADS)
        await _due(bot, ask, "escalate_at")
        await said(bob, "Why this is here:")
        await picture(bob, "remind-2-leads")
        await press(bob, "Deny")
        await press(bob.get_by_role("dialog"), "Deny")
        for window in (alice, bob):
            await said(window, "Denied by Bob Lindqvist")
            await gone(window, "Approve")
            await gone(window, "Review and approve")
        await settled(bot)
        await picture(alice, "remind-3-denied")
        await picture(bob, "remind-4-leads-denied")
    assert await spoke(town, INCIDENTS, ts) == {"progress": 1, "card": 1, "reminder": 1, "answer": 1}
    assert len([m for m in await town.alice.channel(LEADS) if m["user"] == BOT]) == 1
    both = {"U01ALICE", "U01BOB"}
    assert await called(town) == {"card": both, "reminder": both, "escalation": both}
    assert await town.effects() == []


async def _due(bot: Bot, ask_id: AskId, what: str) -> None:
    """The sweep comes by as soon as this is due: `remind_at` or `escalate_at`."""
    ask = (await bot.engine.runs.see(run_of(ask_id))).asks[ask_id]
    at: datetime = getattr(ask, what)
    await asyncio.sleep((at - clock()).total_seconds() + 0.1)
    await bot.engine.runs.tick(ask_id)


OPS = {
    "help": "freeze everything, or one agent",
    "runs": "run-", "approvals mine": "restart_service", "agents": "triage", "grants": "No approval was given ahead",
    "spend": "$", "audit since 1h": "restart_service", "rnus": "did you mean runs", "approvals mien": "did you mean mine",
    "halt triag": "did you mean triage",
}
"""Words behind /ops, and what each answer says among other things."""


async def test_ops_tells_and_knows_what_was_meant(acme: Town) -> None:
    async with acme.bot() as bot, windows(acme) as browser:
        await acme.card(ts := await acme.mention("restart web"))
        await settled(bot)
        alice = await browser.open("U01ALICE", INCIDENTS)
        composer = alice.get_by_role("textbox", name="Message #incidents")
        for number, (words, told) in enumerate(OPS.items()):
            await composer.fill(f"/ops {words}")
            await composer.press("Enter")
            await expect(alice.get_by_role("article", name="only visible to you")).to_have_count(number + 1)
            await expect(alice.get_by_role("article", name="only visible to you").last).to_contain_text(told)
        await picture(alice, "ops-1-all")
        run_id = (await acme.events())[0].run_id
        await composer.fill(f"/ops run {run_id[:9]}")
        await composer.press("Enter")
        await said(alice, f"{run_id}")
        await picture(alice, "ops-2-run")
        await press(alice, "Stop", "Stop")
        await acme.answer(ts)
        dana = await browser.open("U01DANA", INCIDENTS)
        await expect(dana.get_by_role("article", name="only visible to you")).to_have_count(0)
    assert await acme.effects() == []
