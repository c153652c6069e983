"""The sandbox as one web application on one port: Slack, the offline model, the small company and the page."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.sandbox import company, model, page_api, pipeline_http, slack_api, socket_mode, story_alert
from bot.sandbox.events_http import SIGNING_SECRET
from bot.sandbox.pipeline import Pipeline
from bot.sandbox.seed import acme
from bot.sandbox.slack_deliveries import Deliveries
from bot.sandbox.slack_events import SUBSCRIPTIONS
from bot.sandbox.slack_faults import Faults
from bot.sandbox.slack_interactions import Interactions
from bot.sandbox.slack_keys import (
    CALLS,
    DELIVERIES,
    FAULTS,
    HTTP,
    INTERACTIONS,
    RESPONSE_URLS,
    SESSIONS,
    SOCKETS,
    STREAMS,
    VIEWS,
    WORKSPACE,
)
from bot.sandbox.slack_response_urls import ResponseUrls
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace_sessions import Sessions
from bot.sandbox.workspace_views import Views

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a request; the Messages API takes as many."""
PAGE = Path(__file__).parent / "page"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs."""

    url: str  # without a slash at the end
    folder: Path | None = None
    """Where the data pipeline is; None where there is none."""

    def environment(self) -> dict[str, str]:
        """The variables that point the product at this sandbox."""
        return {
            "SLACK_API_URL": f"{self.url}/api/",
            "SLACK_BOT_TOKEN": slack_api.BOT_TOKEN,
            "SLACK_APP_TOKEN": slack_api.APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "ANTHROPIC_BASE_URL": f"{self.url}/model",
            "ANTHROPIC_API_KEY": "sandbox-key",
            "COMPANY_URL": f"{self.url}/company",
            "COUNTERSIGN_HTTP": "127.0.0.1:0",
            "ALERTS_SECRET": story_alert.SECRET,
            "PIPELINE": str(self.folder or "no-pipeline"),
        }


def build(
    workspace: Workspace | None = None, subscriptions: frozenset[str] = SUBSCRIPTIONS, pipeline: Pipeline | None = None
) -> web.Application:
    """The application with everything mounted.

    `workspace` is Acme unless another is given; `subscriptions` are the types of the events that the app gets.
    """
    app = web.Application(client_max_size=BODY_LIMIT)
    workspace = app[WORKSPACE] = workspace or acme()
    views = app[VIEWS] = Views(workspace, workspace.clock)
    app[SESSIONS] = Sessions(workspace, stoppable="agent_session_stopped" in subscriptions)
    faults = app[FAULTS] = Faults()
    sockets = app[SOCKETS] = SocketMode(workspace)
    deliveries = app[DELIVERIES] = Deliveries(workspace, faults, sockets, subscriptions)
    urls = app[RESPONSE_URLS] = ResponseUrls(workspace)
    app[INTERACTIONS] = Interactions(workspace, views, deliveries, urls)
    app[CALLS] = []
    app[STREAMS] = []
    if pipeline is not None:
        pipeline_http.mount(app, pipeline)
    app.add_routes([*slack_api.routes(), *page_api.routes(), *model.routes(), *company.routes()])
    app.add_routes([web.get(socket_mode.PATH, sockets.serve), web.get("/", _index), web.static("/static", PAGE)])
    app.on_response_prepare.append(_protect)
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.extend((_http_session, _delivering))
    return app


@asynccontextmanager
async def running(
    port: int = 0, workspace: Workspace | None = None, subscriptions: frozenset[str] = SUBSCRIPTIONS, folder: Path | None = None
) -> AsyncIterator[Sandbox]:
    """Serve the sandbox on this port of 127.0.0.1 (0: a free one) until the block ends.

    In an empty `folder` the company's data pipeline works; without one it has none.
    """
    pipeline = Pipeline(folder, time.time) if folder else None
    runner = web.AppRunner(build(workspace, subscriptions, pipeline), shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        host, chosen = runner.addresses[0][:2]
        yield Sandbox(f"http://{host}:{chosen}", folder)
    finally:
        await runner.cleanup()


async def _index(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    """The page may load and call nothing but the sandbox itself, and always in its present version."""
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")


async def _end_streams(app: web.Application) -> None:
    """Let the pages and the app's websockets go before the server waits for them."""
    for queue in app[STREAMS].copy():
        queue.put_nowait(None)
    await app[SOCKETS].disconnect("sandbox_stops")


async def _http_session(app: web.Application) -> AsyncIterator[None]:
    """The client with which events go to a request URL."""
    async with aiohttp.ClientSession() as session:
        app[HTTP] = session
        yield


async def _delivering(app: web.Application) -> AsyncIterator[None]:
    """Deliver events for as long as the application runs."""
    task = asyncio.create_task(app[DELIVERIES].run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
