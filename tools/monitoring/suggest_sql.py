"""Monitors for the tables of a database: their time, how much comes, and which columns are worth watching, by a sample of new rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agents.core.duration import written
from agents.monitors import SourceDown
from tools.monitoring.buckets import LENGTHS
from tools.monitoring.sql_columns import Column, Family
from tools.monitoring.sql_rows import number
from tools.monitoring.sql_table import asked, columns_in, path_of, time_in
from tools.monitoring.sql_time import TimeColumn
from tools.monitoring.suggested import Suggestion, Suggestions, name_for, rate
from tools.sql import Database
from tools.sql_expression import aggregate
from tools.sql_server import Failure, Limits, Table
from tools.sql_text import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

TABLES = 25
"""Tables that are looked at."""

SAMPLE = 20_000
"""The newest rows of a table that are looked at."""

FEW = 100
"""A table with fewer rows is not worth watching."""

COLUMNS = 60
"""Columns of a table that are looked at."""

ROWS = 20
"""Rows that a bucket is to have, so that its numbers mean something."""

VALUES = 12
"""Values of a dimension at most."""

TIMES = (
    "created_at", "inserted_at", "created", "event_time", "occurred_at", "timestamp", "event_timestamp", "time", "ts", "placed_at",
    "ordered_at", "placed", "recorded_at", "received_at", "loaded_at", "updated_at", "modified_at", "date", "day",
)  # fmt: skip
"""Names of time columns, those first that say when a row came to be."""

_TIME = re.compile(r"(_at|_time|_ts|_on|_date|timestamp)$")
_ID = re.compile(r"(^|_)(id|key|uuid|guid|hash|zip|phone|year|lat|lon|latitude|longitude)$")
_AMOUNT = re.compile(r"amount|total|price|revenue|cost|fee|value|quantity|qty|duration|size|bytes|balance|score|latency|seconds|ms$")
_NAMES = re.compile(r"name|mail|address|phone|comment|description|title|url|token|password|secret")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a sample of a table tells."""

    table: Table
    columns: tuple[Column, ...]
    time: Column | None
    daily: bool
    rows: int
    """In the sample."""
    seconds: float
    """From its oldest to its newest row; 0 where rows have no time."""
    nulls: dict[str, int]
    """Rows without a value, by column."""
    distinct: dict[str, int]


async def suggest_sql(database: Database, source: str, only: str | None = None) -> Suggestions:
    """A monitor for each table that is worth one, or for `only` this. Raises SourceDown."""
    limits = Limits(10, 100_000, 200, database.limits.seconds)
    try:
        tables = await database.use(lambda connection, driver, limits: _tables(database, driver, only), limits)
    except (Failure, Refused) as error:
        raise SourceDown(f"{source}: {error}") from error
    found, skipped = [], [f"{len(tables) - TABLES} more tables: name one with --table"] if len(tables) > TABLES else []
    for table in tables[:TABLES]:
        try:
            looked = await database.use(lambda *link, table=table: _looked(database, table, *link), limits)
        except (Failure, Refused) as error:
            skipped.append(f"{table.path}: {error}")
            continue
        if looked.rows < FEW:
            skipped.append(f"{table.path}: it has {looked.rows} rows, too few to say what is usual")
        else:
            found.append(_suggestion(looked, source, database))
    return Suggestions(tuple(found), tuple(skipped))


def _tables(database: Database, driver: Any, only: str | None) -> list[Table]:
    if only is not None:
        schema, _, name = only.rpartition(".")
        return [database.catalogue.table(driver, schema, name)]
    return list(database.catalogue.read(driver))


def _looked(database: Database, table: Table, connection: "Connection", driver: Any, limits: Limits) -> Looked:
    """A sample of the table's newest rows, counted. Raises Refused, Failure."""
    columns = columns_in(database, connection, table)[:COLUMNS]
    column, time = _time(database, table, columns, driver, limits)
    order = f" WHERE {column.quoted} IS NOT NULL ORDER BY {column.quoted} DESC" if column else ""
    sample = f"SELECT * FROM {path_of(table, database.server.dialect)}{order} LIMIT {SAMPLE}"  # noqa: S608
    parts = ["COUNT(*)", f"MAX({time.seconds}) - MIN({time.seconds})" if time else "0"]
    counted = [one for one in columns if one.family is not Family.OTHER]
    parts += [f"COUNT({one.quoted}), COUNT(DISTINCT {one.quoted})" for one in counted]
    ((rows, seconds, *rest),) = asked(database, driver, f"SELECT {', '.join(parts)} FROM ({sample}) AS s", limits).rows  # noqa: S608
    there, distinct = ([int(cell) for cell in rest[first::2]] for first in (0, 1))
    return Looked(
        table, columns, column, bool(time and time.daily), int(rows), number(seconds) or 0.0,
        {one.name: int(rows) - many for one, many in zip(counted, there, strict=True)},
        {one.name: many for one, many in zip(counted, distinct, strict=True)},
    )


def _time(
    database: Database, table: Table, columns: Sequence[Column], driver: Any, limits: Limits
) -> tuple[Column | None, TimeColumn | None]:
    """The column that says when a row came to be, if there is one."""
    usual = [one for name in TIMES for one in columns if one.name.lower() == name]
    typed = [one for one in columns if one.family is Family.TIME] + [one for one in columns if one.family is Family.DATE]
    likely = [one for one in columns if _TIME.search(one.name.lower())]
    for column in dict.fromkeys([*(one for one in usual if one in typed), *usual, *typed, *likely]):
        try:
            time, is_certain = time_in(database, driver, table, column, None, limits)
        except Refused:
            continue
        if is_certain and (column in typed or _is_plausible(database, driver, table, time, limits)):
            return column, time
    return None, None


def _is_plausible(database: Database, driver: Any, table: Table, time: TimeColumn, limits: Limits) -> bool:
    """Whether numbers or texts are times: the newest lies after 2001 and not in another century."""
    path = path_of(table, database.server.dialect)
    newest = f"SELECT {time.seconds_of('newest')} FROM (SELECT MAX({time.column}) AS newest FROM {path}) AS i"  # noqa: S608
    ((cell,),) = asked(database, driver, newest, limits).rows
    seconds = number(cell)
    return seconds is not None and 10**9 < seconds < 4 * 10**9


def _suggestion(looked: Looked, source: str, database: Database) -> Suggestion:
    bucket = _bucket(looked)
    dimension = _dimension(looked, bucket)
    watch = [*(["volume", "freshness"] if looked.time else ["volume"]), *_watches(looked, database), "schema"]
    sql = {"source": source, "table": looked.table.path, **({"time": looked.time.name} if looked.time else {})}
    item: dict[str, Any] = {"name": name_for(looked.table.name), "sql": sql, "every": written(timedelta(seconds=bucket))}
    if dimension:
        item["dimensions"] = [dimension.name]
    return Suggestion({**item, "watch": watch}, _why(looked, dimension))


def _bucket(looked: Looked) -> int:
    """The shortest usual length, in seconds, in which enough rows come."""
    if looked.time is None:
        return 3600
    if looked.daily or not looked.seconds:
        return 86_400
    pace = looked.rows / looked.seconds
    return next((length for length in LENGTHS if length * pace >= ROWS), 86_400)


def _dimension(looked: Looked, bucket: int) -> Column | None:
    """A column of few values by which rows can be told apart, where enough rows are left for each."""
    per_bucket = looked.rows / looked.seconds * bucket if looked.seconds else 0
    fit = [
        column for column in looked.columns
        if column.family is Family.TEXT and 2 <= looked.distinct.get(column.name, 0) <= VALUES and not _NAMES.search(column.name.lower())
        and looked.nulls[column.name] < looked.rows / 2 and per_bucket / looked.distinct[column.name] >= ROWS / 4
    ]  # fmt: skip
    return min(fit, key=lambda column: looked.distinct[column.name], default=None)


def _watches(looked: Looked, database: Database) -> Iterator[dict[str, Any]]:
    """What is worth watching of the columns."""
    numbers = [one for one in looked.columns if one.family is Family.NUMBER and one is not looked.time and not _ID.search(one.name.lower())]
    amounts = [one for one in numbers if _AMOUNT.search(one.name.lower())] or numbers
    holed = [one for one in looked.columns if 0 < looked.nulls.get(one.name, 0) < looked.rows * 0.9 and one is not looked.time]
    sound = [one for one in amounts if one.nullable and not looked.nulls[one.name]]
    for column in [*holed, *sound][:3]:
        yield {"null_rate": column.name}
    for column in amounts[:1]:
        yield {"value": _sum(column, database), "as": name_for(column.name)}
        yield {"distribution": column.name}
    for column in looked.columns:
        if re.search(r"_id$", column.name.lower()) and ROWS < looked.distinct.get(column.name, 0) < looked.rows * 0.9:
            yield {"distinct": column.name}
            return


def _sum(column: Column, database: Database) -> str:
    """An expression for the column's sum, with its name in quotes where it needs them."""
    try:
        plain = re.fullmatch(r"[a-z_][a-z0-9_]*", column.name)
        return f"sum({column.name})" if plain and aggregate(f"sum({column.name})", database.server.dialect) else f"sum({column.quoted})"
    except Refused:
        return f"sum({column.quoted})"


def _why(looked: Looked, dimension: Column | None) -> str:
    if looked.time is None:
        return f"{looked.table.path} has {looked.rows:,} rows or more and no time column, so all of it is counted each time"
    pace = rate(looked.rows, looked.seconds)
    told = [f"{looked.table.path} has {pace} by {looked.time.name}" + (", which says the day alone" if looked.daily else "")]
    told += [f"{dimension.name} has {looked.distinct[dimension.name]} values"] if dimension else []
    holed = [name for name, many in looked.nulls.items() if many][:2]
    told += [f"{' and '.join(holed)} {'is' if len(holed) == 1 else 'are'} null at times"] if holed else []
    return "; ".join(told)
