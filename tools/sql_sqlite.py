"""A SQLite file that is read: opened to read only, and every step of a statement asked for by an authorizer."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.sql_server import Failure, Limits, Rows, Table, gathered
from tools.sql_words import FUNCTIONS

LONGEST_VALUE = 8_000_000
"""Bytes of one value, while a statement runs too."""

COUNTED = 100_000
"""Rows of a table that are counted to say how many there are."""

LOOKS = 2_000
"""Steps of SQLite's machine between two looks at the clock."""

_PRAGMAS = frozenset((
    "table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list", "index_info", "index_xinfo", "read_uncommitted",
    "encoding", "data_version",
))  # fmt: skip
"""Those that say what a table looks like, and those that drivers and full-text search ask for."""

_TABLES = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"

_OPERATORS = frozenset(("like", "glob", "match", "->", "->>", "char", "subtype", "likelihood", "likely", "unlikely"))
_SCHEMA = frozenset(("sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_stat1"))
_SHADOWS = frozenset(("config", "content", "data", "docsize", "idx", "segdir", "segments", "stat"))
"""Full-text search keeps what it finds in tables of its own, called `TABLE_SHADOW`."""

_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE), (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 100_000), (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500), (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200), (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0), (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50),
)  # fmt: skip


class SqliteServer:
    """Implements `Server`."""

    dialect = "sqlite"

    def __init__(self, path: Path, tables: Collection[str] | None, functions: Collection[str]) -> None:
        """`tables` are the only ones that may be read, in lower case; None for all."""
        self._path = path
        self._tables = None if tables is None else frozenset(table.rpartition(".")[2].lower() for table in tables)
        self._functions = FUNCTIONS["sqlite"] | _OPERATORS | frozenset(functions)

    def connect(self) -> sqlite3.Connection:
        """A connection to the file, which has to exist."""
        if not self._path.is_file():
            raise Failure(f"There is no file {self._path}.")
        return sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, check_same_thread=False, timeout=3, isolation_level=None)

    def arguments(self) -> dict[str, Any]:
        """What SQLAlchemy is told beside the url."""
        return {"creator": self.connect}

    def arm(self, driver: Any) -> None:
        """A new connection is made one that cannot write."""
        for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            driver.execute(f"PRAGMA {pragma}")
        driver.text_factory = lambda held: held.decode("utf-8", "replace")
        for limit, most in _LIMITS:
            driver.setlimit(limit, most)
        driver.set_authorizer(self._may)

    def begin(self, driver: Any, limits: Limits) -> None:
        """From now on the clock runs."""
        until = time.monotonic() + limits.seconds
        driver.set_progress_handler(lambda: time.monotonic() > until, LOOKS)

    def rows(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """Run one checked statement."""
        cursor = driver.execute(statement)
        try:
            return gathered([column[0] for column in cursor.description or ()], cursor, limits)
        finally:
            cursor.close()

    def plan(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """How it would be run."""
        cursor = driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        return gathered(["plan"], [(row[3],) for row in cursor.fetchall()], limits)

    def tables(self, driver: Any, schemas: Sequence[str]) -> Iterable[Table]:
        """What may be read."""
        for name, kind in driver.execute(_TABLES).fetchall():
            yield Table("main", name, kind)

    def counted(self, driver: Any, tables: Sequence[Table]) -> Sequence[Table]:
        """The same tables with their numbers of rows, as far as counting them is soon done."""
        known = []
        for table in tables:
            rows = None
            if table.kind == "table":
                name = table.name.replace('"', '""')
                with suppress(sqlite3.Error):
                    (found,) = driver.execute(f'SELECT count(*) FROM (SELECT 1 FROM main."{name}" LIMIT {COUNTED})').fetchone()  # noqa: S608
                    rows = found if found < COUNTED else None
            known.append(replace(table, rows=rows))
        return known

    def canceller(self, driver: Any, connect: Callable[[], Any]) -> Callable[[], None]:
        """What ends the connection's statement."""
        return lambda: driver.interrupt()

    def sever(self, driver: Any) -> None:
        """There is nobody at the other end."""
        driver.interrupt()

    def reason(self, error: BaseException, limits: Limits) -> str:
        """What went wrong."""
        if str(error) == "interrupted":
            return f"It took longer than {limits.seconds:g} seconds and was cancelled. Narrow it, or ask for less."
        return f"SQLite says: {error}"

    def ended(self, driver: Any) -> bool:
        """It lasts."""
        return False

    def may_write(self, driver: Any, schemas: Sequence[str]) -> str:
        """The file is opened to read, whoever we are."""
        return ""

    def _may(self, action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
        """SQLite asks this for each thing that a statement would do, before it does any of it."""
        allowed = False
        match action:
            case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
                allowed = True
            case sqlite3.SQLITE_READ:
                allowed = self._may_read((first or "").lower(), second or "", database, source)
            case sqlite3.SQLITE_UPDATE:
                allowed = first == "sqlite_master"  # asked for when a virtual table says what it looks like; the file stays as it is
            case sqlite3.SQLITE_FUNCTION:
                allowed = (second or "").lower() in self._functions
            case sqlite3.SQLITE_PRAGMA:
                allowed = (first or "").lower() in _PRAGMAS
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    def _may_read(self, table: str, column: str, database: str | None, source: str | None) -> bool:
        if self._tables is None or table in self._tables or table in _SCHEMA or (source or "").lower() in self._tables:
            return True  # what a view reads is the view's; of the schema's own tables a statement that was checked names none
        owner, _, shadow = table.rpartition("_")
        if (owner in self._tables and shadow in _SHADOWS) or (not column and database is None):
            return True
        return table in ("json_each", "json_tree") or table.startswith("pragma_")
