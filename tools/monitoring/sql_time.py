"""When a row came to be: a time column in the form that its database keeps it, as Unix seconds, and as a range that an index can serve."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tools.monitoring.sql_columns import Column, Family, literal
from tools.sql_text import Refused

AHEAD, BEHIND = 15 * 3600, 13 * 3600
"""Seconds, more than any wall time is ahead of UTC, and behind it."""

SCALES = ((10**14, 10**6), (10**11, 10**3))
"""A number above the first is in the second's parts of a second: no time that anybody means has so many seconds."""


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A time column of one dialect."""

    column: str
    """Its name, quoted."""
    dialect: str
    form: str
    """`unix`, `text`, `zoned`, `naive` or `date`."""
    scale: int = 1
    """So many of its units are a second."""
    zone: str = ""
    """The zone of its wall times, as it stands in a statement; empty for UTC."""
    daily: bool = False
    """Whether it says the day and no more."""

    @property
    def seconds(self) -> str:
        """SQL for its Unix seconds, which may have a fraction."""
        return self.seconds_of(self.column)

    def seconds_of(self, value: str) -> str:
        """The same for a value of this column."""
        match self.dialect, self.form:
            case "sqlite", "text":
                return f"CAST(STRFTIME('%s', {value}) AS INTEGER)"
            case "sqlite", _:
                return f"CAST({value} / {self.scale} AS INTEGER)"
            case _, "unix":
                return f"({value} / {self.scale})"
            case "postgresql", _:
                return f"EXTRACT(EPOCH FROM {f'({value} AT TIME ZONE {self.zone})' if self.zone else value})"
            case _, "zoned":
                return f"UNIX_TIMESTAMP({value})"
            case _:
                moment = f"CONVERT_TZ({value}, {self.zone}, '+00:00')" if self.zone else value
                return f"TIMESTAMPDIFF(SECOND, '1970-01-01', {moment})"

    def bucket(self, seconds: int) -> str:
        """SQL for the begin of the bucket of a row, in Unix seconds."""
        match self.dialect:
            case "sqlite":
                return f"{self.seconds} / {seconds} * {seconds}"
            case "postgresql":
                return f"CAST(FLOOR({self.seconds} / {seconds}) AS BIGINT) * {seconds}"
            case _:
                return f"FLOOR({self.seconds} / {seconds}) * {seconds}"

    def within(self, since: int | None, until: int) -> str:
        """SQL that holds for the rows in [since, until); without `since` for all before."""
        exact = self.form == "text" or bool(self.zone)
        parts = [f"{self.column} < {self._literal(until + AHEAD if exact else until, 'T')}"]
        parts += [f"{self.column} >= {self._literal(since - BEHIND if exact else since, ' ')}"] if since is not None else []
        if exact:
            parts += [f"{self.seconds} < {until}"] + ([f"{self.seconds} >= {since}"] if since is not None else [])
        return " AND ".join(parts)

    def _literal(self, second: int, between: str) -> str:
        """This second as the column has it; `between` stands in a text between date and time, where one form sorts before the other."""
        if self.form == "unix":
            return str(second * self.scale)
        moment = datetime.fromtimestamp(second, UTC)
        if self.form == "text":
            return f"'{moment:%Y-%m-%d}{between}{moment:%H:%M}'"
        if self.dialect == "mysql" and self.form == "zoned":
            return f"FROM_UNIXTIME({second})"
        if self.form == "date":
            return f"CAST('{moment:%Y-%m-%d}' AS DATE)"
        kind = {"mysql": "DATETIME", "postgresql": "TIMESTAMPTZ" if self.form == "zoned" else "TIMESTAMP"}[self.dialect]
        return f"CAST('{moment:%Y-%m-%d %H:%M:%S}{'+00' if kind == 'TIMESTAMPTZ' else ''}' AS {kind})"


def time_column(column: Column, dialect: str, zone: str | None, sample: str | None, stored: str) -> TimeColumn:
    """The column as a time. `sample` is its greatest value, None where there is none; `stored` how SQLite keeps that. Raises Refused."""
    if dialect == "sqlite" and stored in ("text", "blob"):
        return _text(column, zone, sample)
    if column.family is Family.NUMBER or (dialect == "sqlite" and stored in ("integer", "real")):
        return _unix(column, dialect, sample)
    if dialect == "sqlite":
        return _text(column, zone, sample)
    if column.family not in (Family.TIME, Family.DATE):
        raise Refused(f"The column {column.name} is {column.type}, which is no time; name one that is a timestamp, a date or Unix seconds.")
    form = "date" if column.family is Family.DATE else "zoned" if column.zoned else "naive"
    told = literal(zone, dialect) if zone not in (None, "UTC") and form == "naive" else ""
    return TimeColumn(column.quoted, dialect, form, zone=told or "", daily=form == "date")


def _text(column: Column, zone: str | None, sample: str | None) -> TimeColumn:
    if zone not in (None, "UTC"):
        raise Refused(f"SQLite knows no time zones, so {column.name} takes no zone: keep its times in UTC, or with their offset.")
    return TimeColumn(column.quoted, "sqlite", "text", daily=sample is not None and len(sample) == len("2026-11-28"))


def _unix(column: Column, dialect: str, sample: str | None) -> TimeColumn:
    try:
        greatest = float(sample or 0)
    except ValueError:
        raise Refused(f"The column {column.name} holds {sample!r}, which is no time.") from None
    return TimeColumn(column.quoted, dialect, "unix", next((scale for most, scale in SCALES if greatest > most), 1))
