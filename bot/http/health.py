"""Whether the process lives, and whether it can work."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bot.http.edge import Edge

PATIENCE = 3.0
"""Seconds that one check may take."""


def health(edge: Edge) -> APIRouter:
    """`/healthz` says that the process answers; `/readyz` says of each part whether it works."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Whether the process answers")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="Whether each part works", responses={503: {"description": "At least one part does not."}})
    async def ready() -> JSONResponse:
        found = await asyncio.gather(*(_state(check) for check in edge.ready.values()))
        parts = dict(zip(edge.ready, found, strict=True))
        well = all(state == "ok" for state in parts.values())
        return JSONResponse({"status": "ok" if well else "not ready", "parts": parts}, 200 if well else 503)

    return router


async def _state(check: Callable[[], Awaitable[str | None]]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check() or "ok"
    except TimeoutError:
        return f"no answer within {PATIENCE:g} seconds"
