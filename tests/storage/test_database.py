"""Opening a file: the lock, the version, reading beside a bot, and what goes wrong."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, select

from agents.core.errors import ConfigError, JournalBusy, JournalError, JournalVersion
from agents.core.fold import fold
from agents.core.ids import run_id_for
from storage.database import open_database, writing_connection
from storage.journal import SqlJournal
from storage.schema import VERSION, events, metadata, runs
from tests.storage.stories import started, story, tell

MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations"

HOLDER = """
import asyncio, sys
from storage.database import open_database
async def main():
    async with open_database(sys.argv[1]):
        print("open", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/journal.db"


def set_version(folder: Path, version: str) -> None:
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


async def test_a_second_bot_is_refused_with_the_file_and_the_process(tmp_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, url(tmp_path), stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"open\n"
        with pytest.raises(JournalBusy, match=rf"journal\.db is in use by the process {holder.pid}, .*stop that one first"):
            async with open_database(url(tmp_path)):
                pass
        async with open_database(url(tmp_path), read_only=True) as database:
            assert await SqlJournal(database).open_runs() == ()
    finally:
        holder.kill()
        await holder.communicate()
    async with open_database(url(tmp_path)):
        pass  # a killed bot leaves nothing that has to be cleaned up


async def test_what_one_bot_wrote_the_next_reads(tmp_path: Path) -> None:
    run_id, batches = story("one")
    async with open_database(url(tmp_path)) as database:
        await tell(SqlJournal(database), run_id, batches)
        before = await SqlJournal(database).read(run_id)
    assert not (tmp_path / "journal.db-wal").exists()
    async with open_database(url(tmp_path)) as database:
        assert await SqlJournal(database).read(run_id) == before


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with open_database(url(tmp_path)):
        pass
    async with open_database(url(tmp_path), read_only=True) as database:
        with pytest.raises(JournalError, match="opened to read only"):
            await SqlJournal(database).append(run_id_for("x"), [started("x")], after=0, agent="triage")


async def test_after_closing_nothing_is_written(tmp_path: Path) -> None:
    async with open_database(url(tmp_path)) as database:
        pass
    with pytest.raises(JournalError, match="closed"):
        await SqlJournal(database).append(run_id_for("x"), [started("x")], after=0, agent="triage")


async def test_reading_what_is_not_there_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"no database at .*journal\.db\. Start the bot once"):
        async with open_database(url(tmp_path), read_only=True):
            pass
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path, read_only: bool) -> None:
    async with open_database(url(tmp_path)):
        pass
    set_version(tmp_path, "9999")
    before = (tmp_path / "journal.db").read_bytes()
    with pytest.raises(JournalVersion, match=f"newer version of Countersign .its tables are 9999, this program knows {VERSION}"):
        async with open_database(url(tmp_path), read_only=read_only):
            pass
    assert (tmp_path / "journal.db").read_bytes() == before


LATER = f"{int(VERSION) + 1:04}"

ADDS_A_COLUMN = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "{LATER}", "{VERSION}"
def upgrade():
    op.add_column("runs", sa.Column("note", sa.Text, nullable=False, server_default="none"))
    op.create_index("runs_note", "runs", ["note"])
"""


def newer_program(folder: Path, monkeypatch: pytest.MonkeyPatch, migration: str) -> None:
    """A later version of this program, which has one migration more."""
    shutil.copytree(MIGRATIONS, folder / "migrations", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations" / "versions" / f"{LATER}_later.py").write_text(migration)
    monkeypatch.setattr("storage.version.MIGRATIONS", folder / "migrations")
    monkeypatch.setattr("storage.version.VERSION", LATER)


async def test_an_older_file_is_migrated_by_the_bot_and_refused_by_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, batches = story("one")
    async with open_database(url(tmp_path)) as database:
        await tell(SqlJournal(database), run_id, batches)
        before = await SqlJournal(database).read(run_id)
    newer_program(tmp_path, monkeypatch, ADDS_A_COLUMN)
    with pytest.raises(JournalVersion, match="Start the bot once: it migrates"):
        async with open_database(url(tmp_path), read_only=True):
            pass
    async with open_database(url(tmp_path)) as database:
        assert await SqlJournal(database).read(run_id) == before
        assert [row.note for row in await database.read(select(column("note")).select_from(runs))] == ["none"]
        with pytest.raises(JournalError, match="only ever added"):
            await database.write(lambda tx: tx.write(events.delete(), ({},)))
        await tell(SqlJournal(database), *story("two"))
    async with open_database(url(tmp_path), read_only=True) as database:
        assert len(await SqlJournal(database).read(run_id_for("two"))) == len(before)


async def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, batches = story("one")
    async with open_database(url(tmp_path)) as database:
        await tell(SqlJournal(database), run_id, batches)
    with monkeypatch.context() as patched:
        newer_program(tmp_path, patched, ADDS_A_COLUMN + "    raise RuntimeError('half way')\n")
        with pytest.raises(RuntimeError, match="half way"):
            async with open_database(url(tmp_path)):
                pass
    async with open_database(url(tmp_path)) as database:
        assert fold(await SqlJournal(database).read(run_id)).over
        with pytest.raises(JournalError, match="no such column"):
            await database.read(select(column("note")).select_from(runs))


async def test_a_file_without_tables_gets_them(tmp_path: Path) -> None:
    writing_connection(tmp_path / "journal.db", sqlite3.Connection).close()
    with pytest.raises(JournalVersion, match="Start the bot once: it migrates"):
        async with open_database(url(tmp_path), read_only=True):
            pass
    async with open_database(url(tmp_path)) as database:
        assert await SqlJournal(database).open_runs() == ()


async def test_files_of_others_are_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(JournalVersion, match="tables of another program"):
        async with open_database(url(tmp_path)):
            pass
    (tmp_path / "journal.db").write_bytes(b"This is no database, and it is long enough to be looked at." * 20)
    with pytest.raises(JournalError, match="cannot be used: file is not a database"):
        async with open_database(url(tmp_path)):
            pass


@pytest.mark.parametrize("wrong", ["", "countersign.db", "sqlite://", "sqlite:///:memory:", "postgresql://bot:hunter2@db/journal"])
async def test_other_urls_are_refused_without_their_password(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"sqlite:///countersign\.db, for example") as refused:
        async with open_database(wrong):
            pass
    assert "hunter2" not in str(refused.value)


async def test_the_file_is_set_up_for_durability(tmp_path: Path) -> None:
    async with open_database(url(tmp_path)):
        connection = writing_connection(tmp_path / "journal.db", sqlite3.Connection)
        pragmas = ("page_size", "journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout", "secure_delete")
        found = [connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
        connection.close()
    assert found == [8192, "wal", 2, 1, 1, 5000, 1]


async def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    async with open_database(url(tmp_path)):
        pass
    engine = create_engine(url(tmp_path))
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, parents: kind != "table" or not name.startswith("memory_words")}  # FTS5's own
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [VERSION]


def rights_in(folder: Path) -> dict[str, int]:
    """The mode of every file but the lock."""
    return {file.name: file.stat().st_mode for file in folder.iterdir() if not file.name.endswith(".lock")}


async def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    async with open_database(url(tmp_path)) as database:
        await tell(SqlJournal(database), *story("one"))
        rights = rights_in(tmp_path)
        assert {name: mode & 0o077 for name, mode in rights.items()} == {"journal.db": 0, "journal.db-wal": 0, "journal.db-shm": 0}


async def test_a_folder_that_takes_no_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written: Not a directory"):
        async with open_database(f"sqlite:///{tmp_path}/file/journal.db"):
            raise AssertionError("It was opened.")
    with pytest.raises(JournalError, match="cannot be written: No such file"):
        async with open_database("sqlite:////proc/journal.db"):
            raise AssertionError("It was opened.")
