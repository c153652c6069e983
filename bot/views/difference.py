"""What is different, line by line: what a preview would change, what moved since it was taken, what a person changed in a call."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.core.exact import exact_text
from agents.core.ids import canonical
from bot.views.blocks import Json, listed, shorten
from bot.views.mrkdwn import visible

ARROW = " → "
NOTHING = "not there"
"""What stands where a line is missing on one side."""

_NAMED = re.compile(r"([^:\n]{1,80}): (.*)", re.DOTALL)
_LAYOUT = re.compile(r"\n *")


@dataclass(frozen=True, slots=True)
class Line:
    """One value, or one change of a value."""

    name: str
    """Empty for a line that has none."""
    before: str | None
    """None where the line only says how something is."""
    after: str


def lines(preview: str) -> tuple[Line, ...]:
    """A preview as lines: `name: value` says how something is, `name: before → after` what would become of it."""
    return tuple(_line(text) for text in preview.splitlines() if text.strip())


def moved(then: str, now: str) -> tuple[Line, ...]:
    """The lines of two previews that are not the same in both, as they were and as they are."""
    old, new = _by_name(then), _by_name(now)
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        Line(key[0], old.get(key, NOTHING), new.get(key, NOTHING)) for key in keys if old.get(key, NOTHING) != new.get(key, NOTHING)
    )


def edited(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Line, ...]:
    """The arguments that are not the same in both, exactly."""
    names = sorted(before.keys() | after.keys())
    return tuple(Line(name, _value(before, name), _value(after, name)) for name in names if _differs(before, after, name))


def value_text(value: object) -> str:
    """One argument exactly, on one line: what it holds of line breaks is written as escapes."""
    return _LAYOUT.sub(" ", exact_text(value))


def difference(title: str, found: Sequence[Line], limit: int) -> Json:
    """The lines under a title in about `limit` characters; what is left out is counted."""
    shown: list[list[tuple[str, str]]] = []
    size = 0
    for number, line in enumerate(found):
        item = _item(line, max(limit // 3, 60))
        size += sum(len(text) for text, _ in item)
        if shown and size > limit - 40:
            shown.append([(f"… and {len(found) - number:,} more; Details has them all", "italic")])
            break
        shown.append(item)
    return listed(title, shown or [[("nothing", "italic")]])


def _line(text: str) -> Line:
    named = _NAMED.fullmatch(text)
    name, value = (named.group(1), named.group(2)) if named else ("", text)
    if value.count(ARROW) == 1:
        before, _, after = value.partition(ARROW)
        return Line(name, before, after)
    return Line(name, None, value)


def _by_name(preview: str) -> Mapping[tuple[str, int], str]:
    """The lines by their names, and by how often the name stood there before."""
    found: dict[tuple[str, int], str] = {}
    seen = Counter[str]()
    for text in preview.splitlines():
        named = _NAMED.fullmatch(text)
        name, value = (named.group(1), named.group(2)) if named else ("", text)
        if text.strip():
            found[name, seen[name]] = value
            seen[name] += 1
    return found


def _differs(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    if (name in before) != (name in after):
        return True
    return canonical({"": before[name]}) != canonical({"": after[name]})


def _value(arguments: Mapping[str, Any], name: str) -> str:
    return value_text(arguments[name]) if name in arguments else NOTHING


def _item(line: Line, limit: int) -> list[tuple[str, str]]:
    name = [(f"{_short(line.name, 80)}: ", "")] if line.name else []
    if line.before is None:
        return [*name, (_short(line.after, limit), "")]
    then = (_short(line.before, limit), "italic" if line.before == NOTHING else "strike")
    return [*name, then, (ARROW, ""), (_short(line.after, limit), "italic" if line.after == NOTHING else "bold")]


def _short(text: str, limit: int) -> str:
    return shorten(visible(text), limit)
