"""Events reach a real Bolt app: once, in Slack's shapes, and again when an ack is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.sandbox.acting import INCIDENTS, Json, Page, bolt_app, connected, eventually, section, until


def recording(client: AsyncWebClient, answer: str | None = None) -> tuple[AsyncApp, list[tuple[Json, dict[str, Any]]]]:
    """An app that notes every body and its headers before it acks, and answers mentions if it has an answer."""
    app = bolt_app(client, answer)
    seen: list[tuple[Json, dict[str, Any]]] = []

    @app.middleware
    async def note(req: AsyncBoltRequest, next: Callable[[], Awaitable[None]]) -> None:
        seen.append((req.body, dict(req.headers)))
        await next()

    return app, seen


async def test_a_mention_comes_as_two_events_and_is_answered_in_its_thread(client: AsyncWebClient, page: Page) -> None:
    app, seen = recording(client, answer="On it")
    async with connected(app):
        ts = await page.say("@countersign checkout is <slow> & <@U01BOB> knows")
        await eventually(lambda: _answers(page, ts, 1))
        await until(lambda: len(seen) >= 3)

    mention, message = seen[0][0], seen[1][0]
    assert mention["event"]["type"] == "app_mention"
    assert message["event"]["type"] == "message"
    assert message["event"]["channel_type"] == "channel"
    assert mention["event_id"] != message["event_id"]
    for body in (mention, message):
        assert body["event"]["text"] == "<@U01BOT> checkout is &lt;slow&gt; &amp; <@U01BOB> knows"
        assert (body["event"]["ts"], body["event"]["event_ts"], body["event"]["channel"]) == (ts, ts, INCIDENTS)
        assert (body["team_id"], body["api_app_id"], body["type"]) == ("T01SANDBOX", "A01APP", "event_callback")
        assert body["authorizations"][0]["user_id"] == "U01BOT"
    elements = mention["event"]["blocks"][0]["elements"][0]["elements"]
    assert [element["type"] for element in elements] == ["user", "text", "user", "text"]
    own = seen[2][0]["event"]
    assert (own["bot_id"], own["user"], own["thread_ts"], own["parent_user_id"]) == ("B01BOT", "U01BOT", ts, "U01DANA")


async def _answers(page: Page, ts: str, count: int) -> list[Json] | None:
    thread = await page.thread(ts)
    return thread if len(thread) > count else None


async def test_a_direct_message_and_a_reply_carry_their_context(client: AsyncWebClient, page: Page) -> None:
    app, seen = recording(client)
    async with connected(app):
        parent = await page.say("hello", channel="D01DANA")
        await page.say("@countersign more", channel="D01DANA", thread_ts=parent)
        await until(lambda: len(seen) == 2)
    direct, reply = (body["event"] for body, _ in seen)
    assert (direct["channel_type"], direct["type"]) == ("im", "message")
    assert (reply["thread_ts"], reply["parent_user_id"], reply["type"]) == (parent, "U01DANA", "message")


async def test_edits_and_deletions_are_told(client: AsyncWebClient) -> None:
    app, seen = recording(client)
    async with connected(app):
        ts = (await client.chat_postMessage(channel=INCIDENTS, text="one"))["ts"]
        await client.chat_update(channel=INCIDENTS, ts=ts, text="two")
        await client.chat_delete(channel=INCIDENTS, ts=ts)
        await until(lambda: len(seen) == 3)
    changed, deleted = seen[1][0]["event"], seen[2][0]["event"]
    assert (changed["subtype"], changed["message"]["text"], changed["previous_message"]["text"]) == ("message_changed", "two", "one")
    assert changed["message"]["edited"]["user"] == "U01BOT"
    assert (deleted["subtype"], deleted["deleted_ts"], deleted["hidden"]) == ("message_deleted", ts, True)


async def test_a_lost_ack_brings_the_event_again_with_its_number_and_reason(client: AsyncWebClient, page: Page) -> None:
    app, seen = recording(client)
    await page.act("faults", redelivery_seconds=0.05, drop_acks=2)
    async with connected(app):
        await page.say("no mention")
        await until(lambda: len(seen) == 3)
        await asyncio.sleep(0.2)
    assert len(seen) == 3
    assert len({body["event_id"] for body, _ in seen}) == 1
    assert [headers["x-slack-retry-num"] for _, headers in seen] == [["0"], ["1"], ["2"]]
    assert seen[1][1]["x-slack-retry-reason"] == ["timeout"]


async def test_an_app_that_does_not_ack_gets_four_tries(client: AsyncWebClient, page: Page) -> None:
    tries: list[Json] = []
    app = AsyncApp(client=client, raise_error_for_unhandled_request=False)

    @app.middleware
    async def refuse(body: Json, next: Callable[[], Awaitable[None]]) -> None:
        tries.append(body)
        raise RuntimeError("the inbox cannot be written")

    await page.act("faults", redelivery_seconds=0.02, ack_seconds=0.05)
    async with connected(app):
        await page.say("hello")
        await until(lambda: len(tries) == 4)
        await asyncio.sleep(0.3)
    assert len(tries) == 4


async def test_what_was_said_while_the_app_was_away_comes_when_it_is_back(client: AsyncWebClient, page: Page) -> None:
    first, before = recording(client)
    async with connected(first):
        await page.say("one")
        await until(lambda: len(before) == 1)
    assert await eventually(lambda: _disconnected(page))
    await page.say("two")
    second, after = recording(client)
    async with connected(second):
        await until(lambda: len(after) == 1)
    assert after[0][0]["event"]["text"] == "two"
    assert after[0][1]["x-slack-retry-num"] == ["1"]


async def test_an_event_in_the_hands_of_an_app_that_dies_comes_again_at_once(client: AsyncWebClient, page: Page) -> None:
    hanging = bolt_app(client)
    held = asyncio.Event()

    @hanging.middleware
    async def hang(next: Callable[[], Awaitable[None]]) -> None:
        held.set()
        await asyncio.Event().wait()

    async with connected(hanging):
        await page.say("one")
        await asyncio.wait_for(held.wait(), 5)
    second, after = recording(client)
    async with connected(second):
        await until(lambda: len(after) == 1)
    assert after[0][1]["x-slack-retry-num"] == ["1"]
    assert after[0][1]["x-slack-retry-reason"] == ["connection_failed"]


async def _disconnected(page: Page) -> bool:
    return not (await page.see("state", user="U01DANA"))["bot_connected"]


async def test_a_duplicate_has_the_same_event_id(client: AsyncWebClient, page: Page) -> None:
    app, seen = recording(client)
    await page.act("faults", duplicate_events=1)
    async with connected(app):
        await page.say("hello")
        await until(lambda: len(seen) == 2)
    assert seen[0][0]["event_id"] == seen[1][0]["event_id"]


async def test_the_home_tab_tells_the_app_and_shows_what_it_publishes(client: AsyncWebClient, page: Page) -> None:
    app = bolt_app(client)

    @app.event("app_home_opened")
    async def publish(event: Json) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("Your runs")]})

    async with connected(app):
        assert (await page.see("home", user="U01ALICE"))["blocks"] is None
        blocks = await eventually(lambda: _home(page))
    assert blocks is not None
    assert blocks[0]["text"]["text"] == "Your runs"


async def _home(page: Page) -> list[Json] | None:
    blocks: list[Json] | None = (await page.see("home", user="U01ALICE", quiet="1"))["blocks"]
    return blocks
