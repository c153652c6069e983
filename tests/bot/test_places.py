"""Channels by their names: what the bot sees, what it does not, and what Slack does not say just now."""

from collections import Counter
from socket import create_server

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.errors import SurfaceError
from agents.core.trigger import Place
from bot.places import Places
from bot.sandbox.app import Sandbox

TEAM = "T01"


def client(sandbox: Sandbox, asked: Counter[str]) -> AsyncWebClient:
    """A client that counts what Slack is asked."""
    environ = sandbox.environment()

    class Counting(AsyncWebClient):
        async def api_call(self, api_method: str, **more: object) -> object:  # type: ignore[override]  # whatever it takes
            asked[api_method] += 1
            return await super().api_call(api_method, **more)  # type: ignore[arg-type]  # likewise

    return Counting(environ["SLACK_BOT_TOKEN"], base_url=environ["SLACK_API_URL"])


async def test_a_name_is_looked_up_once_whether_it_is_found_or_not(sandbox: Sandbox) -> None:
    asked: Counter[str] = Counter()
    places = Places(client(sandbox, asked), TEAM)
    found = await places.of("#incidents")
    assert (found.team, found.thread_ts, await places.told("incidents")) == (TEAM, "", found)
    for ask in (places.of, places.told):
        with pytest.raises(SurfaceError, match="sees no channel #nowhere"):
            await ask("#nowhere")
    assert await places.of(found.channel) == found
    assert asked == {"conversations.list": 1}


async def test_an_id_is_its_own() -> None:
    assert await Places(AsyncWebClient("x"), TEAM).told("C01ELSEWHERE") == Place(TEAM, "C01ELSEWHERE", "")


async def test_that_slack_does_not_answer_is_told_apart_from_a_channel_that_is_not_there() -> None:
    with create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    places = Places(AsyncWebClient("x", base_url=nobody), TEAM)
    with pytest.raises(aiohttp.ClientError):
        await places.of("#incidents")
    with pytest.raises(SurfaceError, match="Slack does not say what #incidents is: ClientConnectorError"):
        await places.told("#incidents")
