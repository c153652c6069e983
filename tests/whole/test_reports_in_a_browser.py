"""A report of a finding with its chart, in a browser, with the real bot: wide and on a phone, clicked until it is over."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.story_drift import CAUSE
from tests.bot.findings import cause, finding, signal, tell
from tests.whole.test_drift import DATA, report
from tests.whole.test_drift import shop as drifting
from tests.whole.town import INCIDENTS, Town, settled
from tests.whole.windows import PHONE, gone, picture, press, said, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def picked(where: Page, menu: str, option: str) -> None:
    """Pick an option of a menu."""
    await where.get_by_label(menu, exact=True).select_option(label=option)


async def test_a_report_is_read_and_dealt_with_on_a_phone(shop: Town) -> None:
    async with shop.bot() as bot, windows(shop) as browser:
        many = [signal(found=finding(subject=f"shop.orders (region={name})", score=3.0), series=name) for name in ("us", "apac")]
        run_id = await tell(bot.engine.incidents, signal(), *many)
        wide = await browser.open("U01ALICE", INCIDENTS)
        await said(wide, "Why it fired")
        await settled(bot)
        await expect(wide.get_by_role("img", name="volume of shop.orders").first).to_be_visible()
        await picture(wide, "report-1-chart")
        phone = await browser.open("U01DANA", INCIDENTS, **PHONE)
        await press(phone, "Acknowledge")
        await said(wide, "looks after it")
        await gone(phone, "Acknowledge")
        await picked(phone, "Snooze", "1 day")
        await said(wide, "Silent until")
        await picture(phone, "report-2-snoozed")
        await press(wide, "Investigate")
        await said(wide, "looked into: see the thread")
        await settled(bot)
        back = "It is back to normal."
        over = [replace(one, status="resolved", key=f"{one.key}/over", finding=None, text=back) for one in (signal(), *many)]
        await tell(bot.engine.incidents, *over)
        await said(wide, "It is back to normal.")
        await picture(wide, "report-3-over")
        assert (await bot.engine.runs.see(run_id)).resolved


async def test_a_workspace_without_charts_shows_a_picture_and_one_without_files_a_line(shop: Town) -> None:
    await shop.post("page/faults", {"unknown_blocks": ["data_visualization"]})
    async with shop.bot() as bot, windows(shop) as browser:
        await tell(bot.engine.incidents)
        page = await browser.open("U01ALICE", INCIDENTS)
        await settled(bot)
        await expect(page.get_by_role("img", name="volume of shop.orders").first).to_be_visible()
        await picture(page, "report-4-picture")
        await shop.post("page/faults", {"missing_scopes": ["files:write"]})
        await tell(bot.engine.incidents, signal(found=finding(subject="shop.stock"), series="other"), trigger=cause(monitor="stock"))
        await said(page, "▁")
        await picture(page, "report-5-line")


async def test_data_that_drift_are_read_with_their_cause(tmp_path: Path) -> None:
    async with drifting(tmp_path) as (place, _, act), windows(place) as browser:
        await act.begin()
        found = await report(place, lambda words: CAUSE in words)
        wide = await browser.open("U01BOB", DATA)
        await said(wide, "shop.raw_orders → stg_orders → orders")
        await expect(wide.get_by_role("img", name="null_rate(amount) of orders").first).to_be_visible()
        await picture(wide, "drift-1-report")
        phone = await browser.open("U01DANA", DATA, **PHONE)
        await press(phone, "Investigate")
        thread = await browser.thread("U01BOB", found["ts"], DATA)
        await expect(thread.get_by_role("button", name="Approve", exact=True)).to_be_visible(timeout=60_000)
        await said(thread, "proven")
        await picture(thread, "drift-2-card")
        await press(thread, "Approve")
        await expect(thread.get_by_text("Orders have their amounts again").first).to_be_visible(timeout=60_000)
        await picture(thread, "drift-3-answer")
