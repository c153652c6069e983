"""Which events an audit query admits: the marks tell where to look, so that no index is needed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union_all

from agents.core.ids import SYSTEM
from agents.ledger import AuditQuery
from storage.codec import microseconds
from storage.database import Database
from storage.projections import BUCKET
from storage.schema import chains, events, marks

TOGETHER = 50
"""Buckets that are looked into with one statement."""

LAST_ID = 2**63 - 1
"""No id is higher."""

_MARKED = select(func.max(marks.c.bucket))


async def admitted(database: Database, query: AuditQuery) -> list[int]:
    """The ids of a page and one more. Unless the query names a run, the marks tell in which buckets to look.

    What is not marked yet is looked through first. It is the newest.
    """
    if query.run_id is not None:
        return [row.id for row in await database.read(_of_run(query))]
    marked = select(marks.c.bucket).distinct().where(*_mark_conditions(query)).order_by(marks.c.bucket.desc())
    # Each bucket holds at least one of the events, but for the one that the cursor cuts.
    buckets = [row.bucket for row in await database.read(marked.limit(query.limit + 2))]
    ((last_marked,),) = await database.read(_MARKED)
    unmarked = _within([((last_marked + 1) * BUCKET if last_marked is not None else 0, LAST_ID)], query, query.limit + 1)
    found = [row.id for row in await database.read(unmarked)]
    for start in range(0, len(buckets), TOGETHER):
        if len(found) > query.limit:
            break
        part = _within(_spans(buckets[start : start + TOGETHER]), query, query.limit + 1 - len(found))
        found += [row.id for row in await database.read(part)]
    return found


def _of_run(query: AuditQuery) -> Select[Any]:
    """The ids of the events of one run that the query admits."""
    number = select(chains.c.number).where(chains.c.run_id == query.run_id).scalar_subquery()
    return select(events.c.id).where(events.c.run == number, *_conditions(query)).order_by(events.c.id.desc()).limit(query.limit + 1)


def _within(spans: Sequence[tuple[int, int]], query: AuditQuery, limit: int) -> Select[Any]:
    """The newest ids between these pairs of ids that the query admits. One SELECT a span, so that no planner reads anything else."""
    conditions = _conditions(query)
    parts = [select(events.c.id).where(events.c.id.between(first, last), *conditions) for first, last in spans]
    found = union_all(*parts).subquery()
    return select(found.c.id).order_by(found.c.id.desc()).limit(limit)


def _spans(buckets: Sequence[int]) -> list[tuple[int, int]]:
    """First and last id of each row of neighbours among these buckets, newest first."""
    spans: list[tuple[int, int]] = []
    for bucket in buckets:
        last = bucket * BUCKET + BUCKET - 1
        if spans and spans[-1][0] == last + 1:
            last = spans.pop()[1]
        spans.append((bucket * BUCKET, last))
    return spans


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.agent is not None:
        conditions.append(events.c.agent == query.agent)
    if query.tool is not None:
        conditions.append(events.c.tool == query.tool)
    if query.user is not None:
        conditions.append(events.c.actor.is_(None) if query.user == SYSTEM else _is_user(events.c.actor, query.user))
    if query.since is not None:
        conditions.append(events.c.time >= microseconds(query.since))
    if query.before is not None:
        conditions.append(events.c.id < query.before)
    return conditions


def _mark_conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.agent is not None:
        conditions.append(marks.c.agent == query.agent)
    if query.tool is not None:
        conditions.append(marks.c.tool == query.tool)
    if query.user is not None:
        conditions.append(marks.c.actor == "" if query.user == SYSTEM else _is_user(marks.c.actor, query.user))
    if query.since is not None:
        conditions.append(marks.c.newest >= microseconds(query.since))
    if query.before is not None:
        conditions.append(marks.c.bucket <= query.before // BUCKET)
    return conditions


def _is_user(actor: ColumnElement[Any], user: str) -> ColumnElement[bool]:
    """A whole actor id, or a user id or account name in whichever workspace."""
    return actor == user if "/" in user else actor.endswith("/" + user, autoescape=True)
