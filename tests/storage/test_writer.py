"""The writer under fire: members that fail, and a process that is killed while it writes."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects.sqlite import dialect

from agents.core import events as e
from agents.core.errors import JournalConflict, JournalError
from agents.core.ids import RunId, run_id_for
from storage.append import Appender, Batch
from storage.database import Database, open_database, writing_connection
from storage.journal import SqlJournal
from storage.schema import chains
from storage.writer import Transaction, Work, Writer
from tests.storage.stories import fact, started

WRITER = """
import asyncio, sys
from storage.database import open_database
from storage.journal import SqlJournal
from tests.storage.stories import *
async def live(journal, n):
    run_id, seq = run_id_for(f"{sys.argv[2]}/{n}"), 0
    while True:
        event = fact(e.InputReceived(str(seq), "Alice", "x" * 500), ALICE) if seq else started(f"{sys.argv[2]}/{n}")
        await journal.append(run_id, [event, fact(e.ModelAsked(seq, "smart"))], after=seq, agent="triage")
        seq += 2
        print(run_id, seq, flush=True)
async def main():
    async with open_database(sys.argv[1]) as database:
        await asyncio.gather(*(live(SqlJournal(database), n) for n in range(5)))
asyncio.run(main())
"""


@pytest.mark.parametrize("killed_after", [20, 137, 400])
async def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path, killed_after: int) -> None:
    url, acknowledged = f"sqlite:///{tmp_path}/journal.db", dict[RunId, int]()
    for life in range(2):
        writer = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, str(life), stdout=subprocess.PIPE)
        assert writer.stdout is not None
        lines = [await writer.stdout.readline() for _ in range(killed_after)]
        writer.kill()
        lines += (await writer.stdout.read()).splitlines(keepends=True)
        await writer.wait()
        acknowledged |= {RunId(run_id): int(seq) for run_id, seq in (line.decode().split() for line in lines if line.endswith(b"\n"))}
    async with open_database(url) as database:
        journal = SqlJournal(database)
        for run_id, seq in acknowledged.items():
            read = await journal.read(run_id)
            assert len(read) >= seq
            assert len(read) % 2 == 0, "a batch was torn"
        assert set(await journal.open_runs()) >= set(acknowledged)


def chain(number: int, error: Exception | None = None) -> Work[int]:
    """Work that adds a chain and then may fail."""

    def work(tx: Transaction) -> int:
        tx.write(insert(chains), ({"number": number, "run_id": f"run-{number}"},))
        if error is not None:
            raise error
        return number

    return work


async def numbers(database: Database) -> list[int]:
    return [row.number for row in await database.read(select(chains.c.number).order_by(chains.c.number))]


async def test_a_member_that_fails_half_way_costs_its_neighbours_nothing(database: Database) -> None:
    works = [chain(n, RuntimeError("half way") if n == 7 else None) for n in range(1, 21)]
    outcomes = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert isinstance(outcomes[6], RuntimeError)
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [n for n in range(1, 21) if n != 7]
    assert await numbers(database) == [n for n in range(1, 21) if n != 7]


async def test_the_databases_own_refusal_reaches_the_one_who_caused_it(database: Database) -> None:
    outcomes = await asyncio.gather(*map(database.write, [chain(1), chain(2), chain(1), chain(3)]), return_exceptions=True)
    assert isinstance(outcomes[2], JournalError)
    assert "journal.db could not be written: UNIQUE constraint failed" in str(outcomes[2])
    assert await numbers(database) == [1, 2, 3]


class FullDisk(sqlite3.Connection):
    """Cannot commit more than a few rows at once."""

    def commit(self) -> None:
        if self.execute("SELECT count(*) FROM chains").fetchone()[0] > 3:
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise full
        super().commit()


async def test_a_commit_that_fails_is_tried_for_each_alone(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/journal.db", connection=FullDisk) as database:
        outcomes = await asyncio.gather(*map(database.write, map(chain, range(1, 7))), return_exceptions=True)
        assert outcomes[:3] == [1, 2, 3]
        for refused in outcomes[3:]:
            assert isinstance(refused, JournalError)
            assert "could not be written: database or disk is full. Make room on the disk" in str(refused)
        assert await numbers(database) == [1, 2, 3]


async def test_what_waits_when_the_database_is_closed_is_still_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.db"
    async with open_database(url) as database:
        tasks = [asyncio.create_task(database.write(chain(n))) for n in range(1, 2001)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == list(range(1, 2001))
    async with open_database(url) as database:
        assert len(await numbers(database)) == 2000


async def test_who_writes_past_the_lock_is_met_by_the_key_and_not_by_what_is_remembered(tmp_path: Path) -> None:
    path, run_id = tmp_path / "journal.db", run_id_for("one")
    async with open_database(f"sqlite:///{path}") as database:
        journal = SqlJournal(database)
        await journal.append(run_id, [started("one")], after=0, agent="triage")
        other = writing_connection(path, sqlite3.Connection)
        stranger = Writer(other, other.cursor(), dialect(), "BEGIN IMMEDIATE")
        event = fact(e.ModelAsked(1, "smart"))
        await stranger.write(Appender(None), (Batch(run_id, [event], 1, "triage"),))
        with pytest.raises(JournalConflict, match="is at event 2, not at 1"):
            await journal.append(run_id, [event], after=1, agent="triage")
        await journal.append(run_id, [fact(e.ModelFailed("no"))], after=2, agent="triage")
        await journal.append(run_id_for("two"), [started("two")], after=0, agent="triage")
        await stranger.close()
        assert [row.event.kind for row in await journal.read(run_id)] == ["run_started", "model_asked", "model_failed"]
