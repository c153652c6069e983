"""The websocket itself, seen by a plain client: hello, envelopes, several connections, pings, reconnecting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox
from tests.bot.sandbox.acting import Json, Page, bolt_app, connected, eventually


async def address(sandbox: Sandbox) -> str:
    """A fresh address for a websocket."""
    client = AsyncWebClient(token="xapp-sandbox", base_url=f"{sandbox.url}/api/")
    return str((await client.apps_connections_open(app_token="xapp-sandbox"))["url"])


@asynccontextmanager
async def line(page: Page, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """An open websocket after its hello."""
    async with page.session.ws_connect(url) as socket:
        hello = await socket.receive_json(timeout=5)
        assert (hello["type"], hello["connection_info"]) == ("hello", {"app_id": "A01APP"})
        yield socket


async def test_an_envelope_has_slacks_fields(sandbox: Sandbox, page: Page) -> None:
    async with line(page, await address(sandbox)) as socket:
        await page.say("hello")
        envelope = await socket.receive_json(timeout=5)
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        assert envelope.keys() == {"envelope_id", "type", "payload", "accepts_response_payload", "retry_attempt", "retry_reason"}
        assert (envelope["type"], envelope["accepts_response_payload"], envelope["retry_attempt"]) == ("events_api", False, 0)
        command = asyncio.create_task(page.act("command", user="U01DANA", channel="D01DANA", text="/ops"))
        envelope = await socket.receive_json(timeout=5)
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert "retry_attempt" not in envelope
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "help"}})
        await command
    assert (await page.messages(channel="D01DANA"))[0]["text"] == "help"


async def test_each_envelope_goes_to_one_of_several_connections(sandbox: Sandbox, page: Page) -> None:
    url = await address(sandbox)
    async with line(page, url) as one, line(page, url) as two:
        for number in range(4):
            await page.say(str(number))
        taken: list[list[str]] = []
        for socket in (one, two):
            envelopes: list[Json] = [await socket.receive_json(timeout=5) for _ in range(2)]
            for envelope in envelopes:
                await socket.send_json({"envelope_id": envelope["envelope_id"]})
            taken.append([envelope["payload"]["event"]["text"] for envelope in envelopes])
    assert sorted(taken[0] + taken[1]) == ["0", "1", "2", "3"]


async def test_nobody_connects_without_a_ticket(sandbox: Sandbox, page: Page) -> None:
    async with page.session.get(f"{sandbox.url}/socket?ticket=guess") as response:
        assert response.status == 403


async def test_the_server_answers_pings_and_takes_nonsense(sandbox: Sandbox, page: Page) -> None:
    async with page.session.ws_connect(await address(sandbox), autoping=False) as socket:
        await socket.receive_json(timeout=5)
        await socket.send_str("no json")
        await socket.send_json({"envelope_id": "unknown"})
        await socket.send_json(["no", "object"])
        await socket.ping(b"sdk-ping-pong:1.0")
        pong = await socket.receive(timeout=5)
        assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.0")


async def test_the_sdk_comes_back_when_slack_asks_it_to(client: AsyncWebClient, page: Page) -> None:
    app = bolt_app(client, answer="here")
    async with connected(app) as handler:
        before = handler.client.current_session
        await page.act("faults", disconnect=True)
        assert await eventually(lambda: _returned(page, handler.client, before))
        ts = await page.say("@countersign hello")
        assert await eventually(lambda: _answered(page, ts))


async def _returned(page: Page, client: object, before: object) -> bool:
    state = await page.see("state", user="U01DANA")
    return bool(state["bot_connected"]) and getattr(client, "current_session", None) is not before


async def _answered(page: Page, ts: str) -> bool:
    return len(await page.thread(ts)) == 2
