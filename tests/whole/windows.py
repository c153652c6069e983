"""The sandbox's page in a browser, in which people of Acme work beside the real bot."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from tests.bot.sandbox.browsing import chromium, visited
from tests.whole.town import INCIDENTS, Town

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
"""A window as narrow as a telephone."""


@dataclass(frozen=True)
class Windows:
    """A browser, and the town that it looks at."""

    browser: Browser
    town: Town

    async def open(self, user: str, place: str, **context: Any) -> Page:
        """Somebody's window on a channel, on `CHANNEL/TS` for a thread, or on `home`."""
        return await visited(self.browser, self.town.sandbox.url, user, place, **context)

    async def thread(self, user: str, ts: str, channel: str = INCIDENTS, **context: Any) -> Locator:
        """Somebody's window on a thread; the thread's panel."""
        page = await self.open(user, f"{channel}/{ts}", **context)
        return page.get_by_role("complementary", name="Thread")


@asynccontextmanager
async def windows(town: Town) -> AsyncIterator[Windows]:
    """A browser without a window, until the block ends."""
    async with chromium() as browser:
        yield Windows(browser, town)


async def press(where: Locator | Page, name: str, sure: str = "") -> None:
    """Press the button of exactly this name; `sure` is what the question says that comes before it acts."""
    await where.get_by_role("button", name=name, exact=True).last.click()
    if sure:
        page = where if isinstance(where, Page) else where.page
        await page.get_by_role("dialog").get_by_role("button", name=sure, exact=True).click()


async def said(where: Locator | Page, text: str) -> None:
    """Wait until this can be read."""
    await expect(where.get_by_text(text).first).to_be_visible()


async def gone(where: Locator | Page, button: str) -> None:
    """Wait until no such button is there."""
    await expect(where.get_by_role("button", name=button, exact=True)).to_have_count(0)


def modal(where: Locator | Page, title: str) -> Locator:
    """The dialog of this title."""
    page = where if isinstance(where, Page) else where.page
    return page.get_by_role("dialog", name=title, exact=True)


async def picture(where: Locator | Page, name: str) -> None:
    """Keep what can be seen, wide and as narrow as a telephone, in the folder that SHOTS names. Nothing ever sticks out sideways."""
    page = where if isinstance(where, Page) else where.page
    before = page.viewport_size
    folder = os.environ.get("SHOTS")
    for kind, size in (("wide", {"width": 1280, "height": 1700}), ("phone", {"width": 390, "height": 2600})):
        if folder or kind == "phone":
            await page.set_viewport_size({"width": size["width"], "height": size["height"]})
            wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, f"{name} is {wider} pixels too wide ({kind})"
        if folder:
            await page.screenshot(path=f"{folder}/{name}-{kind}.png")
    if before:
        await page.set_viewport_size(before)
