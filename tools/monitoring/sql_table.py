"""A table as it is now: its columns, and how its time column keeps times. Works on the connection that it is given."""

from typing import TYPE_CHECKING, Any

from tools.monitoring.sql_columns import Column, Family, columns, quoted
from tools.monitoring.sql_rows import text
from tools.monitoring.sql_time import TimeColumn, time_column
from tools.sql import Database, columns_of
from tools.sql_server import Limits, Rows, Table
from tools.sql_text import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection


PROBE = "'2026-01-01 12:00:00'"
"""A wall time that every zone has."""


def path_of(table: Table, dialect: str) -> str:
    """A table as it stands in a statement."""
    return f"{quoted(table.schema, dialect)}.{quoted(table.name, dialect)}"


def columns_in(database: Database, connection: "Connection", table: Table) -> tuple[Column, ...]:
    """The table's columns, with their types as the database writes them."""
    found = columns_of(connection, table)
    written = {}
    for one in found:
        try:
            written[one["name"]] = str(one["type"].compile(dialect=connection.dialect))
        except database.errors:  # a column without a type, which SQLite has
            written[one["name"]] = ""
    return columns(found, database.server.dialect, written)


def time_in(
    database: Database, driver: Any, table: Table, column: Column, zone: str | None, limits: Limits
) -> tuple[TimeColumn, bool]:
    """The column as a time, and whether that is certain: an empty table tells nothing of how it keeps times. Raises Refused, Failure."""
    dialect = database.server.dialect
    if dialect != "sqlite" and column.family is not Family.NUMBER:
        time = time_column(column, dialect, zone, None, "")
        if dialect == "mysql" and time.zone:
            ((known,),) = asked(database, driver, f"SELECT {time.seconds_of(PROBE)}", limits).rows
            if known == "NULL":
                raise Refused(f"The server does not know the zone {zone}: load its time zone tables, or keep {column.name} in UTC.")
        return time, True
    kind = f", TYPEOF(MAX({column.quoted}))" if dialect == "sqlite" else ""
    ((greatest, *rest),) = asked(database, driver, f"SELECT MAX({column.quoted}){kind} FROM {path_of(table, dialect)}", limits).rows  # noqa: S608
    sample = text(greatest)
    return time_column(column, dialect, zone, sample, (*rest, "")[0]), sample is not None


def asked(database: Database, driver: Any, statement: str, limits: Limits) -> Rows:
    """What a statement gives, checked as all are. Raises Refused."""
    return database.server.rows(driver, database.checked(statement, driver, limits), limits)


