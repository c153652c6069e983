"""Many lines of a log in few: what they have in common, how often, of which level, from when to when. Standard library only."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tools.cutting import fitting, shorter
from tools.times import iso

MAX_LINE = 400
"""Characters of a line that are shown."""

MAX_PATTERN = 200
"""Characters of a pattern, and so of what is compared."""

MOST_PATTERNS = 2_000
"""Patterns that are counted apart; lines of others are counted together."""

SHOWN = 12
"""Patterns that are shown."""

MANY = 15
"""Above so many lines, patterns are shown beside them."""

_LEVEL_FIELD = re.compile(r'\b(?:level|severity|lvl|loglevel|levelname)"?\s*[=:]\s*"?([A-Za-z]{3,9})', re.IGNORECASE)
_LEVEL_WORD = re.compile(r"(?<![\w.])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|CRIT|PANIC|EMERG|SEVERE)(?![\w.])")
_LEVEL_BRACKET = re.compile(
    r"\[(?:\w{1,12}:)?(trace|debug|info|notice|warn|warning|error|err|fatal|critical|crit|panic|emerg)\]", re.IGNORECASE
)
_KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d\.")
_LEVELS = {
    "trace": "debug", "debug": "debug", "info": "info", "information": "info", "notice": "info", "warn": "warning", "warning": "warning",
    "error": "error", "err": "error", "severe": "error", "fatal": "critical", "critical": "critical", "crit": "critical",
    "panic": "critical", "emerg": "critical", "i": "info", "w": "warning", "e": "error", "f": "critical",
}  # fmt: skip
ORDER = ("critical", "error", "warning", "info", "debug")

_VARIES = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
    r"|\b0x[0-9a-fA-F]+\b"
    r"|\b(?=[a-f]{0,40}\d)[0-9a-f]{8,64}\b"
    r"|\d+(?:[.:,]\d+)*"
)
"""What differs between lines of one kind: times, ids, addresses, numbers."""

_LOGFMT = re.compile(r'\bmsg="((?:[^"\\]|\\.){1,300})"')

_MESSAGES = ("message", "msg", "error", "event", "text")
"""The fields of a line of JSON that say what happened."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    text: str
    time: datetime | None = None
    source: str = ""
    """Where it is from, if there are several places."""


@dataclass(slots=True)
class Pattern:
    """Lines that are alike."""

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, time: datetime | None) -> None:
        """One more of them."""
        self.count += 1
        if time is not None:
            self.first = min(self.first, time) if self.first else time
            self.last = max(self.last, time) if self.last else time


@dataclass(slots=True)
class Digest:
    """What is known of lines that went by. Its size is bounded, whatever they say."""

    every: Pattern = field(default_factory=Pattern)
    levels: Counter[str] = field(default_factory=Counter)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    other: int = 0
    """Lines whose patterns are too many to be counted apart."""

    def add(self, line: Line) -> None:
        """A line went by."""
        level, pattern = described(line.text)
        self.every.add(line.time)
        self.levels[level] += 1
        known = self.patterns.get(pattern)
        if known is None:
            if len(self.patterns) >= MOST_PATTERNS:
                self.other += 1
                return
            known = self.patterns[pattern] = Pattern()
        known.add(line.time)

    def told(self) -> list[str]:
        """How many, of which levels, and the most frequent patterns."""
        counted = ", ".join(f"{level} {self.levels[level]:,}" for level in (*ORDER, "") if level and self.levels[level])
        lines = [f"{self.every.count:,} lines{_between(self.every)}{f'; {counted}' if counted else ''}"]
        if self.every.count <= MANY:
            return lines
        ranked = sorted(self.patterns.items(), key=lambda pair: -pair[1].count)
        if ranked[0][1].count == 1:
            return lines  # no two are alike
        lines.append(f"Patterns ({len(ranked):,}, the most frequent first):" if not self.other else "Patterns, the most frequent first:")
        lines += [f"  {one.count:,}x {pattern}{_between(one)}" for pattern, one in ranked[:SHOWN]]
        rest = sum(one.count for _, one in ranked[SHOWN:]) + self.other
        return [*lines, f"  {rest:,} lines of other patterns"] if rest else lines


def described(text: str) -> tuple[str, str]:
    """The level of a line (empty where it does not say) and its pattern: the text without what differs from line to line."""
    beginning = fitting(text, 2_000)
    said = _message(beginning)
    return _level(beginning), _VARIES.sub("<…>", fitting(said, 2 * MAX_PATTERN))[:MAX_PATTERN].strip().removeprefix("<…> ")


def shown(lines: Sequence[Line]) -> list[str]:
    """The lines, each cut to what can be read, with its source where there are several."""
    several = len({line.source for line in lines}) > 1
    return [f"{f'[{line.source}] ' if several and line.source else ''}{cut(line.text)}" for line in lines]


def cut(text: str) -> str:
    """As much of a line as is shown, and how long it is."""
    text = "".join(character if character.isprintable() or character == "\t" else "�" for character in text[: MAX_LINE + 1])
    return shorter(text, MAX_LINE)


def _level(text: str) -> str:
    for form in (_LEVEL_FIELD, _LEVEL_BRACKET, _LEVEL_WORD):
        if (found := form.search(text[:1_000])) and (level := _LEVELS.get(found[1].lower())):
            return level
    klog = _KLOG.match(text)
    return _LEVELS[klog[1].lower()] if klog else ""


def _message(text: str) -> str:
    """What happened, where the line has a field for it; otherwise the line."""
    if not text.startswith("{"):
        found = _LOGFMT.search(text)
        return found[1] if found else text
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return next((str(content[name]) for name in _MESSAGES if content.get(name)), text) if isinstance(content, dict) else text


def _between(one: Pattern) -> str:
    if one.first is None or one.last is None:
        return ""
    return f" at {iso(one.first)}" if one.first == one.last else f" from {iso(one.first)} to {iso(one.last)}"
