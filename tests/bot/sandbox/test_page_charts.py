"""The page draws Slack's own charts, and the pictures that messages show."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.chart import Series
from bot.chart import chart
from bot.pictures import Pictures
from bot.sandbox.app import Sandbox
from bot.views.chart_block import chart_block, picture_block
from tests.bot.sandbox.acting import INCIDENTS, Json
from tests.bot.sandbox.browsing import chromium, visited

pytestmark = pytest.mark.browser

START = 1_795_003_200
SERIES = Series(
    tuple((START + 300 * at, 200.0 + at % 7 + 200 * (at > 100)) for at in range(120)),
    tuple((START + 300 * at, 190.0, 215.0) for at in range(120)), START + 300 * 101, "ms", "checkout: p95 <b>latency</b>",
)
DATA = [{"label": "a", "value": -2}, {"label": "b", "value": 3}]
SHARES: Json = {"type": "pie", "segments": [{"label": "paid", "value": 3}, {"label": "open", "value": 1}]}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with chromium() as started:
        yield started


async def post(client: AsyncWebClient, *blocks: Json) -> None:
    await client.chat_postMessage(channel=INCIDENTS, text="report", blocks=list(blocks))


def fits(name: str) -> str:
    """A script that tells whether what is called so lies within the window."""
    return f"""() => {{
        const box = document.querySelector({name!r}).getBoundingClientRect();
        return box.left >= 0 && box.right <= innerWidth && box.width > 200 && box.height > 80;
    }}"""


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_chart_and_a_picture_are_seen(sandbox: Sandbox, client: AsyncWebClient, browser: Browser, width: int) -> None:
    page = await visited(browser, sandbox.url, "U01DANA", viewport={"width": width, "height": 800})
    block, file = chart_block(SERIES), await Pictures(client).upload(chart(SERIES), "p95")
    assert block
    assert file
    await post(client, block, picture_block(file, "p95 rose from 200 to 400 ms"))
    drawing = page.get_by_role("img", name="checkout: p95 <b>latency</b>, 18 Nov 21:55: measured 400")
    await expect(drawing).to_be_visible()
    assert await drawing.locator("path.line").count() == 3
    await expect(page.get_by_text("expected from")).to_be_visible()
    await expect(page.get_by_text("UTC, anomalous since 18 Nov 20:25")).to_be_visible()
    picture = page.get_by_role("img", name="p95 rose from 200 to 400 ms")
    await expect(picture).to_have_js_property("naturalWidth", 1000)
    for name in ("svg.chart", "img.picture"):
        assert await page.evaluate(fits(name))


async def test_bars_areas_and_pies_are_drawn(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    page = await visited(browser, sandbox.url, "U01DANA")
    lines: Json = {"series": [{"name": "one", "data": DATA}, {"name": "two", "data": DATA}], "axis_config": {"categories": ["a", "b"]}}
    charts: list[Json] = [{"type": "bar"} | lines, {"type": "area"} | lines, SHARES]
    for told in charts:
        await post(client, {"type": "data_visualization", "title": told["type"], "chart": told})
    await expect(page.get_by_role("img", name="bar, b: one 3, two 3").locator("rect.bar")).to_have_count(4)
    await expect(page.get_by_role("img", name="area, b: one 3").locator("path.area")).to_have_count(2)
    await expect(page.get_by_role("img", name="pie: paid 3, open 1").locator("path.slice")).to_have_count(2)
