"""What an agent may spend in a day, in processes that are killed: it is asked once in each thread, and one answer lets all go on."""

from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.app import running
from bot.sandbox.bot_process import bot_process
from bot.sandbox.visitor import Visitor, button_of
from tests.whole.town import INCIDENTS, connected, key_of, unwatched

LONG = "I look at it. " * 60

SCENE = {"title": "a test", "match": {"text": ["dear"]}, "turns": [
    {"when": {"turn": 1}, "say": LONG, "calls": [{"tool": "service_status", "arguments": {"service": "web"}}]}, {"say": "It is fine."},
]}  # fmt: skip
CHEAP = {"title": "another", "match": {"text": ["cheap"]}, "turns": [{"say": "It is fine."}]}


def priced(folder: Path) -> Path:
    """The sandbox's configuration, where only what the model writes costs anything, and triage may spend half a dollar a day."""
    path = unwatched(folder)
    text = path.read_text(encoding="utf-8")
    prices = "prices: {input: 0, output: 5000}"
    text = text.replace("{model: claude-sonnet-5-5, fallback: fast}", "{model: claude-sonnet-5-5, " + prices + "}")
    path.write_text(text.replace("cost: 0.50, time: 15m, cost_per_day: 50}", "cost: 50, time: 15m, cost_per_day: 0.5}"), encoding="utf-8")
    return path


@pytest.mark.slow
async def test_it_is_asked_once_over_power_cuts_and_raised_for_all(tmp_path: Path) -> None:
    async with running() as sandbox, aiohttp.ClientSession() as session:
        database = f"sqlite:///{tmp_path / 'journal.db'}"
        environment = {**sandbox.environment(), "COUNTERSIGN_CONFIG": str(priced(tmp_path)), "DATABASE_URL": database}
        dana, alice, carol = (Visitor(session, sandbox.url, f"U01{name}") for name in ("DANA", "ALICE", "CAROL"))
        for path, body in (("settings", {"pace": 0}), ("scenes", SCENE), ("scenes", CHEAP)):
            async with session.post(f"{sandbox.url}/model/{path}", json=body) as response:
                assert response.status == 200

        async def paused(ts: str) -> dict[str, object]:
            return await dana.see(INCIDENTS, ts, "a limit", lambda m: button_of(m, "limit_raise") is not None)

        async with bot_process(environment, tmp_path / "bot.log") as bot:
            await bot.start()
            await connected(dana)
            first = await dana.post(INCIDENTS, "@countersign dear web")
            await paused(first)
            second = await dana.post(INCIDENTS, "@countersign cheap web")
            await paused(second)
            await bot.kill()
            await bot.start()
            await connected(dana)
            third = await dana.post(INCIDENTS, "@countersign cheap again")
            cards = [await paused(ts) for ts in (first, second, third)]
            await bot.kill()
            await bot.start()
            await connected(dana)
            await alice.click(INCIDENTS, cards[1], "limit_raise")
            told = await alice.see(INCIDENTS, second, "a refusal", lambda m: bool(m["ephemeral"]) and "Only admins may raise" in m["text"])
            assert "what an agent may spend in a day" in told["text"]
            await carol.click(INCIDENTS, cards[1], "limit_raise")
            for ts in (second, first, third):
                await dana.see(INCIDENTS, ts, "the answer", lambda m: "/answer:" in key_of(m))
        for ts in (first, second, third):
            said = [key_of(m) for m in await dana.thread(INCIDENTS, ts) if "/card:" in key_of(m)]
            assert len(said) == 1
