"""Whatever is changed in the file behind the program's back is found when the run is read."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agents.core.errors import JournalTampered
from agents.core.fold import fold
from agents.core.ids import run_id_for
from storage.codec import ERASED
from storage.database import open_database, writing_connection
from storage.journal import SqlJournal
from tests.storage.stories import story, tell

Edit = Callable[[sqlite3.Connection], object]


@pytest.fixture
async def written(tmp_path: Path) -> AsyncIterator[tuple[SqlJournal, Path]]:
    """A journal with two equal stories in it."""
    path = tmp_path / "journal.db"
    async with open_database(f"sqlite:///{path}") as database:
        journal = SqlJournal(database)
        for key in ("one", "two"):
            await tell(journal, *story(key))
        yield journal, path


FORGED = {
    "id": "id + 1000", "run": "2", "seq": "seq + 100", "time": "time + 1", "kind": "'model_failed'", "actor": "'T01ACME/U03MALLORY'",
    "agent": "'other'", "tool": "'other'", "call_id": "'c9'", "body": "'{}'", "payload_hash": "zeroblob(32)", "hash": "zeroblob(32)",
}

INSERT = f"INSERT INTO events VALUES ({','.join('?' * len(FORGED))})"  # noqa: S608 - of the table above


@contextmanager
def forger(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with write access to the file, who takes the triggers away first."""
    connection = sqlite3.connect(path, isolation_level=None)
    for table in ("events", "chains"):
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
    try:
        yield connection
    finally:
        connection.close()


async def read_all(journal: SqlJournal) -> None:
    for key in ("one", "two"):
        await journal.read(run_id_for(key))


@pytest.mark.parametrize("column", FORGED)
async def test_a_change_of_any_column_of_any_row_is_found(written: tuple[SqlJournal, Path], column: str) -> None:
    journal, path = written
    with forger(path) as connection:
        rows = connection.execute("SELECT * FROM events WHERE run = 1 ORDER BY seq").fetchall()
        for row in rows:
            change = f"run = 2, seq = seq + {len(rows)}" if column == "run" else f"{column} = {FORGED[column]}"
            connection.execute(f"UPDATE events SET {change} WHERE id = ?", (row[0],))  # noqa: S608 - of the table above
            with pytest.raises(JournalTampered):
                await read_all(journal)
            connection.execute("DELETE FROM events WHERE id IN (?, ? + 1000)", (row[0], row[0]))
            connection.execute(INSERT, row)
    await read_all(journal)


async def test_a_missing_row_is_found(written: tuple[SqlJournal, Path]) -> None:
    journal, path = written
    with forger(path) as connection:
        rows = connection.execute("SELECT * FROM events WHERE run = 1 ORDER BY seq").fetchall()
        for row in rows[:-1]:  # that whole appends were cut off at the end is for seals to find: the chain has no end by itself
            connection.execute("DELETE FROM events WHERE id = ?", (row[0],))
            with pytest.raises(JournalTampered, match=f"{run_id_for('one')} event {row[2]}: it is missing"):
                await journal.read(run_id_for("one"))
            connection.execute(INSERT, row)


SWAPS: dict[str, Edit] = {
    "rows of a run": lambda c: c.executescript(
        "UPDATE events SET seq = 99 WHERE run = 1 AND seq = 3; UPDATE events SET seq = 3 WHERE run = 1 AND seq = 4;"
        "UPDATE events SET seq = 4 WHERE run = 1 AND seq = 99"
    ),
    "rows of two runs": lambda c: c.executescript(
        "UPDATE events SET run = 3 WHERE run = 1 AND seq = 5; UPDATE events SET run = 1 WHERE run = 2 AND seq = 5;"
        "UPDATE events SET run = 2 WHERE run = 3"
    ),
    "whole runs": lambda c: c.executescript(
        "UPDATE chains SET run_id = 'x' WHERE number = 1;"
        "UPDATE chains SET run_id = (SELECT run_id FROM runs WHERE number = 1) WHERE number = 2;"
        "UPDATE chains SET run_id = (SELECT run_id FROM runs WHERE number = 2) WHERE number = 1"
    ),
    "payloads": lambda c: c.executescript(
        "UPDATE payloads SET event_id = 999 WHERE event_id = 1;"
        "UPDATE payloads SET event_id = 1 WHERE event_id = (SELECT first_id FROM runs WHERE number = 2);"
        "UPDATE payloads SET event_id = (SELECT first_id FROM runs WHERE number = 2) WHERE event_id = 999"
    ),
    "content of a payload": lambda c: c.execute("UPDATE payloads SET content = '{\"text\":\"Mallory\"}' WHERE event_id = 1"),
    "bytes for text": lambda c: c.execute("UPDATE events SET body = zeroblob(3) WHERE id = 3"),
    "text for a hash": lambda c: c.execute("UPDATE events SET hash = 'abcd' WHERE id = 3"),
    "a hash cut to nothing": lambda c: c.execute("UPDATE events SET hash = x'' WHERE id = 3"),
    "the last hash cut short": lambda c: c.execute("UPDATE events SET hash = substr(hash, 1, 4) WHERE id = (SELECT max(id) FROM events)"),
    "the end of an append cut off": lambda c: c.execute("DELETE FROM events WHERE id = (SELECT max(id) FROM events)"),
    "salt of a payload": lambda c: c.execute("UPDATE payloads SET salt = zeroblob(16) WHERE event_id = 1"),
}


@pytest.mark.parametrize("swap", SWAPS)
async def test_what_stands_in_another_place_is_found(written: tuple[SqlJournal, Path], swap: str) -> None:
    journal, path = written
    with forger(path) as connection:
        SWAPS[swap](connection)
    with pytest.raises(JournalTampered):
        await read_all(journal)


async def test_a_changed_anchor_is_found_when_reading_goes_on(written: tuple[SqlJournal, Path]) -> None:
    journal, path = written
    with forger(path) as connection:
        connection.execute("UPDATE events SET hash = zeroblob(32) WHERE run = 1 AND seq = 4")
    with pytest.raises(JournalTampered, match="event 5"):
        await journal.read(run_id_for("one"), after=4)
    with forger(path) as connection:
        connection.execute("DELETE FROM events WHERE run = 1 AND seq = 4")
    with pytest.raises(JournalTampered, match="event 4: it is missing"):
        await journal.read(run_id_for("one"), after=4)


async def test_erased_content_leaves_the_chain_valid(written: tuple[SqlJournal, Path]) -> None:
    journal, path = written
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM payloads")
    read = await journal.read(run_id_for("one"))
    run = fold(read)
    assert run.over
    assert run.text == ERASED
    assert {call.tool for call in run.calls.values()} == {"query_metrics", "roll_back"}


@pytest.mark.parametrize("statement", [
    "UPDATE events SET body = '{}' WHERE id = 1", "DELETE FROM events WHERE id = 1", "DELETE FROM events",
    "INSERT OR REPLACE INTO events SELECT * FROM events WHERE id = 1", "REPLACE INTO events SELECT * FROM events WHERE id = 1",
    "UPDATE OR REPLACE events SET seq = 2 WHERE id = 1", "UPDATE chains SET run_id = 'x'", "DELETE FROM chains",
])
async def test_the_writers_connection_itself_cannot_change_the_past(written: tuple[SqlJournal, Path], statement: str) -> None:
    _, path = written
    connection = writing_connection(path, sqlite3.Connection)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            connection.execute(statement)
    finally:
        connection.close()
