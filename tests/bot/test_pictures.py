"""A chart is uploaded and shown, and where a workspace takes no pictures that is learnt once. Over the wire, at the sandbox."""

import logging

import pytest
from aiohttp.test_utils import unused_port
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.chart import Series
from bot.chart import chart
from bot.pictures import Pictures, not_ready
from bot.sandbox.app import Sandbox
from bot.views.chart_block import picture_block
from tests.bot.sandbox.acting import INCIDENTS, Page

PNG = chart(Series(((0, 1.0), (60, 2.0)), title="p95"))


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """The app's own Web API client."""
    return AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")


async def test_a_picture_is_uploaded_and_a_message_shows_it(client: AsyncWebClient, page: Page, sandbox: Sandbox) -> None:
    file = await Pictures(client).upload(PNG, "p95 latency")
    assert file
    await client.chat_postMessage(channel=INCIDENTS, text="p95", blocks=[picture_block(file, "p95 rose")])
    assert (await page.messages())[-1]["blocks"][0]["slack_file"] == {"id": file}
    async with page.session.get(f"{sandbox.url}/files/{file}") as response:
        assert (response.content_type, await response.read()) == ("image/png", PNG)


@pytest.mark.parametrize("lacking", [{"missing_scopes": ["files:write"]}, {"unknown_methods": ["files.getUploadURLExternal"]}])
async def test_what_a_workspace_lacks_is_learnt_once(
    client: AsyncWebClient, page: Page, lacking: dict[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    await page.act("faults", **lacking)
    pictures = Pictures(client)
    with caplog.at_level(logging.WARNING):
        assert [await pictures.upload(PNG, "p95") for _ in range(3)] == [None] * 3
    assert not pictures.there
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == ["This workspace has no file uploads"]
    await page.act("faults", missing_scopes=[], unknown_methods=[])
    assert await pictures.upload(PNG, "p95") is None


async def test_what_passes_is_tried_again_with_the_next_report(client: AsyncWebClient, page: Page) -> None:
    pictures = Pictures(client)
    await page.act("faults", rate_limit={"method": "files.completeUploadExternal", "times": 1, "retry_after": 0})
    assert await pictures.upload(PNG, "p95") is None
    assert pictures.there
    assert await pictures.upload(PNG, "p95")


async def test_a_workspace_out_of_reach_costs_the_picture_and_no_more() -> None:
    assert await Pictures(AsyncWebClient(token="xoxb", base_url=f"http://127.0.0.1:{unused_port()}/api/")).upload(PNG, "p95") is None


async def test_a_picture_that_slack_still_works_on_is_told_apart(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", file_seconds=60)
    file = await Pictures(client, settled=0).upload(PNG, "p95")
    assert file
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=INCIDENTS, text="p95", blocks=[picture_block(file, "p95 rose")])
    assert not_ready(refused.value)
    await page.act("faults", file_seconds=0)
    await client.chat_postMessage(channel=INCIDENTS, text="p95", blocks=[picture_block(file, "p95 rose")])


async def test_blocks_can_show_neither_strange_files_nor_unfinished_ones(client: AsyncWebClient, page: Page) -> None:
    text = (await client.files_upload_v2(content="line 1\n", filename="log.txt"))["files"][0]["id"]
    begun, sent = [await client.files_getUploadURLExternal(filename="x.png", length=len(PNG)) for _ in range(2)]
    async with page.session.post(str(sent["upload_url"]), data=PNG) as response:
        assert response.status == 200
    for file in (text, begun["file_id"], sent["file_id"], "F0NOWHERE00"):
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=INCIDENTS, text="p95", blocks=[picture_block(str(file), "p95 rose")])
        assert not_ready(refused.value)
    with pytest.raises(SlackApiError) as other:
        await client.chat_postMessage(channel=INCIDENTS, text="p95", blocks=[{"type": "song"}])
    assert not not_ready(other.value)
