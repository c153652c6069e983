"""The offline model at /model: it speaks Anthropic's Messages API, plays written scenes, and says that it does.

POST /model/v1/messages (whole or streamed), /model/v1/messages/count_tokens, GET /model/v1/models. For tests: POST /model/faults,
/model/settings, /model/scenes (adds a scene before the others), /model/reset, and GET /model/log with every request that came.
"""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.sandbox.model_cache import PromptCache, segments
from bot.sandbox.model_faults import Fault, FaultOrder, Faults
from bot.sandbox.model_reply import Event, Reply, compose
from bot.sandbox.model_request import ApiError, CountRequest, MessagesRequest, parse
from bot.sandbox.model_thinking import Thoughts
from bot.sandbox.scene_play import play
from bot.sandbox.scenes import Scene, load

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MODELS = ("claude-fable-5-2", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
"""What GET /v1/models lists; messages are answered for every model."""

_SECRET_HEADERS = {"authorization", "x-api-key"}
_LONGEST_LOG = 2000  # requests


class Settings(BaseModel):
    """What can be changed while it runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pace: float = Field(default=1.0, ge=0)
    """Factor on how long an answer takes: 1 is 0.3 to 0.8 seconds, 0 is at once."""


@dataclass
class OfflineModel:
    """The model's scenes, and what it remembers: prompt cache, faults to come, log."""

    clock: Callable[[], float] = time.time
    scenes: tuple[Scene, ...] = field(default_factory=load)
    settings: Settings = field(default_factory=Settings)
    faults: Faults = field(default_factory=Faults)
    added: list[Scene] = field(default_factory=list)
    """Scenes of a test, played before the others."""
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_LONGEST_LOG))
    received: int = 0
    """How many requests came since the last reset."""
    thoughts: Thoughts = field(default_factory=Thoughts)
    cache: PromptCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = PromptCache(self.clock)

    async def messages(self, request: web.Request) -> web.StreamResponse:
        asked = parse(MessagesRequest, await self._received(request))
        fault = self.faults.take(asked.model)
        await asyncio.sleep(fault.hang_seconds)
        if fault.status is not None:
            raise ApiError(fault.status, f"The sandbox was told to answer {fault.status} here.", fault.retry_after)
        self.thoughts.check(asked)
        answer = play((*self.added, *self.scenes), asked)
        reply = compose(answer, asked.model, asked.max_tokens, self.cache.charge(asked), fault)
        reply = replace(reply, content=self.thoughts.signed(asked, reply.content))
        if fault.midstream is None:
            self.thoughts.remember(asked, reply.content)
        if asked.stream:
            return await self._stream(request, reply, fault)
        if fault.midstream is not None:
            raise ApiError(529, "Overloaded")
        await asyncio.sleep(self._seconds(reply))
        return web.json_response(reply.message(), headers=_request_id())

    async def count_tokens(self, request: web.Request) -> web.Response:
        asked = parse(CountRequest, await self._received(request))
        return web.json_response({"input_tokens": sum(one.tokens for one in segments(asked))}, headers=_request_id())

    async def models(self, request: web.Request) -> web.Response:
        _authorized(request)
        found = [_model_info(name) for name in MODELS]
        return web.json_response({"data": found, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}, headers=_request_id())

    async def model(self, request: web.Request) -> web.Response:
        _authorized(request)
        name = request.match_info["model"]
        if name not in MODELS:
            raise ApiError(404, f"model: {name}")
        return web.json_response(_model_info(name), headers=_request_id())

    async def order_faults(self, request: web.Request) -> web.Response:
        self.faults.add(FaultOrder.model_validate_json(await request.read()))
        return web.json_response({})

    async def change_settings(self, request: web.Request) -> web.Response:
        self.settings = Settings.model_validate_json(await request.read())
        return web.json_response({})

    async def add_scene(self, request: web.Request) -> web.Response:
        self.added.insert(0, Scene.model_validate_json(await request.read()))
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.Response:
        """Forget faults, added scenes, the cache, what was thought, and the log; the settings stay."""
        self.faults.clear()
        self.added.clear()
        self.cache.clear()
        self.thoughts.clear()
        self.log.clear()
        self.received = 0
        return web.json_response({})

    async def read_log(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": list(self.log)})

    async def not_found(self, request: web.Request) -> web.Response:
        raise ApiError(404, f"Not found: {request.method} {request.path}")

    async def _received(self, request: web.Request) -> bytes:
        """The body of a request, which is logged whatever comes of it."""
        raw = await request.read()
        self.received += 1
        self.log.append(_entry(self.received, self.clock(), request, raw))
        _authorized(request)
        if "anthropic-version" not in request.headers:
            raise ApiError(400, "anthropic-version: header is required")
        return raw

    def _seconds(self, reply: Reply) -> float:
        """How long this answer takes."""
        return min(0.8, 0.3 + 0.004 * reply.output_tokens) * self.settings.pace

    async def _stream(self, request: web.Request, reply: Reply, fault: Fault) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache", **_request_id()})
        await response.prepare(request)
        events = list(reply.events(not_json=fault.malformed_arguments == "not_json"))
        if fault.midstream is not None:
            events = events[: max(1, len(events) // 2)]
        try:
            for event in events:
                await response.write(_sse(event))
                await asyncio.sleep(self._seconds(reply) / len(events))
            if fault.midstream is not None:
                await _break_off(request, response, fault.midstream)
            await response.write_eof()
        except ConnectionResetError:
            pass  # the client has left, as it may
        return response


async def _break_off(request: web.Request, response: web.StreamResponse, kind: str) -> None:
    if kind != "disconnect":
        await response.write(_sse({"type": "error", "error": {"type": kind, "message": kind.removesuffix("_error").capitalize()}}))
    elif request.transport is not None:
        request.transport.abort()


def _sse(event: Event) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _request_id() -> dict[str, str]:
    return {"request-id": f"req_{uuid.uuid4().hex[:24]}"}


def _authorized(request: web.Request) -> None:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer").strip()
    if not bearer and not request.headers.get("x-api-key", "").strip():
        raise ApiError(401, "x-api-key header is required")


def _model_info(name: str) -> dict[str, Any]:
    title = name.replace("-", " ").title()
    return {"type": "model", "id": name, "display_name": title, "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}


def _entry(number: int, at: float, request: web.Request, raw: bytes) -> dict[str, Any]:
    """A line of the log. `raw` is the body byte for byte, so that a test can compare beginnings; `body` is None when it is no JSON."""
    headers = {name: "redacted" if name.lower() in _SECRET_HEADERS else value for name, value in request.headers.items()}
    text = raw.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return {"number": number, "at": when, "time": at, "path": request.path, "headers": headers, "body": body, "raw": text}


def _answering(handler: Handler) -> Handler:
    """The handler with its errors in the API's shape."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return _error(error)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return _error(ApiError(400, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"))

    return handle


def _error(error: ApiError) -> web.Response:
    headers = _request_id()
    body = {"type": "error", "error": {"type": error.type, "message": error.message}, "request_id": headers["request-id"]}
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    return web.json_response(body, status=error.status, headers=headers)


def routes(model: OfflineModel | None = None) -> list[web.RouteDef]:
    """All routes under /model, for one model; without an argument it plays the scenes of this folder on the system's clock."""
    offline = model or OfflineModel()
    table: list[tuple[str, str, Handler]] = [
        ("POST", "v1/messages", offline.messages),
        ("POST", "v1/messages/count_tokens", offline.count_tokens),
        ("GET", "v1/models", offline.models),
        ("GET", "v1/models/{model}", offline.model),
        ("POST", "faults", offline.order_faults),
        ("POST", "settings", offline.change_settings),
        ("POST", "scenes", offline.add_scene),
        ("POST", "reset", offline.reset),
        ("GET", "log", offline.read_log),
        ("*", "{rest:.*}", offline.not_found),
    ]
    return [web.route(method, f"/model/{path}", _answering(handler)) for method, path, handler in table]
