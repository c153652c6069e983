"""Arguments against their JSON Schema, and what is wrong with them in words that a model can act on."""

import difflib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from agents.core.patterns import found

MOST = 5
"""So many mistakes are told at once."""

DEEPEST = 32
"""Levels of lists and objects inside one another that an argument may have."""

UNCHECKED = 2_000
"""Characters of a text that is let through unchecked where its pattern, which others wrote, could be searched for ever."""

TYPES: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _pattern(validator: Any, pattern: str, instance: object, schema: object) -> Iterator[ValidationError]:
    """`pattern`, on text that a model wrote: what could be searched for ever is not searched, and does not fit."""
    try:
        fits = not isinstance(instance, str) or found(pattern, instance)
    except ValueError:
        fits = None  # a pattern of others, which their own side has to check
        if isinstance(instance, str) and len(instance) <= UNCHECKED:
            return
    if not fits:
        yield ValidationError(f"{instance!r:.60} does not match {pattern!r:.60}" if fits is False else "is too long to be checked")


VALIDATOR = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]  # jsonschema's


class Arguments:
    """The schema of one tool's arguments, compiled once."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator = VALIDATOR(dict(schema))

    def mistakes(self, arguments: Mapping[str, Any]) -> str | None:
        """One sentence for each mistake, at most a few; None where the arguments fit."""
        if unusable := _unusable(arguments):
            return unusable
        if self._validator.is_valid(arguments):
            return None
        found = sorted(self._validator.iter_errors(arguments), key=lambda error: [str(step) for step in error.absolute_path])
        told = list(dict.fromkeys(sentence for error in found for sentence in _sentences(error)))
        more = [f"There are {len(told) - MOST} more mistakes."] if len(told) > MOST else []
        return " ".join(told[:MOST] + more)


def _unusable(arguments: Mapping[str, Any]) -> str | None:
    """What JSON Schema lets through and no text or body can carry: NaN, broken characters, bottomless nesting."""
    waiting: list[tuple[str, Any, int]] = [(name, part, 1) for name, value in arguments.items() for part in (name, value)]
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, float) and not math.isfinite(value):
            return f"`{_short(name)}` must be a finite number."
        if isinstance(value, str) and not _is_text(value):
            return f"`{_short(name)}` holds half a character (a lone surrogate). Write it again."
        if depth > DEEPEST:
            return f"`{_short(name)}` nests deeper than {DEEPEST} levels."
        if isinstance(value, Mapping):
            waiting += [(name, inner, depth + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(name, inner, depth + 1) for inner in value]
    return None


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _sentences(error: ValidationError) -> Iterator[str]:
    tell = WORDS.get(str(error.validator))
    if tell is not None:
        yield from tell(error)
    else:
        yield f"`{_where(error)}` does not fit: {_short(error.message, 200)}."


def _missing(error: ValidationError) -> Iterator[str]:
    required: Any = error.validator_value
    given: Any = error.instance
    for name in required:
        if name not in given:
            yield f"`{_where(error, name)}` is missing."


def _unknown(error: ValidationError) -> Iterator[str]:
    schema: Any = error.schema
    arguments: Any = error.instance
    known: Sequence[str] = list(schema.get("properties", {}))
    for name in arguments:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean `{nearest[0]}`?" if nearest else f"There are: {', '.join(known) or 'none'}."
            yield f"There is no argument `{_short(_where(error, name))}`. {hint}"


def _enum(error: ValidationError) -> Iterator[str]:
    allowed: Any = error.validator_value
    yield f"`{_where(error)}` must be one of {', '.join(map(_json, allowed))}, not {_json(error.instance)}."


def _type(error: ValidationError) -> Iterator[str]:
    types: Any = error.validator_value
    wanted = types if isinstance(types, list) else [types]
    yield f"`{_where(error)}` must be {' or '.join(TYPES[one] for one in wanted)}, not {_json(error.instance)}."


def _bound(words: str) -> Callable[[ValidationError], Iterator[str]]:
    def tell(error: ValidationError) -> Iterator[str]:
        yield f"`{_where(error)}` must {words.format(_json(error.validator_value))}."

    return tell


WORDS: Mapping[str, Callable[[ValidationError], Iterator[str]]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "enum": _enum,
    "type": _type,
    "minimum": _bound("be at least {}"),
    "maximum": _bound("be at most {}"),
    "exclusiveMinimum": _bound("be more than {}"),
    "exclusiveMaximum": _bound("be less than {}"),
    "minLength": _bound("have at least {} characters"),
    "maxLength": _bound("have at most {} characters"),
    "minItems": _bound("have at least {} items"),
    "maxItems": _bound("have at most {} items"),
    "pattern": _bound("match the pattern {}"),
}


def _where(error: ValidationError, inside: str = "") -> str:
    """The path of what is wrong: `points[2].value`."""
    path = ""
    for step in [*error.absolute_path, *([inside] if inside else [])]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "arguments"


def _json(value: object) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
