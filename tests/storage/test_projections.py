"""Projections hold nothing but what is in the events."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from agents.core.ids import call_id, run_id_for
from storage.database import Database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.rebuild import rebuild
from storage.schema import approvals, marks, runs
from tests.storage.stories import asked, started, story, tell


async def projected(database: Database) -> dict[str, list[Mapping[str, Any]]]:
    return {
        table.name: [row._asdict() for row in await database.read(select(table).order_by(*table.primary_key))]
        for table in (runs, approvals, marks)
    }


async def test_projections_made_anew_are_the_same(database: Database) -> None:
    journal = SqlJournal(database)
    await asyncio.gather(*(tell(journal, *story(f"s{n}", second=n * 60), agent=f"agent {n % 3}") for n in range(60)))
    waiting = run_id_for("open")
    await journal.append(waiting, [started("open"), asked(waiting, 1, call_id(1), "roll_back")], after=0, agent="triage")
    before = await projected(database)
    assert [len(rows) for rows in before.values()] == [61, 181, len(before["marks"])]
    assert await rebuild(database) == 60 * 21 + 2
    assert await projected(database) == before


async def test_a_run_as_lists_show_it(database: Database) -> None:
    journal = SqlJournal(database)
    run_id, batches = story("one")
    await tell(journal, run_id, batches)
    (summary,) = await SqlLedger(database).runs()
    assert (summary.steps, summary.tokens, summary.cost) == (3, 3 * 5780, 0.3)
    assert (summary.outcome, summary.open_asks) == ("answered", 0)
    assert (summary.started_at, summary.moved_at) == (batches[0][0].at, batches[-1][-1].at)
