"""A workspace that lacks Slack's newer things: the whole story works there in its plainer form, and one line of the log says so."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from bot.config_shape import Role
from bot.sandbox.visitor import Visitor, button_of, words_of
from tests.whole.quiet import called, spoke
from tests.whole.town import INCIDENTS, Town, key_of, settled

METHODS = [
    "chat.startStream", "agents.sessions.setStatus", "usergroups.users.list", "files.getUploadURLExternal", "views.publish",
]
SCOPES = ["chat.startStream", "agents.sessions.setStatus", "usergroups:read", "files:write"]
PLAIN = {"unknown methods": {"unknown_methods": METHODS}, "missing scopes": {"missing_scopes": SCOPES}}
SAID = ("no streams", "no agent sessions", "who is in the user group S01OPS")
"""What the log says once each."""


def grouped(place: Town) -> Town:
    """The same town, in which Bob is an operator by his user group alone."""
    roles = {**place.config.roles, "operators": Role(users=("U01ALICE",), usergroups=("S01OPS",))}
    return replace(place, config=replace(place.config, roles=roles))


async def dialog(who: Visitor) -> dict[str, Any]:
    """The modal that was opened."""
    for _ in range(400):
        if views := await who.views():
            return views[-1]
        await asyncio.sleep(0.02)
    raise AssertionError("no modal was opened")


@pytest.mark.slow
@pytest.mark.parametrize("faults", PLAIN.values(), ids=PLAIN)
async def test_the_whole_story_without_what_is_new(acme: Town, faults: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    town = grouped(acme)
    await town.post("page/faults", faults)
    told: list[str] = []
    with caplog.at_level(logging.INFO):
        async with town.bot() as bot:
            for _ in range(2):  # what is lacking is said once, however often it is missed
                told.append(await _report_and_rollback(town))
            await _edit(town)
            await _grant(town)
            await _stop(town)
            for user in ("U01ALICE", "U01CAROL", "U01ALICE"):
                await town.person(user).home()
            await asyncio.sleep(0.5)
            await settled(bot)
            home = (await town.alice.home(opening=False))["blocks"]
    has_home = "views.publish" not in faults.get("unknown_methods", ())  # it wants no scope
    assert (home is not None) == has_home
    for ts in told:
        assert await spoke(town, INCIDENTS, ts) == {"progress": 1, "card": 1, "answer": 1}
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    wanted = SAID if has_home else (*SAID, "no Home tab")
    assert {one: sum(one in line for line in lines) for one in wanted} == dict.fromkeys(wanted, 1)
    assert await called(town) == {"card": {"U01ALICE", "S01OPS"}}


async def _report_and_rollback(town: Town) -> str:
    """A mention, a card, an approval, an answer; somebody who cannot be looked up cannot approve."""
    ts = await town.mention("roll back payments")
    card = await town.card(ts)
    await town.person("U01BOB").click(INCIDENTS, card, "approve")
    note = await town.see(ts, "why not", lambda m: bool(m["ephemeral"]), "U01BOB")
    assert "may decide" in words_of(note) or "may not" in words_of(note), words_of(note)
    await town.alice.click(INCIDENTS, card, "approve")
    answer = await town.answer(ts)
    assert "payments was rolled back" in words_of(answer)
    return ts


async def _edit(town: Town) -> None:
    ts = await town.mention("restart web")
    card = await town.card(ts)
    await town.alice.click(INCIDENTS, card, "edit")
    form = await dialog(town.alice)
    [block] = [block for block in form["blocks"] if block.get("label", {}).get("text") == "service"]
    values = {block["block_id"]: {block["element"]["action_id"]: {"type": "plain_text_input", "value": "catalog"}}}
    assert await town.alice.submit(form, values) is None
    changed = await town.see(ts, "the new card", lambda m: button_of(m, "approve") is not None and m["ts"] != card["ts"])
    assert "Changed by Alice Moreau" in words_of(changed)
    await town.alice.click(INCIDENTS, changed, "approve")
    assert "catalog was restarted" in words_of(await town.answer(ts))


async def _grant(town: Town) -> None:
    before = len(await town.effects())
    ts = await town.mention("restart web twice")
    await town.alice.click(INCIDENTS, await town.card(ts), "grant")
    await town.alice.submit(await dialog(town.alice), {})
    assert "web was restarted twice" in words_of(await town.answer(ts))
    assert len(await town.effects()) == before + 2


async def _stop(town: Town) -> None:
    ts = await town.mention("restart checkout")
    await town.card(ts)
    progress = await town.see(ts, "its message", lambda m: key_of(m).endswith("/progress") and button_of(m, "stop") is not None)
    await town.alice.click(INCIDENTS, progress, "stop")
    assert "Stopped by Alice" in words_of(await town.answer(ts))


async def test_a_workspace_that_takes_no_thumbs(acme: Town, caplog: pytest.LogCaptureFixture) -> None:
    """The first answer learns it, also where it ends a stream; the plain buttons do the same."""
    await acme.post("page/faults", {"unknown_blocks": ["context_actions"]})
    with caplog.at_level(logging.INFO):
        async with acme.bot() as bot:
            for _ in range(2):
                ts = await acme.mention("status of payments")
                answer = await acme.answer(ts)
                assert "payments is healthy" in words_of(answer)
                assert button_of(answer, "feedback_bad") is not None
            await acme.dana.click(INCIDENTS, answer, "feedback_bad")
            await acme.dana.submit(await dialog(acme.dana), {})
            await settled(bot)
    assert sum("does not take the thumbs" in record.getMessage() for record in caplog.records) == 1
    assert await called(acme) == {}
