"""What counts against the limits of a minute and of a day: read from the newest events, of which the marks tell where they begin."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from agents.core.charges import Charge
from agents.core.events import Limit
from storage.codec import microseconds, moment
from storage.database import Database
from storage.projections import BUCKET
from storage.schema import events, marks


async def charges(database: Database, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
    """See `ChargeBook.charges`. Content is not read, so that what was erased counts all the same."""
    ((last,),) = await database.read(select(func.max(marks.c.bucket)))
    first_day = microseconds(min(since, started_since))
    ((first,),) = await database.read(select(func.min(marks.c.bucket)).where(marks.c.newest >= first_day))
    bucket = first if first is not None else last + 1 if last is not None else 0
    wanted = or_(
        and_(events.c.kind.in_(("model_answered", "limit_answered")), events.c.time >= microseconds(since)),
        and_(events.c.kind == "tool_started", events.c.time >= microseconds(started_since)),
    )
    columns = (events.c.time, events.c.kind, events.c.agent, events.c.tool, events.c.body)
    found = await database.read(select(*columns).where(events.c.id >= bucket * BUCKET, wanted).order_by(events.c.id))
    return tuple(charge for row in found if (charge := _charge(row)))


def _charge(row: Sequence[Any]) -> Charge | None:
    time, kind, agent, tool, body = row
    if kind == "tool_started":
        return Charge("started", moment(time), agent, tool)
    fields = json.loads(body)
    if kind == "model_answered":
        return Charge("spent", moment(time), agent, cost=fields["cost"])
    if fields["limit"] == Limit.DAY and fields["choice"] == "raise":
        return Charge("raised", moment(time), agent, name=fields["name"])
    return None
