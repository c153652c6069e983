"""What an agent brings to the page, in a real browser: the shortcut in a message's menu, the stop button, the thumbs, cards and modals."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox, running
from bot.sandbox.slack_events import SUBSCRIPTIONS
from tests.bot.sandbox.acting import INCIDENTS, Json, bolt_app, button, buttons, connected, section, until
from tests.bot.sandbox.acting import Page as Acting
from tests.bot.sandbox.browsing import chromium, visited

pytestmark = pytest.mark.browser
PHONE: Json = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DANA: Json = {"recipient_user_id": "U01DANA", "recipient_team_id": "T01SANDBOX"}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with chromium() as started:
        yield started


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


async def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def triaging_app(client: AsyncWebClient, used: list[Json]) -> AsyncApp:
    """Notes each use of the message shortcut and answers it in the thread."""
    app = bolt_app(client)

    @app.shortcut("triage_this")
    async def on_shortcut(ack: Any, body: Json) -> None:
        await ack()
        used.append(body)
        await client.chat_postMessage(channel=body["channel"]["id"], thread_ts=body["message_ts"], text="Looking into it")

    return app


async def test_a_message_is_given_to_the_agent_from_its_menu(
    sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting
) -> None:
    used: list[Json] = []
    async with connected(triaging_app(client, used)):
        ts = (await page.act("post", user="U01GRAFANA", channel="C01ALERTS", text="[FIRING] checkout"))["ts"]
        window = await visited(browser, sandbox.url, "U01ALICE", "C01ALERTS")
        message = window.get_by_role("article", name="Grafana")
        await message.hover()
        await message.get_by_role("button", name="More actions").click()
        await message.get_by_role("menuitem", name="Triage this").click()
        await message.get_by_role("button", name="1 reply new").click()
        await expect(window.get_by_text("Looking into it")).to_be_visible()
        await expect(window.get_by_role("button", name="Grafana")).to_have_count(0)
    [body] = used
    assert (body["type"], body["callback_id"], body["message_ts"], body["user"]["id"]) == ("message_action", "triage_this", ts, "U01ALICE")
    assert body["message"]["bot_id"] == "B01GRAFANA"


async def test_a_shortcut_that_nobody_answers_says_so(sandbox: Sandbox, browser: Browser, page: Acting) -> None:
    await page.say("checkout is slow")
    window = await visited(browser, sandbox.url, "U01ALICE", **PHONE)
    message = window.get_by_role("article", name="Dana Reyes")
    await message.click()
    await message.get_by_role("button", name="More actions").click()
    await message.get_by_role("menuitem", name="Triage this").click()
    await expect(window.get_by_role("alert").filter(has_text="not connected")).to_be_visible()
    assert await overflow(window) == 0


async def test_people_of_another_company_have_neither_shortcuts_nor_a_home_tab(sandbox: Sandbox, browser: Browser, page: Acting) -> None:
    await page.say("checkout is slow")
    window = await visited(browser, sandbox.url, "U02NINA", "home")
    await expect(window.get_by_role("heading", name="#incidents", level=1)).to_be_visible()
    await expect(window.get_by_role("link", name="Home tab")).to_have_count(0)
    await window.get_by_role("article").hover()
    await expect(window.get_by_role("button", name="Add reaction")).to_be_visible()
    await expect(window.get_by_role("button", name="More actions")).to_have_count(0)


def stopping_app(client: AsyncWebClient, stopped: list[Json]) -> AsyncApp:
    """Says that it stopped, and ends its session."""
    app = bolt_app(client)

    @app.event("agent_session_stopped")
    async def on_stop(event: Json) -> None:
        stopped.append(event)
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["thread_ts"], text="Okay, I stopped.")
        await client.agents_sessions_setStatus(channel_id=event["channel"], thread_ts=event["thread_ts"], status="active")

    return app


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desk", "phone"])
async def test_work_in_a_thread_is_shown_at_its_foot_and_stopped_there(
    sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting, context: Json
) -> None:
    stopped: list[Json] = []
    async with connected(stopping_app(client, stopped)):
        parent = await page.say("checkout is slow")
        window = await visited(browser, sandbox.url, "U01ALICE", f"{INCIDENTS}/{parent}", **context)
        thread = window.get_by_role("complementary", name="Thread")
        await expect(thread.get_by_role("article")).to_have_count(1)
        await expect(thread.get_by_role("button", name="Stop")).to_have_count(0)
        await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=parent, status="processing", title="Checkout is slow")
        stream = await client.chat_startStream(channel=INCIDENTS, thread_ts=parent, markdown_text="It is", **DANA)
        await expect(thread.get_by_text("countersign is working… Checkout is slow")).to_be_visible()
        await expect(thread.locator(".streaming")).to_have_count(1)
        assert await overflow(window) == 0
        await thread.get_by_role("button", name="Stop").click()
        await expect(thread.get_by_text("Okay, I stopped.")).to_be_visible()
        await expect(thread.get_by_text("is working")).to_have_count(0)
        await expect(thread.locator(".streaming")).to_have_count(0)
    assert [event["streaming_message_ts"] for event in stopped] == [[stream["ts"]]]


async def test_an_app_that_is_deaf_to_the_button_has_none(browser: Browser) -> None:
    async with running(subscriptions=SUBSCRIPTIONS - {"agent_session_stopped"}) as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
        parent = (await client.chat_postMessage(channel=INCIDENTS, text="x"))["ts"]
        await client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=parent, status="processing")
        window = await visited(browser, sandbox.url, "U01ALICE", f"{INCIDENTS}/{parent}")
        await expect(window.get_by_text("countersign is working…")).to_be_visible()
        await expect(window.get_by_role("button", name="Stop")).to_have_count(0)


def thumbs() -> Json:
    """The block with the two thumbs."""
    up, down = ({"text": plain(text), "value": value} for text, value in (("Helpful", "up"), ("Not helpful", "down")))
    pair = {"type": "feedback_buttons", "action_id": "feedback", "positive_button": up, "negative_button": down}
    return {"type": "context_actions", "block_id": "feedback", "elements": [pair]}


async def test_a_thumb_reaches_the_app_and_stays_marked(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    app, actions = bolt_app(client), []

    @app.action("feedback")
    async def on_thumb(ack: Any, action: Json) -> None:
        await ack()
        actions.append(action)

    await client.chat_postMessage(channel=INCIDENTS, text="It is the deploy", blocks=[section("It is the deploy"), thumbs()])
    window = await visited(browser, sandbox.url, "U01DANA")
    up, down = (window.get_by_role("button", name=name, exact=True) for name in ("Helpful", "Not helpful"))
    await down.click()
    await expect(window.get_by_role("alert").filter(has_text="not connected")).to_be_visible()
    await expect(down).to_have_attribute("aria-pressed", "false")
    async with connected(app):
        for thumb, other in ((down, up), (up, down)):
            await thumb.click()
            await expect(thumb).to_have_attribute("aria-pressed", "true")
            await expect(other).to_have_attribute("aria-pressed", "false")
        await until(lambda: len(actions) == 2)
    assert [(action["type"], action["block_id"], action["value"]) for action in actions] == [
        ("feedback_buttons", "feedback", "down"),
        ("feedback_buttons", "feedback", "up"),
    ]


def edit_modal(service: str, title: str = "Edit") -> Json:
    """A modal with an input of each kind that a tool's schema asks for."""
    options = [{"text": plain(word), "value": word} for word in ("hour", "ten")]

    def asked(block_id: str, element: Json, **more: Any) -> Json:
        return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": {"action_id": "v", **element}, **more}

    return {
        "type": "modal",
        "callback_id": "edit",
        "title": plain(title),
        "submit": plain("Approve as edited"),
        "blocks": [
            buttons(button("refill", "1", "Refill"), block_id="tools"),
            asked("service", {"type": "plain_text_input", "initial_value": service}, hint=plain("service name")),
            asked("reason", {"type": "plain_text_input", "multiline": True}),
            asked("replicas", {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"}),
            asked("grant", {"type": "radio_buttons", "options": options, "initial_option": options[0]}),
            asked("also", {"type": "checkboxes", "options": options}, optional=True),
        ],
    }


def editing_app(client: AsyncWebClient, values: list[Json]) -> AsyncApp:
    """Opens the modal, updates it and pushes another one on a button in it, and complains once about a radio button."""
    app = bolt_app(client)

    @app.action("edit")
    async def on_edit(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=edit_modal("checkout"))

    @app.action("refill")
    async def on_refill(ack: Any, body: Json) -> None:
        await ack()
        await client.views_update(view_id=body["view"]["id"], view=edit_modal("checkout", "Edit again"))
        top = {"type": "modal", "title": plain("What was found"), "blocks": [section("nothing new")]}
        await client.views_push(trigger_id=body["trigger_id"], view=top)

    @app.view("edit")
    async def on_submit(ack: Any, view: Json) -> None:
        values.append(view["state"]["values"])
        await (ack() if len(values) > 1 else ack(response_action="errors", errors={"grant": "This tool cannot be granted."}))

    return app


async def test_what_is_typed_survives_updates_pushes_and_complaints(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    values: list[Json] = []
    async with connected(editing_app(client, values)):
        await client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[buttons(button("edit", "1", "Edit…"))])
        window = await visited(browser, sandbox.url, "U01ALICE", **PHONE)
        await window.get_by_role("button", name="Edit…").click()
        modal = window.get_by_role("dialog", name="Edit", exact=True)
        await expect(modal.get_by_role("textbox", name="service")).to_have_accessible_description("service name")
        await modal.get_by_role("textbox", name="reason").fill("two\nlines")
        await modal.get_by_role("spinbutton", name="replicas").fill("12")
        await modal.get_by_role("button", name="Refill").click()
        top = window.get_by_role("dialog", name="What was found")
        await expect(top.get_by_text("nothing new")).to_be_visible()
        await top.get_by_role("button", name="Close").last.click()
        modal = window.get_by_role("dialog", name="Edit again")
        await expect(modal.get_by_role("textbox", name="reason")).to_have_value("two\nlines")
        submit = modal.get_by_role("button", name="Approve as edited")
        await submit.click()
        await expect(modal.get_by_role("spinbutton", name="replicas")).to_have_attribute("aria-invalid", "true")
        await modal.get_by_role("spinbutton", name="replicas").fill("3")
        await modal.get_by_role("radio", name="ten").check()
        await submit.click()
        await expect(modal.get_by_role("alert").filter(has_text="This tool cannot be granted.")).to_be_visible()
        assert await overflow(window) == 0
        await submit.click()
        await expect(modal).to_have_count(0)
    assert values[1]["reason"]["v"]["value"] == "two\nlines"
    assert (values[1]["replicas"]["v"]["value"], values[1]["grant"]["v"]["selected_option"]["value"]) == ("3", "ten")
    assert values[1]["also"]["v"]["selected_options"] == []
