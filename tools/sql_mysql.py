"""MySQL and MariaDB over pymysql: read-only transactions, and rows that are read one by one."""

import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from os import dup
from typing import Any

from pymysql.cursors import SSCursor
from pymysql.err import Error

from tools.sql_server import Limits, Rows, Table, gathered

CONNECTING = 10
"""Seconds until a connection is given up."""

MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
"""Of the modes, none that changes what quotes, backslashes and || mean: the check reads them as MySQL does by itself."""

TOO_LONG = frozenset((1317, 1969, 3024))
"""Error numbers: interrupted, MariaDB's and MySQL's end of time."""

_TABLES = """
SELECT table_schema, table_name, table_type, table_rows, table_comment FROM information_schema.tables
WHERE table_schema IN %s AND table_type IN ('BASE TABLE', 'VIEW') ORDER BY 1, 2
"""


class MysqlServer:
    """Implements `Server`."""

    dialect = "mysql"

    def __init__(self, database: str, seconds: float) -> None:
        """`database` is the url's, where tables are looked for if nothing else is said; `seconds` how long a statement may run."""
        self._database = database
        self._patience = int(seconds) + CONNECTING

    def arguments(self) -> dict[str, Any]:
        """What SQLAlchemy is told beside the url."""
        times = {"connect_timeout": CONNECTING, "read_timeout": self._patience}
        told = {**times, "charset": "utf8mb4", "local_infile": False, "cursorclass": SSCursor}
        return {"connect_args": told}

    def arm(self, driver: Any) -> None:
        """Every transaction of the connection reads only, whoever begins it."""
        with driver.cursor() as cursor:
            for setting in (f"sql_mode = '{MODE}'", "lock_wait_timeout = 3", "group_concat_max_len = 100000", "wait_timeout = 600"):
                cursor.execute(f"SET SESSION {setting}")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")

    def begin(self, driver: Any, limits: Limits) -> None:
        """What holds until it is rolled back."""
        maria = "mariadb" in driver.get_server_info().lower()
        time = f"max_statement_time = {limits.seconds:g}" if maria else f"max_execution_time = {int(limits.seconds * 1000)}"
        with driver.cursor() as cursor:
            cursor.execute(f"SET SESSION {time}")
            cursor.execute("START TRANSACTION READ ONLY")

    def rows(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """Run one checked statement. Where it is cut short the connection ends, because the driver would read all the rest."""
        cursor = driver.cursor()
        try:
            cursor.execute(statement)
            return gathered([column[0] for column in cursor.description or ()], cursor, limits)
        finally:
            if driver._result is not None and driver._result.unbuffered_active:
                driver._result.unbuffered_active = False
                driver._force_close()
            cursor.close()

    def plan(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """How it would be run."""
        return self.rows(driver, f"EXPLAIN {statement}", limits)

    def tables(self, driver: Any, schemas: Sequence[str]) -> Iterable[Table]:
        """What may be read in these databases."""
        with driver.cursor() as cursor:
            cursor.execute(_TABLES, (list(schemas or [self._database]),))
            for schema, name, kind, rows, comment in cursor.fetchall():
                table = kind == "BASE TABLE"
                yield Table(schema, name, "table" if table else "view", rows if table else None, comment if table else "")

    def counted(self, driver: Any, tables: Sequence[Table]) -> Sequence[Table]:
        """The server's estimates stand."""
        return tables

    def canceller(self, driver: Any, connect: Callable[[], Any]) -> Callable[[], None]:
        """What ends the connection's statement at the server."""
        number = int(driver.thread_id())

        def kill() -> None:
            with closing(connect()) as other, other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {number}")

        return kill

    def sever(self, driver: Any) -> None:
        """Whoever waits for the server hears that it is gone."""
        with suppress(OSError, AttributeError), closing(socket.socket(fileno=dup(driver._sock.fileno()))) as wire:
            wire.shutdown(socket.SHUT_RDWR)

    def reason(self, error: BaseException, limits: Limits) -> str:
        """What went wrong."""
        number, told = (error.args[0], error.args[-1]) if isinstance(error, Error) and error.args else (0, error)
        if number in TOO_LONG:
            return f"It took longer than {limits.seconds:g} seconds and was cancelled at the server. Narrow it, or ask for less."
        return f"MySQL says: {' '.join(str(told).split())[:500]}"

    def ended(self, driver: Any) -> bool:
        """Whether the connection is over."""
        return not driver.open

    def may_write(self, driver: Any, schemas: Sequence[str]) -> str:
        """Where its account could write if we did not keep it from that."""
        with driver.cursor() as cursor:
            cursor.execute("SHOW GRANTS")
            grants = [str(row[0]) for row in cursor.fetchall()]
        words = ("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "ALTER", "FILE")
        wide = [grant for grant in grants if any(word in grant.partition(" ON ")[0].upper() for word in words)]
        return ", ".join(grant.partition(" ON ")[2].partition(" TO ")[0] for grant in wide[:3])
