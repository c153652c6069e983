"""The arguments of a Web API call, from the query, a form or JSON alike."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace import Json

_STRUCTURED = ("blocks", "view", "metadata", "chunks", "attachments", "files", "unfurls")
_TRUE = (True, 1, "1", "true", "True")


class Arguments:
    """The named arguments of one call."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A required string; refuses with `invalid_arguments` and the name that is missing."""
        value = self.optional(name)
        if value is None:
            raise SlackRefusal("invalid_arguments", (f"[ERROR] missing required field: {name}",))
        return value

    def optional(self, name: str) -> str | None:
        """A string, or None when it is absent or empty."""
        value = self.values.get(name)
        return None if value is None or value == "" else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean, also when a form spells it out."""
        value = self.values.get(name)
        return default if value is None else value in _TRUE

    def number(self, name: str, default: int) -> int:
        """An integer; refuses with `invalid_arguments` when it is none."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SlackRefusal("invalid_arguments", (f"[ERROR] must be a valid integer [json-pointer:/{name}]",)) from None

    def structure(self, name: str) -> Any:
        """A list or an object, or None when it is absent."""
        return self.values.get(name) or None


async def read_arguments(request: web.Request) -> tuple[Arguments, str | None]:
    """The arguments and the token of a request; refuses with `invalid_json` or `invalid_arguments` what cannot be read."""
    values: Json = dict(request.query)
    if request.content_type == "application/json":
        values |= await _json_body(request)
    elif request.can_read_body:
        form = await request.post()
        values |= {name: value for name, value in form.items() if isinstance(value, str)}
    for name in _STRUCTURED:
        if isinstance(values.get(name), str) and values[name]:
            values[name] = _decoded(name, values[name])
    token = str(values.pop("token", "")) or None
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        token = header.removeprefix("Bearer ")
    return Arguments(values), token


async def _json_body(request: web.Request) -> Json:
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise SlackRefusal("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackRefusal("json_not_object")
    return body


def _decoded(name: str, value: str) -> Any:
    """A structured argument that came as a string."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        error = "invalid_blocks_format" if name == "blocks" else f"invalid_{name}"
        if name == "metadata":
            error = "invalid_metadata_format"
        raise SlackRefusal(error) from None
