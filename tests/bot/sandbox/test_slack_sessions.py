"""Agent sessions: the sign that work goes on in a thread, and the button that stops it."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import running
from bot.sandbox.slack_events import SUBSCRIPTIONS
from tests.bot.sandbox.acting import INCIDENTS, Json, Page, bolt_app, connected, error_of, until

DANA: Json = {"recipient_user_id": "U01DANA", "recipient_team_id": "T01SANDBOX"}


async def session_of(page: Page, parent: str) -> Json | None:
    """The session of a thread as people see it."""
    session: Json | None = (await page.see("thread", user="U01DANA", channel=INCIDENTS, ts=parent))["session"]
    return session


async def test_a_session_begins_is_renamed_and_ends(client: AsyncWebClient, page: Page) -> None:
    parent = await page.say("slow")
    place = {"channel_id": INCIDENTS, "thread_ts": parent}
    assert await session_of(page, parent) is None
    begun = await client.agents_sessions_setStatus(**place, status="processing", title="Checkout", initiator_user_id="U01DANA")
    assert (begun["status"], begun["agent_status"], begun["title"]) == ("processing", "processing", "Checkout")
    assert "warning" not in begun
    assert await session_of(page, parent) == {"status": "processing", "title": "Checkout", "stoppable": True}
    again = await client.agents_sessions_setStatus(**place, status="suspended", title="Ignored")
    assert (again["status"], again["title"]) == ("suspended", "Checkout")
    assert (await client.agents_sessions_rename(**place, title="Checkout is slow"))["title"] == "Checkout is slow"
    assert await session_of(page, parent) == {"status": "suspended", "title": "Checkout is slow", "stoppable": True}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"status": "asleep"}, "invalid_arguments"),
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"thread_ts": None}, "invalid_arguments"),
        ({"title": "x" * 201}, "invalid_arguments"),
        ({"initiator_user_id": "U01OTTO"}, "user_not_in_channel"),
    ],
)
async def test_sessions_that_cannot_begin(client: AsyncWebClient, page: Page, arguments: Json, error: str) -> None:
    right = {"channel_id": INCIDENTS, "thread_ts": await page.say("x"), "status": "processing"}
    assert await error_of(client.agents_sessions_setStatus(**{**right, **arguments})) == error


async def test_only_a_session_that_is_there_is_renamed(client: AsyncWebClient, page: Page) -> None:
    place = {"channel_id": INCIDENTS, "thread_ts": await page.say("x")}
    assert await error_of(client.agents_sessions_rename(**place, title="x")) == "session_not_found"
    await client.agents_sessions_setStatus(**place, status="active")
    assert await error_of(client.agents_sessions_rename(**place, title="x" * 201)) == "invalid_arguments"


async def test_a_stopped_stream_makes_the_session_active_or_what_is_wanted(client: AsyncWebClient, page: Page) -> None:
    parent = await page.say("slow")
    await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=parent, status="processing")
    for wanted, status in (("suspended", "suspended"), (None, "active")):
        stream = await client.chat_startStream(channel=INCIDENTS, thread_ts=parent, markdown_text="a", **DANA)
        wrong = client.chat_stopStream(channel=INCIDENTS, ts=stream["ts"], session_status="asleep")
        assert await error_of(wrong) == "invalid_arguments"
        await client.chat_stopStream(channel=INCIDENTS, ts=stream["ts"], session_status=wanted)
        assert (await session_of(page, parent) or {})["status"] == status


async def test_the_stop_button_stops_the_streams_and_tells_the_app_which(client: AsyncWebClient, page: Page) -> None:
    app, events = bolt_app(client), []

    @app.event("agent_session_stopped")
    async def on_stop(event: Json, body: Json) -> None:
        events.append((event, body["team_id"]))

    parent = await page.say("slow")
    await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=parent, status="processing")
    ended = await client.chat_startStream(channel=INCIDENTS, thread_ts=parent, markdown_text="a", **DANA)
    await client.chat_stopStream(channel=INCIDENTS, ts=ended["ts"], session_status="processing")
    running_on = await client.chat_startStream(channel=INCIDENTS, thread_ts=parent, markdown_text="b", **DANA)
    async with connected(app):
        await page.act("stop", user="U01ALICE", channel=INCIDENTS, thread_ts=parent)
        await until(lambda: len(events) == 1)
    event, team = events[0]
    assert event.pop("event_ts") > running_on["ts"]
    assert event == {
        "type": "agent_session_stopped",
        "channel": INCIDENTS,
        "thread_ts": parent,
        "user": "U01ALICE",
        "streaming_message_ts": [running_on["ts"]],
    }
    assert team == "T01SANDBOX"
    assert not (await page.thread(parent))[2]["streaming"]
    assert (await session_of(page, parent) or {})["status"] == "processing"
    late = client.chat_appendStream(channel=INCIDENTS, ts=running_on["ts"], markdown_text="c")
    assert await error_of(late) == "message_not_in_streaming_state"


async def test_without_work_there_is_nothing_to_stop(client: AsyncWebClient, page: Page) -> None:
    parent = await page.say("slow")
    sentence = "The request cannot be carried out: nothing is being worked on here that could be stopped."
    assert await page.refused("stop", user="U01ALICE", channel=INCIDENTS, thread_ts=parent) == sentence
    await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=parent, status="active")
    assert await page.refused("stop", user="U01ALICE", channel=INCIDENTS, thread_ts=parent) == sentence


async def test_an_app_that_is_deaf_to_the_button_is_warned() -> None:
    async with running(subscriptions=SUBSCRIPTIONS - {"agent_session_stopped"}) as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
        parent = (await client.chat_postMessage(channel=INCIDENTS, text="x"))["ts"]
        begun = await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=parent, status="processing")
        assert begun["warning"] == "missing_agent_session_stopped_event_subscription"
