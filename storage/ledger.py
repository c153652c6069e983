"""What people ask of the journal: lists of runs and questions from the projections, and the audit trail, all newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.engine import Row

from agents.core.events import RunStarted
from agents.core.ids import SYSTEM, ActorId, AskId, RunId
from agents.core.trigger import Place, Source
from agents.ledger import AskSummary, AuditPage, AuditQuery, RunSummary
from storage.codec import microseconds, moment
from storage.database import Database
from storage.projections import BUCKET, NANODOLLARS
from storage.rows import COLUMNS, SELECT_STORED, read_event
from storage.schema import approvals, chains, events, marks, runs

TOGETHER = 50
"""Buckets that are looked into with one statement."""

LAST_ID = 2**63 - 1
"""No id is higher."""

_ID = COLUMNS.index("id")
_LAST_CHARACTER = "\U0010ffff"
_OPEN_ASKS = (
    select(func.count()).where(approvals.c.state == "open", approvals.c.run_id == runs.c.run_id).scalar_subquery().label("open_asks")
)
_MOVED_AT = (
    select(events.c.time).where(events.c.run == runs.c.number).order_by(events.c.seq.desc()).limit(1).scalar_subquery().label("moved_at")
)
_MARKED = select(func.max(marks.c.bucket))


class SqlLedger:
    """Implements `ports.Ledger`. Works beside a running bot as well."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self, *, open_only: bool = False, limit: int = 20) -> tuple[RunSummary, ...]:
        """The newest runs first. Raises JournalTampered where what one was asked is not what was written."""
        chosen = select(runs, _OPEN_ASKS, _MOVED_AT).order_by(runs.c.number.desc()).limit(limit)
        if open_only:
            chosen = chosen.where(runs.c.outcome.is_(None))
        found = await self._database.read(chosen)
        texts = await self._texts([row.first_id for row in found])
        return tuple(_run(row, texts[row.first_id]) for row in found)

    async def find_runs(self, prefix: str) -> tuple[RunId, ...]:
        """The runs whose id begins so, at most ten."""
        within = (chains.c.run_id >= prefix, chains.c.run_id < prefix + _LAST_CHARACTER)
        found = await self._database.read(select(chains.c.run_id).where(*within).order_by(chains.c.run_id).limit(10))
        return tuple(RunId(row.run_id) for row in found)

    async def asks(self, *, open_only: bool = True, limit: int = 50) -> tuple[AskSummary, ...]:
        """Questions to people, oldest first where only open ones are asked for, else newest first."""
        chosen = select(approvals).limit(limit)
        if open_only:
            chosen = chosen.where(approvals.c.state == "open").order_by(approvals.c.asked_id)
        else:
            chosen = chosen.order_by(approvals.c.asked_id.desc())
        return tuple(_ask(row) for row in await self._database.read(chosen))

    async def expired(self, now: datetime) -> tuple[AskId, ...]:
        """Open questions whose time is up, oldest first."""
        late = (approvals.c.state == "open", approvals.c.expires_at <= microseconds(now))
        found = await self._database.read(select(approvals.c.ask_id).where(*late).order_by(approvals.c.asked_id))
        return tuple(AskId(row.ask_id) for row in found)

    async def audit(self, query: AuditQuery) -> AuditPage:
        """Events that the query admits, newest first. Raises JournalTampered where content is not what was written."""
        chosen = await self._admitted(query)
        stored = await self._database.read(SELECT_STORED.where(events.c.id.in_(chosen)).order_by(events.c.id.desc()))
        page = stored[: query.limit]
        return AuditPage(tuple(read_event(row) for row in page), page[-1][_ID] if len(stored) > len(page) > 0 else None)

    async def _admitted(self, query: AuditQuery) -> list[int]:
        """The ids of a page and one more. Unless the query names a run, the marks tell in which buckets to look.

        What is not marked yet is looked through first. It is the newest.
        """
        if query.run_id is not None:
            return [row.id for row in await self._database.read(_of_run(query))]
        marked = select(marks.c.bucket).distinct().where(*_mark_conditions(query)).order_by(marks.c.bucket.desc())
        # Each bucket holds at least one of the events, but for the one that the cursor cuts.
        buckets = [row.bucket for row in await self._database.read(marked.limit(query.limit + 2))]
        ((last_marked,),) = await self._database.read(_MARKED)
        unmarked = _within([((last_marked + 1) * BUCKET if last_marked is not None else 0, LAST_ID)], query, query.limit + 1)
        found = [row.id for row in await self._database.read(unmarked)]
        for start in range(0, len(buckets), TOGETHER):
            if len(found) > query.limit:
                break
            part = _within(_spans(buckets[start : start + TOGETHER]), query, query.limit + 1 - len(found))
            found += [row.id for row in await self._database.read(part)]
        return found

    async def _texts(self, first_ids: Sequence[int]) -> dict[int, str]:
        """What runs were asked, by the id of their first event."""
        found = await self._database.read(SELECT_STORED.where(events.c.id.in_(first_ids)))
        first = {row[_ID]: read_event(row).event for row in found}
        return {event_id: event.text for event_id, event in first.items() if isinstance(event, RunStarted)}


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


def _run(row: Row[Any], text: str) -> RunSummary:
    place = Place(row.team, row.channel, row.thread_ts) if row.channel is not None else None
    return RunSummary(
        RunId(row.run_id), row.agent, Source(row.source), ActorId(row.actor), place, text, moment(row.started_at), moment(row.moved_at),
        row.outcome, row.open_asks, row.steps, row.tokens, row.cost / NANODOLLARS,
    )


def _ask(row: Row[Any]) -> AskSummary:
    return AskSummary(
        AskId(row.ask_id), RunId(row.run_id), row.agent, row.kind, row.subject, row.state, moment(row.asked_at),
        moment(row.expires_at) if row.expires_at is not None else None,
        moment(row.decided_at) if row.decided_at is not None else None,
        ActorId(row.decided_by) if row.decided_by is not None else None,
    )
