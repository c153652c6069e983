"""What went wrong with a request, as `application/problem+json` (RFC 9457). Nothing of the inside is told."""

from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be answered as it was asked."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        """`detail` is for whoever sent it: what is wrong and what would be right."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def told(status: int, detail: str, headers: dict[str, str] | None = None, errors: list[dict[str, str]] | None = None) -> JSONResponse:
    """The response."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body | ({"errors": errors} if errors else {}), status, headers, TYPE)


async def of_problem(_: Request, error: Exception) -> JSONResponse:
    """A problem of ours."""
    assert isinstance(error, Problem)  # noqa: S101 - it is registered for nothing else
    return told(error.status, error.detail, error.headers)


async def of_http(_: Request, error: Exception) -> JSONResponse:
    """What the router says: no such path, no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    return told(error.status_code, str(error.detail), dict(error.headers or {}))


async def of_shape(_: Request, error: Exception) -> JSONResponse:
    """Parameters or a body that do not fit."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - likewise
    errors = [{"where": ".".join(map(str, one["loc"])), "why": str(one["msg"])} for one in error.errors()[:20]]
    return told(422, "The request does not fit; `errors` says where.", errors=errors)
