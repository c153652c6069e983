"""The web application: every endpoint and what they share, with the guard before it."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bot.http.connection import Lobby
from bot.http.edge import Edge
from bot.http.guard import Guard
from bot.http.health import health
from bot.http.problem import Problem, of_defect, of_http, of_problem, of_shape
from bot.http.slack_events import slack_events


def build_web(edge: Edge) -> FastAPI:
    """The application over these."""
    app = FastAPI(
        title="Countersign", summary="An operations agent that asks for a countersignature where it matters.",
        docs_url=None, redoc_url=None,
    )
    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_shape)
    app.add_exception_handler(Exception, of_defect)
    app.include_router(health(edge))
    if edge.slack is not None:
        app.include_router(slack_events(edge.slack, edge.clock))
    return app


def guarded(edge: Edge) -> tuple[Guard, Lobby]:
    """The application behind the guard, and who may connect to it."""
    guard = Guard(build_web(edge), edge.limits, refusals=edge.refusals, backlog=edge.desk.backlog, hooks=edge.hooks)
    return guard, Lobby(edge.limits, edge.refusals)
