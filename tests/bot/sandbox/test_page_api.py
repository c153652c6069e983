"""What the page sees: state, messages, the event stream, errors as sentences, and a strict policy."""

import asyncio
import json

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.page_acts import typed
from bot.sandbox.seed import acme
from tests.bot.sandbox.acting import INCIDENTS, Json, Page, bolt_app, connected


async def test_the_state_is_what_this_person_may_see(page: Page) -> None:
    names = {user: [channel["name"] for channel in (await page.see("state", user=user))["channels"]] for user in ("U01ALICE", "U02NINA")}
    assert names["U01ALICE"] == ["incidents", "ops-leads", "general", "alerts", "data", "countersign"]
    assert names["U02NINA"] == ["incidents", "general", "alerts", "data"]
    dana = await page.see("state", user="U01DANA")
    expected = {"id": "D01DANA", "name": "countersign", "kind": "dm", "private": False, "shared": False, "unread": 0}
    assert dana["channels"][-1] == expected
    assert (dana["me"]["id"], dana["me"]["initials"], dana["commands"]) == ("U01DANA", "DR", ["/ops"])
    assert dana["shortcuts"] == [{"callback_id": "triage_this", "name": "Triage this"}]
    assert dana["team"]["bot_user"] == "U01BOT"
    assert not dana["bot_connected"]


async def test_unread_counts_go_up_and_are_read_away(page: Page) -> None:
    await page.say("one")
    assert (await page.see("state", user="U01BOB"))["channels"][0]["unread"] == 1
    await page.messages("U01BOB")
    assert (await page.see("state", user="U01BOB"))["channels"][0]["unread"] == 0


@pytest.mark.parametrize(
    ("act", "body", "sentence"),
    [
        ("post", {"user": "U01DANA", "channel": INCIDENTS}, "The request lacks 'text'."),
        ("post", {"user": "U01DANA", "channel": INCIDENTS, "text": " "}, "Slack refuses this: no_text."),
        ("post", {"user": "U01GUS", "channel": "C01OPSLEADS", "text": "x"}, "Slack refuses this: channel_not_found."),
        ("post", {"user": "U01BOT", "channel": INCIDENTS, "text": "x"}, "Slack refuses this: user_not_found."),
        ("post", {"user": "U01OTTO", "channel": INCIDENTS, "text": "x"}, "Slack refuses this: channel_not_found."),
        ("react", {"user": "U01OTTO", "channel": INCIDENTS, "ts": "1.0", "name": "eyes"}, "Slack refuses this: account_inactive."),
        ("click", {"user": "U01GRAFANA"}, "Slack refuses this: user_not_found."),
        (
            "command",
            {"user": "U02NINA", "channel": INCIDENTS, "text": "/ops help"},
            "The request cannot be carried out: Nina Falk belongs to another workspace, where the app is not installed.",
        ),
        ("post", {"user": "U01DANA", "channel": INCIDENTS, "text": "x", "thread_ts": "1.0"}, "Slack refuses this: message_not_found."),
        ("submit", {"user": "U01DANA", "view_id": "V0"}, "Slack refuses this: not_found."),
        ("faults", {"drop_acks": "many"}, "The request cannot be carried out: invalid literal for int() with base 10: 'many'."),
    ],
)
async def test_errors_are_sentences(page: Page, act: str, body: Json, sentence: str) -> None:
    assert await page.refused(act, **body) == sentence


async def test_the_stream_tells_each_person_what_concerns_them(client: AsyncWebClient, page: Page) -> None:
    async with page.session.get(f"{page.url}/page/events", params={"user": "U01DANA"}) as stream:
        assert stream.content_type == "text/event-stream"
        await page.say("private to the leads", user="U01BOB", channel="C01OPSLEADS")
        await page.say("for bob only", user="U01BOB", channel="D01BOB")
        await client.chat_postEphemeral(channel=INCIDENTS, user="U01BOB", text="for bob only")
        parent = await page.say("one")
        ts = (await client.chat_postMessage(channel=INCIDENTS, text="two", thread_ts=parent))["ts"]
        await client.chat_update(channel=INCIDENTS, ts=ts, text="three")
        await client.chat_delete(channel=INCIDENTS, ts=ts)
        await client.chat_postEphemeral(channel=INCIDENTS, user="U01DANA", text="psst")
        async with connected(bolt_app(client)):
            pass
        seen: list[Json] = []
        async with asyncio.timeout(5):
            async for row in stream.content:
                if row.startswith(b"data: "):
                    seen.append(json.loads(row.removeprefix(b"data: ")))
                if seen and seen[-1]["type"] == "bot":
                    break
    assert [event["type"] for event in seen] == ["message", "message", "changed", "deleted", "ephemeral", "bot"]
    assert seen[0]["message"]["text"] == "one"
    assert (seen[1]["thread_ts"], seen[2]["message"]["text"], seen[3]["message"]["deleted"]) == (parent, "three", True)
    assert seen[4]["message"]["ephemeral"]


async def test_the_page_is_served_under_a_strict_policy(page: Page) -> None:
    async with page.session.get(f"{page.url}/") as index:
        assert index.status == 200
        assert "default-src 'none'" in index.headers["Content-Security-Policy"]
        assert "unsafe" not in index.headers["Content-Security-Policy"]
        assert index.headers["Cache-Control"] == "no-store"
    async with page.session.get(f"{page.url}/static/app.js") as script:
        assert script.content_type in ("text/javascript", "application/javascript")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("@countersign hi", "<@U01BOT> hi"),
        ("(@Alice, @ops) mail@alice", "(<@U01ALICE>, <!subteam^S01OPS>) mail@alice"),
        ("@nobody", "@nobody"),
        ("<@U01BOT> <!channel> <script>", "<@U01BOT> <!channel> &lt;script&gt;"),
        ("see https://a.example/?a=1&b=2", "see <https://a.example/?a=1&amp;b=2>"),
    ],
)
def test_typed_text_is_stored_as_slack_does(text: str, stored: str) -> None:
    assert typed(acme(), text) == stored
