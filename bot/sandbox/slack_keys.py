"""Where the parts of the sandbox hang on the web application."""

import asyncio
from dataclasses import dataclass

from aiohttp import ClientSession, web

from bot.sandbox.slack_deliveries import Deliveries
from bot.sandbox.slack_faults import Faults
from bot.sandbox.slack_interactions import Interactions
from bot.sandbox.slack_response_urls import ResponseUrls
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.workspace import Change, Json, Workspace
from bot.sandbox.workspace_sessions import Sessions
from bot.sandbox.workspace_views import Views


@dataclass(frozen=True)
class LoggedCall:
    """One Web API call that the app made."""

    at: float  # epoch seconds
    method: str
    arguments: Json
    ok: bool
    error: str | None


WORKSPACE = web.AppKey("workspace", Workspace)
VIEWS = web.AppKey("views", Views)
SESSIONS = web.AppKey("sessions", Sessions)
FAULTS = web.AppKey("faults", Faults)
SOCKETS = web.AppKey("sockets", SocketMode)
DELIVERIES = web.AppKey("deliveries", Deliveries)
RESPONSE_URLS = web.AppKey("response_urls", ResponseUrls)
INTERACTIONS = web.AppKey("interactions", Interactions)
CALLS: web.AppKey[list[LoggedCall]] = web.AppKey("calls", list)
HTTP = web.AppKey("http", ClientSession)
STREAMS: web.AppKey[list[asyncio.Queue[Change | None]]] = web.AppKey("streams", list)
