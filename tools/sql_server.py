"""What is the same for every database: limits, what came back, how it is told, and the words of the operations that look around."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Row = Sequence[Any]

MOST_COLUMNS = 200
"""Columns of a result."""

_PLAIN = re.compile(r"[^\s|\"\\\x00-\x1f\x7f](?:[^|\n\r\t\"\\\x00-\x1f\x7f]*[^\s|\"\\\x00-\x1f\x7f])?")
_LOOKS = re.compile(r"(?i)null|true|false|nan|[-+]?(?:inf(?:inity)?|[0-9.]+(?:e[-+]?[0-9]+)?)|[x]'.*")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may take and give."""

    rows: int
    bytes: int
    cell: int
    """Characters."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a view that may be read."""

    schema: str
    name: str
    kind: str
    """`table`, `view`, …"""
    rows: int | None = None
    """As the server estimates it; None where it does not say."""
    comment: str = ""

    @property
    def path(self) -> str:
        """`schema.table`, or the name alone in SQLite."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave, up to the limits."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Each value as it is shown."""
    cut: str = ""
    """Which limit ended it while there was more; empty where it is whole."""


class Failure(Exception):
    """The database said no, or was not there. The message is for the model; it holds no password."""


class Server(Protocol):
    """A kind of database, over connections of its own driver."""

    dialect: str

    def arguments(self) -> dict[str, Any]:
        """What SQLAlchemy is told beside the url."""

    def arm(self, driver: Any) -> None:
        """A new connection is made one that cannot write."""

    def begin(self, driver: Any, limits: Limits) -> None:
        """What holds for one use of the connection, until it is rolled back."""

    def rows(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """Run one checked statement."""

    def plan(self, driver: Any, statement: str, limits: Limits) -> Rows:
        """How the server would run it, without running it."""

    def tables(self, driver: Any, schemas: Sequence[str]) -> Iterable[Table]:
        """What may be read in these schemas."""

    def counted(self, driver: Any, tables: Sequence[Table]) -> Sequence[Table]:
        """The same tables, with their numbers of rows where those have to be counted."""

    def canceller(self, driver: Any, connect: Callable[[], Any]) -> Callable[[], None]:
        """What ends the connection's statement at the server, from another thread. `connect` makes another connection."""

    def sever(self, driver: Any) -> None:
        """End the connection without a word, from another thread: the server does not answer."""

    def reason(self, error: BaseException, limits: Limits) -> str:
        """What went wrong, for the model."""

    def ended(self, driver: Any) -> bool:
        """Whether the connection is over and must not be used again."""

    def may_write(self, driver: Any, schemas: Sequence[str]) -> str:
        """Where its account could write if we did not keep it from that; empty where it could not."""


def gathered(columns: Sequence[str], rows: Iterable[Row], limits: Limits) -> Rows:
    """As many rows as the limits let through; reads one more row than that at most."""
    if len(columns) > MOST_COLUMNS:
        raise Failure(f"The result has {len(columns)} columns; at most {MOST_COLUMNS} are shown. Name those that are needed.")
    names = tuple(shown(name, limits.cell) for name in columns)
    size = _size(names)
    kept: list[tuple[str, ...]] = []
    for row in rows:
        if len(kept) == limits.rows:
            return Rows(names, tuple(kept), f"{limits.rows} rows")
        cells = tuple(shown(value, limits.cell) for value in row)
        size += _size(cells)
        if size > limits.bytes:
            return Rows(names, tuple(kept), f"{limits.bytes:,} bytes")
        kept.append(cells)
    return Rows(names, tuple(kept))


def _size(cells: Sequence[str]) -> int:
    return sum(len(cell.encode("utf-8", "replace")) + 3 for cell in cells)


def shown(value: Any, most: int) -> str:
    """A value: numbers, NULL, true and false as they are; text in quotes where it could be taken for one of them or for two cells."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        held = bytes(value[:most // 2 + 1])
        return cut(f"x'{held.hex()}'", most) if len(held) <= most // 2 else f"x'{held[:-1].hex()}… cut'"
    text = str(value)
    if not isinstance(value, str):
        return cut(text, most)
    plain = _PLAIN.fullmatch(text[:most]) and not _LOOKS.fullmatch(text)
    return cut(text, most) if plain else json.dumps(cut(text, most), ensure_ascii=False)


def cut(text: str, most: int) -> str:
    """Text with a mark where it was cut."""
    return text if len(text) <= most else f"{text[:most]}… cut"


def told(result: Rows, milliseconds: float) -> str:
    """A result as text: how much it is, the names of the columns, and a line a row."""
    count = len(result.rows)
    much = f"{count} row{'s' * (count != 1)}"
    if result.cut:
        much = f"{count} of more rows (cut at {result.cut}; narrow it with WHERE, aggregate it, or go on with ORDER BY, LIMIT and OFFSET)"
    lines = [f"{much}, {milliseconds:.0f} ms", " | ".join(result.columns)]
    return "\n".join([*lines, *(" | ".join(row) for row in result.rows)])


def listed(tables: Sequence[Table]) -> str:
    """Tables as text."""
    lines = []
    for table in tables:
        rows = "" if table.rows is None else f", about {table.rows:,} rows"
        lines.append(f"{table.path} ({table.kind}{rows}){': ' + cut(' '.join(table.comment.split()), 200) if table.comment else ''}")
    return "\n".join(lines) if lines else "There is no table that may be read."


def described(table: Table, columns: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str:
    """A table as text: each column with its type, whether it can be NULL, its default and its comment; then keys and indexes."""
    lines = [listed([table])]
    for column in columns:
        parts = [f"{column['name']} {column['type']}"]
        parts += ["not null"] * (not column.get("nullable", True))
        parts += [f"default {cut(str(column['default']), 100)}"] if column.get("default") is not None else []
        comment = column.get("comment")
        lines.append(f"- {' '.join(parts)}{': ' + cut(' '.join(comment.split()), 200) if comment else ''}")
    return "\n".join([*lines, *keys])
