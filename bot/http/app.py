"""The web application: every endpoint and what they share, with the guard before it."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from bot.http.answer import Receive, Scope, Send
from bot.http.api import add_api
from bot.http.backpressure import SLACK, Backpressure
from bot.http.connection import Lobby
from bot.http.edge import Edge
from bot.http.guard import Guard
from bot.http.health import health
from bot.http.problem import Problem, of_defect, of_http, of_problem, of_shape
from bot.http.slack_events import SlackEvents
from bot.http.webhooks import webhooks

SILENT: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}
"""FastAPI's own would send stack traces wherever a variable of the environment says."""


def build_web(edge: Edge) -> FastAPI:
    """The application over these."""
    app = FastAPI(
        title="Countersign", summary="An operations agent that asks for a countersignature where it matters.",
        docs_url=None, redoc_url=None, telemetry=SILENT,
    )
    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_shape)
    app.add_exception_handler(Exception, of_defect)
    app.include_router(health(edge))
    app.include_router(webhooks(edge))
    if edge.api is not None:
        add_api(app, edge, edge.api)
    return app


def guarded(edge: Edge) -> tuple[Guard, Lobby]:
    """The application behind the guard, and who may connect to it."""
    web, slack = build_web(edge), edge.slack and SlackEvents(edge.slack, edge.clock)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (slack if slack and scope["path"] == SLACK else web)(scope, receive, send)

    pressure = Backpressure(edge.limits.inbox, edge.desk.backlog)
    guard = Guard(app, edge.limits, refusals=edge.refusals, pressure=pressure, hooks=edge.hooks | edge.webhooks.keys())
    return guard, Lobby(edge.limits, edge.refusals, pressure)
