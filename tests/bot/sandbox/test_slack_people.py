"""Who and what is in the workspace: private channels, other apps, people of other companies, and those who are gone."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import running
from bot.sandbox.seed import acme
from bot.sandbox.workspace import Channel
from tests.bot.sandbox.acting import INCIDENTS, Json, Page, bolt_app, button, buttons, connected, error_of, section, until

LEADS, ALERTS = "C01OPSLEADS", "C01ALERTS"


async def events_while(client: AsyncWebClient, page: Page, *posts: Json) -> list[Json]:
    """The bodies of the message events that these posts make."""
    app, bodies = bolt_app(client), []

    @app.middleware
    async def note(body: Json, next: Any) -> None:
        if body["event"]["type"] == "message":
            bodies.append(body)
        await next()

    async with connected(app):
        for post in posts:
            await page.act("post", **post)
        await until(lambda: len(bodies) == len(posts))
    return bodies


async def test_a_private_channel_is_told_as_one(client: AsyncWebClient, page: Page) -> None:
    info = (await client.conversations_info(channel=LEADS))["channel"]
    assert (info["name"], info["is_private"], info["is_member"]) == ("ops-leads", True, True)
    assert (info["is_channel"], info["is_group"]) == (True, False)
    assert (await client.conversations_members(channel=LEADS))["members"] == ["U01ALICE", "U01BOB", "U01BOT"]
    assert [one["id"] for one in (await client.conversations_list(types="private_channel"))["channels"]] == [LEADS]
    assert await error_of(client.conversations_list(types="secret")) == "invalid_types"
    bodies = await events_while(client, page, {"user": "U01BOB", "channel": LEADS, "text": "between us"})
    assert (bodies[0]["event"]["channel_type"], bodies[0]["is_ext_shared_channel"]) == ("group", False)
    assert "channel_not_found" in await page.refused("post", user="U01DANA", channel=LEADS, text="let me in")


async def test_lists_of_channels_come_in_pages(client: AsyncWebClient) -> None:
    pages: list[list[str]] = []
    async for part in await client.conversations_list(types="public_channel,private_channel", limit=3):
        pages.append([channel["name"] for channel in part["channels"]])
    assert pages == [["incidents", "ops-leads", "general"], ["alerts", "data"]]


async def test_a_private_channel_without_the_bot_is_none() -> None:
    workspace = acme()
    workspace.channels["C01BOARD"] = Channel("C01BOARD", "board", ("U01CAROL",), is_private=True)
    async with running(workspace=workspace) as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
        for call in (
            client.conversations_info(channel="C01BOARD"),
            client.conversations_members(channel="C01BOARD"),
            client.chat_postMessage(channel="C01BOARD", text="x"),
        ):
            assert await error_of(call) == "channel_not_found"
        assert [one["id"] for one in (await client.conversations_list(types="private_channel"))["channels"]] == [LEADS]


async def test_clicks_in_private_channels_keep_the_name(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []

    @app.action("ok")
    async def on_ok(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    async with connected(app):
        ts = (await client.chat_postMessage(channel=LEADS, text="x", blocks=[buttons(button("ok"))]))["ts"]
        await page.act("click", user="U01BOB", channel=LEADS, message_ts=ts, action_id="ok")
        await until(lambda: len(bodies) == 1)
    assert bodies[0]["channel"] == {"id": LEADS, "name": "privategroup"}


async def test_another_app_posts_as_apps_do(client: AsyncWebClient, page: Page) -> None:
    attachment = {"title": "[FIRING] checkout", "text": "p95 is *2.4 s*", "fallback": "checkout is slow"}
    post = {"user": "U01GRAFANA", "channel": ALERTS}
    posts = ({**post, "text": "checkout is *slow*"}, {**post, "attachments": [attachment]}, {**post, "text": "x", "username": "Alerts"})
    plain, attached, named = [body["event"] for body in await events_while(client, page, *posts)]
    assert (plain["user"], plain["bot_id"], plain["app_id"]) == ("U01GRAFANA", "B01GRAFANA", "A01GRAFANA")
    assert plain["text"] == "checkout is *slow*"
    assert (plain["bot_profile"]["name"], plain["bot_profile"]["id"], "subtype" in plain) == ("Grafana", "B01GRAFANA", False)
    assert (attached["text"], attached["attachments"]) == ("", [attachment])
    assert (named["subtype"], named["username"], named["bot_id"], "user" in named) == ("bot_message", "Alerts", "B01GRAFANA", False)
    history = (await client.conversations_history(channel=ALERTS))["messages"]
    assert [message["bot_id"] for message in history] == ["B01GRAFANA"] * 3
    assert "no_text" in await page.refused("post", **post, text="")
    assert "channel_not_found" in await page.refused("post", **{**post, "channel": INCIDENTS}, text="x")


async def test_other_apps_are_known_and_their_messages_are_theirs(client: AsyncWebClient, page: Page) -> None:
    ts = (await page.act("post", user="U01GRAFANA", channel=ALERTS, text="x", blocks=[section("*x*")]))["ts"]
    assert (await client.bots_info(bot="B01GRAFANA"))["bot"]["user_id"] == "U01GRAFANA"
    assert await error_of(client.bots_info(bot="B0NONE")) == "bot_not_found"
    profile = (await client.users_info(user="U01GRAFANA"))["user"]
    assert (profile["is_bot"], profile["profile"]["bot_id"]) == (True, "B01GRAFANA")
    assert await error_of(client.chat_update(channel=ALERTS, ts=ts, text="y")) == "cant_update_message"


async def test_people_of_other_companies_and_those_who_left(client: AsyncWebClient, page: Page) -> None:
    nina, otto = (await client.users_info(user="U02NINA"))["user"], (await client.users_info(user="U01OTTO"))["user"]
    assert (nina["team_id"], nina["is_stranger"], nina["deleted"]) == ("T02NORTHWIND", False, False)
    assert (otto["team_id"], otto["deleted"]) == ("T01SANDBOX", True)
    assert "U01OTTO" not in (await client.conversations_members(channel=INCIDENTS))["members"]
    info = (await client.conversations_info(channel=INCIDENTS))["channel"]
    assert (info["is_shared"], info["is_ext_shared"]) == (True, True)
    [body] = await events_while(client, page, {"user": "U02NINA", "channel": INCIDENTS, "text": "we see it too"})
    event = body["event"]
    assert (event["user"], event["team"], event["user_team"], event["source_team"]) == ("U02NINA", *["T02NORTHWIND"] * 3)
    assert (event["user_profile"]["team"], body["team_id"], body["is_ext_shared_channel"]) == ("T02NORTHWIND", "T01SANDBOX", True)


async def test_a_click_says_from_which_workspace_it_comes(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []

    @app.action("ok")
    async def on_ok(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    async with connected(app):
        ts = (await client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[buttons(button("ok"))]))["ts"]
        await page.act("click", user="U02NINA", channel=INCIDENTS, message_ts=ts, action_id="ok")
        await until(lambda: len(bodies) == 1)
    assert (bodies[0]["user"]["id"], bodies[0]["user"]["team_id"]) == ("U02NINA", "T02NORTHWIND")
    assert "another workspace" in await page.refused("shortcut", user="U02NINA", channel=INCIDENTS, ts=ts, callback_id="triage_this")
