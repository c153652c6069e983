"""Modals and the Home tab through a real Bolt app."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack_state import unfilled
from tests.bot.sandbox.acting import (
    INCIDENTS,
    Json,
    Page,
    bolt_app,
    button,
    buttons,
    connected,
    error_of,
    eventually,
    reason_modal,
    typed_reason,
    until,
)


async def test_a_modal_is_opened_complained_about_and_taken(client: AsyncWebClient, page: Page) -> None:
    app, views = bolt_app(client), []

    @app.action("deny")
    async def ask(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=reason_modal())

    @app.view("reason")
    async def take(ack: Any, view: Json, body: Json) -> None:
        views.append(body)
        short = len(view["state"]["values"]["why"]["text"]["value"]) < 5
        await (ack(response_action="errors", errors={"why": "Say more."}) if short else ack())

    async with connected(app):
        blocks = [buttons(button("deny"))]
        ts = (await client.chat_postMessage(channel=INCIDENTS, text="Roll back?", blocks=blocks))["ts"]
        await page.act("click", user="U01ALICE", action_id="deny", channel=INCIDENTS, message_ts=ts)
        view = await eventually(lambda: _top(page))
        submit: Json = {"user": "U01ALICE", "view_id": view["id"]}
        empty = await page.act("submit", **submit, values={})
        assert empty["errors"] == {"why": "Please complete this required field."}
        assert views == []
        assert (await page.act("submit", **submit, values=typed_reason("no")))["errors"] == {"why": "Say more."}
        assert (await _top(page))["errors"] == {"why": "Say more."}
        assert (await page.act("submit", **submit, values=typed_reason("Not on Fridays")))["errors"] is None
        assert (await page.see("views", user="U01ALICE"))["views"] == []

    body = views[-1]
    assert (body["type"], body["user"]["id"]) == ("view_submission", "U01ALICE")
    assert (body["view"]["private_metadata"], body["view"]["callback_id"], body["view"]["id"]) == ("run-1", "reason", view["id"])
    assert body["view"]["state"]["values"]["why"]["text"] == {"type": "plain_text_input", "value": "Not on Fridays"}
    assert body["view"]["hash"]
    assert body["response_urls"] == []


async def _top(page: Page) -> Json:
    views = (await page.see("views", user="U01ALICE"))["views"]
    return dict(views[-1]) if views else {}


async def test_the_ack_of_a_modal_can_update_push_and_clear(client: AsyncWebClient, page: Page) -> None:
    closed: list[Json] = []
    app = answering(
        client,
        closed,
        {"response_action": "update", "view": reason_modal(private_metadata="second")},
        {"response_action": "push", "view": reason_modal(private_metadata="third", notify_on_close=True)},
        {"response_action": "errors", "errors": {"nowhere": "?"}},
        {"response_action": "clear"},
    )

    async def submit() -> Json:
        return await page.act("submit", user="U01ALICE", view_id=(await _top(page))["id"], values=typed_reason("why not"))

    async with connected(app):
        await page.act("shortcut", user="U01ALICE", callback_id="start")
        await eventually(lambda: _top(page))
        await submit()
        assert (await _top(page))["private_metadata"] == "second"
        await submit()
        assert (await _top(page))["private_metadata"] == "third"
        assert len((await page.see("views", user="U01ALICE"))["views"]) == 2
        top = (await _top(page))["id"]
        assert "trouble connecting" in await page.refused("submit", user="U01ALICE", view_id=top, values=typed_reason("x"))
        await page.act("close", user="U01ALICE", view_id=top)
        await until(lambda: len(closed) == 1)
        assert (closed[0]["type"], closed[0]["is_cleared"], closed[0]["view"]["id"]) == ("view_closed", False, top)
        await submit()
        assert await _top(page) == {}


def answering(client: AsyncWebClient, closed: list[Json], *answers: Json) -> AsyncApp:
    """An app that opens a modal on a shortcut, answers its submissions one after another, and notes what was closed."""
    app, left = bolt_app(client), list(answers)

    @app.shortcut("start")
    async def start(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=reason_modal())

    @app.view("reason")
    async def take(ack: Any) -> None:
        await ack(**left.pop(0))

    @app.view_closed("reason")
    async def note(ack: Any, body: Json) -> None:
        await ack()
        closed.append(body)

    return app


async def test_elements_of_a_modal_and_of_the_home_tab_act_with_their_view(client: AsyncWebClient, page: Page) -> None:
    app, bodies = bolt_app(client), []
    more = {"type": "actions", "block_id": "more", "elements": [button("more")]}

    @app.shortcut("start")
    async def start(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=reason_modal(blocks=[*reason_modal()["blocks"], more]))

    @app.action("more")
    async def push(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)
        if body["view"]["type"] == "modal":
            await client.views_push(trigger_id=body["trigger_id"], view=reason_modal(callback_id="second"))

    async with connected(app):
        await page.act("shortcut", user="U01ALICE", callback_id="start")
        first = await eventually(lambda: _top(page))
        await page.act("click", user="U01ALICE", action_id="more", view_id=first["id"])
        await eventually(lambda: _second(page))
        home = (await client.views_publish(user_id="U01ALICE", view={"type": "home", "blocks": [more]}))["view"]["id"]
        await page.act("click", user="U01ALICE", action_id="more", view_id=home)
        assert "not_found" in await page.refused("click", user="U01BOB", action_id="more", view_id=home)
    assert bodies[0]["container"] == {"type": "view", "view_id": first["id"]}
    assert (bodies[0]["view"]["id"], bodies[1]["view"]["type"]) == (first["id"], "home")
    assert "message" not in bodies[0]


async def _second(page: Page) -> bool:
    return (await _top(page)).get("callback_id") == "second"


async def test_a_modal_closes_even_when_the_app_is_away(client: AsyncWebClient, page: Page) -> None:
    app = bolt_app(client)

    @app.shortcut("start")
    async def start(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=reason_modal(notify_on_close=True))

    async with connected(app):
        await page.act("shortcut", user="U01ALICE", callback_id="start")
        view = await eventually(lambda: _top(page))
    await page.act("close", user="U01ALICE", view_id=view["id"])
    assert await _top(page) == {}


async def test_a_trigger_id_opens_one_modal_only(client: AsyncWebClient, page: Page) -> None:
    app, triggers = bolt_app(client), []

    @app.shortcut("start")
    async def start(ack: Any, body: Json) -> None:
        await ack()
        triggers.append(body["trigger_id"])

    async with connected(app):
        await page.act("shortcut", user="U01ALICE", callback_id="start")
        await until(lambda: len(triggers) == 1)
    assert await error_of(client.views_open(trigger_id="nonsense", view=reason_modal())) == "invalid_trigger_id"
    await client.views_open(trigger_id=triggers[0], view=reason_modal())
    assert await error_of(client.views_open(trigger_id=triggers[0], view=reason_modal())) == "exchanged_trigger_id"


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("x", "Please enter a number."),
        ("2.5", "Please enter a whole number."),
        ("NaN", "Please enter a whole number."),
        ("0", "Please enter a number of at least 1."),
        ("10", "Please enter a number of at most 9."),
        ("9", None),
        (None, "Please complete this required field."),
    ],
)
def test_numbers_are_checked_before_they_are_sent(typed: str | None, complaint: str | None) -> None:
    element = {"type": "number_input", "action_id": "v", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"}
    values = {"n": {"v": {"type": "number_input", "value": typed}}}
    assert unfilled([{"type": "input", "block_id": "n", "element": element}], values).get("n") == complaint
