"""What people ask of the journal: lists of runs and questions from the projections, and the audit trail, all newest first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Row

from agents.core.charges import Charge
from agents.core.events import FeedbackGiven, GrantGiven, Limit, RunStarted
from agents.core.grants import Grant, grant_of
from agents.core.ids import CONTROL, ActorId, AskId, RunId
from agents.core.trigger import Place, Source
from agents.figures import Work
from agents.ledger import AskSummary, AuditPage, AuditQuery, Label, RunSummary, Spend
from storage.audit import admitted
from storage.charges import charges
from storage.codec import microseconds, moment
from storage.database import Database
from storage.projections import NANODOLLARS
from storage.rows import COLUMNS, SELECT_STORED, read_event
from storage.schema import approvals, callbacks, chains, events, grants, labels, runs

_ID = COLUMNS.index("id")
_LAST_CHARACTER = "\U0010ffff"
_OPEN_ASKS = (
    select(func.count()).where(approvals.c.state == "open", approvals.c.run_id == runs.c.run_id).scalar_subquery().label("open_asks")
)
_MOVED_AT = (
    select(events.c.time).where(events.c.run == runs.c.number).order_by(events.c.seq.desc()).limit(1).scalar_subquery().label("moved_at")
)
_RUNS = select(runs, _OPEN_ASKS, _MOVED_AT)
_SPEND = (
    select(
        runs.c.agent, func.count().label("runs"), func.sum(runs.c.steps).label("steps"), func.sum(runs.c.tokens).label("tokens"),
        func.sum(runs.c.cost).label("cost"),
    )
    .group_by(runs.c.agent).order_by(func.sum(runs.c.cost).desc(), runs.c.agent)
)
_NEWEST_OPEN = (
    select(func.max(runs.c.number))
    .where(runs.c.outcome.is_(None), runs.c.channel.is_not(None))
    .group_by(runs.c.team, runs.c.channel)
)
_GRANTS = (
    SELECT_STORED.join(grants, grants.c.given_id == events.c.id).add_columns(grants.c.uses_left, grants.c.revoked_at, grants.c.revoked_by)
)
_LABELS = SELECT_STORED.join(labels, labels.c.given_id == events.c.id)


class SqlLedger:
    """Implements `ports.Ledger`. Works beside a running bot as well."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self, *, open_only: bool = False, limit: int = 20, before: int | None = None) -> tuple[RunSummary, ...]:
        """The newest runs first. Raises JournalTampered where what one was asked is not what was written."""
        chosen = _RUNS.order_by(runs.c.number.desc()).limit(limit)
        if open_only:
            chosen = chosen.where(runs.c.outcome.is_(None))
        return await self._summaries(chosen if before is None else chosen.where(runs.c.number < before))

    async def places(self, run_ids: Collection[RunId]) -> Mapping[RunId, RunSummary]:
        """These runs as lists show them, by their ids. Raises JournalTampered, see `runs`."""
        numbers = select(chains.c.number).where(chains.c.run_id.in_(list(run_ids)))
        return {run.run_id: run for run in await self._summaries(_RUNS.where(runs.c.number.in_(numbers)))}

    async def open_places(self, agent: str | None = None) -> tuple[Place, ...]:
        """The thread of the newest open run in each channel where there is one of this agent, or of any."""
        newest = _NEWEST_OPEN if agent is None else _NEWEST_OPEN.where(runs.c.agent == agent)
        places = select(runs.c.team, runs.c.channel, runs.c.thread_ts).where(runs.c.number.in_(newest)).order_by(runs.c.number)
        return tuple(Place(*row) for row in await self._database.read(places))

    async def work(self, since: datetime) -> Sequence[Work]:
        """Runs that began, decided or ended since this moment, and those that are open and have decided nothing."""
        chosen = select(runs).where((runs.c.ended_at >= microseconds(since)) | runs.c.outcome.is_(None)).order_by(runs.c.number)
        return tuple(map(_work, await self._database.read(chosen)))

    async def spend(self, since: datetime) -> tuple[Spend, ...]:
        """What runs that began since this moment used, by agent, the most expensive first."""
        began = _SPEND.where(runs.c.started_at >= microseconds(since))
        found = await self._database.read(began)
        return tuple(Spend(row.agent, row.runs, row.steps, row.tokens, row.cost / NANODOLLARS) for row in found)

    async def find_runs(self, prefix: str) -> tuple[RunId, ...]:
        """The runs whose id begins so, at most ten."""
        within = (chains.c.run_id >= prefix, chains.c.run_id < prefix + _LAST_CHARACTER, chains.c.run_id != CONTROL)
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

    async def due(self, now: datetime) -> tuple[AskId, ...]:
        """Open questions whose end, reminder or second channel is due, the longest due first."""
        late = approvals.c.due_at <= microseconds(now)
        found = await self._database.read(select(approvals.c.ask_id).where(late).order_by(approvals.c.due_at, approvals.c.asked_id))
        return tuple(AskId(row.ask_id) for row in found)

    async def callbacks(self, now: datetime) -> tuple[RunId, ...]:
        """Runs whose end is to be told at an address now, the longest due first."""
        due = select(callbacks.c.run_id).where(callbacks.c.due_at <= microseconds(now)).order_by(callbacks.c.due_at, callbacks.c.number)
        return tuple(RunId(row.run_id) for row in await self._database.read(due))

    async def grants(self, *, limit: int = 100) -> tuple[Grant, ...]:
        """Grants, the newest first, those that do not hold any more too. Raises JournalTampered."""
        return tuple(map(_grant, await self._database.read(_GRANTS.order_by(grants.c.given_id.desc()).limit(limit))))

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        """Those that hold at this moment, oldest first; also such as are used up. Raises JournalTampered."""
        live = (grants.c.revoked_at.is_(None), grants.c.until > microseconds(now))
        return tuple(map(_grant, await self._database.read(_GRANTS.where(*live).order_by(grants.c.given_id))))

    async def charges(self, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
        """What counts against the limits of a day since one moment, and of a minute since another, in the order of the journal."""
        return await charges(self._database, since, started_since)

    async def paused(self, limit: Limit) -> tuple[tuple[RunId, str], ...]:
        """The runs that wait because of this limit, each with its agent, the oldest question first."""
        waits = (approvals.c.state == "open", approvals.c.kind == "limit", approvals.c.subject == limit.value)
        found = await self._database.read(select(approvals.c.run_id, approvals.c.agent).where(*waits).order_by(approvals.c.asked_id))
        return tuple((RunId(row.run_id), row.agent) for row in found)

    async def labels(self, *, agent: str | None = None, limit: int = 100) -> tuple[Label, ...]:
        """What people said of runs, the newest first. Raises JournalTampered."""
        chosen = _LABELS.order_by(labels.c.given_id.desc()).limit(limit)
        found = await self._database.read(chosen if agent is None else chosen.where(labels.c.agent == agent))
        return tuple(map(_label, found))

    async def audit(self, query: AuditQuery) -> AuditPage:
        """Events that the query admits, newest first. Raises JournalTampered where content is not what was written."""
        chosen = await admitted(self._database, query)
        stored = await self._database.read(SELECT_STORED.where(events.c.id.in_(chosen)).order_by(events.c.id.desc()))
        page = stored[: query.limit]
        return AuditPage(tuple(read_event(row) for row in page), page[-1][_ID] if len(stored) > len(page) > 0 else None)

    async def _summaries(self, chosen: Select[Any]) -> tuple[RunSummary, ...]:
        found = await self._database.read(chosen)
        texts = await self._texts([row.first_id for row in found])
        return tuple(_run(row, texts[row.first_id]) for row in found)

    async def _texts(self, first_ids: Sequence[int]) -> dict[int, str]:
        """What runs were asked, by the id of their first event."""
        found = await self._database.read(SELECT_STORED.where(events.c.id.in_(first_ids)))
        first = {row[_ID]: read_event(row).event for row in found}
        return {event_id: event.text for event_id, event in first.items() if isinstance(event, RunStarted)}


def _run(row: Row[Any], text: str) -> RunSummary:
    place = Place(row.team, row.channel, row.thread_ts) if row.channel is not None else None
    return RunSummary(
        RunId(row.run_id), row.agent, Source(row.source), ActorId(row.actor), place, text, moment(row.started_at), moment(row.moved_at),
        row.outcome, row.open_asks, row.steps, row.tokens, row.cost / NANODOLLARS, row.number,
    )


def _ask(row: Row[Any]) -> AskSummary:
    return AskSummary(
        AskId(row.ask_id), RunId(row.run_id), row.agent, row.kind, row.subject, row.state, moment(row.asked_at),
        _moment(row.expires_at), _moment(row.decided_at), ActorId(row.decided_by) if row.decided_by is not None else None,
    )


def _grant(row: Sequence[Any]) -> Grant:
    """A grant from the event that gave it and from what became of it."""
    given, (left, revoked_at, revoked_by) = read_event(row[:-3]), row[-3:]
    event = given.event
    assert isinstance(event, GrantGiven)  # noqa: S101 - the projection points at nothing else
    revoked = moment(revoked_at) if revoked_at is not None else None
    return replace(grant_of(given, event), left=left, revoked_at=revoked, revoked_by=revoked_by or "")


def _label(row: Sequence[Any]) -> Label:
    given = read_event(row)
    event = given.event
    assert isinstance(event, FeedbackGiven)  # noqa: S101 - the projection points at nothing else
    return Label(given.run_id, given.agent, given.actor, event.name, event.good, event.note, given.at)


def _work(row: Row[Any]) -> Work:
    return Work(
        row.agent, moment(row.started_at), _moment(row.decided_at), _moment(row.ended_at), row.outcome, bool(row.escalated),
        row.cost / NANODOLLARS, row.source == Source.FINDING and row.steps == 0,
    )


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
