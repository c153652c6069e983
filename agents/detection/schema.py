"""What has changed in a table's columns between two looks at it: exact events, no statistics."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_LADDERS = (
    ("tinyint", "smallint", "int2", "integer", "int", "int4", "bigint", "int8"),
    ("real", "float4", "float", "double", "double precision", "float8"),
    ("date", "timestamp"),
)
"""Types of which each later one holds every value of the earlier ones."""
_SIZED = re.compile(r"(varchar|character varying|char|character|varbinary|nvarchar)\((\d+)\)")


class Kind(StrEnum):
    """What happened to a column."""

    GONE = "gone"
    """The whole table is gone."""
    REMOVED = "removed"
    RENAMED = "renamed"
    """It is gone and another one of its type stands in its place, so it likely has another name now."""
    RETYPED = "retyped"
    NULLABLE = "nullable"
    """It may be null now."""
    REQUIRED = "required"
    """It may no longer be null."""
    ADDED = "added"


class Severity(StrEnum):
    """How likely it breaks who reads the table."""

    HIGH = "high"
    """A query that names the column fails or means something else."""
    MEDIUM = "medium"
    """Readers go on, with values that they did not have to expect before."""
    LOW = "low"
    """Nobody is disturbed who names the columns that they read."""


_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database describes it."""

    name: str
    type: str
    """As the database writes it: `character varying(20)`."""
    nullable: bool | None = None
    """Whether it may be null; None where the source does not say."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different."""

    kind: Kind
    severity: Severity
    column: str
    """Its name before, or the name of what was added; empty where the table is gone."""
    before: Column | None
    after: Column | None
    sentence: str
    """What a report says of it."""


def as_json(columns: Sequence[Column]) -> dict[str, Any]:
    """What `columns_of` reads."""
    return {"columns": [[column.name, column.type, column.nullable] for column in columns]}


def columns_of(told: Mapping[str, Any]) -> tuple[Column, ...]:
    """What `as_json` told. Raises ValueError for anything else."""
    try:
        return tuple(Column(str(name), str(kind), None if nullable is None else bool(nullable)) for name, kind, nullable in told["columns"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"These are no columns: {type(error).__name__} {error}.") from error


def changes(before: Sequence[Column], after: Sequence[Column]) -> tuple[Change, ...]:
    """What has changed, worst first and then in the order of the columns. A first look has nothing to compare with; another order of the
    same columns is no change."""
    if not before:
        return ()
    if not after:
        return (Change(Kind.GONE, Severity.HIGH, "", None, None, f"The table is gone, or has lost all {len(before)} columns."),)
    was, now = {column.name: column for column in before}, {column.name: column for column in after}
    renamed = dict(_renamed(before, after))
    found = [*_kept(was, now), *(_lost(column, renamed.get(column)) for column in before if column.name not in now)]
    found += [_added(column) for column in after if column.name not in was and column not in renamed.values()]
    return tuple(sorted(found, key=lambda change: _ORDER.index(change.severity)))


def _kept(was: dict[str, Column], now: dict[str, Column]) -> Iterator[Change]:
    """Changes of columns that are there both times."""
    for name, old in was.items():
        new = now.get(name)
        if new is None:
            continue
        if _plain(old.type) != _plain(new.type):
            wider = _widened(_plain(old.type), _plain(new.type))
            sentence = f"Column {name} was {old.type} and is {new.type} now{', which holds all that it held' if wider else ''}."
            yield Change(Kind.RETYPED, Severity.MEDIUM if wider else Severity.HIGH, name, old, new, sentence)
        if old.nullable is False and new.nullable is True:
            yield Change(Kind.NULLABLE, Severity.MEDIUM, name, old, new, f"Column {name} may be null now.")
        if old.nullable is True and new.nullable is False:
            yield Change(Kind.REQUIRED, Severity.LOW, name, old, new, f"Column {name} may no longer be null.")


def _lost(column: Column, successor: Column | None) -> Change:
    if successor is None:
        return Change(Kind.REMOVED, Severity.HIGH, column.name, column, None, f"Column {column.name} ({column.type}) is gone.")
    sentence = f"Column {column.name} is gone, and {successor.name} stands in its place with the same type: likely renamed."
    return Change(Kind.RENAMED, Severity.HIGH, column.name, column, successor, sentence)


def _added(column: Column) -> Change:
    return Change(Kind.ADDED, Severity.LOW, column.name, None, column, f"Column {column.name} ({column.type}) is new.")


def _renamed(before: Sequence[Column], after: Sequence[Column]) -> Iterator[tuple[Column, Column]]:
    """Each column that is gone with the new one of its type in its place."""
    both = {column.name for column in before} & {column.name for column in after}
    free = {place: column for place, column in _places(after, both) if column.name not in both}
    for place, column in _places(before, both):
        successor = free.get(place)
        if column.name not in both and successor is not None and _plain(successor.type) == _plain(column.type):
            yield column, successor


def _places(columns: Sequence[Column], both: set[str]) -> Iterator[tuple[tuple[str, int], Column]]:
    """Each column with its place: the last column before it that is there both times, and how far behind it."""
    anchor, behind = "", 0
    for column in columns:
        anchor, behind = (column.name, 0) if column.name in both else (anchor, behind + 1)
        yield (anchor, behind), column


def _plain(kind: str) -> str:
    """A type without what does not matter in how it is written."""
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(kind.casefold().split()))


def _widened(old: str, new: str) -> bool:
    """Whether the new type holds every value of the old one."""
    was, now = _SIZED.fullmatch(old), _SIZED.fullmatch(new)
    if was and (new == "text" or (now and was[1] == now[1])):
        return new == "text" or int(new.rpartition("(")[2][:-1]) >= int(was[2])
    return any(old in ladder and new in ladder and ladder.index(old) < ladder.index(new) for ladder in _LADDERS)
