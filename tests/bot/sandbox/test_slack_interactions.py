"""What people do to the app, through a real Bolt app: buttons, menus, modals, commands, shortcuts."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.bot.sandbox.acting import (
    INCIDENTS,
    Json,
    Page,
    bolt_app,
    button,
    buttons,
    connected,
    eventually,
    section,
    until,
)


async def card(client: AsyncWebClient, *elements: Json, thread_ts: str | None = None) -> str:
    """A message with these elements; returns its ts."""
    blocks = [section("Roll back?"), buttons(*elements)]
    answer = await client.chat_postMessage(channel=INCIDENTS, text="Roll back?", blocks=blocks, thread_ts=thread_ts)
    return str(answer["ts"])


async def test_a_click_carries_all_of_slacks_fields_and_its_message_can_be_changed(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []

    @app.action("approve")
    async def approve(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)
        text = f"Approved by <@{body['user']['id']}>"
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=[section(text)])

    async with connected(app):
        parent = await page.say("slow")
        ts = await card(client, button("approve", "a-7"), button("deny", "a-7"), thread_ts=parent)
        await page.act("click", user="U01ALICE", action_id="approve", channel=INCIDENTS, message_ts=ts)
        await eventually(lambda: _decided(page, parent))

    body = bodies[0]
    assert (body["type"], body["api_app_id"], body["team"]) == ("block_actions", "A01APP", {"id": "T01SANDBOX", "domain": "acme"})
    assert body["user"] == {"id": "U01ALICE", "username": "alice", "name": "alice", "team_id": "T01SANDBOX"}
    expected = {"type": "message", "message_ts": ts, "channel_id": INCIDENTS, "is_ephemeral": False, "thread_ts": parent}
    assert body["container"] == expected
    assert body["channel"] == {"id": INCIDENTS, "name": "incidents"}
    action = body["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"], action["type"]) == ("approve", "choices", "a-7", "button")
    assert action["action_ts"] > ts
    assert body["message"]["blocks"][1]["block_id"] == "choices"
    assert (body["message"]["bot_id"], body["message"]["thread_ts"]) == ("B01BOT", parent)
    assert body["state"] == {"values": {}}
    assert body["response_url"].startswith("http")
    assert body["trigger_id"]


async def _decided(page: Page, parent: str) -> bool:
    return len((await page.thread(parent))[-1]["blocks"]) == 1


async def test_a_menu_sends_the_chosen_option_and_the_state(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []

    @app.action("pick")
    async def pick(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("one", "two")]
    menu = {"type": "static_select", "action_id": "pick", "options": options}
    day = {"type": "datepicker", "action_id": "day", "initial_date": "2026-01-01"}
    held = {"choices": {"day": {"type": "datepicker", "selected_date": "2026-02-02"}}}
    async with connected(app):
        ts = await card(client, menu, day)
        click: Json = {"user": "U01BOB", "action_id": "pick", "channel": INCIDENTS, "message_ts": ts}
        await page.act("click", **click, selected="two", values=held)
        await until(lambda: len(bodies) == 1)
        sentence = await page.refused("click", **click, selected="three")
    assert bodies[0]["actions"][0]["selected_option"] == options[1]
    picked = {"pick": {"type": "static_select", "selected_option": options[1]}}
    assert bodies[0]["state"]["values"] == {"choices": {**picked, **held["choices"]}}
    assert "three" in sentence


async def test_nobody_clicks_what_they_do_not_see(client: AsyncWebClient, page: Page) -> None:
    app = bolt_app(client)
    async with connected(app):
        hidden = await card(client, {**button("approve"), "visible_to_user_ids": ["U01ALICE"]})
        assert "does not see" in await page.refused("click", user="U01BOB", action_id="approve", channel=INCIDENTS, message_ts=hidden)
        ts = (await client.chat_postEphemeral(channel=INCIDENTS, user="U01ALICE", text="x", blocks=[buttons(button("ok"))]))["message_ts"]
        assert "message_not_found" in await page.refused("click", user="U01BOB", action_id="ok", channel=INCIDENTS, message_ts=ts)


async def test_a_click_without_an_app_fails_at_once_and_says_so(client: AsyncWebClient, page: Page) -> None:
    ts = await card(client, button("approve"))
    assert "not connected" in await page.refused("click", user="U01ALICE", action_id="approve", channel=INCIDENTS, message_ts=ts)


async def test_an_app_that_does_not_ack_a_click_is_told_to_the_person(client: AsyncWebClient, page: Page) -> None:
    app = bolt_app(client)

    @app.action("approve")
    async def forget() -> None:
        """No ack."""

    await page.act("faults", ack_seconds=0.1)
    async with connected(app):
        ts = await card(client, button("approve"))
        assert "did not answer" in await page.refused("click", user="U01ALICE", action_id="approve", channel=INCIDENTS, message_ts=ts)


async def test_response_url_answers_replaces_and_deletes(client: AsyncWebClient, page: Page) -> None:
    app, urls, bodies = bolt_app(client), [], []

    @app.action("go")
    async def go(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)
        urls.append(body["response_url"])

    async with connected(app):
        await client.chat_postEphemeral(channel=INCIDENTS, user="U01ALICE", text="Only you", blocks=[buttons(button("go"))])
        private = (await page.messages("U01ALICE"))[-1]
        assert private["ephemeral"]
        assert await page.messages("U01BOB") == []
        await page.act("click", user="U01ALICE", action_id="go", channel=INCIDENTS, message_ts=private["ts"])
        await until(lambda: len(urls) == 1)
        assert bodies[0]["container"]["is_ephemeral"]
        assert "message" not in bodies[0]
        hook = AsyncWebhookClient(urls[0])
        await hook.send(text="Beside it")
        await hook.send(text="For all", response_type="in_channel")
        await hook.send(text="Instead", replace_original=True)
        assert [message["text"] for message in await page.messages("U01ALICE")] == ["Instead", "Beside it", "For all"]
        assert [message["text"] for message in await page.messages("U01BOB")] == ["For all"]
        await hook.send(delete_original=True)
        assert [message["text"] for message in await page.messages("U01ALICE")] == ["Beside it", "For all"]
        await hook.send(text="fifth")
        assert (await hook.send(text="sixth")).status_code == 404


async def test_a_command_answers_privately_or_to_all(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []

    @app.command("/ops")
    async def ops(ack: Any, body: Json, respond: Any) -> None:
        bodies.append(body)
        if body["text"] == "quiet":
            await ack()
            await respond("later")
        else:
            await ack(text="to all" if body["text"] else "help", response_type="in_channel" if body["text"] else "ephemeral")

    async with connected(app):
        await page.act("command", user="U01DANA", channel=INCIDENTS, text="/ops")
        assert [(one["text"], one["ephemeral"]) for one in await page.messages()] == [("help", True)]
        assert await page.messages("U01BOB") == []
        await page.act("command", user="U01DANA", channel=INCIDENTS, text="/ops show <b> @alice")
        assert [one["text"] for one in await page.messages("U01BOB")] == ["to all"]
        await page.act("command", user="U01DANA", channel="D01DANA", text="/ops quiet")
        await eventually(lambda: page.messages(channel="D01DANA"))
        assert "not a command" in await page.refused("command", user="U01DANA", channel=INCIDENTS, text="/foo")
        parent = await page.say("x")
        assert "threads" in await page.refused("command", user="U01DANA", channel=INCIDENTS, text="/ops", thread_ts=parent)
    body = bodies[1]
    names = ("command", "text", "user_id", "user_name", "channel_id", "channel_name", "team_id", "team_domain", "api_app_id")
    expected = ["/ops", "show &lt;b&gt; <@U01ALICE|alice>", "U01DANA", "dana", INCIDENTS, "incidents", "T01SANDBOX", "acme", "A01APP"]
    assert [body[name] for name in names] == expected
    assert bodies[2]["channel_name"] == "directmessage"


async def test_a_message_shortcut_carries_the_message(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []

    @app.message_shortcut("triage")
    async def triage(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    async with connected(app):
        ts = await page.say("it is slow")
        await page.act("shortcut", user="U01BOB", callback_id="triage", channel=INCIDENTS, ts=ts)
        await until(lambda: len(bodies) == 1)
    assert (bodies[0]["type"], bodies[0]["message_ts"], bodies[0]["message"]["text"]) == ("message_action", ts, "it is slow")
    assert (bodies[0]["message"]["user"], bodies[0]["channel"]["id"]) == ("U01DANA", INCIDENTS)
