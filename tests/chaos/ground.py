"""What really happened in a storm: the journal, the company's own account, and the threads as people see them."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from agents.core import events as e
from agents.core.approval import next_ask
from agents.core.calls import Call, CallState
from agents.core.errors import JournalError
from agents.core.events import Recorded
from agents.core.fold import apply, fold
from agents.core.grants import Grant
from agents.core.ids import CONTROL, AskId, RunId, canonical, idempotency_key, run_of
from agents.core.state import Run
from agents.ledger import AuditQuery
from bot.build import open_reader
from bot.settings import Settings

KINDS = {
    "rollback_service": "rollback", "restart_service": "restart", "create_ticket": "ticket", "scale_service": "scale",
    "failover_database": "failover",
}
"""What the company calls the effect of each tool that has one."""

GRACE = timedelta(seconds=3)
"""How long a halt takes at most until it is written down."""

HAPPENED = (CallState.FINISHED, CallState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the storm takes place."""

    session: aiohttp.ClientSession
    url: str
    settings: Settings

    async def effects(self) -> list[dict[str, Any]]:
        """What the company carried out."""
        async with self.session.get(f"{self.url}/company/effects") as response:
            return list((await response.json())["effects"])

    async def journal(self) -> dict[RunId, tuple[Recorded, ...]]:
        """Every run, oldest first. Raises JournalTampered."""
        async with open_reader(self.settings) as reader:
            await reader.ledger.audit(AuditQuery(limit=1000))
            return {one.run_id: await reader.journal.read(one.run_id) for one in reversed(await reader.ledger.runs(limit=1000))}

    async def switched(self) -> tuple[Recorded, ...]:
        """What people did with everything at once; nothing while there is no database yet."""
        try:
            async with open_reader(self.settings) as reader:
                return await reader.journal.read(CONTROL)
        except JournalError:
            return ()

    async def grants(self, now: datetime) -> tuple[Grant, ...]:
        """The grants that hold; none while there is no database yet."""
        try:
            async with open_reader(self.settings) as reader:
                return await reader.ledger.live_grants(now)
        except JournalError:
            return ()

    async def happened(self, ask_id: AskId) -> bool:
        """Whether the effect of the call that this question doubts is there."""
        runs = {run_id: fold(rows) for run_id, rows in (await self.journal()).items()}
        run = runs[run_of(ask_id)]
        call = run.calls[run.asks[ask_id].call_id or next(iter(run.calls))]
        effects = await self.effects()
        if call.tool != "restart_service":
            return any(one["key"] == idempotency_key(run.run_id, call.call_id) for one in effects)
        service = call.arguments["service"]
        return restarts(effects)[service] > confirmed_restarts(runs)[service]

    def inbox_left(self) -> int:
        """Deliveries that nobody dealt with."""
        with closing(sqlite3.connect(f"file:{self.settings.database_file}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM inbox WHERE body IS NOT NULL").fetchone()[0])


def restarts(effects: list[dict[str, Any]]) -> Counter[str]:
    """How often each service was restarted."""
    return Counter(str(one["target"]) for one in effects if one["kind"] == "restart")


def confirmed_restarts(runs: Mapping[RunId, Run]) -> Counter[str]:
    """How often each service was restarted as far as the journal knows."""
    calls = [call for run in runs.values() for call in run.calls.values()]
    return Counter(str(call.arguments["service"]) for call in calls if call.tool == "restart_service" and call.state in HAPPENED)


def writes(run: Run) -> list[Call]:
    """The calls that would change something."""
    return [call for call in run.calls.values() if call.tool in KINDS]


def approved_before(rows: tuple[Recorded, ...]) -> list[str]:
    """Calls that were started without leave: for just these arguments, by as many people as it takes, for this one time."""
    run: Run | None = None
    asked: dict[str, str] = {}
    """The arguments that each question asks about."""
    used: set[str] = set()
    wrong: list[str] = []
    for row in rows:
        if run is not None and isinstance(row.event, e.ApprovalAsked):
            asked[next_ask(run)] = canonical(run.calls[row.event.call_id].arguments)
        if run is not None and isinstance(row.event, e.ToolStarted) and run.calls[row.event.call_id].state is not CallState.INTERRUPTED:
            call = run.calls[row.event.call_id]
            leave = _leave(run, call, asked)
            if leave is None or leave in used:
                wrong.append(f"{call.call_id} at {row.seq}")
            used.add(leave or "")
        run = apply(run, row)
    return wrong


def _leave(run: Run, call: Call, asked: Mapping[str, str]) -> str | None:
    """What lets this call run now: an answered question, a grant, or its own verdict; None where nothing does."""
    if call.state is CallState.READY:
        return f"{call.call_id} {call.decision}" if call.decision is not e.Decision.ASK else None
    ask = run.asks[call.ask_id] if call.ask_id else None
    if ask is None or call.state is not CallState.APPROVED or ask.state != "granted" or asked[ask.ask_id] != canonical(call.arguments):
        return None
    voters = {vote.actor for vote in ask.votes}
    return str(ask.ask_id) if len(voters) >= ask.required and not voters & call.askers else None


def begun_late(rows: tuple[Recorded, ...], halted: list[tuple[datetime, datetime, str]]) -> list[str]:
    """What began after somebody had stopped the run, or while its agent was halted."""
    stopped = next((row.seq for row in rows if isinstance(row.event, e.RunStopped)), None)
    wrong: list[str] = []
    for row in rows:
        if isinstance(row.event, e.ToolStarted | e.ModelAsked):
            if stopped is not None and row.seq > stopped:
                wrong.append(f"{row.event.kind} at {row.seq}, after it was stopped")
            if any(first < row.at < last and scope in ("", row.agent) for first, last, scope in halted):
                wrong.append(f"{row.event.kind} at {row.seq}, while it was halted")
    return wrong


def halts(switched: tuple[Recorded, ...]) -> list[tuple[datetime, datetime, str]]:
    """From when to when what was halted; what is just being written down when somebody halts is not meant."""
    began: dict[str, datetime] = {}
    found: list[tuple[datetime, datetime, str]] = []
    for row in switched:
        match row.event:
            case e.Halted(scope=scope):
                began[scope] = row.at + GRACE
            case e.Resumed(scope=scope):
                found.append((began.pop(scope), row.at, scope))
    return found
