"""What is known of the columns of a table: names as they may stand in a statement, and what kind of values they hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from tools.sql_text import Refused


class Family(StrEnum):
    """What values are."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"
    DATE = "date"
    OTHER = "other"


_FAMILIES = (
    (Family.BOOLEAN, r"BOOL"),
    (Family.NUMBER, r"(BIG|SMALL|TINY|MEDIUM)?INT(EGER)?\d?\b|(BIG|SMALL)?SERIAL|NUM(ERIC|BER)?\b|DECIMAL|FLOAT|REAL|DOUBLE|MONEY"),
    (Family.TIME, r"TIMESTAMP|DATETIME"),
    (Family.DATE, r"DATE\b"),
    (Family.TEXT, r"(N?VAR|N|BP)?CHAR|CHARACTER|(TINY|MEDIUM|LONG|N)?TEXT|CLOB|ENUM|UUID|STRING|CITEXT|INET"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that is there."""

    name: str
    type: str
    """As its database writes it."""
    nullable: bool
    family: Family
    zoned: bool
    """Whether it is a moment, whatever the zone of who looks at it."""
    quoted: str
    """Its name as it stands in a statement."""


def columns(found: Sequence[Mapping[str, Any]], dialect: str, written: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns as an inspector has them; `written` has the type of each, as the database writes it."""
    return tuple(_column(one, dialect, written[one["name"]]) for one in found)


def column_of(known: Sequence[Column], name: str) -> Column:
    """The column of this name; where there is none, the only one that differs in upper and lower case. Raises Refused."""
    exact = [column for column in known if column.name == name] or [column for column in known if column.name.lower() == name.lower()]
    if len(exact) == 1:
        return exact[0]
    names = [column.name for column in known]
    close = get_close_matches(name, names, n=1) or (names if len(names) <= 12 else [])
    there = f"; there is {', '.join(close)}" if close else ""
    raise Refused(f"There is no column {name}{there}.")


def quoted(name: str, dialect: str) -> str:
    """A name as it stands in a statement."""
    mark = "`" if dialect == "mysql" else '"'
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def literal(text: str, dialect: str) -> str | None:
    """A text as it stands in a statement; None for one that has no safe form in this dialect."""
    if "\0" in text or (dialect == "mysql" and "\\" in text):
        return None
    return "'{}'".format(text.replace("'", "''"))


def _column(found: Mapping[str, Any], dialect: str, written: str) -> Column:
    kind = written.upper()
    family = next((family for family, pattern in _FAMILIES if re.match(pattern, kind)), Family.OTHER)
    zoned = bool(getattr(found["type"], "timezone", False)) or (dialect == "mysql" and kind.startswith("TIMESTAMP"))
    name = str(found["name"])
    return Column(name, written, bool(found.get("nullable", True)), family, zoned, quoted(name, dialect))
