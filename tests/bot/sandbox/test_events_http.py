"""Delivery over signed HTTP to a real Bolt app, which checks the signatures itself."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.events_http import signature
from tests.bot.sandbox.acting import INCIDENTS, Json, Page, button, buttons, eventually, until


@asynccontextmanager
async def served(app: AsyncApp) -> AsyncIterator[str]:
    """The app behind HTTP; yields its request URL."""
    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/slack/events"
    finally:
        await runner.cleanup()


async def test_events_clicks_and_commands_arrive_signed(client: AsyncWebClient, page: Page) -> None:
    app = AsyncApp(client=client, signing_secret="sandbox-secret")
    clicks: list[Json] = []

    @app.event("app_mention")
    async def answer(event: Json, say: Any) -> None:
        await say(text="over HTTP", thread_ts=event["ts"])

    @app.event("message")
    async def take() -> None:
        """Taken."""

    @app.action("go")
    async def go(ack: Any, body: Json) -> None:
        await ack()
        clicks.append(body)

    @app.command("/ops")
    async def ops(ack: Any) -> None:
        await ack("help")

    async with served(app) as url:
        await page.act("request_url", url=url)
        ts = await page.say("@countersign slow?")
        await eventually(lambda: _answered(page, ts))
        card = (await client.chat_postMessage(channel=INCIDENTS, text="x", blocks=[buttons(button("go"))]))["ts"]
        await page.act("click", user="U01BOB", action_id="go", channel=INCIDENTS, message_ts=card)
        await page.act("command", user="U01BOB", channel=INCIDENTS, text="/ops")
    assert clicks[0]["actions"][0]["action_id"] == "go"
    assert (await page.messages("U01BOB"))[-1]["text"] == "help"


async def _answered(page: Page, ts: str) -> bool:
    return len(await page.thread(ts)) == 2


async def test_a_refused_event_comes_again_with_retry_headers(client: AsyncWebClient, page: Page) -> None:
    app = AsyncApp(client=client, signing_secret="sandbox-secret")
    seen: list[tuple[str, Sequence[str] | None, Sequence[str] | None]] = []

    @app.event("message")
    async def take() -> None:
        """Taken."""

    @app.middleware
    async def note(req: AsyncBoltRequest, next: Callable[[], Awaitable[None]]) -> None:
        seen.append((req.body["event_id"], req.headers.get("x-slack-retry-num"), req.headers.get("x-slack-retry-reason")))
        if len(seen) == 1:
            raise RuntimeError("the inbox cannot be written")
        await next()

    async with served(app) as url:
        await page.act("request_url", url=url)
        await page.act("faults", redelivery_seconds=0.02)
        await page.say("hello")
        await until(lambda: len(seen) == 2)
    assert seen[0][1:] == (None, None)
    assert seen[1] == (seen[0][0], ["1"], ["http_error"])


async def test_an_address_that_does_not_answer_the_challenge_is_refused(client: AsyncWebClient, page: Page) -> None:
    assert "connection_failed" in await page.refused("request_url", url="http://127.0.0.1:9/slack/events")
    wrong = AsyncApp(client=client, signing_secret="another-secret")
    async with served(wrong) as url:
        assert "http_error" in await page.refused("request_url", url=url)
    deaf = web.Application()
    deaf.router.add_post("/", _answer_nonsense)
    async with TestServer(deaf) as server:
        assert "challenge_failed" in await page.refused("request_url", url=str(server.make_url("/")))
    await page.act("request_url", url=None)


async def _answer_nonsense(request: web.Request) -> web.Response:
    return web.json_response({"challenge": "guessed"})


@pytest.mark.parametrize("body", ["", "payload=%7B%7D", '{"text": "ä"}'])
def test_the_signature_is_the_one_that_the_sdk_expects(body: str) -> None:
    verifier = SignatureVerifier("sandbox-secret")
    assert verifier.generate_signature(timestamp="1700000000", body=body) == signature("sandbox-secret", "1700000000", body)
