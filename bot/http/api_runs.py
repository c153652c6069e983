"""Runs over the API: start one, list them, see one whole, end one, follow one."""

import time
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.ids import RunId, run_id_for
from agents.core.state import Run
from bot.http.api_access import By, Client, Door, behind, refused, takes
from bot.http.api_asking import KEY, In, RunIn, asked_for, same
from bot.http.api_docs import EXAMPLE_RUN, problems
from bot.http.api_events import AT_ONCE, events_of
from bot.http.api_parts import Api
from bot.http.api_shapes import RUN, RunLine, RunOut, Told, run_line, run_out
from bot.http.edge import Edge
from bot.http.problem import Problem

MOST = 2**63 - 1
"""No cursor is higher."""

RunPath = Annotated[str, Path(alias="run_id", max_length=100, description="The id of a run.", examples=[RUN])]


STREAMED = {
    "type": "object", "properties": {
        "id": {"type": "string"}, "event": {"type": "string"}, "retry": {"type": ["integer", "string"]},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"$ref": "#/components/schemas/EventOut"}},
    },
}
"""One of the events of a stream."""


class RunList(Told):
    """Runs, newest first."""

    runs: list[RunLine]
    next: int | None = Field(description="`before` of the next page; null at the end.", examples=[None])


class StopIn(In):
    """How a run is ended."""

    take_over: bool = Field(default=False, description="Whether whoever ends it goes on with the case themselves: it is handed over.")


class Done(Told):
    """Something was done."""

    text: str = Field(description="What happens now, in one sentence.", examples=["Stopped: it begins nothing more."])


async def seen(edge: Edge, api: Api, client: Client, run_id: str) -> Run:
    """The run, if the program may see it. Raises Problem: others are as if they did not exist."""
    try:
        run = await edge.runs.see(RunId(run_id))
    except NotFound:
        run = None
    if run is None or not await api.visibility.may_see(client.voter, run):
        raise Problem(404, "There is no such run that you may see.")
    return run


def runs(edge: Edge, api: Api, door: Door) -> APIRouter:
    """The operations on runs."""
    router = APIRouter(tags=["runs"], route_class=behind(door))

    @router.post(
        "/v1/runs", summary="Start a run", status_code=201, openapi_extra=takes("operator"), response_model=RunOut,
        responses={200: {"model": RunOut, "description": "A request with this idempotency key started it before."},
                   **problems(400, 401, 403, 404, 409, 422, 503)},
    )
    async def start(
        asked: RunIn, response: Response, by: By,
        idempotency_key: Annotated[str | None, Header(pattern=f"^{KEY}$", max_length=200, description="See `idempotency_key`.")] = None,
    ) -> RunOut:
        """The run is durable when this is answered. With an idempotency key the request can be repeated until it is."""
        run, is_new = await _start(edge, api, by, asked, idempotency_key)
        run = await _waited(api, edge, run, asked.wait)
        response.status_code = 201 if is_new else 200
        response.headers["Location"] = f"/v1/runs/{run.run_id}"
        return run_out(run)

    @router.get(
        "/v1/runs", summary="List runs", openapi_extra=takes("viewer"), response_model=RunList, responses=problems(401, 403, 422)
    )
    async def lists(
        by: By, open: Annotated[bool, Query(description="Only those that are not over.")] = False,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[int | None, Query(ge=0, le=MOST, description="`next` of the page before.")] = None,
    ) -> RunList:
        """The runs that the token may see, newest first."""
        found, following = await api.seen.runs(by.voter, limit, open_only=open, before=before)
        return RunList(runs=[run_line(run) for run in found], next=following)

    _one(router, edge, api, door)
    return router


def _one(router: APIRouter, edge: Edge, api: Api, door: Door) -> None:
    @router.get(
        "/v1/runs/{run_id}", summary="See one run", openapi_extra=takes("viewer"), response_model=RunOut,
        responses={200: {"content": {"application/json": {"example": EXAMPLE_RUN}}}, **problems(401, 403, 404, 422)},
    )
    async def see(run_id: RunPath, by: By) -> RunOut:
        """Its state, the calls that it made, its answer, what it used, and the questions to people that it met."""
        return run_out(await seen(edge, api, by, run_id))

    @router.post(
        "/v1/runs/{run_id}/stop", summary="End a run", openapi_extra=takes("operator"), response_model=Done,
        responses=problems(400, 401, 403, 404, 409, 422),
    )
    async def stop(run_id: RunPath, by: By, how: StopIn | None = None) -> Done:
        """It begins nothing more, and what it asked is withdrawn. An effect that is under way comes to its end first."""
        run = await seen(edge, api, by, run_id)
        done = await edge.runs.stop(run.run_id, by.token.actor, takes_over=bool(how and how.take_over))
        if isinstance(done, Refusal):
            raise refused(done)
        return Done(text=done.text)

    _followed(router, edge, api, door)


def _followed(router: APIRouter, edge: Edge, api: Api, door: Door) -> None:
    @router.get(
        "/v1/runs/{run_id}/events", summary="Follow a run", openapi_extra=takes("viewer"), response_class=StreamingResponse,
        responses={
            200: {
                "description": "Server-sent events: `id` is the event's number, `event` its kind, `data` what the audit tells of it, as "
                               "JSON. The stream ends with the run.",
                "content": {"text/event-stream": {"schema": STREAMED}},
            },
            204: {"description": "The run is over, and there is nothing behind this event."},
            **problems(401, 403, 404, 409, 422, 429),
        },
    )
    async def follow(
        run_id: RunPath, by: By,
        last_event_id: Annotated[int | None, Header(ge=0, le=MOST, description="Go on behind the event of this number.")] = None,
    ) -> Response:
        """Every event of the run from its beginning, or from `Last-Event-ID` on, as it happens: none is left out, none comes twice."""
        run = await seen(edge, api, by, run_id)
        return events_of(run, last_event_id or 0, api.news, lambda: door.still(by))


async def _start(edge: Edge, api: Api, by: Client, asked: RunIn, header: str | None) -> tuple[Run, bool]:
    """The run of this request, and whether it is new. Raises Problem."""
    if asked.agent not in edge.agents or not by.voter.covers(asked.agent):
        known = ", ".join(name for name in edge.agents if by.voter.covers(name))
        raise Problem(404, f"There is no such agent. There is: {known}.")
    trigger, text = await asked_for(asked, header, by, api)
    run_id = run_id_for(trigger.dedupe_key)
    is_new = not await edge.journal.read(run_id)
    run = await edge.runs.see(await edge.runs.start(trigger, text, asked.agent))
    if not same(run, asked.agent, trigger, text):
        raise Problem(409, f"This idempotency key belongs to another request, which started {run_id}.")
    return run, is_new


async def _waited(api: Api, edge: Edge, run: Run, seconds: float) -> Run:
    """The run when it is over or waits for people, or after so many seconds; at once where too many wait already."""
    if api.news.readers >= AT_ONCE:
        return run
    ends = time.monotonic() + seconds
    with api.news.reading():
        while not (run.over or run.waiting or api.standing.halt_of(run.agent)) and (left := ends - time.monotonic()) > 0:
            if not await api.news.behind(run.run_id, run.seq, left):
                break
            run = await edge.runs.see(run.run_id)
    return run
