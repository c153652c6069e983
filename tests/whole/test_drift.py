"""Data that drift, whole: the finding, its cause and the patch, with the power cut in between. The demo plays it to its end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agents.core import events as e
from bot.sandbox.bot_process import BotProcess, bot_process
from bot.sandbox.story_drift import CAUSE, DriftAct
from bot.sandbox.visitor import Message, button_of, is_answer, words_of
from tests.whole.test_power_cuts import again
from tests.whole.town import BOT, CONFIG, Town, connected, key_of, town

pytestmark = pytest.mark.slow

DATA = "C01DATA"


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[tuple[Town, BotProcess, DriftAct]]:
    """Acme with its pipeline, a bot in a process of its own, and the act that is to be played."""
    (pipeline := folder / "pipeline").mkdir()
    async with town(folder, pipeline) as place:
        environment = {
            **place.sandbox.environment(), "COUNTERSIGN_CONFIG": str(CONFIG), "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}"
        }
        async with bot_process(environment, folder / "bot.log") as bot:
            await bot.start()
            await connected(place.dana)
            yield place, bot, DriftAct(place.sandbox.url, place.session, lambda mark, words: None, place.person("U01BOB"), 0.0)


async def reports(place: Town) -> list[Message]:
    return [m for m in await place.dana.channel(DATA) if m["user"] == BOT and not m["ephemeral"]]


async def report(place: Town, wanted: Callable[[str], bool]) -> Message:
    """The one message in #data, once it says this."""
    end = time.monotonic() + 100
    while time.monotonic() < end:
        found = await reports(place)
        assert len(found) <= 1, [words_of(m) for m in found]
        if found and wanted(words_of(found[0])):
            return found[0]
        await asyncio.sleep(0.1)
    raise AssertionError([words_of(m) for m in await reports(place)])


async def test_killed_between_the_finding_and_the_click_and_after_the_approval(tmp_path: Path) -> None:
    async with shop(tmp_path) as (place, bot, act):
        await act.begin()
        first = await report(place, lambda words: CAUSE in words)
        assert "shop.raw_orders → stg_orders → orders" in words_of(first)
        await again(place, bot)
        await place.dana.click(DATA, first, "finding_investigate")
        card = await place.dana.see(DATA, first["ts"], "a card", lambda m: button_of(m, "approve") is not None, seconds=60)
        await place.person("U01BOB").click(DATA, card, "approve")
        await again(place, bot)
        answer = await place.dana.see(DATA, first["ts"], "the answer", is_answer, seconds=60)
        assert "Orders have their amounts again" in words_of(answer)
        assert (await place.get("company/pipeline/patches"))["count"] == 1
        after = await report(place, lambda words: True)
        assert after["ts"] == first["ts"]
        keys = [key_of(m) for m in await place.dana.thread(DATA, first["ts"]) if m["user"] == BOT and not m["ephemeral"]]
        assert len(keys) == len(set(keys))
        asked = [call.tool for row in await place.events() if isinstance(row.event, e.ModelAnswered) for call in row.event.calls]
        assert [tool for tool in asked if tool in ("trace", "patch_model")] == ["trace", "patch_model"]
