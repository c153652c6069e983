"""A message whose text arrives in pieces."""

import pytest
from slack_sdk.models.messages.chunk import MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import running
from bot.sandbox.seed import acme
from tests.bot.sandbox.acting import INCIDENTS, Json, Page, error_of, section

DANA: Json = {"recipient_user_id": "U01DANA", "recipient_team_id": "T01SANDBOX"}


async def test_a_stream_grows_and_is_closed_with_blocks(client: AsyncWebClient, page: Page) -> None:
    parent = await page.say("slow")
    stream = await client.chat_stream(channel=INCIDENTS, thread_ts=parent, buffer_size=1, **DANA)
    await stream.append(markdown_text="**Look")
    growing = (await page.thread(parent))[1]
    assert (growing["streaming"], growing["blocks"][0]["text"]) == (True, "**Look")
    await stream.append(
        chunks=[PlanUpdateChunk(title="Triage"), TaskUpdateChunk(id="1", title="Metrics", status="in_progress", details="a")]
    )
    await stream.append(chunks=[TaskUpdateChunk(id="1", title="Metrics", status="complete", details="b"), MarkdownTextChunk(text="ing")])
    await stream.stop(blocks=[section("End")], metadata={"event_type": "k", "event_payload": {"key": "1"}})
    closed = (await page.thread(parent))[1]
    assert not closed["streaming"]
    assert [block["type"] for block in closed["blocks"]] == ["markdown", "plan", "task_card", "markdown", "section"]
    task = closed["blocks"][2]
    assert (task["status"], [part["elements"][0]["text"] for part in task["details"]["elements"]]) == ("complete", ["a", "b"])
    assert closed["text"] == "**Looking"
    assert closed["metadata"]["event_payload"] == {"key": "1"}
    again = client.chat_appendStream(channel=INCIDENTS, ts=closed["ts"], markdown_text="x")
    assert await error_of(again) == "message_not_in_streaming_state"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"chunks": [{"type": "song"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x", "status": "asleep"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "song"}]}]}, "invalid_blocks"),
    ],
)
async def test_streams_that_cannot_start(client: AsyncWebClient, page: Page, arguments: Json, error: str) -> None:
    right = {"channel": INCIDENTS, "thread_ts": await page.say("x"), **DANA}
    given = {name: value for name, value in {**right, **arguments}.items() if value is not None}
    assert await error_of(client.api_call("chat.startStream", json=given)) == error


async def test_a_running_stream_is_not_updated(client: AsyncWebClient, page: Page) -> None:
    parent = await page.say("x", channel="D01DANA")
    ts = (await client.chat_startStream(channel="D01DANA", thread_ts=parent, **DANA))["ts"]
    assert await error_of(client.chat_update(channel="D01DANA", ts=ts, text="x")) == "streaming_state_conflict"
    assert await error_of(client.chat_appendStream(channel="D01DANA", ts=parent, markdown_text="x")) == "message_not_owned_by_app"


async def test_slack_seals_a_stream_after_five_minutes() -> None:
    now = [1_700_000_000.0]
    async with running(workspace=acme(lambda: now[0])) as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
        parent = (await client.chat_postMessage(channel=INCIDENTS, text="x"))["ts"]
        ts = (await client.chat_startStream(channel=INCIDENTS, thread_ts=parent, markdown_text="x", **DANA))["ts"]
        now[0] += 299
        await client.chat_appendStream(channel=INCIDENTS, ts=ts, markdown_text="y")
        now[0] += 2
        assert await error_of(client.chat_stopStream(channel=INCIDENTS, ts=ts)) == "message_not_in_streaming_state"
        await client.chat_update(channel=INCIDENTS, ts=ts, text="xy, and the rest")
