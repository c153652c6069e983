"""What an HTTP answer says: for the model, for people, and as something that can be compared."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.core.ids import fingerprint
from agents.ports import Preview
from tools.http_template import text_of
from tools.net import Response

MAX_LINES = 20
"""Lines of a preview."""

MAX_VALUE = 200
"""Characters of one value in a preview."""

TEXTUAL = ("text/", "application/json", "application/xml", "application/yaml", "application/x-www-form-urlencoded")
"""Beginnings of the content types that can be read; what ends in +json or +xml can be read, too."""

ARROW = "→"
"""Stands between a value and what the call would make of it."""

MISSING = object()
"""What stands where a field is not."""


def readable(response: Response) -> str:
    """The body for the model: JSON on one line, other text as it is, of anything else its size."""
    text = _text(response)
    if text is None:
        kind = response.headers.get("content-encoding") or response.headers.get("content-type") or "an unknown kind"
        return f"({len(response.body):,} bytes of {kind})"
    if response.cut:
        return f"{text}\n(The answer is longer than the {len(response.body):,} bytes that were read.)"
    value = parsed(response)
    try:
        return text if value is MISSING else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return text


def parsed(response: Response) -> Any:
    """The body as JSON, numbers finite; MISSING where it is none."""
    text = _text(response)
    if text is None or response.cut:
        return MISSING
    try:
        return json.loads(text, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        return MISSING


def preview_of(
    response: Response, show: Sequence[str], ignore: Sequence[str], after: Mapping[str, Any] | None = None,
    redact: Callable[[str], str] = str,
) -> Preview:
    """The state as short text for people, fingerprinted over all of what is shown, what did not fit in the text included.

    `redact` takes secrets out of the text before it is cut: half a secret looks like none.

    `after` holds fields as the call would leave them, by their dotted paths: `version: 3 → 2`. The fingerprint is of the present alone.
    """
    value = parsed(response)
    if value is MISSING:
        text = redact(readable(response))
        return Preview("\n".join(_first(text.splitlines())), fingerprint("bytes", response.body.hex()))
    shown = _without(_only(value, show) if show else value, ignore)
    content = json.dumps(shown, sort_keys=True, ensure_ascii=True)
    shown = _redacted(shown, redact)
    lines = [*_lines(shown, "", after := after or {}), *_unseen(shown, after)]
    if len(lines) > MAX_LINES:
        lines.sort(key=lambda line: not line.changes)  # what would change is never among the lines that are left out
    return Preview("\n".join(_first([line.text for line in lines])) or "(nothing)", fingerprint("json", content))


def field(value: Any, path: str) -> Any:
    """The value at a dotted path, in which a number counts in a list; MISSING where there is none."""
    for step in path.split("."):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def _text(response: Response) -> str | None:
    kind, _, parameters = response.headers.get("content-type", "text/plain").lower().partition(";")
    kind = kind.strip()
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        return None
    if not kind.startswith(TEXTUAL) and not kind.endswith(("+json", "+xml")):
        return None
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        return response.body.decode(charset or "utf-8", "replace").encode("utf-8", "replace").decode()
    except (LookupError, ValueError):
        return response.body.decode("utf-8", "replace")


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(name): _redacted(one, redact) for name, one in value.items()}
    return [_redacted(one, redact) for one in value] if isinstance(value, list) else value


def _only(value: Any, paths: Sequence[str]) -> dict[str, Any]:
    found = {path: field(value, path) for path in paths}
    return {path: "(missing)" if one is MISSING else one for path, one in found.items()}


def _without(value: Any, paths: Sequence[str], at: str = "") -> Any:
    """The value without what lies at these paths. A path goes through lists: `deploys.age` is the age in each of them."""
    if isinstance(value, Mapping):
        places = {name: f"{at}.{name}" if at else name for name in value}
        return {name: _without(one, paths, places[name]) for name, one in value.items() if places[name] not in paths}
    if isinstance(value, list):
        return [_without(one, paths, at) for one in value]
    return value


@dataclass(frozen=True, slots=True)
class _Line:
    """One value of a preview."""

    path: str
    text: str
    """`owner.team: payments`, or `version: 3 → 2`."""
    changes: bool = False


def _lines(value: Any, path: str, after: Mapping[str, Any]) -> Iterator[_Line]:
    """One line for each value, and for each field that the call would leave otherwise."""
    if path in after:
        yield _change(path, value, after[path])
    elif isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from _lines(one, f"{path}.{name}" if path else str(name), after)
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        for number, one in enumerate(value):
            yield from _lines(one, f"{path}.{number}" if path else str(number), after)
    else:
        yield _Line(path, f"{path}: {_value(value)}" if path else _value(value))


def _unseen(shown: Any, after: Mapping[str, Any]) -> Iterator[_Line]:
    """The fields that the call would leave and that have no line of their own, because they are not there, or within a list."""
    seen = {line.path for line in _lines(shown, "", after)}
    for path in (path for path in after if path not in seen):
        before = field(shown, path)
        yield _change(path, "(missing)" if before is MISSING else before, after[path])


def _change(path: str, before: Any, after: Any) -> _Line:
    if text_of(before) == text_of(after):
        return _Line(path, f"{path}: {_value(before)}")
    return _Line(path, f"{path}: {_told(before)} {ARROW} {_told(after)}", changes=True)


def _told(value: Any) -> str:
    """A value beside an arrow, in quotes where an arrow of its own could be taken for ours."""
    text = _value(value)
    return json.dumps(text, ensure_ascii=False) if ARROW in text or not text else text


def _value(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(_value(one) for one in value) or "none"
    elif isinstance(value, str):
        text = " ".join(value.split())
    else:
        text = {True: "yes", False: "no", None: "none"}[value] if value is None or isinstance(value, bool) else json.dumps(value)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _first(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= MAX_LINES:
        return lines
    return [*lines[: MAX_LINES - 1], f"… {len(lines) - MAX_LINES + 1:,} lines left out"]
