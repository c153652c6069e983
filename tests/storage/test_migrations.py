"""A file that the first version wrote becomes one of this version, with everything that was in it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agents.core import events as e
from agents.core.errors import JournalError
from agents.core.fold import fold
from agents.core.ids import ask_id, call_id, run_id_for
from storage.database import Database, open_database
from storage.inbox import SqlInbox
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.rebuild import PROJECTIONS, rebuild
from storage.schema import events
from tests.storage.stories import BOB, START, fact, story, tell

WRITTEN = Path(__file__).parent / "journal_0001.sql"
"""What version 0001 wrote: a run that is over, one that waits for an approval, one whose call is in doubt, and a delivery."""


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The url of that file."""
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.executescript(WRITTEN.read_text(encoding="utf-8"))
    return f"sqlite:///{tmp_path}/journal.db"


async def rows(database: Database) -> dict[str, list[Mapping[str, Any]]]:
    return {
        table.name: [row._asdict() for row in await database.read(select(table).order_by(*table.primary_key))] for table in PROJECTIONS
    }


async def test_every_run_is_read_as_it_was_written(old: str) -> None:
    async with open_database(old) as database:
        journal = SqlJournal(database)
        over, waiting, doubt = [fold(await journal.read(run_id_for(key))) for key in ("over", "waiting", "doubt")]
        assert (over.outcome, over.steps, len(over.asks)) == ("answered", 3, 3)
        assert [ask.state for ask in (*waiting.open_asks, *doubt.open_asks)] == ["open", "open"]
        assert (waiting.text, waiting.calls[call_id(1)].grantable, waiting.calls[call_id(1)].undo) == ("Is search red?", True, 0)
        assert await journal.open_runs() == (waiting.run_id, doubt.run_id)
        assert [delivery.body for delivery in await SqlInbox(database).pending()] == [{"text": "hello"}]
    async with open_database(old, read_only=True) as database:
        assert len(await SqlLedger(database).runs()) == 3


async def test_what_is_due_is_known_and_nothing_differs_from_what_the_events_say(old: str) -> None:
    async with open_database(old) as database:
        ledger, waiting = SqlLedger(database), run_id_for("waiting")
        end = START + timedelta(hours=4)
        assert await ledger.due(end - timedelta(microseconds=1)) == ()
        assert await ledger.due(end) == (ask_id(waiting, 1),)
        migrated = await rows(database)
        await rebuild(database)
        assert await rows(database) == migrated


async def test_runs_go_on_and_the_past_stays_closed(old: str) -> None:
    async with open_database(old) as database:
        journal, waiting = SqlJournal(database), run_id_for("waiting")
        ask = ask_id(waiting, 1)
        edited = e.CallEdited(ask, call_id(1), "roll_back", "Bob", {"service": "search"})
        await journal.append(waiting, [fact(edited, BOB, 300)], after=5, agent="triage")
        assert fold(await journal.read(waiting)).asks[ask].state == "superseded"
        await tell(journal, *story("new"))
        assert [run.run_id for run in await SqlLedger(database).runs(limit=1)] == [run_id_for("new")]
        with pytest.raises(JournalError, match="only ever added"):
            await database.write(lambda tx: tx.write(events.delete(), ({},)))
