"""What went wrong with a request, as `application/problem+json` (RFC 9457). Nothing of the inside is told."""

from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bot.http.request_id import current

TYPE = "application/problem+json"

BROKE = "This could not be done, and it was logged."


class Problem(Exception):
    """A request that cannot be answered as it was asked."""

    def __init__(self, status: int, detail: str, *, reason: str = "", **headers: str) -> None:
        """`detail` is for whoever sent it: what is wrong and what would be right.

        `reason` is for the audit: words of ours that hold nothing of the sender's; empty for the status in words.
        """
        super().__init__(detail)
        self.reason = reason
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def told(status: int, detail: str, headers: dict[str, str] | None = None, errors: list[dict[str, str]] | None = None) -> JSONResponse:
    """The response."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if request_id := current.get():
        body["request_id"] = request_id
    return JSONResponse(body | ({"errors": errors} if errors else {}), status, headers, TYPE)


async def of_problem(request: Request, error: Exception) -> JSONResponse:
    """A problem of ours."""
    assert isinstance(error, Problem)  # noqa: S101 - it is registered for nothing else
    request.scope.setdefault("state", {})["reason"] = error.reason
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


async def of_defect(_: Request, error: Exception) -> JSONResponse:
    """Whatever nobody expected. The guard logs it."""
    return told(500, BROKE)
