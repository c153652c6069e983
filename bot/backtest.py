"""A series of the past in a file, to see what would have fired."""

import csv
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from agents.core.errors import ConfigError

MOST = 2_000_000
"""Rows that are read at most."""


class Read(NamedTuple):
    """What a file tells, oldest first."""

    name: str
    times: tuple[int, ...]
    """Unix seconds."""
    values: tuple[float, ...]
    """NaN where nothing was measured."""


def read(path: Path, time: str | None, value: str | None) -> Read:
    """A series in a CSV file with a line of names first. Times are Unix seconds or ISO 8601, UTC where no zone is said.

    Without names, the first column is the time and the next with numbers the value. Raises ConfigError, with the line that is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            names = next(rows, [])
            first = next(rows, [])
            columns = _columns(path, names, first, time, value)
            found = list(_points(path, [first, *_limited(path, rows)], columns))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} is no CSV file in UTF-8: {error}.") from error
    found.sort(key=lambda point: point[0])
    return Read(names[columns[1]], tuple(at for at, _ in found), tuple(number for _, number in found))


def _limited(path: Path, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for count, row in enumerate(rows, 2):
        if count > MOST:
            raise ConfigError(f"{path} has more than {MOST:,} rows; take a part of it.")
        yield row


def _columns(path: Path, names: Sequence[str], first: Sequence[str], time: str | None, value: str | None) -> tuple[int, int]:
    for name, option in ((time, "--time"), (value, "--value")):
        if name is not None and name not in names:
            raise ConfigError(f"{path} has no column {name!r} ({option}). It has: {', '.join(names)}.")
    if len(names) < 2 or not first:
        raise ConfigError(f"{path} needs a line of names, then rows with a time and a value, such as 2026-11-01T00:00:00Z,12.5.")
    at = names.index(time) if time is not None else 0
    if value is not None:
        return at, names.index(value)
    numeric = (place for place, text in enumerate(first) if place != at and _number(text) is not None)
    place = next(numeric, None)
    if place is None:
        raise ConfigError(f"{path} has no column with numbers beside {names[at]!r}. Name one with --value.")
    return at, place


def _points(path: Path, rows: Sequence[Sequence[str]], columns: tuple[int, int]) -> Iterator[tuple[int, float]]:
    """Rows as points; an empty value is one that was not measured."""
    for line, row in enumerate(rows, 2):
        if not any(row):
            continue
        if len(row) <= max(columns):
            raise ConfigError(f"{path}, line {line}: there are {len(row)} fields, and {max(columns) + 1} are needed.")
        at, number = _time(row[columns[0]]), _number(row[columns[1]])
        if at is None:
            raise ConfigError(f"{path}, line {line}: {row[columns[0]]!r} is no time. Write Unix seconds, or 2026-11-01T00:00:00Z.")
        if number is None:
            raise ConfigError(f"{path}, line {line}: {row[columns[1]]!r} is no number. Leave it empty where nothing was measured.")
        yield at, number


def _number(text: str) -> float | None:
    """NaN for an empty one, None for what is no number."""
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        return None


def _time(text: str) -> int | None:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
