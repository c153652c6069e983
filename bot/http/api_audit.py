"""The audit trail over the API, as JSON and as CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BeforeValidator, Field

from agents.core.ids import RunId
from agents.ledger import AuditQuery
from bot.http.api_access import By, Door, behind, takes
from bot.http.api_docs import problems
from bot.http.api_parts import Api
from bot.http.api_runs import MOST
from bot.http.api_shapes import EventOut, Told, event_out

COLUMNS = ("at", "run", "seq", "agent", "actor", "kind", "text")


def _written(value: object) -> object:
    """Raises ValueError for a number, which would count as seconds since 1970."""
    if isinstance(value, str) and "-" not in value[1:]:
        raise ValueError("write a date and a time with its zone, such as 2026-11-21T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]


class EventList(Told):
    """Events, newest first."""

    events: list[EventOut]
    next: int | None = Field(description="`before` of the next page; null at the end.", examples=[None])


def audit(api: Api, door: Door) -> APIRouter:
    """The operation on the audit trail."""
    router = APIRouter(tags=["audit"], route_class=behind(door))

    @router.get(
        "/v1/audit", summary="Search everything that happened", openapi_extra=takes("viewer"), response_model=EventList,
        responses={
            200: {
                "content": {"text/csv": {"schema": {"type": "string"}, "example": f"{','.join(COLUMNS)}\r\n"}},
                "headers": {"Link": {"schema": {"type": "string"}, "description": "The next page, `rel=\"next\"`; absent at the end."}},
            },
            **problems(401, 403, 422),
        },
    )
    async def search(
        request: Request, response: Response, by: By,
        run: Annotated[str | None, Query(max_length=100, description="`control` for what people did to all at once.")] = None,
        agent: Annotated[str | None, Query(max_length=64)] = None, tool: Annotated[str | None, Query(max_length=200)] = None,
        user: Annotated[str | None, Query(max_length=200, description="A user id, `TEAM/USER`, `local/NAME` or `api/TOKEN`.")] = None,
        since: Annotated[Moment | None, Query(description="Not before this moment.", examples=["2026-11-21T12:00:00Z"])] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Annotated[int | None, Query(ge=0, le=MOST, description="`next` of the page before.")] = None,
        format: Annotated[Literal["json", "csv"], Query()] = "json",
    ) -> EventList | Response:
        """Newest first; refused decisions are there too. Of runs that the token may not see there is nothing."""
        query = AuditQuery(RunId(run) if run is not None else None, agent, tool, user, since, limit, before)
        page = await api.seen.events(query, by.voter)
        rows = [event_out(row) for row in page.events]
        told = _csv(rows) if format == "csv" else response
        if page.next is not None:
            rest = {**request.query_params, "before": page.next}
            told.headers["Link"] = f'</v1/audit?{urlencode(rest)}>; rel="next"'
        return told if format == "csv" else EventList(events=rows, next=page.next)

    return router


def _csv(rows: Iterable[EventOut]) -> Response:
    """RFC 4180, with a heading."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([tame(str(value)) for value in (row.at.isoformat(), row.run, row.seq, row.agent, row.actor, row.kind, row.text)])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


def tame(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: what is in it, people and models wrote."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
