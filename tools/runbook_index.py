"""A folder of Markdown, read as it is now, and its full-text index in memory."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.core.words import search_words
from tools.markdown import Page, Section, page_of

ENDINGS = (".md", ".markdown")

MOST = 2_000
"""Pages that are read; what is beyond is left out, and told."""

LARGEST = 1_000_000
"""Bytes of a page that are read; the rest is left out, and told."""

DEEPEST = 12
"""Folders inside one another."""

_TABLE = "CREATE VIRTUAL TABLE words USING fts5(path, trail, text, tokenize='porter unicode61 remove_diacritics 2')"
_FIND = """
SELECT rowid, snippet(words, 2, '', '', '…', 40) FROM words WHERE words MATCH ? ORDER BY bm25(words, 2.0, 6.0, 1.0) LIMIT ?
"""

Mark = tuple[int, int, int, int]
"""What of a file changes when it is written."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that fits a search."""

    path: str
    section: Section
    snippet: str


@dataclass(slots=True)
class _Kept:
    """A page as it was read."""

    mark: Mark
    page: Page
    rows: range
    """Its sections in the index."""
    cut: bool
    """Whether it is too large and not read to its end."""


class RunbookIndex:
    """The pages of a folder. Its methods block, and look at the folder first: use them in a thread. All of them raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._alone = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._sections: dict[int, tuple[str, Section]] = {}
        self._last = 0
        self._left_out = 0
        self._words = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._words.execute(_TABLE)

    def close(self) -> None:
        """Forget everything."""
        with self._alone:
            self._words.close()

    def search(self, said: str, limit: int) -> list[Hit]:
        """Sections that hold any of these words or one that begins so, the most relevant first."""
        words = search_words(said)
        with self._alone:
            self._refresh()
            if not words:
                return []
            rows = self._words.execute(_FIND, (" OR ".join(f'"{word}"*' for word in words), limit)).fetchall()
            return [Hit(*self._sections[number], " ".join(snippet.split())) for number, snippet in rows]

    def pages(self) -> tuple[Mapping[str, Page], frozenset[str], int]:
        """All pages by their paths, the paths of those that are cut, and how many more files there are."""
        with self._alone:
            self._refresh()
            cut = frozenset(path for path, kept in self._kept.items() if kept.cut)
            return {path: kept.page for path, kept in sorted(self._kept.items())}, cut, self._left_out

    def _refresh(self) -> None:
        """Read what has changed since the last time."""
        root = os.path.realpath(self._folder)
        os.stat(root)  # a folder that is gone is said, not taken for an empty one
        found: dict[str, tuple[str, Mark]] = {}
        self._left_out = 0
        for path, real in _files(root, "", 0):
            if len(found) == MOST:
                self._left_out += 1
            elif mark := _mark(real):
                found[path] = (real, mark)
        for path in [path for path, kept in self._kept.items() if path not in found or found[path][1] != kept.mark]:
            self._drop(path)
        for path, (real, mark) in found.items():
            if path not in self._kept:
                self._read(path, real, mark)

    def _drop(self, path: str) -> None:
        for number in self._kept.pop(path).rows:
            self._words.execute("DELETE FROM words WHERE rowid = ?", (number,))
            del self._sections[number]

    def _read(self, path: str, real: str, mark: Mark) -> None:
        content = _content(real)
        if content is None:
            return
        page = page_of(content[:LARGEST].decode("utf-8", "replace"), Path(path).stem)
        rows = range(self._last + 1, self._last + 1 + len(page.sections))
        self._last += len(page.sections)
        for number, section in zip(rows, page.sections, strict=True):
            self._sections[number] = (path, section)
            text = page.text(section.line, section.end)
            self._words.execute("INSERT INTO words (rowid, path, trail, text) VALUES (?, ?, ?, ?)", (
                number, path, " ".join((page.title, *section.trail)), text.encode(errors="replace").decode(),
            ))
        self._kept[path] = _Kept(mark, page, rows, len(content) > LARGEST)


def _files(root: str, below: str, depth: int) -> Iterator[tuple[str, str]]:
    """Every page below the root: its path from there, and where it really lies. What leads out of the root does not exist."""
    try:
        entries = sorted(os.scandir(os.path.join(root, below)), key=lambda entry: entry.name)
    except OSError:
        if not below:
            raise
        return  # it was removed while we looked, or may not be read
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.name.startswith(".") or not path.isprintable():
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < DEEPEST:
                yield from _files(root, path, depth + 1)
        elif entry.name.lower().endswith(ENDINGS):
            real = os.path.realpath(entry.path)
            if real.startswith(os.path.join(root, "")):
                yield path, real


def _mark(real: str) -> Mark | None:
    """What tells whether the file was written since; None where it is no ordinary file."""
    try:
        found = os.lstat(real)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _content(real: str) -> bytes | None:
    """One byte more than may be read, where there are so many; None where it cannot be read."""
    try:
        opened = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(opened, "rb") as file:
        try:
            return file.read(LARGEST + 1) if stat.S_ISREG(os.fstat(opened).st_mode) else None
        except OSError:
            return None
