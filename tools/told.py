"""What a source's answers are told as: JSON of a few named fields, with every text bounded."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agents.ports import Done

MAX_TITLE = 300
"""Characters of a title, a name or a label."""

MAX_BODY = 4_000
"""Characters of a description or a comment."""


def at(value: Any, *steps: str | int) -> Any:
    """What lies at these steps of an answer; None where something else is there."""
    for step in steps:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_at(value: Any, *steps: str | int, most: int = MAX_TITLE) -> str:
    """The text at these steps, bounded; empty where there is none."""
    found = at(value, *steps)
    return cut(found, most) if isinstance(found, str) else "" if found is None else cut(json.dumps(found, ensure_ascii=False), most)


def list_at(value: Any, *steps: str | int) -> list[Any]:
    """The list at these steps; empty where there is none."""
    found = at(value, *steps)
    return found if isinstance(found, list) else []


def cut(text: str, most: int) -> str:
    """The text, or its beginning and how much is left out."""
    left_out = len(text) - most
    return text if left_out <= 0 else f"{text[:most]} … ({left_out:,} characters left out)"


def told(value: Any, *, taints: bool = False) -> Done:
    """A result for the model, on one line. What is empty is left out, but for lists at the top: that nothing was found is an answer."""
    return Done(json.dumps(_filled(value, ("", None)), ensure_ascii=False), taints)


def _filled(value: Any, empty: Sequence[Any] = (None, "", [], {}, ())) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(one) for name, one in value.items() if one not in empty}
    if isinstance(value, list | tuple):
        return [_filled(one) for one in value]
    return value
