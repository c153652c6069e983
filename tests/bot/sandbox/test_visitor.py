"""A person who is driven by a program: what they do beyond writing and clicking."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox
from bot.sandbox.visitor import SandboxError, Visitor
from tests.bot.sandbox.acting import INCIDENTS, Json, bolt_app, button, buttons, connected, eventually, section, until


async def test_rows_and_thumbs_are_told_apart_by_their_values(sandbox: Sandbox, client: AsyncWebClient) -> None:
    app, pressed = bolt_app(client), []

    @app.action("approve")
    @app.action("feedback")
    async def on_press(ack: Any, action: Json) -> None:
        await ack()
        pressed.append((action["block_id"], action["value"]))

    sides = {name: {"text": {"type": "plain_text", "text": name}, "value": name} for name in ("positive_button", "negative_button")}
    thumbs = {"type": "context_actions", "block_id": "t", "elements": [{"type": "feedback_buttons", "action_id": "feedback", **sides}]}
    rows = [buttons(button("approve", f"call-{row}"), block_id=f"row-{row}") for row in range(3)]
    async with connected(app), aiohttp.ClientSession() as session:
        await client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[*rows, thumbs])
        alice = Visitor(session, sandbox.url, "U01ALICE")
        [message] = await alice.channel(INCIDENTS)
        await alice.click(INCIDENTS, message, "approve", "call-1")
        await alice.click(INCIDENTS, message, "feedback", "negative_button")
        with pytest.raises(SandboxError, match="has no button approve"):
            await alice.click(INCIDENTS, message, "approve", "call-9")
    assert pressed == [("row-1", "call-1"), ("t", "negative_button")]


async def test_the_home_tab_is_opened_and_pressed(sandbox: Sandbox, client: AsyncWebClient) -> None:
    app, pressed = bolt_app(client), []

    @app.event("app_home_opened")
    async def on_opened(event: Json) -> None:
        accessory = {**section("web"), "accessory": button("revoke", "g-1")}
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [accessory]})

    @app.action("revoke")
    async def on_press(ack: Any, action: Json) -> None:
        await ack()
        pressed.append(action["value"])

    async with connected(app), aiohttp.ClientSession() as session:
        bob = Visitor(session, sandbox.url, "U01BOB")
        assert (await bob.home())["blocks"] is None

        async def published() -> Json:
            seen = await bob.home(opening=False)
            return seen if seen["blocks"] else {}

        home = await eventually(published)
        await bob.press(home, "revoke")
        with pytest.raises(SandboxError, match="has no button grant"):
            await bob.press(home, "grant")
    assert pressed == ["g-1"]


async def test_a_message_is_handed_over_and_the_work_on_it_stopped(sandbox: Sandbox, client: AsyncWebClient) -> None:
    app, told = bolt_app(client), []

    @app.shortcut("triage_this")
    async def on_shortcut(ack: Any, body: Json) -> None:
        await ack()
        told.append(body["message"]["text"])
        await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=body["message_ts"], status="processing")

    @app.event("agent_session_stopped")
    async def on_stop(event: Json) -> None:
        told.append(event["user"])

    async with connected(app), aiohttp.ClientSession() as session:
        alice = Visitor(session, sandbox.url, "U01ALICE")
        ts = await alice.post(INCIDENTS, "checkout is slow")
        await alice.shortcut((await alice.channel(INCIDENTS))[0], "triage_this")
        await until(lambda: len(told) == 1)
        await alice.stop(INCIDENTS, ts)
        await until(lambda: len(told) == 2)
    assert told == ["checkout is slow", "U01ALICE"]
