"""Reads logs in a process of its own: `python -m tools.log_search`, a question in JSON on its input, the answer on its output.

A regular expression can keep a processor busy for ever, and nothing inside a process can stop it. This process can be ended, its memory is
bounded, and it knows no secrets. Standard library only, because it starts with each call.
"""

import json
import re
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tools.log_lines import Digest, Line, cut, shown
from tools.log_paths import Found, find
from tools.log_reading import Reading
from tools.log_times import written_at
from tools.times import iso, long

MEMORY = 1_000_000_000
"""Bytes that this process may take."""

RECENT = 100
"""A line without a time has that of a line before it, so many lines back at most."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    do: str
    base: str
    files: Sequence[str]
    """Patterns that are allowed."""
    file: str
    """Which of them; empty for all."""
    pattern: str
    words: Sequence[str]
    """In lower case; all of them have to be in a line."""
    since: float | None
    """Unix seconds."""
    until: float | None
    last: int
    """Lines that are shown."""
    context: int
    """Lines before and behind each of them."""
    max_bytes: int
    now: float
    zone: str
    seconds: float
    """After so long it stops reading and tells what it has."""


@dataclass(slots=True)
class Hit:
    """A line that was looked for."""

    line: Line
    when: float
    """Unix seconds by which hits of several files are ordered."""
    before: tuple[str, ...] = ()
    after: list[str] = field(default_factory=list)


class Search:
    """One search through all files."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._fits = _matcher(question)
        self._now = datetime.fromtimestamp(question.now, UTC)
        self._zone = ZoneInfo(question.zone)
        self._end = time.monotonic() + question.seconds
        self._digest = Digest()
        self._untimed = 0
        self._left = question.max_bytes

    def answer(self, found: Found) -> str:
        """What was found."""
        question, hits, remarks, old = self._question, list[Hit](), list(found.remarks), 0
        for number, file in enumerate(found.files):
            if question.since is not None and file.modified < question.since:
                old += 1
                continue
            if self._left <= 0 or self._is_out_of_time():
                remarks.append(f"{len(found.files) - number} older files were not read: the limit of bytes or time was met")
                break
            reading = Reading(file, self._left, is_out_of_time=self._is_out_of_time)
            hits = sorted([*hits, *self._file(reading)], key=lambda hit: hit.when)[-question.last :]
            self._left -= reading.read
            remarks += [f"{file.name} {reading.remark}"] * bool(reading.remark)
        remarks += [f"{old} files were last written before that, and not read"] * bool(old)
        if self._untimed:
            remarks.append(f"{self._untimed:,} lines have no time that can be read; since and until did not leave them out")
        return _told(self._digest, hits, remarks)

    def _file(self, reading: Reading) -> Sequence[Hit]:
        question, hits = self._question, deque[Hit](maxlen=self._question.last)
        before, following = deque[str](maxlen=question.context), 0
        recent = deque[str](maxlen=RECENT)
        for text in reading.lines():
            recent.append(text)
            fits = self._fits(text)
            when = self._when(recent) if fits else None
            fits = fits and self._in_time(when)
            if fits:
                line = Line(text, when, reading.file.name)
                self._digest.add(line)
                self._untimed += when is None and (question.since is not None or question.until is not None)
                hits.append(Hit(line, when.timestamp() if when else reading.file.modified, tuple(before)))
                before.clear()
            elif following and hits:
                hits[-1].after.append(text)
            else:
                before.append(text)
            following = question.context if fits else max(0, following - 1)
        return hits

    def _when(self, recent: Sequence[str]) -> datetime | None:
        """The time of the last of these lines: its own, or that of the nearest before it, as in the lines of a trace."""
        times = (written_at(text, self._now, self._zone) for text in reversed(recent))
        return next((time for time in times if time), None)

    def _in_time(self, when: datetime | None) -> bool:
        since, until = self._question.since, self._question.until
        return when is None or ((since is None or when.timestamp() >= since) and (until is None or when.timestamp() <= until))

    def _is_out_of_time(self) -> bool:
        return time.monotonic() > self._end


def tail(question: Question, found: Found) -> str:
    """The last lines of the newest file."""
    file = found.files[0]
    reading = Reading(file, min(question.max_bytes, 8_000_000))
    zone, now, digest, when = ZoneInfo(question.zone), datetime.fromtimestamp(question.now, UTC), Digest(), None
    lines = []
    for text in deque(reading.lines(), maxlen=question.last):
        when = written_at(text, now, zone) or when
        lines.append(Line(text, when))
        digest.add(lines[-1])
    others = [f"{len(found.files) - 1} other files match; name one to read it"] * (len(found.files) > 1)
    remarks = [*found.remarks, *([f"{file.name} {reading.remark}"] if reading.remark and not lines else []), *others]
    head = f"The end of {file.name}, last written {_modified(file.modified)}:"
    return "\n".join([head, *_remarks(remarks), *digest.told(), "", *shown(lines)])


def listing(question: Question, found: Found) -> str:
    """The files, the newest first."""
    lines = [
        f"{one.name}  {one.size:,} bytes, last written {_modified(one.modified)} ({long(question.now - one.modified)} ago)"
        for one in found.files[:100]
    ]
    more = [f"{len(found.files) - 100} older ones are left out"] * (len(found.files) > 100)
    return "\n".join([f"{len(found.files)} files, the newest first:", *lines, *_remarks([*more, *found.remarks])])


def answer(question: Question) -> dict[str, str]:
    """`text`, or `failed` with what is wrong."""
    found = find(question.base, question.files, question.file)
    if not found.files:
        which = f" called {question.file}" if question.file else ""
        return {"failed": "\n".join([f"There is no file{which} among {', '.join(question.files)}.", *_remarks(found.remarks)])}
    try:
        match question.do:
            case "tail":
                return {"text": tail(question, found)}
            case "list":
                return {"text": listing(question, found)}
            case _:
                return {"text": Search(question).answer(found)}
    except re.error as error:
        return {"failed": f"{question.pattern!r} is no regular expression: {error}. Write it as for Python's re, or use words."}
    except (MemoryError, RecursionError):
        return {"failed": "This takes more memory than a search may have. Ask for less."}


def _told(digest: Digest, hits: Sequence[Hit], remarks: Sequence[str]) -> str:
    if not hits:
        return "\n".join(["No line matches.", *_remarks(remarks)])
    head = "The lines:" if len(hits) == digest.every.count else f"The last {len(hits)} of them:"
    lines: list[str] = []
    with_context = any(hit.before or hit.after for hit in hits)
    for hit, text in zip(hits, shown([hit.line for hit in hits]), strict=True):
        lines += ["--"] * with_context + [f"  {cut(one)}" for one in hit.before] + [text] + [f"  {cut(one)}" for one in hit.after]
    return "\n".join([*digest.told(), *_remarks(remarks), head, *lines])


def _matcher(question: Question) -> Callable[[str], bool]:
    pattern = re.compile(question.pattern) if question.pattern else None
    words = question.words

    def fits(text: str) -> bool:
        lower = text.lower() if words else ""
        return all(word in lower for word in words) and (pattern is None or pattern.search(text) is not None)

    return fits


def _remarks(remarks: Sequence[str]) -> list[str]:
    return [f"({remark})" for remark in remarks]


def _modified(seconds: float) -> str:
    return iso(datetime.fromtimestamp(int(seconds), UTC))


def main() -> None:
    """Answer one question."""
    content: dict[str, Any] = json.load(sys.stdin)
    question = Question(**content)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = int(question.seconds) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))  # also where nobody is left to end it
    json.dump(answer(question), sys.stdout)


if __name__ == "__main__":
    main()
