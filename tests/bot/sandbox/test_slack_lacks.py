"""What a workspace may lack and how its streams may fail: scopes, sealed streams, lines that break in the middle of a call."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox
from tests.bot.sandbox.acting import INCIDENTS, Json, Page, error_of, refusal

DANA: Json = {"recipient_user_id": "U01DANA", "recipient_team_id": "T01SANDBOX"}


@pytest.fixture
def plain(sandbox: Sandbox) -> AsyncWebClient:
    """A client that does not call again by itself when a line breaks."""
    return AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/", retry_handlers=[])


async def test_a_scope_that_is_missing_is_named(client: AsyncWebClient, page: Page) -> None:
    assert "usergroups:read" in (await client.auth_test()).headers["X-OAuth-Scopes"].split(",")
    await page.act("faults", missing_scopes=["usergroups:read", "groups:read"])
    answer = (await refusal(client.usergroups_users_list(usergroup="S01OPS"))).response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "usergroups:read")
    assert {"usergroups:read", "groups:read"}.isdisjoint(answer["provided"].split(","))
    assert "chat:write" in answer["provided"].split(",")
    assert answer.headers["X-OAuth-Scopes"] == answer["provided"]
    await client.chat_postMessage(channel=INCIDENTS, text="still there")


async def test_conversations_want_the_scope_of_their_kind(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", missing_scopes=["groups:read"])
    await client.conversations_info(channel=INCIDENTS)
    await client.conversations_members(channel="D01DANA")
    for call in (
        client.conversations_info(channel="C01OPSLEADS"),
        client.conversations_members(channel="C01OPSLEADS"),
        client.conversations_list(types="public_channel,private_channel"),
    ):
        assert (await refusal(call)).response["needed"] == "groups:read"
    await client.conversations_history(channel="C01OPSLEADS")


async def test_a_method_can_lack_its_scope(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", missing_scopes=["agents.sessions.setStatus"])
    answer = (await refusal(client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts="1.0", status="active"))).response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    await page.act("faults", missing_scopes=[])
    await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=await page.say("x"), status="active")


async def started(client: AsyncWebClient, page: Page) -> tuple[str, str]:
    """A stream with some text in a thread: the thread's ts, and its own."""
    parent = await page.say("slow")
    return parent, str((await client.chat_startStream(channel=INCIDENTS, thread_ts=parent, markdown_text="a", **DANA))["ts"])


async def test_a_stream_can_be_sealed_at_once_and_for_good(client: AsyncWebClient, page: Page) -> None:
    parent, ts = await started(client, page)
    await page.act("faults", seal_streams=1)
    for _ in range(2):
        assert await error_of(client.chat_appendStream(channel=INCIDENTS, ts=ts, markdown_text="b")) == "message_not_in_streaming_state"
    assert await error_of(client.chat_stopStream(channel=INCIDENTS, ts=ts)) == "message_not_in_streaming_state"
    sealed = (await page.thread(parent))[1]
    assert (sealed["text"], sealed["streaming"]) == ("a", False)
    _, other = await started(client, page)
    await client.chat_appendStream(channel=INCIDENTS, ts=other, markdown_text="b")


@pytest.mark.parametrize(("applied", "text"), [(True, "abb"), (False, "ab")])
async def test_a_line_can_break_before_or_after_the_text_is_there(plain: AsyncWebClient, page: Page, applied: bool, text: str) -> None:
    parent, ts = await started(plain, page)
    await page.act("faults", broken_appends={"times": 1, "applied": applied})
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await plain.chat_appendStream(channel=INCIDENTS, ts=ts, markdown_text="b")
    await plain.chat_appendStream(channel=INCIDENTS, ts=ts, markdown_text="b")
    assert (await page.thread(parent))[1]["text"] == text
    calls = (await page.see("log", method="chat.appendStream"))["calls"]
    assert [call["error"] for call in calls] == ["connection_broken", None]


async def test_the_sdk_calls_again_by_itself_where_a_line_breaks_once(client: AsyncWebClient, page: Page) -> None:
    parent, ts = await started(client, page)
    await page.act("faults", broken_appends={"times": 1, "applied": True})
    await client.chat_appendStream(channel=INCIDENTS, ts=ts, markdown_text="b")
    assert (await page.thread(parent))[1]["text"] == "abb"


async def test_a_workspace_can_be_older_than_a_kind_of_block(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", unknown_blocks=["divider"])
    answer = (await refusal(client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[{"type": "divider"}]))).response
    assert answer["error"] == "invalid_blocks"
    await page.act("faults", unknown_blocks=[])
    await client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[{"type": "divider"}])
