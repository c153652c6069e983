"""The pipeline at /company/pipeline: its models, and how they are changed. The writes honour `Idempotency-Key` as the company's do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.sandbox.pipeline import Pipeline, PipelineError
from bot.sandbox.pipeline_dbt import write

TURN = 1.0
"""Seconds between two runs of the pipeline."""

PATH = "/company/pipeline"


class Patch(BaseModel):
    """Body of a change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    find: str = Field(min_length=1, max_length=500)
    replace: str = Field(min_length=1, max_length=500)
    reason: str = Field(min_length=3, max_length=500)


class PipelineEndpoints:
    """The handlers, and what they share."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.patches: list[dict[str, Any]] = []
        """What was really changed."""
        self._answers: dict[str, dict[str, Any]] = {}

    async def model(self, request: web.Request) -> web.Response:
        """A model as it is; with `find` and `replace` also as it would be."""
        name = request.match_info["model"]
        statement, find = self.pipeline.statement(name), request.query.get("find", "")
        after = statement.replace(find, request.query.get("replace", "")) if find else statement
        return web.json_response({"model": name, "sql": statement, "after": after, "revision": self.pipeline.revision})

    async def patch(self, request: web.Request) -> web.Response:
        name, key = request.match_info["model"], request.headers.get("Idempotency-Key", "")
        body = Patch.model_validate_json(await request.read())
        if key in self._answers:
            return web.json_response(self._answers[key], headers={"Idempotent-Replay": "true"})
        answer = {"model": name, "sql": self.pipeline.patch(name, body.find, body.replace), "revision": self.pipeline.revision}
        self.patches.append({"key": key, **answer})
        if key:
            self._answers[key] = answer
        write(self.pipeline)
        return web.json_response(answer)

    async def operation(self, request: web.Request) -> web.Response:
        """Did it happen? Asked with the key that the change was sent with."""
        return web.json_response({"happened": request.query.get("key", "") in self._answers})

    async def told(self, request: web.Request) -> web.Response:
        """What was really changed."""
        return web.json_response({"count": len(self.patches), "patches": self.patches})

    async def change_shop(self, request: web.Request) -> web.Response:
        self.pipeline.change_shop()
        return web.json_response({})

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        """Run the pipeline again and again for as long as the application runs."""
        task = asyncio.create_task(self._turns())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _turns(self) -> None:
        while True:
            self.pipeline.load()
            write(self.pipeline)
            await asyncio.sleep(TURN)


def mount(app: web.Application, pipeline: Pipeline) -> None:
    """Add the pipeline to the company. Has to come before the company's own routes, which answer everything else."""
    endpoints = PipelineEndpoints(pipeline)
    app.cleanup_ctx.append(endpoints.running)
    app.add_routes([
        web.get(f"{PATH}/models/{{model}}", _answering(endpoints.model)),
        web.post(f"{PATH}/models/{{model}}/patch", _answering(endpoints.patch)),
        web.get(f"{PATH}/operations", _answering(endpoints.operation)),
        web.get(f"{PATH}/patches", _answering(endpoints.told)),
        web.post(f"{PATH}/shop", _answering(endpoints.change_shop)),
    ])  # fmt: skip


def _answering(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler with its errors as JSON."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except PipelineError as error:
            return web.json_response({"error": str(error)}, status=409)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return web.json_response({"error": f"{'.'.join(map(str, first['loc']))}: {first['msg']}."}, status=400)

    return handle
