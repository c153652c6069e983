"""The REST API, put together."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.routing import Match

from agents.core.errors import JournalError
from bot.http.api_access import Door
from bot.http.api_agents import agents
from bot.http.api_approvals import approvals
from bot.http.api_audit import audit
from bot.http.api_docs import describe
from bot.http.api_parts import Api
from bot.http.api_runs import runs
from bot.http.edge import Edge
from bot.http.problem import told

METHODS = ("GET", "POST", "DELETE")

log = logging.getLogger(__name__)


def add_api(app: FastAPI, edge: Edge, api: Api) -> None:
    """Have the application serve it, and describe itself."""
    door = Door(api, edge.clock)
    for router in (runs(edge, api, door), approvals(edge, api, door), audit(api, door), agents(edge, api, door)):
        app.include_router(router)
    app.add_exception_handler(JournalError, _of_journal)
    app.add_exception_handler(405, _of_method)
    describe(app)


async def _of_method(request: Request, error: Exception) -> JSONResponse:
    """No such method here; `Allow` names those that there are."""
    ways = [{**request.scope, "method": method} for method in METHODS]
    allowed = [way["method"] for way in ways if any(route.matches(way)[0] is Match.FULL for route in request.app.routes)]
    return told(405, f"Here is no {request.method[:20]}.", {"Allow": ", ".join(allowed)})


async def _of_journal(request: Request, error: Exception) -> JSONResponse:
    """The database cannot be read or written; what it is, the log tells."""
    log.error("%s %s: %s", request.method, request.url.path, error)
    return told(503, "The database cannot be used just now. Nothing was begun; try again.", {"Retry-After": "5"})
