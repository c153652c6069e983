"""Which tables exist and may be read: every table of a statement is found here, or the statement does not run."""

import time
from collections.abc import Sequence
from difflib import get_close_matches
from threading import Lock
from typing import Any

from tools.sql_server import Server, Table
from tools.sql_text import Refused

FRESH = 5.0
"""Seconds after which the list is read again when a name is not on it."""

FOREIGN = "foreign table"
"""A kind that reads elsewhere: another server, a file. It has to be named to be read."""


class Catalogue:
    """The tables of one database. Used from several threads."""

    def __init__(self, server: Server, schemas: Sequence[str], allowed: Sequence[str] | None) -> None:
        """`allowed` are the only tables that may be read, as `table` or `schema.table`; None for all in the schemas."""
        self._server = server
        named = [name.rpartition(".")[0] for name in allowed or ()]
        self.schemas = tuple(dict.fromkeys([*schemas, *(schema for schema in named if schema)]))
        """Where tables are looked for; empty for the database's usual place."""
        self._allowed = None if allowed is None else frozenset(allowed)
        self._tables: tuple[Table, ...] = ()
        self._read_at = float("-inf")
        self._lock = Lock()

    def read(self, driver: Any) -> tuple[Table, ...]:
        """The tables as they are now."""
        found = tuple(table for table in self._server.tables(driver, self.schemas) if self._may(table))
        with self._lock:
            self._tables, self._read_at = found, time.monotonic()
        return found

    def find(self, driver: Any, schema: str, name: str) -> tuple[str, str]:
        """Where a table is. Raises Refused."""
        table = self.table(driver, schema, name)
        return table.schema, table.name

    def table(self, driver: Any, schema: str, name: str) -> Table:
        """The table that a statement means. Raises Refused."""
        found = self._find(schema, name)
        if not found and time.monotonic() - self._read_at > FRESH:
            self.read(driver)
            found = self._find(schema, name)
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused(f"There are several tables {name}: write {' or '.join(table.path for table in found)}.")
        asked = f"{schema}.{name}" if schema else name
        raise Refused(f"There is no table {asked} that may be read here{self._nearest(name)}.")

    def _find(self, schema: str, name: str) -> tuple[Table, ...]:
        """Those of exactly this name; where there are none, those that differ in upper and lower case."""
        known = [table for table in self._tables if not schema or table.schema.lower() == schema.lower()]
        exact = tuple(table for table in known if table.name == name)
        return exact or tuple(table for table in known if table.name.lower() == name.lower())

    def _may(self, table: Table) -> bool:
        if self._allowed is None:
            return table.kind != FOREIGN
        return table.name in self._allowed or f"{table.schema}.{table.name}" in self._allowed

    def _nearest(self, name: str) -> str:
        names = [table.path for table in self._tables]
        close = get_close_matches(name.lower(), names, n=3, cutoff=0.6) or (names if len(names) <= 20 else [])
        return f"; there is {', '.join(close)}" if close else ""
