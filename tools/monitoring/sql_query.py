"""The statements by which a table is measured. Made of quoted names, numbers and pieces that were admitted, and checked again."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.monitors import Measure, Watch
from tools.monitoring.buckets import NONE, OTHER
from tools.monitoring.sql_columns import Column, Family, column_of, literal
from tools.monitoring.sql_time import TimeColumn
from tools.sql_expression import aggregate
from tools.sql_text import Refused

LEVELS = 20
"""Quantiles of a numeric column lie this many steps apart, the lowest and the highest value included."""

TOP = 30
"""Values of a column of names that are counted one by one."""

BETWEEN = "\x1f"
"""Stands between the dimensions in a group's key. A control character, which values that are shown do not hold."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one monitor measures one table as it is now."""

    dialect: str
    path: str
    """The table, quoted."""
    time: TimeColumn | None
    """None where rows have no time."""
    bucket: int
    """Seconds."""
    where: str
    """What holds for the rows that count; empty for all."""
    dimensions: tuple[Column, ...]
    columns: tuple[Column, ...]
    functions: frozenset[str]

    def measures(self, watches: Sequence[Watch], since: int, until: int, kept: Sequence[str] | None) -> str:
        """All numbers of all buckets in [since, until): bucket, group, rows, and what `numbers` lists. `kept`: see `group`."""
        numbers = "".join(f", {text} AS m{place}" for place, text in enumerate(self.numbers(watches)))
        newest = f", MAX({self.time.seconds}) AS newest" if self.time else ""
        return (
            f"SELECT {self._bucket(since)} AS b, {self.group(kept)} AS k, COUNT(*) AS n{numbers}{newest} FROM {self.path} "  # noqa: S608
            f"WHERE {self._holds(since, until)} GROUP BY 1, 2"
        )

    def numbers(self, watches: Sequence[Watch]) -> list[str]:
        """SQL of each watch that is a number over rows, in their order; of a distribution it is the rows with a value."""
        return [self._number(watch) for watch in watches]

    def groups(self, since: int | None, until: int, most: int) -> str:
        """The largest groups in [since, until): group, rows, first and newest second."""
        seconds = f"MIN({self.time.seconds}), MAX({self.time.seconds})" if self.time else "NULL, NULL"
        return (
            f"SELECT {self.group(None)} AS k, COUNT(*) AS n, {seconds} FROM {self.path} "  # noqa: S608
            f"WHERE {self._holds(since, until)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
        )

    def before(self, since: int) -> str:
        """The newest second before this one."""
        assert self.time is not None  # noqa: S101 - asked for tables with a time alone
        newest = f"SELECT MAX({self.time.column}) AS newest FROM {self.path} WHERE {self._holds(None, since)}"  # noqa: S608
        return f"SELECT {self.time.seconds_of('newest')} FROM ({newest}) AS i"  # noqa: S608

    def quantiles(self, watch: Watch, since: int, until: int, kept: Sequence[str] | None) -> str:
        """Of each bucket and group the values at evenly spaced ranks, in order: bucket, group, values in all, value."""
        value = column_of(self.columns, watch.column).quoted
        inner = (
            f"SELECT {self._bucket(since)} AS b, {self.group(kept)} AS k, {value} AS v FROM {self.path} "  # noqa: S608
            f"WHERE {self._holds(since, until)} AND {value} IS NOT NULL"
        )
        ranked = (
            "SELECT b, k, v, COUNT(*) OVER (PARTITION BY b, k) AS n, ROW_NUMBER() OVER (PARTITION BY b, k ORDER BY v) AS r "  # noqa: S608
            f"FROM ({inner}) AS i"
        )
        step, before = (f"(r - {less}) * {LEVELS} / (n - 1)" for less in (1, 2))
        if self.dialect != "sqlite":  # which divides whole numbers without a rest, and may lack FLOOR
            step, before = f"FLOOR({step})", f"FLOOR({before})"
        return f"SELECT b, k, n, v FROM ({ranked}) AS j WHERE n <= {LEVELS + 1} OR r = 1 OR {step} > {before} ORDER BY b, k, r"  # noqa: S608

    def names(self, watch: Watch, since: int, until: int, kept: Sequence[str] | None) -> str:
        """Of each bucket and group the most frequent values: bucket, group, value, rows."""
        value = _text(column_of(self.columns, watch.column), self.dialect)
        inner = (
            f"SELECT {self._bucket(since)} AS b, {self.group(kept)} AS k, {value} AS v, COUNT(*) AS n FROM {self.path} "  # noqa: S608
            f"WHERE {self._holds(since, until)} AND {value} IS NOT NULL GROUP BY 1, 2, 3"
        )
        ranked = f"SELECT b, k, v, n, ROW_NUMBER() OVER (PARTITION BY b, k ORDER BY n DESC, v) AS r FROM ({inner}) AS i"  # noqa: S608
        return f"SELECT b, k, v, n FROM ({ranked}) AS j WHERE r <= {TOP} ORDER BY b, k, r"  # noqa: S608

    def is_numeric(self, watch: Watch) -> bool:
        """Whether a column's distribution is one of numbers, and not of names. Raises Refused where it is neither."""
        column = column_of(self.columns, watch.column)
        if column.family in (Family.NUMBER, Family.TEXT, Family.BOOLEAN) or (self.dialect == "sqlite" and not column.type):
            return column.family is Family.NUMBER
        raise Refused(f"The column {column.name} is {column.type}; distribution takes numbers, text and booleans.")

    def group(self, kept: Sequence[str] | None) -> str:
        """SQL of the key of a row's group; where `kept` are keys, all others are one."""
        texts = [f"COALESCE({_text(column, self.dialect)}, '{NONE}')" for column in self.dimensions]
        if not texts:
            return "''"
        glue = f"'{BETWEEN}'"
        if self.dialect == "mysql":
            key = texts[0] if len(texts) == 1 else f"CONCAT({f', {glue}, '.join(texts)})"
        else:
            key = f" || {glue} || ".join(texts)
        if kept is None:
            return key
        known = [text for text in (literal(one, self.dialect) for one in kept) if text]
        return f"CASE WHEN {key} IN ({', '.join(known)}) THEN {key} ELSE '{OTHER}' END" if known else f"'{OTHER}'"

    def _bucket(self, since: int) -> str:
        return self.time.bucket(self.bucket) if self.time else str(since)

    def _holds(self, since: int | None, until: int) -> str:
        parts = [self.time.within(since, until)] if self.time else []
        return " AND ".join([*parts, *([self.where] if self.where else [])]) or "1 = 1"

    def _number(self, watch: Watch) -> str:
        if watch.measure is Measure.VALUE:
            return aggregate(watch.expression, self.dialect, self.functions)
        if watch.measure in (Measure.VOLUME, Measure.FRESHNESS, Measure.SCHEMA):
            return "COUNT(*)"
        column = column_of(self.columns, watch.column)
        match watch.measure:
            case Measure.NULL_RATE:
                return f"SUM(CASE WHEN {column.quoted} IS NULL THEN 1 ELSE 0 END)"
            case Measure.ZERO_RATE:
                return f"SUM(CASE WHEN {_is_zero(column, self.dialect)} THEN 1 ELSE 0 END)"
            case Measure.DISTINCT:
                return f"COUNT(DISTINCT {column.quoted})"
            case _:
                return f"COUNT({column.quoted})"


def _is_zero(column: Column, dialect: str) -> str:
    if dialect == "sqlite":
        return f"{column.quoted} IN (0, '')"
    if column.family is Family.NUMBER:
        return f"{column.quoted} = 0"
    if column.family is Family.TEXT:
        return f"{_text(column, dialect)} = ''"
    raise Refused(f"The column {column.name} is {column.type}, which can be neither zero nor empty; zero_rate takes numbers and text.")


def _text(column: Column, dialect: str) -> str:
    return f"CAST({column.quoted} AS {'CHAR' if dialect == 'mysql' else 'TEXT'})"
