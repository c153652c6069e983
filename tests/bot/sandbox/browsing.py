"""Shared by the browser tests: a chromium, and one window for each person who looks at the sandbox's page."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.bot.sandbox.acting import INCIDENTS, button

PATIENCE_MS = 8000
"""How long a test waits for something to appear before it fails."""


def chromium_path() -> str:
    """Where the system's chromium is; skips the test when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no chromium: install the package `chromium` to run the browser tests")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window, until the block ends."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def visited(browser: Browser, url: str, user: str, place: str = INCIDENTS, **context: Any) -> Page:
    """The page in a window of its own, as this person sees it, once it listens to what happens."""
    window = await browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | context))
    window.set_default_timeout(PATIENCE_MS)
    page = await window.new_page()
    await page.goto(f"{url}/#/{user}/{place}")
    await page.get_by_text("Live", exact=True).wait_for()
    return page


def approval_card(outcome: str | None = None) -> list[dict[str, Any]]:
    """A card as the product posts it: what, why, the exact call, and three buttons or the outcome."""
    fields = [f"*{name}*\n{value}" for name, value in {"Service": "checkout", "Risk": "high", "Needs": "1 of <!subteam^S01OPS>"}.items()]
    call = '```rollback(service="checkout", to_version="v41", reason="p95 rose to 2.4 s and has stayed there since the deploy of v42")```'
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Roll back checkout?"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in fields]},
        {"type": "section", "text": {"type": "mrkdwn", "text": call}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Run `r-7f3a`, asked for <@U01DANA>"}]},
    ]
    if outcome is not None:
        return [*blocks, {"type": "section", "text": {"type": "mrkdwn", "text": outcome}}]
    approve = {**button("approve", "a-1", "Approve"), "style": "primary"}
    deny = {**button("deny", "a-1", "Deny"), "style": "danger"}
    return [*blocks, {"type": "actions", "block_id": "decide", "elements": [approve, deny, button("details", "a-1", "Details")]}]
