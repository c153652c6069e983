"""The files that patterns allow, and no others: no link and no `..` leads out of them. Standard library only."""

import fnmatch
import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO

MOST_FILES = 2_000
"""Files that are looked at."""


class Unreadable(Exception):
    """A file cannot be read; its text says why. It never leaves the processes that read logs."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file that a pattern allows."""

    name: str
    """As the pattern writes it: what people and models call it."""
    root: str
    """The folder before the pattern's first wildcard, without links."""
    inside: str
    """The way from there."""
    size: int
    modified: float
    """Unix seconds."""

    def open(self) -> BinaryIO:
        """Open it, following no link on the way from the root, whoever may have put one there meanwhile. Raises Unreadable."""
        opened = -1
        try:
            opened = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
            for part in PurePosixPath(self.inside).parts:
                within, opened = opened, -1
                try:
                    opened = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=within)
                finally:
                    os.close(within)
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise Unreadable("is no regular file")
            file, opened = os.fdopen(opened, "rb"), -1
            return file
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror}") from error
        finally:
            if opened >= 0:
                os.close(opened)


@dataclass(frozen=True, slots=True)
class Found:
    """What patterns lead to."""

    files: tuple[LogFile, ...]
    """The newest first."""
    remarks: tuple[str, ...]
    """What was left out, and why."""


def find(base: str, patterns: Iterable[str], wanted: str = "") -> Found:
    """The files that the patterns allow, seen from `base` where they are relative; with `wanted`, those that are called so."""
    files: dict[str, LogFile] = {}
    links: list[tuple[str, str]] = []
    for pattern in patterns:
        for name, root, inside in _candidates(base, pattern):
            path = os.path.join(root, inside)
            real = os.path.realpath(path)
            if real != path:
                links.append((name, real))
            elif len(files) < MOST_FILES and (known := _regular(name, root, inside)):
                files.setdefault(path, known)
    chosen = sorted((one for one in files.values() if _is_wanted(one.name, wanted)), key=lambda one: (-one.modified, one.name))
    outside = [name for name, real in links if real not in files and _is_wanted(name, wanted)]
    remarks = [f"{name} is a link that leads out of the configured patterns, so it is not read" for name in outside[:5]]
    if len(files) >= MOST_FILES:
        remarks.append(f"the patterns lead to more than {MOST_FILES:,} files; the others are not looked at")
    return Found(tuple(chosen), tuple(remarks))


def _candidates(base: str, pattern: str) -> Iterator[tuple[str, str, str]]:
    """(name, root without links, way inside it) of whatever matches, links included."""
    parts = PurePosixPath(pattern).parts
    fixed = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    written = str(PurePosixPath(*parts[:fixed]))
    root = os.path.realpath(os.path.join(base, written))
    for inside in islice(_matching(root, parts[fixed:], ""), MOST_FILES + 1):
        yield os.path.normpath(os.path.join(written, inside)), root, inside


def _matching(folder: str, parts: tuple[str, ...], way: str) -> Iterator[str]:
    """The ways to whatever matches the parts of a pattern. Links are among them, and are not followed."""
    part, *others = parts
    rest = tuple(others) or (("*",) if part == "**" else ())
    if part == "**":
        yield from _matching(folder, rest, way)
    for entry in _entries(folder):
        inside = f"{way}{entry.name}"
        fits = not entry.name.startswith(".") if part == "**" else _fits(entry.name, part)
        if fits and entry.is_dir(follow_symlinks=False):
            deeper = parts if part == "**" else rest
            yield from _matching(entry.path, deeper, f"{inside}/") if deeper else ()
        elif fits and part != "**" and (not rest or entry.is_symlink()):
            yield inside


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _fits(name: str, part: str) -> bool:
    """Hidden files match only what begins with a dot."""
    return fnmatch.fnmatchcase(name, part) and name.startswith(".") <= part.startswith(".")


def _regular(name: str, root: str, inside: str) -> LogFile | None:
    try:
        state = os.lstat(os.path.join(root, inside))
    except OSError:
        return None
    return None if stat.S_ISDIR(state.st_mode) else LogFile(name, root, inside, state.st_size, state.st_mtime)


def _is_wanted(name: str, wanted: str) -> bool:
    return not wanted or wanted in name or fnmatch.fnmatch(name, wanted) or fnmatch.fnmatch(os.path.basename(name), wanted)
