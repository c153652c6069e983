"""The product as people run it: commands of the README, processes that are killed, and a browser."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.app import running
from bot.sandbox.bot_process import bot_process
from bot.sandbox.visitor import Visitor, button_of
from tests.bot.sandbox.browsing import chromium, visited
from tests.whole.town import BOT, INCIDENTS, Town, connected, key_of, unwatched

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_demo_comes_out_as_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "demo"], capture_output=True, text=True, timeout=240, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for told in ("The rollback ran, once.", "the incident is closed.", "Probable cause · shop.raw_orders", "Resolved, by the numbers"):
        assert told in done.stdout


@pytest.mark.slow
def test_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = set(re.findall(r"^\s*(?:\$ )?(?:\.venv/bin/)?countersign ([a-z]+)", readme, re.MULTILINE))
    targets = set(re.findall(r"^\s*(?:\$ )?make ([a-z]+)", readme, re.MULTILINE))
    assert commands
    assert {"demo", "test"} <= targets
    for command in commands:
        done = subprocess.run([sys.executable, "-m", "bot.cli", command, "--help"], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, command
    listed = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert all(f"make {target} " in listed for target in targets)


@pytest.mark.slow
async def test_killed_while_the_tool_is_at_work(tmp_path: Path) -> None:
    """A restart cannot be repeated and cannot be asked about: after a power cut in the middle a person is asked, and nobody guesses."""
    async with running() as sandbox, aiohttp.ClientSession() as session:
        own = {"COUNTERSIGN_CONFIG": str(unwatched(tmp_path)), "DATABASE_URL": f"sqlite:///{tmp_path / 'journal.db'}"}
        environment = {**sandbox.environment(), **own}
        dana, alice = Visitor(session, sandbox.url, "U01DANA"), Visitor(session, sandbox.url, "U01ALICE")
        fault = {"path": "restart", "status": "hang", "times": 1, "seconds": 5}
        async with session.post(f"{sandbox.url}/company/faults", json=fault) as response:
            assert response.status == 200
        async with bot_process(environment, tmp_path / "bot.log") as bot:
            await bot.start()
            await connected(dana)
            ts = await dana.post(INCIDENTS, "@countersign restart web")
            card = await dana.see(INCIDENTS, ts, "a card", lambda m: button_of(m, "approve") is not None)
            await alice.click(INCIDENTS, card, "approve")
            await dana.see(INCIDENTS, ts, "the outcome", lambda m: m["ts"] == card["ts"] and button_of(m, "approve") is None)
            await bot.kill()
            await bot.start()
            await connected(dana)
            doubt = await dana.see(INCIDENTS, ts, "a doubt", lambda m: button_of(m, "resolve_happened") is not None)
            assert button_of(doubt, "resolve_retry") is not None
            assert button_of(doubt, "resolve_abandon") is not None
            await alice.click(INCIDENTS, doubt, "resolve_abandon")
            await dana.see(INCIDENTS, ts, "the answer", lambda m: "/answer:" in key_of(m))
        said = [key_of(m) for m in await dana.thread(INCIDENTS, ts) if m["user"] == BOT and not m["ephemeral"]]
        assert len(said) == len(set(said)) == 4


@pytest.mark.slow
async def test_sigterm_ends_it_in_time_and_a_second_bot_is_refused(tmp_path: Path) -> None:
    async with running() as sandbox:
        environment = {
            **os.environ, **sandbox.environment(), "COUNTERSIGN_CONFIG": str(unwatched(tmp_path)),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'journal.db'}",
        }
        async with bot_process(environment, tmp_path / "bot.log") as bot, aiohttp.ClientSession() as session:
            await bot.start()
            dana = Visitor(session, sandbox.url, "U01DANA")
            await connected(dana)
            ts = await dana.post(INCIDENTS, "@countersign status of web")
            await dana.see(INCIDENTS, ts, "the answer", lambda m: "/answer:" in key_of(m))
            second = await _serve(environment)
            assert second.returncode == 1
            assert "another" in second.stderr.lower()
            async with session.post(f"{sandbox.url}/model/faults", json={"fail": [{"hang_seconds": 30}]}) as response:
                assert response.status == 200
            ts = await dana.post(INCIDENTS, "@countersign status of catalog")
            await dana.see(INCIDENTS, ts, "a sign of life", lambda m: m["user"] == BOT)
            began = time.monotonic()
            assert await bot.kill(signal.SIGTERM) == 0
            assert time.monotonic() - began < 10
            await bot.start()
            await connected(dana)
            await dana.see(INCIDENTS, ts, "the answer of the next bot", lambda m: "/answer:" in key_of(m))


async def _serve(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.cli", "serve"]
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, env=environment, timeout=30, check=False
    )


@pytest.mark.browser
@pytest.mark.slow
async def test_two_people_and_a_browser(acme: Town) -> None:
    async with acme.bot(), chromium() as browser:
        dana = await visited(browser, acme.sandbox.url, "U01DANA")
        await dana.get_by_role("textbox", name="Message #incidents").fill("@countersign checkout is slow")
        await dana.keyboard.press("Enter")
        await dana.get_by_role("button", name=re.compile(r"\d+ repl")).click()
        await dana.get_by_role("button", name="Approve", exact=True).wait_for()
        alice = await visited(browser, acme.sandbox.url, "U01ALICE")
        await alice.get_by_role("button", name=re.compile(r"\d+ repl")).click()
        await alice.get_by_role("button", name="Approve", exact=True).click()
        for page in (alice, dana):
            await page.get_by_role("complementary").get_by_text("recovered").first.wait_for()
            assert await page.get_by_role("button", name="Approve", exact=True).count() == 0
        assert len(await acme.effects()) == 1
