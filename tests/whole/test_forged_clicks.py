"""Clicks whose values were never on a card of ours: they act on nothing, and the bot lives on.

The buttons stand on messages of the bot itself, as if somebody had got hold of it: Slack lets nobody else's buttons reach it.
"""

from contextlib import suppress
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from agents.core import events as e
from bot.sandbox.visitor import SandboxError, button_of
from tests.whole.town import INCIDENTS, Town, settled

ACTIONS = (
    "approve", "deny", "edit", "grant", "review", "details", "approve_all", "deny_all", "resolve_happened", "resolve_retry",
    "resolve_abandon", "limit_raise", "limit_finish", "stop", "take_over", "undo", "timeline", "feedback_good", "feedback_bad", "page",
    "page_first", "revoke", "halt", "resume", "home_refresh", "fixed:0",
)
LISTS = ("page", "page_first", "revoke")
GARBAGE = (
    "x", "run-", "run-unknown1234567.a1", "control", "control.a1", "control/c1", "control.g1", "good:control", "good:run-unknown1234567",
    "../../etc/passwd", "' OR 1=1 --", "\u202e\u0000x", "{}", "None", "🦊" * 400, ".", "/", ":", "run-unknown1234567/c1", "all",
)
HARMLESS = (e.ClickRefused, e.FeedbackGiven, e.PostStarted, e.PostFinished)
"""What a click may leave behind that decides nothing."""


async def forge(town: Town, *buttons: tuple[str, str]) -> dict[str, Any]:
    """A message of the bot with these buttons: action ids and values."""
    client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{town.sandbox.url}/api/")
    blocks = [
        {"type": "actions", "block_id": f"forged:{number}", "elements": [
            {"type": "button", "action_id": action, "value": value, "text": {"type": "plain_text", "text": "Click me"}}
        ]}
        for number, (action, value) in enumerate(buttons)
    ]
    ts = (await client.chat_postMessage(channel=INCIDENTS, text="forged", blocks=blocks))["ts"]
    return next(m for m in await town.alice.channel(INCIDENTS) if m["ts"] == ts)


async def decided(town: Town) -> list[str]:
    """What happened beside what decides nothing."""
    return [type(row.event).__name__ for row in await town.events() if not isinstance(row.event, HARMLESS)]


@pytest.mark.slow
@pytest.mark.parametrize("user", ["U01ALICE", "U01GUS", "U02NINA"])
async def test_garbage_decides_nothing_and_breaks_nothing(acme: Town, user: str) -> None:
    """Halting everything is what an operator's click on `all` means on the Home tab, and nowhere else."""
    async with acme.bot() as bot:
        ts = await acme.mention("restart web")
        card = await acme.card(ts)
        await settled(bot)
        before = await decided(acme)
        for value in GARBAGE:
            forged = await forge(acme, *((action, value) for action in ACTIONS))
            lists = {action: await forge(acme, (action, value)) for action in LISTS}  # what they answer takes the message's place
            for action in ACTIONS:
                await acme.person(user).click(INCIDENTS, lists.get(action, forged), action, value)
        await settled(bot)
        assert await decided(acme) == before
        assert await acme.effects() == []
        await acme.alice.click(INCIDENTS, card, "approve")
        await acme.answer(ts)
        assert len(await acme.effects()) == 1


async def test_a_real_question_on_a_forged_button_is_decided_by_nobody_who_may_not(acme: Town) -> None:
    async with acme.bot() as bot:
        card = await acme.card(await acme.mention("restart web"))
        await settled(bot)
        ask = button_of(card, "approve")
        assert ask is not None
        wanted = ("approve", "grant", "edit", "approve_all", "limit_raise")
        forged = await forge(acme, *((action, ask["value"]) for action in wanted))
        before = await decided(acme)
        for user in ("U01DANA", "U01GUS", "U02NINA", "U01CAROL"):
            for action in wanted:
                await acme.person(user).click(INCIDENTS, forged, action)
                await settled(bot)
                for view in await acme.person(user).views():  # some may read what it is about; to send it is another thing
                    with suppress(SandboxError):
                        await acme.person(user).submit(view, {})
        await acme.alice.click(INCIDENTS, forged, "limit_raise")  # she may decide, and this is no choice of this question
        await settled(bot)
        assert await decided(acme) == before
        assert await acme.effects() == []


async def test_a_card_that_was_decided_or_changed_is_stale(acme: Town) -> None:
    async with acme.bot() as bot:
        ts = await acme.mention("restart web")
        card = await acme.card(ts)
        value = str((button_of(card, "approve") or {})["value"])
        wanted = ("approve", "grant", "edit", "deny", "approve_all", "deny_all", "review")
        stale = await forge(acme, *((action, value) for action in wanted))
        await acme.alice.click(INCIDENTS, card, "approve")
        await acme.answer(ts)
        await settled(bot)
        before = await decided(acme)
        for action in wanted:
            await acme.person("U01BOB").click(INCIDENTS, stale, action)
        await settled(bot)
        assert await decided(acme) == before
        assert len(await acme.effects()) == 1


async def test_what_cannot_be_undone_is_not_undone_by_a_forged_button(acme: Town) -> None:
    """Of a restart, of a call that has not run, and by people who may not."""
    async with acme.bot() as bot:
        first = await acme.mention("restart web")
        await acme.alice.click(INCIDENTS, await acme.card(first), "approve")
        await acme.answer(first)
        second = await acme.mention("roll back payments")
        await acme.card(second)
        await settled(bot)
        runs = sorted({row.run_id for row in await acme.events()})
        forged = await forge(acme, *(("undo", f"{run_id}/c{number}") for run_id in runs for number in (1, 2, 3)))
        for user in ("U01DANA", "U01ALICE", "U01GUS"):
            for run_id in runs:
                for number in (1, 2, 3):
                    await acme.person(user).click(INCIDENTS, forged, "undo", f"{run_id}/c{number}")
        await settled(bot)
        assert len(await acme.effects()) == 1
        assert await acme.runs() == 2
