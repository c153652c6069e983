"""The HTTP server by itself: it listens, says how it is, and says what is wrong as problem+json."""

import socket

import aiohttp
import pytest

from agents.core.errors import ConfigError
from bot.http.server import serving
from tests.bot.http.web import served


async def test_health_and_readiness() -> None:
    async with served() as url, aiohttp.ClientSession(url) as client:
        async with client.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with client.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok", "parts": {"database": "ok"}})


async def test_a_part_that_is_not_well_is_named() -> None:
    async def broken() -> str | None:
        return "The disk is full."

    async with served(ready={"database": broken}) as url, aiohttp.ClientSession(url) as client, client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (503, {"status": "not ready", "parts": {"database": "The disk is full."}})


async def test_what_does_not_exist_is_a_problem() -> None:
    async with served() as url, aiohttp.ClientSession(url) as client, client.get("/nothing") as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
        assert (await answer.json())["title"] == "Not Found"


async def test_an_address_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"COUNTERSIGN_HTTP: nothing can be served at 127.0.0.1:{port}"):
            async with serving(lambda *_: None, "127.0.0.1", port):  # type: ignore[arg-type]  # it is never called
                raise AssertionError("It listens.")
