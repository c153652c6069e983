"""The OpenAPI description: how problems look, who may call what, and examples."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from bot.http.api_access import ROLE
from bot.http.api_shapes import RUN
from bot.http.problem import TYPE

PROBLEM: dict[str, Any] = {
    "title": "Problem", "type": "object", "description": "What is wrong with a request (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["about:blank"]},
        "title": {"type": "string", "description": "The status in words.", "examples": ["Unprocessable Entity"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": {"type": "string", "description": "What is wrong, and what would be right."},
        "request_id": {"type": "string", "description": "Under which the request is logged."},
        "errors": {
            "type": "array", "description": "What does not fit, and where.",
            "items": {
                "type": "object", "required": ["where", "why"],
                "properties": {"where": {"type": "string", "examples": ["body.prompt"]}, "why": {"type": "string"}},
            },
        },
    },
}

WHEN = {
    400: "The body cannot be read.",
    401: "There is no token, or it is unknown, revoked or expired.",
    403: "The token may not do this.",
    404: "There is no such thing that the token may see.",
    409: "It is decided, over, or taken already.",
    422: "The request does not fit; `detail` and `errors` say why.",
    429: "Too many; come again after `Retry-After` seconds.",
    503: "It cannot be done just now; come again after `Retry-After` seconds.",
}

EXAMPLE_RUN: dict[str, Any] = {
    "id": RUN, "agent": "triage", "state": "waiting", "outcome": None, "source": "api", "started_by": "api/ci",
    "started_at": "2026-11-21T12:00:00Z", "moved_at": "2026-11-21T12:00:09Z", "thread": None, "prompt": "checkout is slow",
    "open_gates": 1, "steps": 2, "total_tokens": 8410, "cost": 0.021, "reason": "", "output": None,
    "calls": [{
        "id": "c1", "tool": "rollback_service", "arguments": {"service": "checkout", "to_version": "2.4.1"}, "state": "asked",
        "decision": "ask", "rules": ["high risk needs a countersignature"], "risk": "high", "effect": "internal", "result": "",
        "is_error": False, "gate": f"{RUN}.a1", "grant": None, "edited": False, "started_at": None, "ended_at": None,
    }],
    "gates": [{
        "id": f"{RUN}.a1", "run": RUN, "agent": "triage", "kind": "approval", "subject": "rollback_service", "state": "open",
        "asked_at": "2026-11-21T12:00:09Z", "expires_at": "2026-11-21T16:00:09Z", "decided_at": None, "decided_by": None, "call": "c1",
        "arguments": {"service": "checkout", "to_version": "2.4.1"}, "preview": "version: 2.5.0 -> 2.4.1",
        "approvers": ["role:operators"], "required": 1, "votes": [], "reason": "",
    }],
    "tokens": {"input": 4200, "output": 310, "cache_read": 3900, "cache_write": 0, "total": 8410}, "tainted": False, "continues": None,
    "callback": None, "seq": 17,
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How an operation may fail, for its description."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    example = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": WHEN[status]}
    told: dict[str, Any] = {
        "description": WHEN[status], "content": {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    }
    if status == 401:
        told["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True, "description": "How to be let in."}}
    return told


def _finish(operation: dict[str, Any]) -> None:
    """What FastAPI does not say: which operations take a token, and that nothing in an address or a header is null."""
    if ROLE in operation:
        operation["security"] = [{"token": []}]
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        if kinds := [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]:
            del schema["anyOf"]
            schema.update(kinds[0])


def describe(app: FastAPI) -> None:
    """Have the application describe itself so."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title, version="1", summary=app.summary, routes=app.routes, tags=[
                    {"name": "runs", "description": "Start runs, follow them, end them."},
                    {"name": "approvals", "description": "What waits for people, and its decisions."},
                    {"name": "audit", "description": "Everything that happened."},
                    {"name": "agents", "description": "Who there is, and who is halted."},
                    {"name": "health", "description": "Whether the bot works."},
                ],
            )
            parts = described.setdefault("components", {})
            parts.setdefault("schemas", {})["Problem"] = PROBLEM
            for unused in ("HTTPValidationError", "ValidationError"):
                parts["schemas"].pop(unused, None)
            parts["securitySchemes"] = {"token": {
                "type": "http", "scheme": "bearer", "description": "`countersign token create NAME --role ROLE` makes one."
            }}
            for operation in (operation for path in described["paths"].values() for operation in path.values()):
                _finish(operation)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]  # as FastAPI's documentation has it
