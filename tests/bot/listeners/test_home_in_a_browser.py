"""The Home tab and `/ops` as people use them, in a browser; on a narrow window too."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page as Window
from playwright.async_api import expect

from bot.sandbox.app import Sandbox
from tests.bot.listeners.asking import ask
from tests.bot.office import Kept, office
from tests.bot.sandbox.acting import Page
from tests.bot.sandbox.browsing import chromium, visited
from tests.world import ScriptedModel, says

NARROW = {"viewport": {"width": 420, "height": 860}}


def asks() -> Kept:
    """Three runs that want something."""
    return Kept(model=ScriptedModel(*(says("", ("write", {"service": "checkout", "n": n})) for n in range(3))))


async def pictured(window: Window, name: str) -> None:
    """Keep a picture where somebody asks for it."""
    if folder := os.environ.get("PICTURES"):
        await window.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", [{}, NARROW], ids=["wide", "narrow"])
async def test_home_is_used_in_a_browser(sandbox: Sandbox, page: Page, size: dict[str, object]) -> None:
    async with office(sandbox, page, asks()) as bot, chromium() as browser:
        threads = [await bot.mention(text) for text in ("checkout is slow", "and the cart?", "and search?")]
        for ts in threads:
            await bot.card(ts)
        window = await visited(browser, sandbox.url, "U01ALICE", "home", **size)
        await expect(window.get_by_role("button", name="Approve", exact=True)).to_have_count(3)
        await pictured(window, f"home-{len(size)}")
        await window.get_by_role("button", name="Approve", exact=True).first.click()
        await expect(window.get_by_role("button", name="Approve", exact=True)).to_have_count(2)
        await window.get_by_role("button", name="Halt everything").click()
        await window.get_by_role("button", name="Halt", exact=True).last.click()
        await expect(window.get_by_text("Every agent is halted: nothing begins")).to_be_visible()
        await expect(window.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
        await pictured(window, f"halted-{len(size)}")
        await window.get_by_role("button", name="Resume").click()
        await expect(window.get_by_role("button", name="Approve", exact=True)).to_have_count(2)


async def test_a_list_is_paged_in_a_browser(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot, chromium() as browser:
        for number in range(11):
            await bot.said(await bot.mention(f"number {number}"), "Done.")
        window = await visited(browser, sandbox.url, "U01ALICE")
        await ask(bot, "runs")
        await pictured(window, "runs")
        await window.get_by_role("button", name="Next page").click()
        await expect(window.get_by_role("button", name="First page")).to_be_visible()
        run_id = (await bot.run()).run_id
        await ask(bot, f"run {run_id}")
        await expect(window.get_by_role("button", name="Timeline").last).to_be_visible()
        await pictured(window, "run")
