"""The sandbox's page in a real browser, with a real Bolt app behind it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox, running
from tests.bot.sandbox.acting import INCIDENTS, Json, button, buttons, connected, reason_modal, section
from tests.bot.sandbox.acting import Page as Acting
from tests.bot.sandbox.browsing import approval_card, chromium, visited

pytestmark = pytest.mark.browser
PHONE: Json = {"viewport": {"width": 375, "height": 800}, "has_touch": True, "is_mobile": True}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with chromium() as started:
        yield started


def asking_app(client: AsyncWebClient) -> AsyncApp:
    """Answers a mention with an approval card in the thread; Approve decides it, Deny asks for a reason, /ops answers in private."""
    app = AsyncApp(client=client)

    @app.event("message")
    async def on_message() -> None:
        """Taken; the mention is what is answered."""

    @app.event("app_mention")
    async def on_mention(event: Json) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="Roll back?", blocks=approval_card())

    @app.action("approve")
    async def on_approve(ack: Any, body: Json) -> None:
        await ack()
        blocks = approval_card(f"*Approved* by <@{body['user']['id']}>")
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Approved", blocks=blocks)

    @app.action("deny")
    async def on_deny(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=reason_modal(private_metadata=body["message"]["thread_ts"]))

    @app.view("reason")
    async def on_reason(ack: Any, view: Json) -> None:
        reason = view["state"]["values"]["why"]["text"]["value"]
        if len(reason) < 10:
            await ack(response_action="errors", errors={"why": "Say a little more, please."})
            return
        await ack()
        await client.chat_postMessage(channel=INCIDENTS, thread_ts=view["private_metadata"], text=f"Denied: {reason}")

    @app.command("/ops")
    async def on_ops(ack: Any, command: Json) -> None:
        await ack(f"*Help* on `{command['text']}`")

    return app


async def ask(page: Page) -> None:
    """Write to the bot, its name taken from the suggestions."""
    field = page.get_by_role("textbox", name="Message #incidents")
    await field.press_sequentially("@coun")
    await expect(page.get_by_role("option")).to_have_count(1)
    await field.press("Enter")
    await field.press_sequentially("checkout is slow")
    await field.press("Enter")


async def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def test_a_card_that_one_person_approves_changes_for_everybody(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    async with connected(asking_app(client)):
        dana, alice = await visited(browser, sandbox.url, "U01DANA"), await visited(browser, sandbox.url, "U01ALICE")
        await ask(dana)
        for page in (dana, alice):
            await page.get_by_role("button", name="1 reply new").click()
            await expect(page.get_by_role("heading", name="Roll back checkout?")).to_be_visible()
        await alice.get_by_role("button", name="Approve").click()
        for page in (dana, alice):
            await expect(page.get_by_text("Approved by @Alice Moreau")).to_be_visible()
            await expect(page.get_by_role("button", name="Approve")).to_have_count(0)


async def test_a_modal_shows_its_complaint_and_then_takes_the_reason(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    async with connected(asking_app(client)):
        page = await visited(browser, sandbox.url, "U01ALICE")
        await ask(page)
        await page.get_by_role("button", name="1 reply").click()
        await page.get_by_role("button", name="Deny").click()
        modal = page.get_by_role("dialog", name="Deny")
        for reason, complaint in {"": "Please complete this required field.", "no": "Say a little more, please."}.items():
            await modal.get_by_role("textbox", name="Why?").fill(reason)
            await modal.get_by_role("button", name="Deny it").click()
            await expect(modal.get_by_role("alert").filter(has_text=complaint)).to_be_visible()
        await expect(modal.get_by_role("textbox", name="Why?")).to_have_value("no")
        await modal.get_by_role("textbox", name="Why?").fill("Wait for Bob, he is on it")
        await modal.get_by_role("button", name="Deny it").click()
        await expect(modal).to_have_count(0)
        await expect(page.get_by_text("Denied: Wait for Bob, he is on it")).to_be_visible()

        await page.get_by_role("button", name="Deny").click()
        await expect(modal).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(modal).to_have_count(0)
        await expect(page.get_by_role("complementary", name="Thread")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("complementary", name="Thread")).to_be_hidden()


async def test_the_answer_to_a_command_is_seen_by_the_asker_alone(
    sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting
) -> None:
    async with connected(asking_app(client)):
        bob, dana = await visited(browser, sandbox.url, "U01BOB"), await visited(browser, sandbox.url, "U01DANA")
        await bob.get_by_role("textbox", name="Message #incidents").fill("/ops help")
        await bob.keyboard.press("Enter")
        note = bob.get_by_role("article", name="only visible to you")
        await expect(note).to_contain_text("Help on help")
        await page.say("seen by all")
        await expect(dana.get_by_text("seen by all")).to_be_visible()
        await expect(dana.get_by_text("Help on")).to_have_count(0)
        await bob.get_by_role("button", name="Dana Reyes").click()
        await expect(bob.get_by_text("seen by all")).to_be_visible()
        await expect(bob.get_by_text("Help on")).to_have_count(0)


async def test_a_click_that_nobody_can_answer_says_so_and_can_be_made_again(
    sandbox: Sandbox, client: AsyncWebClient, browser: Browser
) -> None:
    await client.chat_postMessage(channel=INCIDENTS, text="Roll back?", blocks=approval_card())
    page = await visited(browser, sandbox.url, "U01ALICE")
    await expect(page.get_by_text("The bot is not connected")).to_be_visible()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("alert").filter(has_text="not connected")).to_be_visible()
    async with connected(asking_app(client)):
        await expect(page.get_by_text("The bot is connected")).to_be_visible()
        await page.get_by_role("button", name="Approve").click()
        await expect(page.get_by_text("Approved by @Alice Moreau")).to_be_visible()


async def test_each_person_has_their_own_view(sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting) -> None:
    window = await visited(browser, sandbox.url, "U01ALICE")
    await window.get_by_role("textbox", name="Message #incidents").fill("half a thought")
    await page.say("hello leads", user="U01BOB", channel="C01OPSLEADS")
    await expect(window.get_by_role("link", name="private ops-leads 1 unread")).to_be_visible()
    await window.get_by_role("button", name="Gus Park").click()
    await expect(window.get_by_role("link", name="ops-leads")).to_have_count(0)
    await expect(window.get_by_role("textbox", name="Message #incidents")).to_have_value("")
    await window.get_by_role("link", name="Direct message").click()
    await window.get_by_role("textbox", name="Message countersign").fill("only for the bot")
    await window.keyboard.press("Enter")
    await expect(window.get_by_role("log")).to_contain_text("only for the bot")
    await window.get_by_role("button", name="Alice Moreau").click()
    await expect(window.get_by_role("heading", name="countersign", level=1)).to_be_visible()
    await expect(window.get_by_text("only for the bot")).to_have_count(0)
    await window.get_by_role("link", name="incidents").click()
    await expect(window.get_by_role("textbox", name="Message #incidents")).to_have_value("half a thought")


async def test_the_home_tab_is_opened_once_and_its_buttons_work(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    app, opened = asking_app(client), []

    async def publish(user: str, text: str) -> None:
        await client.views_publish(user_id=user, view={"type": "home", "blocks": [section(text), buttons(button("mute", "1", "Mute"))]})

    @app.event("app_home_opened")
    async def on_opened(event: Json) -> None:
        opened.append(event["user"])
        await publish(event["user"], "Nothing waits for you")

    @app.action("mute")
    async def on_mute(ack: Any, body: Json) -> None:
        await ack()
        await publish(body["user"]["id"], "Muted")

    async with connected(app):
        page = await visited(browser, sandbox.url, "U01BOB")
        await page.get_by_role("link", name="Home tab").click()
        await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
        await page.get_by_role("button", name="Mute").click()
        await expect(page.get_by_text("Muted")).to_be_visible()
    assert opened == ["U01BOB"]


async def test_an_app_without_a_home_tab_is_told_with_where_to_write(sandbox: Sandbox, browser: Browser) -> None:
    page = await visited(browser, sandbox.url, "U01BOB")
    await page.get_by_role("link", name="Home tab").click()
    await expect(page.get_by_text("countersign has no Home tab yet. Write to it in a channel.", exact=True)).to_be_visible()


async def test_on_a_phone_one_panel_is_shown_and_nothing_scrolls_sideways(
    sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting
) -> None:
    parent = await page.say("checkout is slow " + "https://metrics.acme.example/" + "a" * 120)
    wide = "| " + " | ".join(f"column {number}" for number in range(9)) + " |\n" + "|---" * 9 + "|\n" + "| value " * 9 + "|"
    await client.chat_postMessage(channel=INCIDENTS, thread_ts=parent, text="table", blocks=[{"type": "markdown", "text": wide}])
    await client.chat_postMessage(channel=INCIDENTS, thread_ts=parent, text="Roll back?", blocks=approval_card())
    window = await visited(browser, sandbox.url, "U01DANA", **PHONE)
    await expect(window.get_by_role("navigation")).to_be_hidden()
    assert await overflow(window) == 0
    await window.get_by_role("button", name="2 replies").click()
    await expect(window.get_by_role("button", name="Approve")).to_be_in_viewport()
    await expect(window.get_by_role("main")).to_be_hidden()
    assert await overflow(window) == 0
    await window.get_by_role("link", name="You are Dana Reyes; change").click()
    assert await overflow(window) == 0
    await window.get_by_role("button", name="Alice Moreau").click()
    await expect(window.get_by_role("button", name="Approve")).to_be_in_viewport()
    await window.get_by_role("button", name="Close thread").click()
    await window.get_by_role("link", name="Back to channels").click()
    await expect(window.get_by_role("navigation")).to_be_visible()


async def test_the_page_comes_back_when_the_sandbox_does(browser: Browser) -> None:
    async with running() as first:
        page = await visited(browser, first.url, "U01DANA")
    await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    async with running(int(first.url.rsplit(":", 1)[1])):
        await expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=10_000)
        await page.get_by_role("textbox", name="Message #incidents").fill("still here?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("still here?")
