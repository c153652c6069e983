"""What agents can do with a database: query it, and look around in it."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.ports import Done, Failed
from tools.argument import Argument
from tools.operation import Arguments, Operation, Use
from tools.source import Pack, SourceContext
from tools.sql import NAMES, Database, look, opened
from tools.sql_config import SqlEntry
from tools.sql_server import Failure, Limits, Rows, Table, described, listed, told
from tools.sql_text import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

LONGEST = 200_000
"""Characters of a result: our own limits cut before."""

TIMEOUT = 90.0
"""Seconds of a call: more than a statement and its connection may take."""

_SQL = Argument(type="string", minLength=1, maxLength=20_000, description="one SELECT, WITH … SELECT or VALUES, without parameters")
_TABLE = Argument(type="string", minLength=1, maxLength=200, description="a table or a view, as table or schema.table")


async def _query(database: Database, arguments: Arguments, use: Use) -> Done | Failed:
    limits = replace(database.limits, rows=min(arguments["limit"], database.limits.rows))
    return await _told(database, arguments["sql"], limits)


async def _explain(database: Database, arguments: Arguments, use: Use) -> Done | Failed:
    def work(connection: "Connection", driver: Any, limits: Limits) -> Rows:
        return database.server.plan(driver, database.checked(arguments["sql"], driver, limits), limits)

    try:
        return Done("\n".join(row[0] if len(row) == 1 else " | ".join(row) for row in (await database.use(work, database.limits)).rows))
    except (Failure, Refused) as error:
        return Failed(str(error))


async def _sample(database: Database, arguments: Arguments, use: Use) -> Done | Failed:
    schema, _, name = arguments["table"].rpartition(".")
    path = ".".join('"{}"'.format(part.replace('"', '""')) for part in (schema, name) if part)
    if database.server.dialect == "mysql":
        path = ".".join(f"`{part.replace('`', '``')}`" for part in (schema, name) if part)
    count = min(arguments["rows"], database.limits.rows)
    return await _told(database, f"SELECT * FROM {path} LIMIT {count}", replace(database.limits, rows=count))  # noqa: S608


async def _told(database: Database, sql: str, limits: Limits) -> Done | Failed:
    took = 0.0

    def work(connection: "Connection", driver: Any, limits: Limits) -> Rows:
        nonlocal took
        statement = database.checked(sql, driver, limits)
        begun = time.perf_counter()
        rows = database.server.rows(driver, statement, limits)
        took = time.perf_counter() - begun
        return rows

    try:
        return Done(told(await database.use(work, limits), took * 1000))
    except (Failure, Refused) as error:
        return Failed(str(error))


async def _tables(database: Database, arguments: Arguments, use: Use) -> Done | Failed:
    wanted = arguments["like"].lower()

    def work(connection: "Connection", driver: Any, limits: Limits) -> Sequence[Table]:
        found = [table for table in database.catalogue.read(driver) if wanted in table.path.lower()]
        return database.server.counted(driver, found)

    try:
        return Done(f"{NAMES[database.server.dialect]}\n{listed(await database.use(work, database.limits))}")
    except (Failure, Refused) as error:
        return Failed(str(error))


async def _describe(database: Database, arguments: Arguments, use: Use) -> Done | Failed:
    schema, _, name = arguments["table"].rpartition(".")

    def work(connection: "Connection", driver: Any, limits: Limits) -> str:
        table = database.catalogue.table(driver, schema, name)
        return described(table, *look(connection, table))

    try:
        return Done(await database.use(work, database.limits))
    except (Failure, Refused) as error:
        return Failed(str(error))


async def examined(entry: SqlEntry, context: SourceContext) -> tuple[int, str]:
    """How many tables can be read, and where the account could write if it were let. Raises ConfigError, Failure."""
    async with opened(entry, context) as database:
        def work(connection: "Connection", driver: Any, limits: Limits) -> tuple[int, str]:
            return len(database.catalogue.read(driver)), database.server.may_write(driver, database.catalogue.schemas)

        return await database.use(work, database.limits)


SQL = Pack("sql", SqlEntry, (
    Operation(
        "query",
        "Run one SQL statement that reads, in the database's own dialect (the tables operation says which). Rows, bytes, the length of a "
        "value and time are limited: aggregate, filter, and name the columns. The first line says how many rows there are and whether more "
        "were cut off.",
        _query, {"sql": _SQL, "limit": Argument(type="integer", minimum=1, maximum=5_000, default=200, description="rows at most")},
        taints=True, timeout=TIMEOUT, max_result=LONGEST,
    ),
    Operation(
        "tables", "List the tables and views that can be queried, with their kind, about how many rows they have, and comments.", _tables,
        {"like": Argument(type="string", maxLength=100, default="", description="part of a name; empty for all")},
        timeout=TIMEOUT, max_result=LONGEST,
    ),
    Operation(
        "describe", "Describe one table: columns with types, NULL, defaults and comments, primary key, foreign keys, indexes.", _describe,
        {"table": _TABLE}, timeout=TIMEOUT, max_result=LONGEST,
    ),
    Operation(
        "sample", "Show a few rows of one table, to see what its values look like.", _sample,
        {"table": _TABLE, "rows": Argument(type="integer", minimum=1, maximum=50, default=5, description="how many")},
        taints=True, timeout=TIMEOUT, max_result=LONGEST,
    ),
    Operation(
        "explain", "Show how the server would run a statement (its plan), without running it: for queries that are slow.", _explain,
        {"sql": _SQL}, timeout=TIMEOUT, max_result=LONGEST,
    ),
), opened)
