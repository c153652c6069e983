"""A monitor that would make sense, with the reason for it: what `countersign monitor suggest` prints."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item of `monitors:`, and why."""

    item: Mapping[str, Any]
    why: str
    """One line."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What was found at one source."""

    monitors: tuple[Suggestion, ...]
    skipped: tuple[str, ...] = ()
    """What nothing is suggested for, and why not, a line each."""


def name_for(text: str) -> str:
    """A monitor's name that is made of a table's or a metric's."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return (name if name[:1].isalpha() else f"m_{name}")[:64]


def rate(count: float, seconds: float) -> str:
    """How often something happens, in the largest unit in which it happens at least ten times."""
    for article, unit, length in (("a", "minute", 60), ("an", "hour", 3600), ("a", "day", 86_400)):
        if count * length / max(seconds, 1) >= 10 or unit == "day":
            return f"about {count * length / max(seconds, 1):,.0f} rows {article} {unit}"
    return ""
