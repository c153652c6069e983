"""What a bot keeps, in memory: its inbox, and the answers that its journal gives."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime

from agents.core.charges import Charge
from agents.core.events import Limit
from agents.core.fold import fold
from agents.core.grants import Grant
from agents.core.ids import CONTROL, AskId, RunId
from agents.core.memory import Memory, Note, Scope
from agents.core.schedule import Kept
from agents.core.state import Run
from agents.core.trigger import Place
from agents.ledger import AskSummary, AuditPage, AuditQuery, Label, RunSummary, Spend
from agents.ports import Delivery, Undone
from tests.memory import MemoryJournal, grants_of


class MemoryInbox:
    """An inbox in memory that outlives a bot."""

    def __init__(self) -> None:
        self.kept: dict[str, Delivery | None] = {}
        self.attempts: dict[str, tuple[int, str]] = {}
        self.parked: dict[str, datetime] = {}
        self.broken = False

    async def receive(self, delivery: Delivery) -> bool:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("The disk is full.")
        new = delivery.key not in self.kept
        self.kept.setdefault(delivery.key, delivery)
        return new

    async def done(self, key: str) -> None:
        await asyncio.sleep(0)
        self.kept[key] = None

    async def pending(self, key: str | None = None) -> tuple[Delivery, ...]:
        await asyncio.sleep(0)
        return tuple(one for one in self.kept.values() if one is not None and key in (None, one.key) and one.key not in self.parked)

    async def failed(self, key: str, why: str, *, times: int = 1) -> int:
        await asyncio.sleep(0)
        self.attempts[key] = (self.attempts.get(key, (0, ""))[0] + times, why)
        return self.attempts[key][0]

    async def park(self, key: str, at: datetime) -> None:
        self.parked[key] = at

    async def replay(self, number: int) -> Delivery | None:
        delivery = list(self.kept.values())[number - 1] if 0 < number <= len(self.kept) else None
        if delivery is not None:
            self.parked.pop(delivery.key, None)
            self.attempts.pop(delivery.key, None)
        return delivery

    async def undone(self, number: int | None = None, *, limit: int = 500) -> tuple[Undone, ...]:
        found = [
            Undone(place, one.key, one.kind, one.received_at, *self.attempts.get(one.key, (0, "")), self.parked.get(one.key))
            for place, one in enumerate(self.kept.values(), 1) if one is not None and number in (None, place)
        ]
        return tuple(sorted(found, key=lambda one: (one.parked_at is None, one.number))[:limit])


class MemoryLedger:
    """Answers from a journal in memory."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal

    async def charges(self, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
        return await self._journal.charges(since, started_since)

    async def paused(self, limit: Limit) -> tuple[tuple[RunId, str], ...]:
        return tuple((run.run_id, run.agent) for run in self._runs() for ask in run.open_asks if ask.limit is limit)

    def _runs(self) -> list[Run]:
        return [fold(rows) for run_id, rows in self._journal.rows.items() if run_id != CONTROL]

    def _summaries(self) -> list[RunSummary]:
        return [
            RunSummary(
                run.run_id, run.agent, run.trigger.source, run.trigger.actor, run.trigger.place, run.text, run.started_at, run.moved_at,
                run.outcome, len(run.open_asks), run.steps, run.usage.total, run.cost, number,
            )
            for number, run in enumerate(self._runs(), 1)
        ]

    async def runs(self, *, open_only: bool = False, limit: int = 20, before: int | None = None) -> tuple[RunSummary, ...]:
        found = [
            run for run in reversed(self._summaries())
            if not (open_only and run.outcome) and (before is None or run.number < before)
        ]
        return tuple(found[:limit])

    async def places(self, run_ids: Collection[RunId]) -> Mapping[RunId, RunSummary]:
        return {run.run_id: run for run in self._summaries() if run.run_id in run_ids}

    async def open_places(self, agent: str | None = None) -> tuple[Place, ...]:
        places = [run.place for run in self._summaries() if run.place and not run.outcome and agent in (None, run.agent)]
        return tuple({(place.team, place.channel): place for place in places}.values())

    async def find_runs(self, prefix: str) -> tuple[RunId, ...]:
        return tuple(run_id for run_id in self._journal.rows if run_id.startswith(prefix) and run_id != CONTROL)[:10]

    async def asks(self, *, open_only: bool = True, limit: int = 50) -> tuple[AskSummary, ...]:
        found = [
            AskSummary(
                ask.ask_id, run.run_id, run.agent, ask.kind, run.calls[ask.call_id].tool if ask.call_id else str(ask.limit), ask.state,
                ask.asked_at, ask.expires_at, ask.decided_at, ask.decided_by,
            )
            for run in self._runs() for ask in run.asks.values() if ask.open or not open_only
        ]
        return tuple((found if open_only else found[::-1])[:limit])

    async def due(self, now: datetime) -> tuple[AskId, ...]:
        return ()

    async def callbacks(self, now: datetime) -> tuple[RunId, ...]:
        return tuple(
            run.run_id for run in self._runs()
            if run.over and run.trigger.callback and (run.callback is None or (run.callback.again_at and run.callback.again_at <= now))
        )

    async def grants(self, *, limit: int = 100) -> tuple[Grant, ...]:
        return tuple(reversed(grants_of(self._journal)))[:limit]

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        return await self._journal.live_grants(now)

    async def labels(self, *, agent: str | None = None, limit: int = 100) -> tuple[Label, ...]:
        found = [
            Label(run.run_id, run.agent, one.actor, one.name, one.good, one.note, run.moved_at)
            for run in self._runs() for one in run.feedback if agent in (None, run.agent)
        ]
        return tuple(reversed(found))[:limit]

    async def spend(self, since: datetime) -> tuple[Spend, ...]:
        used: dict[str, list[RunSummary]] = {}
        for run in self._summaries():
            if run.started_at >= since:
                used.setdefault(run.agent, []).append(run)
        return tuple(
            Spend(agent, len(runs), sum(r.steps for r in runs), sum(r.tokens for r in runs), sum(r.cost for r in runs))
            for agent, runs in used.items()
        )

    async def audit(self, query: AuditQuery) -> AuditPage:
        rows = [row for rows in self._journal.rows.values() for row in rows]
        rows.sort(key=lambda row: row.at)
        found = [
            (number, row) for number, row in reversed([*enumerate(rows, 1)])
            if query.run_id in (None, row.run_id) and query.agent in (None, row.agent)
            and query.tool in (None, getattr(row.event, "tool", None))
            and (query.user is None or query.user in (row.actor, row.actor.rpartition("/")[2]))
            and (query.since is None or row.at >= query.since) and (query.before is None or number < query.before)
        ]
        page = found[:query.limit]
        return AuditPage(tuple(row for _, row in page), page[-1][0] if len(found) > len(page) else None)


class MemoryMemories:
    """What agents remember, in memory; a word is found as it stands."""

    def __init__(self) -> None:
        self.kept: dict[int, Note] = {}

    async def store(self, note: Note, scope: Scope, most: int) -> int | None:
        number = len(self.kept) + 1
        self.kept[number] = note
        return number

    async def search(self, said: str, scope: Scope, now: datetime, limit: int) -> tuple[Memory, ...]:
        found = [Memory(number, note, 1.0) for number, note in self.kept.items() if any(word in note.text for word in said.split())]
        return tuple(found[:limit])

    async def newest(
        self, scope: Scope, now: datetime, limit: int, *, topic: str = "", before: int | None = None
    ) -> tuple[Memory, ...]:
        found = [Memory(number, note) for number, note in reversed(self.kept.items()) if before is None or number < before]
        return tuple(found[:limit])

    async def find(self, number: int, scope: Scope, now: datetime) -> Memory | None:
        return Memory(number, self.kept[number]) if number in self.kept else None

    async def forget(self, number: int, by: str, now: datetime) -> None:
        self.kept.pop(number, None)

    async def sweep(self, now: datetime) -> None:
        """Nothing is ever over."""


class MemoryBook:
    """Schedules in memory, with the fence of the real ones."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    async def all(self) -> Mapping[str, Kept]:
        await asyncio.sleep(0)
        return dict(self.kept)

    async def put(self, kept: Kept) -> bool:
        await asyncio.sleep(0)
        known = self.kept.get(kept.name)
        if (known.version if known else 0) != kept.version - 1:
            return False
        self.kept[kept.name] = kept
        return True
