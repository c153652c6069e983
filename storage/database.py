"""One SQLite file: how it is opened, locked, brought up to date and closed. With `fulltext.py`, all SQL that SQLite alone knows."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, create_engine, make_url
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import NullPool

from agents.core.errors import ConfigError, JournalError, JournalVersion
from storage.fulltext import CREATE
from storage.lock import locked
from storage.readers import Readers
from storage.version import fits, migrate
from storage.writer import Handler, Single, Work, Writer

SETTINGS = (
    "PRAGMA page_size = 8192",  # before anything is written; results of tools fill pages of this size best
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on the disk when it returns
    "PRAGMA busy_timeout = 5000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # without it INSERT OR REPLACE deletes a row past its trigger
    "PRAGMA secure_delete = ON",  # what is erased is overwritten with zeros
)
READER = (*SETTINGS[3:], "PRAGMA query_only = ON")
BEGIN = "BEGIN IMMEDIATE"
SCRUB = ("PRAGMA busy_timeout = 200", "PRAGMA wal_checkpoint(TRUNCATE)", SETTINGS[3])
"""Empties the write-ahead log, unless somebody reads it for longer than this: then it is emptied the next time, or at the end."""

Item = TypeVar("Item")
T = TypeVar("T")

_SINGLE = Single()

_ADVICE = {
    sqlite3.SQLITE_FULL: "Make room on the disk; nothing of it was written, and what was written before is safe.",
    sqlite3.SQLITE_IOERR: "Look at the disk, which failed; nothing of it was written.",
    sqlite3.SQLITE_READONLY: "Let the bot's account write the file and its folder.",
    sqlite3.SQLITE_BUSY: "Another program holds it: close that one; nothing of it was written.",
    sqlite3.SQLITE_CORRUPT: "The file is damaged: stop the bot and restore a backup.",
    sqlite3.SQLITE_NOTADB: "The file is damaged: stop the bot and restore a backup.",
}

INSERT_ONLY = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END"
    for table in ("chains", "events") for verb in ("UPDATE", "DELETE")
)
"""Refuses what would change the past, whoever asks."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: readers side by side, and one writer unless it was opened to read."""

    path: Path
    readers: Readers
    writer: Writer | None

    async def write(self, work: Work[T]) -> T:
        """What the work returns, once it is durable. Raises JournalError where it cannot be, and what the work raises."""
        outcome: T = await self.handle(_SINGLE, work)
        return outcome

    async def handle(self, handler: Handler[Item, T], item: Item) -> T:
        """What the handler makes of the item, once it is durable. Raises JournalError where it cannot be, and what the handler raises."""
        if self.writer is None:
            raise JournalError(f"{self.path} was opened to read only.")
        try:
            return await self.writer.write(handler, item)
        except sqlite3.Error as error:
            raise JournalError(f"{self.path} could not be written: {error}. {_advice(error)}") from error

    async def read(self, statement: Select[Any], parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """The rows of one SELECT, as they were at one moment. Raises JournalError where the file cannot be read."""
        try:
            return await self.readers.read(statement, parameters)
        except sqlite3.Error as error:
            raise JournalError(f"{self.path} could not be read: {error}. {_advice(error)}") from error


def _advice(error: BaseException | None) -> str:
    """What to do about an error of SQLite, by its result code."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells where it happened
    return _ADVICE.get(code, "Nothing of it was written; what was written before is safe.")


@asynccontextmanager
async def open_database(
    url: str, *, read_only: bool = False, connection: type[sqlite3.Connection] = sqlite3.Connection
) -> AsyncIterator[Database]:
    """Open the file of this `sqlite:///PATH` url; by default as its one bot: locked, created or migrated as needed.

    With `read_only` it is opened beside a running bot: no lock, nothing created, nothing migrated.
    `connection` is the class of the writer's connection; a benchmark gives one that waits when it commits.
    Raises JournalBusy where another bot holds the file, JournalVersion where this program cannot work with it,
    JournalError where it is missing or no database, ConfigError for another kind of url.
    """
    path = _path(url)
    async with AsyncExitStack() as stack:
        if read_only:
            _require(path)
        else:
            try:
                stack.enter_context(locked(path))
                path.touch(mode=0o600)  # it holds what people and tools wrote; the log beside it takes the same rights
            except OSError as error:
                advice = "Set DATABASE_URL to a file in a folder where this user may write."
                raise JournalError(f"{path} cannot be written: {error.strerror}. {advice}") from error
            _bring_up(path)
        readers = Readers(path, READER)
        writer = None
        if not read_only:
            owned = writing_connection(path, connection)
            writer = Writer(owned, owned.cursor(), dialect(), BEGIN, SCRUB)
            stack.push_async_callback(writer.close)  # last of all: who closes last tidies up the write-ahead log
        stack.push_async_callback(readers.close)
        yield Database(path, readers, writer)


def _path(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"DATABASE_URL is {url!r}, which is no url. Write sqlite:///countersign.db, for example.") from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        shown = parsed.render_as_string(hide_password=True)
        raise ConfigError(f"DATABASE_URL is {shown}; only files of SQLite are supported: sqlite:///countersign.db, for example.")
    return Path(parsed.database).absolute()


def _require(path: Path) -> None:
    """Refuse to read what is not there or not of this version."""
    if not path.exists():
        raise JournalError(f"There is no database at {path}. Start the bot once to create it, or set DATABASE_URL to where it is.")
    with _alone(path) as connection:
        if not fits(connection, path):
            raise JournalVersion(f"{path} was written by an older version of Countersign. Start the bot once: it migrates the file.")


def _bring_up(path: Path) -> None:
    """Create the file, or bring it up to date, in one transaction."""
    with _alone(path) as connection:
        for setting in SETTINGS:
            connection.exec_driver_sql(setting)
        connection.exec_driver_sql(BEGIN)
        if not fits(connection, path):
            migrate(connection)
            for statement in (*INSERT_ONLY, *CREATE):
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql("COMMIT")


@contextmanager
def _alone(path: Path) -> Iterator[Connection]:
    """A connection before there are any others. Raises JournalError where the file is no database or cannot be opened."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)
    try:
        with engine.connect() as connection:
            yield connection
    except DatabaseError as error:
        raise JournalError(f"{path} cannot be used: {error.orig}. Set DATABASE_URL to another file, or restore this one.") from error
    finally:
        engine.dispose()


def writing_connection(path: Path, factory: type[sqlite3.Connection]) -> sqlite3.Connection:
    """The writer's connection. It says itself where its transactions begin: the driver's own way loses updates."""
    connection = sqlite3.connect(path, factory=factory, isolation_level=None, check_same_thread=False)
    for setting in SETTINGS:
        connection.execute(setting)
    return connection
