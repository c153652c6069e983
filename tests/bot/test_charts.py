"""The chart of a report: in the way that the workspace takes, and never in the way of the report. Over the wire."""

import asyncio
import logging

import pytest

from agents.core import events as e
from agents.core.chart import outlooked
from agents.core.finding import Finding, Mark
from agents.core.ids import person
from agents.core.posts import OPENING
from bot.chart import outlook_chart
from bot.charts import described
from bot.sandbox.app import Sandbox
from tests.bot.findings import SINCE, cause, finding, signal, tell
from tests.bot.listeners.test_finding_clicks import report
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import Json, Page

ALICE = person("T01SANDBOX", "U01ALICE")
DAY = 86_400
NO_CHARTS = {"unknown_blocks": ["data_visualization"]}


def kinds(message: Json) -> list[str]:
    """The types of a report's blocks that are a chart: of Slack's own, a picture, or a line of text."""
    found = [block["type"] for block in message["blocks"] if block["type"] in ("data_visualization", "image")]
    return found + ["line" for block in message["blocks"] if block["type"] == "context" and "▁" in str(block)]


async def pictures(bot: Office) -> int:
    return len(await bot.calls("files.completeUploadExternal"))


async def uploading(bot: Office) -> bool | None:
    return bool(await pictures(bot)) or None


async def settled(bot: Office) -> Json:
    """The report once nothing moves any more."""
    await bot.dispatcher.settled()
    return await report(bot)


async def test_slacks_own_chart_is_the_first_choice_and_needs_no_upload(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await tell(bot.incidents)
        shown = await settled(bot)
        assert kinds(shown) == ["data_visualization"]
        await tell(bot.incidents, signal(2, "resolved"))
        assert kinds(await report(bot, "Resolved")) == []
        assert await pictures(bot) == 0
        assert await bot.calls("agents.sessions.setStatus") == []


async def test_without_it_a_picture_comes_into_the_report_once(
    sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    await page.act("faults", **NO_CHARTS, file_seconds=0.3)
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        shown = await settled(bot)
        assert kinds(shown) == ["image"]
        [picture] = [block for block in shown["blocks"] if block["type"] == "image"]
        assert picture["alt_text"].startswith("volume of shop.orders (region=eu) over time, now 407 rows, expected 1,180 to 1,620 rows")
        await tell(bot.incidents, signal(2, found=finding(observed=399.0, score=4.4)))
        shown = await settled(bot)
        assert "*399 rows*" in str(shown)
        assert picture["slack_file"] in [block.get("slack_file") for block in shown["blocks"]]
        assert await pictures(bot) == 1
        await tell(bot.incidents, signal(3, found=finding(observed=12.0, score=17.0)))
        shown = await settled(bot)
        assert kinds(shown) == ["image"]
        assert picture["slack_file"] not in [block.get("slack_file") for block in shown["blocks"]]
        assert await pictures(bot) == 2
        assert (await bot.runs.see(run_id)).posts[OPENING].picture
        assert len(await page.messages()) == 1
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == ["This workspace takes no charts of Slack's own: pictures are shown instead, or a line of text."]


async def test_a_workspace_that_takes_neither_is_told_with_a_line_and_asked_once(
    sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    await page.act("faults", **NO_CHARTS, missing_scopes=["files:write"])
    async with office(sandbox, page) as bot:
        await tell(bot.incidents)
        assert kinds(await settled(bot)) == ["line"]
        await tell(bot.incidents, signal(2, found=finding(score=40.0)))
        await tell(bot.incidents, signal(3, found=finding("other", score=4.0)), trigger=cause(monitor="other"))
        assert kinds(await settled(bot)) == ["line"]
        assert len(await bot.calls("files.getUploadURLExternal")) == 1
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 2


async def test_an_upload_that_takes_its_time_holds_nothing_up(sandbox: Sandbox, page: Page) -> None:
    await page.act("faults", **NO_CHARTS, rate_limit={"method": "files.completeUploadExternal", "times": 1, "retry_after": 3})
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        assert kinds(await report(bot)) == ["line"]
        await eventually(lambda: uploading(bot))
        await bot.incidents.mark(run_id, Mark.ACKNOWLEDGED, ALICE)
        async with asyncio.timeout(2):
            acknowledged = await report(bot, "*Alice Moreau* looks after it")
        assert kinds(acknowledged) == ["line"]
        shown = await settled(bot)
        assert kinds(shown) == ["image"]
        assert "*Alice Moreau* looks after it" in str(shown)


async def test_what_is_over_before_its_picture_is_there_goes_without(sandbox: Sandbox, page: Page) -> None:
    await page.act("faults", **NO_CHARTS, rate_limit={"method": "files.completeUploadExternal", "times": 1, "retry_after": 1})
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        await report(bot)
        await tell(bot.incidents, signal(2, "resolved"))
        assert kinds(await report(bot, "Resolved")) == []
        await bot.dispatcher.settled()
        assert (await bot.runs.see(run_id)).outcome is e.Outcome.RESOLVED


async def test_a_crash_between_the_report_and_its_picture_costs_neither(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    await page.act("faults", **NO_CHARTS, rate_limit={"method": "files.completeUploadExternal", "times": 1, "retry_after": 60})
    async with office(sandbox, page, kept) as bot:
        await tell(bot.incidents)
        assert kinds(await report(bot)) == ["line"]
        await eventually(lambda: uploading(bot))
    async with office(sandbox, page, kept) as bot:
        assert await bot.runs.recover() == 1
        assert kinds(await settled(bot)) == ["image"]
        assert len(await page.messages()) == 1
    async with office(sandbox, page, kept) as bot:
        await tell(bot.incidents, signal(2, found=finding(observed=400.0)))
        assert kinds(await settled(bot)) == ["image"]
        assert await pictures(bot) == 2  # the one that was cut off, and the one that is shown


async def test_a_picture_that_slack_never_comes_to_terms_with_is_left_out(sandbox: Sandbox, page: Page) -> None:
    await page.act("faults", **NO_CHARTS, file_seconds=60)
    async with office(sandbox, page) as bot:
        await tell(bot.incidents)
        await report(bot)
        assert kinds(await settled(bot)) == ["line"]


def coming() -> Finding:
    """A forecast that reaches its limit."""
    begin = int(SINCE.timestamp())
    points = tuple((begin + (day - 40) * DAY, 440.0 + 3 * day) for day in range(40))
    central = tuple((begin + day * DAY, 560.0 + 3 * day) for day in range(30))
    return finding(
        measure="forecast(used)", subject="disks", direction="above", unit="GB", observed=557.0, low=None, high=600.0, points=points,
        central=central, band=tuple((at, value - day, value + day) for day, (at, value) in enumerate(central)), why="In 9 to 21 days.",
    )  # fmt: skip


async def test_slacks_own_chart_of_a_forecast_has_its_range_and_its_limit(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await tell(bot.incidents, signal(found=coming()))
        await bot.dispatcher.settled()
        (native,) = [block for block in (await report(bot, "nears its limit"))["blocks"] if block["type"] == "data_visualization"]
    assert [one["name"] for one in native["chart"]["series"]] == ["measured, forecast", "at least", "at most", "limit"]


async def test_the_picture_of_a_forecast_is_its_own(sandbox: Sandbox, page: Page) -> None:
    await page.act("faults", **NO_CHARTS)
    async with office(sandbox, page) as bot:
        await tell(bot.incidents, signal(found=coming()))
        await bot.dispatcher.settled()
        (picture,) = [block for block in (await report(bot, "nears its limit"))["blocks"] if block["type"] == "image"]
    assert picture["alt_text"] == "forecast(used) of disks: 557 GB now, limit 600 GB. In 9 to 21 days."
    async with page.session.get(f"{sandbox.url}/files/{picture['slack_file']['id']}") as answer:
        assert await answer.read() == outlook_chart(outlooked(coming()))


def test_a_picture_is_told_in_words_as_well() -> None:
    bare = finding(observed=None, low=None, high=None)
    assert described(bare) == "volume of shop.orders (region=eu) over time, outside of it since 2026-11-27 09:00 UTC"
