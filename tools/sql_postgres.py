"""PostgreSQL over psycopg: read-only transactions, one statement a message, and values that the server itself has cut."""

import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from os import dup
from typing import Any

from psycopg import Error, errors, postgres

from tools.sql_server import Failure, Limits, Rows, Table, gathered

CONNECTING = 10
"""Seconds until a connection is given up."""

LOCKS = 3_000
"""Milliseconds that a statement waits for a table that somebody changes."""

NOTICES = 140_000
"""The first version that notices while a statement runs that nobody listens any more."""

_NUMBERS = frozenset(postgres.types[name].oid for name in ("bool", "int2", "int4", "int8", "float4", "float8", "numeric", "oid"))
"""Types whose values stay what they are; all others are sent as text, so that none is too long for us."""

_ANY_TABLE = """
SELECT n.nspname, c.relname, c.relkind, c.reltuples::bigint, coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_schema_privilege(n.oid, 'USAGE')
  AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
ORDER BY n.nspname, c.relname
"""

_WRITES = """
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'f') AND has_schema_privilege(n.oid, 'USAGE')
  AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY 1 LIMIT 4
"""

_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table"}


class PostgresServer:
    """Implements `Server`."""

    dialect = "postgresql"

    def arguments(self) -> dict[str, Any]:
        """What SQLAlchemy is told beside the url."""
        told = {"connect_timeout": CONNECTING, "application_name": "countersign", "tcp_user_timeout": 20_000, "keepalives_idle": 30}
        return {"connect_args": told}

    def arm(self, driver: Any) -> None:
        """Every transaction of the connection reads only, whoever begins it."""
        driver.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        driver.commit()
        driver.read_only = True

    def begin(self, driver: Any, limits: Limits) -> None:
        """What holds until it is rolled back. Names without a schema mean the server's own functions and types, and nothing else."""
        took = int(limits.seconds * 1000)
        settings = {
            "statement_timeout": took, "lock_timeout": min(LOCKS, took // 2 + 1), "idle_in_transaction_session_timeout": took + 30_000,
            "search_path": "pg_catalog, pg_temp", "standard_conforming_strings": "on", "row_security": "on", "DateStyle": "'ISO'",
            "bytea_output": "'hex'", "client_encoding": "'UTF8'",
        }  # fmt: skip
        if driver.info.server_version >= NOTICES:
            settings["client_connection_check_interval"] = 1_000
        driver.execute("; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items()))

    def rows(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """Run one checked statement, as a table of which some rows are read."""
        with driver.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({statement}) AS q LIMIT 0", prepare=True)  # noqa: S608
            found = cursor.description or ()
        if not found:
            raise Failure("The result has no columns.")
        names = [f'"c{number}"' for number in range(len(found))]
        cells = [
            name if column.type_code in _NUMBERS else f"pg_catalog.left(CAST({name} AS pg_catalog.text), {limits.cell + 1})"
            for name, column in zip(names, found, strict=True)
        ]
        whole = f"SELECT {', '.join(cells)} FROM ({statement}) AS q({', '.join(names)}) LIMIT {limits.rows + 1}"  # noqa: S608
        return self._streamed(driver, whole, [column.name for column in found], limits)

    def plan(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """How it would be run."""
        return self._streamed(driver, f"EXPLAIN {statement}", ["plan"], limits)

    def tables(self, driver: Any, schemas: Sequence[str]) -> Iterable[Table]:
        """What the account may read in these schemas; foreign tables are said to be such."""
        for schema, name, kind, rows, comment in driver.execute(_ANY_TABLE, (list(schemas or ["public"]),)).fetchall():
            yield Table(schema, name, _KINDS[kind], rows if rows >= 0 and kind in "rpm" else None, comment)

    def counted(self, driver: Any, tables: Sequence[Table]) -> Sequence[Table]:
        """The server's estimates stand."""
        return tables

    def canceller(self, driver: Any, connect: Callable[[], Any]) -> Callable[[], None]:
        """What ends the connection's statement at the server."""
        return lambda: driver.cancel_safe(timeout=2)

    def sever(self, driver: Any) -> None:
        """Whoever waits for the server hears that it is gone."""
        with suppress(Error, OSError), closing(socket.socket(fileno=dup(driver.fileno()))) as wire:
            wire.shutdown(socket.SHUT_RDWR)

    def reason(self, error: BaseException, limits: Limits) -> str:
        """What went wrong; the statement as we wrapped it is left out."""
        if isinstance(error, errors.LockNotAvailable):
            return "A table is locked by somebody who changes it. Try again later."
        if isinstance(error, errors.QueryCanceled):
            return f"It took longer than {limits.seconds:g} seconds and was cancelled at the server. Narrow it, or ask for less."
        told = error.diag.message_primary if isinstance(error, Error) else None
        hint = error.diag.message_hint if isinstance(error, Error) else None
        return f"PostgreSQL says: {told or ' '.join(str(error).split())[:500]}{f' ({hint})' if hint else ''}"

    def ended(self, driver: Any) -> bool:
        """Whether the connection is over."""
        return bool(driver.closed)

    def may_write(self, driver: Any, schemas: Sequence[str]) -> str:
        """Where its account could write if we did not keep it from that."""
        if driver.execute("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user").fetchone()[0]:
            return "everything: it is a superuser"
        found = [row[0] for row in driver.execute(_WRITES, (list(schemas or ["public"]),)).fetchall()]
        return ", ".join([*found[:3], *(["…"] if len(found) > 3 else [])])

    def _streamed(self, driver: Any, statement: str, columns: Sequence[str], limits: Limits) -> Rows:
        """Row by row, so that what is too much is never held; the extended protocol takes one statement and no more."""
        with driver.cursor() as cursor, closing(cursor.stream(statement)) as rows:
            return gathered(columns, rows, limits)
