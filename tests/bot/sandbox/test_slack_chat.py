"""Messages: posting, changing, finding them again, and what Slack refuses."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.sandbox.acting import INCIDENTS, Json, Page, button, buttons, error_of, refusal, section

KEY: Json = {"event_type": "countersign_event", "event_payload": {"key": "r-1:7"}}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"text": "x"}, "channel_not_found"),
        ({"channel": INCIDENTS}, "no_text"),
        ({"channel": INCIDENTS, "text": "  "}, "no_text"),
        ({"channel": INCIDENTS, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": INCIDENTS, "text": "x", "blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"channel": INCIDENTS, "text": "x", "blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"channel": INCIDENTS, "text": "x", "blocks": [section("x" * 2500)] * 5}, "msg_blocks_too_long"),
        ({"channel": INCIDENTS, "text": "x", "metadata": {"event_type": "k"}}, "invalid_metadata_format"),
        ({"channel": INCIDENTS, "text": "x", "metadata": {"event_payload": {}}}, "invalid_metadata_schema"),
        ({"channel": INCIDENTS, "markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
        ({"channel": INCIDENTS, "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": INCIDENTS, "text": "x", "thread_ts": "yesterday"}, "invalid_thread_ts"),
    ],
)
async def test_what_cannot_be_posted(client: AsyncWebClient, arguments: Json, error: str) -> None:
    assert await error_of(client.api_call("chat.postMessage", json=arguments)) == error


async def test_a_refusal_says_where_the_block_is_wrong(client: AsyncWebClient) -> None:
    wrong = await refusal(client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[section("x" * 3001)]))
    expected = "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert wrong.response["response_metadata"]["messages"] == [expected]


async def test_channels_go_by_name_and_people_by_their_conversation(client: AsyncWebClient) -> None:
    assert (await client.chat_postMessage(channel="#incidents", text="x"))["channel"] == INCIDENTS
    assert (await client.chat_postMessage(channel="U01DANA", text="x"))["channel"] == "D01DANA"


async def test_metadata_comes_back_where_it_is_asked_for(client: AsyncWebClient) -> None:
    parent = (await client.chat_postMessage(channel=INCIDENTS, text="one", metadata=KEY))["ts"]
    await client.chat_postMessage(channel=INCIDENTS, text="two", thread_ts=parent, metadata=KEY)
    with_it = await client.conversations_replies(channel=INCIDENTS, ts=parent, include_all_metadata=True)
    assert [message["metadata"] for message in with_it["messages"]] == [KEY, KEY]
    history = await client.conversations_history(channel=INCIDENTS, include_all_metadata=True)
    assert [message["metadata"] for message in history["messages"]] == [KEY]
    plain = await client.conversations_history(channel=INCIDENTS)
    assert "metadata" not in plain["messages"][0]


async def test_text_alone_takes_the_blocks_away(client: AsyncWebClient, page: Page) -> None:
    blocks = [section("Roll back?"), buttons(button("approve"))]
    ts = (await client.chat_postMessage(channel=INCIDENTS, text="one", blocks=blocks, metadata=KEY))["ts"]
    await client.chat_update(channel=INCIDENTS, ts=ts, text="two", blocks=blocks[:1])
    smaller = (await page.messages())[0]
    assert (smaller["text"], len(smaller["blocks"]), smaller["metadata"], smaller["edited"]) == ("two", 1, KEY, False)
    await client.chat_update(channel=INCIDENTS, ts=ts, text="three", metadata={})
    bare = (await page.messages())[0]
    assert (bare["text"], bare["blocks"], bare["metadata"], bare["edited"]) == ("three", None, None, True)


async def test_only_own_messages_that_exist_are_changed(client: AsyncWebClient, page: Page) -> None:
    theirs = await page.say("hello")
    private = (await client.chat_postEphemeral(channel=INCIDENTS, user="U01DANA", text="psst"))["message_ts"]
    assert await error_of(client.chat_update(channel=INCIDENTS, ts=theirs, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel=INCIDENTS, ts=theirs)) == "cant_delete_message"
    assert await error_of(client.chat_update(channel=INCIDENTS, ts=private, text="x")) == "message_not_found"
    assert await error_of(client.chat_update(channel=INCIDENTS, ts="1.000001", text="x")) == "message_not_found"
    ts = (await client.chat_postMessage(channel=INCIDENTS, text="mine"))["ts"]
    assert await error_of(client.chat_update(channel=INCIDENTS, ts=ts, text="x" * 4001)) == "msg_too_long"
    await client.chat_delete(channel=INCIDENTS, ts=ts)
    assert await error_of(client.chat_delete(channel=INCIDENTS, ts=ts)) == "message_not_found"


async def test_an_ephemeral_message_is_for_one_person_in_the_channel(client: AsyncWebClient, page: Page) -> None:
    await client.chat_postEphemeral(channel=INCIDENTS, user="U01DANA", text="psst")
    assert [one["text"] for one in await page.messages("U01DANA")] == ["psst"]
    assert await page.messages("U01BOB") == []
    assert (await client.conversations_history(channel=INCIDENTS))["messages"] == []
    assert await error_of(client.chat_postEphemeral(channel="C01OPSLEADS", user="U01GUS", text="x")) == "user_not_in_channel"


async def test_replies_hang_on_the_parent(client: AsyncWebClient, page: Page) -> None:
    parent = await page.say("slow")
    first = (await client.chat_postMessage(channel=INCIDENTS, text="on it", thread_ts=parent))["ts"]
    second = await client.chat_postMessage(channel=INCIDENTS, text="done", thread_ts=first)
    assert second["message"]["thread_ts"] == parent
    replies = (await client.conversations_replies(channel=INCIDENTS, ts=parent))["messages"]
    assert [reply["text"] for reply in replies] == ["slow", "on it", "done"]
    assert (replies[0]["reply_count"], replies[0]["latest_reply"]) == (2, second["ts"])
    assert replies[1]["parent_user_id"] == "U01DANA"
    assert [one["text"] for one in (await client.conversations_history(channel=INCIDENTS))["messages"]] == ["slow"]
    assert await error_of(client.conversations_replies(channel=INCIDENTS, ts="1.000001")) == "thread_not_found"
    stray = await client.chat_postMessage(channel=INCIDENTS, text="stray", thread_ts="1.000001")
    assert "thread_ts" not in stray["message"]
    shown = (await page.messages())[0]
    assert (shown["reply_count"], shown["last_reply"]) == (2, second["ts"])


async def test_a_link_to_a_message(client: AsyncWebClient, page: Page) -> None:
    ts = await page.say("x")
    link = (await client.chat_getPermalink(channel=INCIDENTS, message_ts=ts))["permalink"]
    assert link == f"https://acme.slack.com/archives/{INCIDENTS}/p{ts.replace('.', '')}"
    assert await error_of(client.chat_getPermalink(channel=INCIDENTS, message_ts="1.000001")) == "message_not_found"


async def test_long_lists_come_in_pages(client: AsyncWebClient, page: Page) -> None:
    stamps = [await page.say(str(number)) for number in range(5)]
    pages: list[list[str]] = []
    async for part in await client.conversations_history(channel=INCIDENTS, limit=2):
        pages.append([message["text"] for message in part["messages"]])
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    span: dict[str, Any] = {"oldest": stamps[1], "latest": stamps[3]}
    assert [one["text"] for one in (await client.conversations_history(channel=INCIDENTS, **span))["messages"]] == ["2"]
    inclusive = await client.conversations_history(channel=INCIDENTS, inclusive=True, **span)
    assert [one["text"] for one in inclusive["messages"]] == ["3", "2", "1"]
    assert await error_of(client.conversations_history(channel=INCIDENTS, cursor="!")) == "invalid_cursor"
    members = await client.conversations_members(channel=INCIDENTS, limit=4)
    assert len(members["members"]) == 4
    assert members["response_metadata"]["next_cursor"]


async def test_channels_and_conversations(client: AsyncWebClient) -> None:
    names = [channel["name"] for channel in (await client.conversations_list())["channels"]]
    assert names == ["incidents", "general", "alerts", "data"]
    assert len((await client.conversations_list(types="im"))["channels"]) == 5
    assert (await client.conversations_info(channel="D01DANA"))["channel"]["user"] == "U01DANA"
    assert (await client.conversations_open(users="U01BOB"))["channel"]["id"] == "D01BOB"
    assert await error_of(client.conversations_info(channel="incidents")) == "channel_not_found"


async def test_reactions(client: AsyncWebClient, page: Page) -> None:
    ts = await page.say("x")
    await client.reactions_add(channel=INCIDENTS, timestamp=ts, name="eyes")
    await page.act("react", user="U01BOB", channel=INCIDENTS, ts=ts, name="eyes")
    got = (await client.reactions_get(channel=INCIDENTS, timestamp=ts))["message"]["reactions"]
    assert got == [{"name": "eyes", "users": ["U01BOT", "U01BOB"], "count": 2}]
    assert await error_of(client.reactions_add(channel=INCIDENTS, timestamp=ts, name="eyes")) == "already_reacted"
    await client.reactions_remove(channel=INCIDENTS, timestamp=ts, name="eyes")
    assert await error_of(client.reactions_remove(channel=INCIDENTS, timestamp=ts, name="eyes")) == "no_reaction"
