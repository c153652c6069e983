"""The bot is killed in the middle of what people do with it; the next one goes on from there, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.core import events as e
from bot.sandbox.bot_process import BotProcess, bot_process
from bot.sandbox.visitor import button_of, words_of
from tests.whole.quiet import called, spoke
from tests.whole.town import INCIDENTS, Town, connected, town, unwatched

pytestmark = pytest.mark.slow


@asynccontextmanager
async def killable(folder: Path) -> AsyncIterator[tuple[Town, BotProcess]]:
    """A town and a bot in a process of its own, which works."""
    async with town(folder) as place:
        environment = {
            **place.sandbox.environment(), "COUNTERSIGN_CONFIG": str(unwatched(folder)),
            "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}",
        }
        async with bot_process(environment, folder / "bot.log") as bot:
            await bot.start()
            await connected(place.dana)
            yield place, bot


async def again(place: Town, bot: BotProcess) -> None:
    """The power is cut and comes back."""
    await bot.kill()
    await bot.start()
    await connected(place.dana)


async def modal(place: Town, user: str = "U01ALICE") -> dict[str, Any]:
    """The modal that was opened."""
    for _ in range(400):
        if views := await place.person(user).views():
            return views[-1]
        await asyncio.sleep(0.02)
    raise AssertionError("no modal was opened")


async def changed_card(place: Town, ts: str, old: str) -> dict[str, Any]:
    """The card that asks about the changed call."""
    return await place.see(ts, "the changed card", lambda m: button_of(m, "approve") is not None and m["ts"] != old)


async def test_while_a_card_waits_and_between_two_votes(tmp_path: Path) -> None:
    async with killable(tmp_path) as (place, bot):
        ts = await place.mention("fail over the orders database")
        card = await place.card(ts)
        await again(place, bot)
        await place.alice.click(INCIDENTS, card, "approve")
        await place.see(ts, "her vote", lambda m: m["ts"] == card["ts"] and "1 of 2" in words_of(m))
        await again(place, bot)
        assert await place.effects() == []
        await place.person("U01BOB").click(INCIDENTS, card, "approve")
        await place.answer(ts)
        assert len(await place.effects()) == 1
        assert await spoke(place, INCIDENTS, ts) == {"progress": 1, "card": 1, "answer": 1}


async def test_with_a_form_open_and_after_an_edit(tmp_path: Path) -> None:
    async with killable(tmp_path) as (place, bot):
        ts = await place.mention("restart web")
        card = await place.card(ts)
        await place.alice.click(INCIDENTS, card, "edit")
        form = await modal(place)
        await again(place, bot)  # the form outlives it
        [block] = [block for block in form["blocks"] if block.get("label", {}).get("text") == "service"]
        values = {block["block_id"]: {block["element"]["action_id"]: {"type": "plain_text_input", "value": "catalog"}}}
        assert await place.alice.submit(form, values) is None
        changed = await changed_card(place, ts, card["ts"])
        await again(place, bot)
        assert await place.effects() == []
        await place.alice.click(INCIDENTS, changed, "approve")
        await place.answer(ts)
        [effect] = await place.effects()
        assert "catalog" in str(effect)
        assert await spoke(place, INCIDENTS, ts) == {"progress": 1, "card": 2, "answer": 1}


async def test_after_a_grant_and_after_it_was_taken_back(tmp_path: Path) -> None:
    async with killable(tmp_path) as (place, bot):
        ts = await place.mention("restart web twice")
        await place.alice.click(INCIDENTS, await place.card(ts), "grant")
        await place.alice.submit(await modal(place), {})
        await place.answer(ts)
        await again(place, bot)
        assert len(await place.effects()) == 2
        second = await place.mention("restart web twice")
        await place.answer(second)
        assert len(await place.effects()) == 4
        grant = next(row.event.grant_id for row in await place.events() if isinstance(row.event, e.GrantGiven))
        await place.alice.command(INCIDENTS, f"/ops grants revoke {grant}")
        await _noted(place, e.GrantRevoked)
        await again(place, bot)
        await place.card(await place.mention("restart web twice"))
        assert len(await place.effects()) == 4
        assert await spoke(place, INCIDENTS, ts) == {"progress": 1, "card": 1, "answer": 1}


async def test_while_halted(tmp_path: Path) -> None:
    async with killable(tmp_path) as (place, bot):
        ts = await place.mention("restart web")
        card = await place.card(ts)
        await place.alice.command(INCIDENTS, "/ops halt because we look into it")
        told = await _told(place, "has halted every agent")
        await again(place, bot)
        await place.alice.click(INCIDENTS, card, "approve")
        note = await place.see(ts, "why not", lambda m: bool(m["ephemeral"]), "U01ALICE")
        assert "halted" in words_of(note)
        second = await place.mention("restart catalog")
        await _told(place, "has halted every agent", private=True)
        await again(place, bot)
        assert await place.effects() == []
        await place.person("U01CAROL").command(INCIDENTS, "/ops resume")
        await place.card(second)  # what was asked meanwhile begins
        assert await _told(place, "has resumed every agent") == told
        await place.alice.click(INCIDENTS, card, "approve")
        await place.answer(ts)
        assert len(await place.effects()) == 1
        assert set(await called(place)) == {"card"}


async def _noted(place: Town, kind: type[object]) -> None:
    """Wait until such an event is in the journal."""
    for _ in range(200):
        if any(isinstance(row.event, kind) for row in await place.events()):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"There is no {kind.__name__}.")


async def _told(place: Town, what: str, *, private: bool = False) -> str:
    """The one message in the channel itself that says this, to all or to Dana alone."""
    for _ in range(400):
        found = [m["ts"] for m in await place.dana.channel(INCIDENTS) if what in words_of(m) and bool(m["ephemeral"]) == private]
        if found:
            assert len(found) == 1
            return str(found[0])
        await asyncio.sleep(0.05)
    raise AssertionError(f"Nobody said that somebody {what}.")
