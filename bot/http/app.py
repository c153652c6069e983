"""The web application: every endpoint and what they share."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bot.http.edge import Edge
from bot.http.health import health
from bot.http.problem import Problem, of_http, of_problem, of_shape


def build_web(edge: Edge) -> FastAPI:
    """The application over these."""
    app = FastAPI(
        title="Countersign", summary="An operations agent that asks for a countersignature where it matters.",
        docs_url=None, redoc_url=None,
    )
    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_shape)
    app.include_router(health(edge))
    return app
