"""What really happened in a storm: the journal, the company's own account, and the threads as people see them."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import aiohttp

from agents.core import events as e
from agents.core.calls import Call, CallState
from agents.core.events import Recorded
from agents.core.fold import fold
from agents.core.ids import AskId, RunId, idempotency_key, run_of
from agents.core.state import Run
from agents.ledger import AuditQuery
from bot.build import open_reader
from bot.settings import Settings

KINDS = {"rollback_service": "rollback", "restart_service": "restart", "create_ticket": "ticket"}
"""What the company calls the effect of each tool that has one."""

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
    """Calls that were started without an approval that their verdict asks for."""
    asked: set[str] = set()
    granted: set[str] = set()
    wrong: list[str] = []
    for row in rows:
        match row.event:
            case e.CallJudged(call_id=call, decision=e.Decision.ASK):
                asked.add(call)
            case e.ApprovalGranted(call_id=call):
                granted.add(call)
            case e.ApprovalVoided(call_id=call) | e.ApprovalDenied(call_id=call) | e.ApprovalExpired(call_id=call):
                granted.discard(call)
            case e.DoubtResolved(call_id=call, choice="retry"):
                granted.discard(call)
                asked.add(call)
            case e.ToolStarted(call_id=call) if call in asked and call not in granted:
                wrong.append(call)
    return wrong
