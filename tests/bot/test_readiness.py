"""What has to be well: asked cheaply, believed for a while, and told in words that give nothing away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from agents.claude_tier import Tier
from bot.readiness import Believed, _model


async def test_an_answer_is_believed_for_a_while_and_asked_for_once_at_a_time() -> None:
    asked, at = 0, 0.0

    async def check() -> str | None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return None if asked > 1 else "It is down."

    believed = Believed(check, 15.0, lambda: at)
    assert await asyncio.gather(*(believed() for _ in range(50))) == ["It is down."] * 50
    assert asked == 1
    at = 14.9
    assert await believed() == "It is down."
    at = 15.1
    assert (await believed(), asked) == (None, 2)


@asynccontextmanager
async def endpoint(status: int) -> AsyncIterator[str]:
    """A server of the Messages API that lists models, or does not. https://docs.claude.com/en/api/models-list"""
    async def models(request: web.Request) -> web.Response:
        good = request.headers.get("authorization") == "Bearer key" and request.path == "/v1/models"
        return web.json_response({"data": []}, status=status if good else 401)

    app = web.Application()
    app.router.add_get("/{path:.*}", models)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_tier_is_well_while_it_or_its_fallback_answers() -> None:
    async with endpoint(200) as good, endpoint(404) as silent, endpoint(529) as busy, aiohttp.ClientSession() as session:
        def tier(url: str, fallback: str | None = None, key: str = "key") -> Tier:
            return Tier("any", key, url, fallback)

        nowhere = "http://127.0.0.1:9"
        assert await _model(session, {"smart": tier(good), "own": tier(silent)})() is None
        assert await _model(session, {"smart": tier(nowhere, "fast"), "fast": tier(good)})() is None
        assert await _model(session, {"smart": tier(busy)})() == "smart: its endpoint answers 529"
        assert await _model(session, {"smart": tier(good, key="other")})() == "smart: its endpoint refuses the key (401)"
        told = await _model(session, {"smart": tier(nowhere, "fast"), "fast": tier(busy, "smart")})()
        assert told == "smart: its endpoint cannot be reached (ClientConnectorError); fast: its endpoint answers 529"
