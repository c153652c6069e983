"""The call that takes an earlier one back, as its tool declares it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from agents.core.calls import Call
from agents.core.tool import Undo

PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*)\}")
"""Where a value goes: `{name}` or `{result.a.b}`."""
_RESULT = "result."


def places(template: Any) -> frozenset[str]:
    """The names that a template takes its values from: arguments of the call, and `result.…`."""
    if isinstance(template, str):
        return frozenset(PLACE.findall(template))
    if isinstance(template, Mapping):
        return frozenset[str]().union(*map(places, template.values()))
    return frozenset[str]().union(*map(places, template)) if isinstance(template, list | tuple) else frozenset()


def inverse(undo: Undo, call: Call) -> dict[str, Any] | str:
    """The arguments of the call that takes this one back, or why there are none, in words for a person."""
    values: dict[str, Any] = dict(call.arguments)
    wanted = places(undo.arguments)
    if any(name.startswith(_RESULT) for name in wanted):
        values |= {name: found for name in wanted if (found := _field(call.result, name.removeprefix(_RESULT))) is not None}
    missing = sorted(name for name in wanted if name not in values)
    if missing:
        return f"It cannot be undone: what is needed for that is not known of this call: {', '.join(missing)}."
    filled: dict[str, Any] = _filled(undo.arguments, values)
    return filled


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with its values; a text that is one place alone takes the value as it is."""
    if isinstance(template, str):
        whole = PLACE.fullmatch(template)
        return values[whole.group(1)] if whole else PLACE.sub(lambda place: str(values[place.group(1)]), template)
    if isinstance(template, Mapping):
        return {name: _filled(value, values) for name, value in template.items()}
    return [_filled(item, values) for item in template] if isinstance(template, list | tuple) else template


def _field(result: str, path: str) -> Any:
    """The field of a JSON result at this dotted path; None where there is none."""
    try:
        found = json.loads(result)
    except (ValueError, RecursionError):
        return None
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
