"""Files that other programs leave in a folder, read so that nothing outside of it is ever opened. Everything here blocks."""

import json
import os
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LARGEST = 200_000_000
"""Bytes of a file that is read whole."""

PIECES = 2
"""Levels of nesting that are read piece by piece: a manifest holds `nodes`, and those each model."""

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")

Mark = tuple[int, int, int, int]
"""What of a file changes when it is written."""


class Unreadable(Exception):
    """A file cannot be read or is not what it should be. The text is for people, and names it. Never leaves the tool."""


def mark_of(path: Path) -> Mark | None:
    """What tells whether a file was written since; None where there is no ordinary file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def read_bytes(root: Path, name: str, most: int = LARGEST, *, end: bool = False) -> bytes:
    """A file below the root; with `end` the last bytes of one that is larger. Raises Unreadable, also where it leads out of the root."""
    if "\0" in name:
        raise Unreadable(f"{root} holds no file with such a name")
    real, base = os.path.realpath(root / name), os.path.realpath(root)
    if not real.startswith(os.path.join(base, "")):
        raise Unreadable(f"{root / name} lies outside of {root}, and is not read")
    try:
        opened = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as file:
            found = os.fstat(opened)
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable(f"{root / name} is no ordinary file")
            if found.st_size > most:
                if not end:
                    raise Unreadable(f"{root / name} has {found.st_size:,} bytes; at most {most:,} are read")
                file.seek(found.st_size - most)
            return file.read(most)
    except OSError as error:
        raise Unreadable(f"{root / name} cannot be read: {error.strerror or error}") from None


def read_object(root: Path, name: str) -> Mapping[str, Any]:
    """A JSON file that holds an object. Raises Unreadable."""
    try:
        found = _parsed(read_bytes(root, name).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{root / name} is no JSON: {error}. If it is just being written, look again in a moment") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{root / name} holds no JSON object")
    return found


def _parsed(text: str) -> object:
    """What `json.loads` gives, read in pieces: it lets no other thread run while it reads one text, which may take half a second."""
    found, end = _value(text, _skip(text, 0), 0)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return found


def _value(text: str, at: int, depth: int) -> tuple[object, int]:
    """The value that begins here, and where the next word begins. What is nested deeper is read at once."""
    if depth == PIECES or text[at : at + 1] not in ("{", "["):
        try:
            found, end = _DECODER.raw_decode(text, at)
        except StopIteration as error:
            raise json.JSONDecodeError("Expecting value", text, error.value) from None
        return found, _skip(text, end)
    return _members(text, at, depth) if text[at] == "{" else _items(text, at, depth)


def _members(text: str, at: int, depth: int) -> tuple[object, int]:
    found: dict[str, object] = {}
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}" or found:
        key, at = _value(text, at, PIECES)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            raise json.JSONDecodeError("Expecting a name in quotes and ':'", text, at)
        found[key], at = _value(text, _skip(text, at + 1), depth + 1)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    return found, _closed(text, at, "}")


def _items(text: str, at: int, depth: int) -> tuple[object, int]:
    found: list[object] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]" or found:
        item, at = _value(text, at, depth + 1)
        found.append(item)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    return found, _closed(text, at, "]")


def _closed(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"Expecting ',' or '{sign}'", text, at)
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    """Where the next word begins."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def unix(value: object) -> float | None:
    """The Unix seconds of an ISO 8601 time, UTC where it names no offset; None where it is none, or before 1970: dbt's word for never."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def member(value: object, *names: str) -> Mapping[str, Any]:
    """The object that lies at these names; empty where something else is there."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def members(value: object, name: str) -> list[Mapping[str, Any]]:
    """The objects in the list or in the object of this name."""
    found = value.get(name) if isinstance(value, Mapping) else None
    listed = list(found.values()) if isinstance(found, Mapping) else found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, Mapping)]


def word(value: object, *names: str) -> str:
    """The text that lies at these names; empty where there is none."""
    *above, last = names
    found = member(value, *above).get(last)
    return found if isinstance(found, str) else ""
