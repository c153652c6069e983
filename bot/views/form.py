"""A tool's arguments as inputs of a modal, by its JSON Schema, and back: what nobody touched comes back exactly as it was."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.core.exact import exact_text
from agents.core.ids import fingerprint
from bot.views.blocks import Json, choice, field

LONGEST = 3000
"""Characters of an input at most, by Slack."""

OPTIONS = 99
"""Values that a menu offers at most, beside the one for none."""

ABSENT = "absent"
"""Value of the choice that leaves an argument out."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
"""Numbers that Slack's input keeps as they are: it counts in floating point."""


class _Missing:
    """An argument that is not given."""


MISSING = _Missing()


class Mistyped(ValueError):
    """What was entered is no value of the argument's type; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Field:
    """One argument in a modal."""

    name: str
    schema: Mapping[str, Any]
    required: bool
    value: object
    """As it is now; MISSING where it is not given."""

    @property
    def block_id(self) -> str:
        """By which it is known in the modal."""
        return f"argument:{self.name if _PLAIN_NAME.fullmatch(self.name) else fingerprint(self.name)}"

    @property
    def kind(self) -> str:
        """How it is edited: `menu`, `choice`, `integer`, `number`, `text`, or `json` for all that has no input of its own."""
        given, kind = self.value, self.schema.get("type")
        if self.offered:
            return "menu"
        if kind == "boolean" and (given is MISSING or isinstance(given, bool)):
            return "choice"
        if kind in ("integer", "number") and (given is MISSING or (_fits(str(kind), given) and self._allows(given))):
            return str(kind)
        return "text" if kind == "string" and (given is MISSING or (isinstance(given, str) and _is_seen(given))) else "json"

    def _allows(self, given: Any) -> bool:
        """Whether a number is within its bounds, outside of which Slack lets nobody submit it."""
        least, most = self.schema.get("minimum", given), self.schema.get("maximum", given)
        return bool(least <= given <= most)

    @property
    def offered(self) -> Sequence[Any]:
        """The values among which it is chosen; empty where it is not, or where they are too many for a menu."""
        allowed = self.schema.get("enum")
        if not isinstance(allowed, list) or len(allowed) > OPTIONS:
            return ()
        return allowed if self.value is MISSING or _place(allowed, self.value) is not None else ()

    @property
    def text(self) -> str:
        """What its input holds at first."""
        if self.value is MISSING:
            return ""
        return str(self.value) if self.kind in ("text", "integer", "number") else exact_text(self.value)

    @property
    def editable(self) -> bool:
        """Whether Slack's input takes it."""
        return len(self.text) <= LONGEST or self.kind == "menu"


def fields_of(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[Field, ...]:
    """Every argument that there is or could be, those of the schema first."""
    known: Mapping[str, Any] = schema.get("properties") or {}
    required = schema.get("required") or ()
    names = [*known, *(name for name in sorted(arguments) if name not in known)]
    return tuple(
        Field(name, shape if isinstance(shape := known.get(name), Mapping) else {}, name in required, arguments.get(name, MISSING))
        for name in names
    )


def block(one: Field) -> Json:
    """The input of one argument. Slack lets nobody leave a field empty that is not optional; here an empty text may be meant."""
    optional = not one.required or (one.kind == "text" and one.value == "")
    hint = str(one.schema.get("description") or "")
    if one.kind == "json":
        hint = f"{hint[:200]} Written as JSON: a text stands in quotation marks.".strip()
    return field(one.block_id, one.name or "(no name)", _element(one), hint, optional=optional)


def read(one: Field, held: Mapping[str, Any]) -> object:
    """The argument as it was entered; MISSING where it is left out. Raises Mistyped."""
    if one.kind in ("menu", "choice"):
        return _chosen(one, held.get("selected_option"))
    text = str(held.get("value") or "")
    if text == one.text:
        return one.value
    if not text:
        return "" if one.kind == "text" and (one.required or one.value == "") else MISSING
    match one.kind:
        case "text":
            return text
        case "json":
            return _parsed(text)
    return _number(text.strip(), whole=one.kind == "integer")


def _element(one: Field) -> Json:
    initial: Json = {"initial_value": one.text} if one.text else {}
    match one.kind:
        case "menu" | "choice":
            values = list(one.offered) if one.kind == "menu" else [True, False]
            options = [choice(_label(value), str(number)) for number, value in enumerate(values)]
            if not one.required:
                options.append(choice("(not given)", ABSENT))
            place = None if one.value is MISSING else _place(values, one.value)
            first = options[-1] if one.value is MISSING and not one.required else None if place is None else options[place]
            element: Json = {"type": "static_select" if one.kind == "menu" else "radio_buttons", "options": options}
            return {**element, "initial_option": first} if first else element
        case "integer" | "number":
            bounds = {f"{end}_value": one.schema.get(f"{end}imum") for end in ("min", "max")}
            kept = {name: str(bound) for name, bound in bounds.items() if _fits(one.kind, bound)}
            return {"type": "number_input", "is_decimal_allowed": one.kind == "number", **kept, **initial}
    long = one.kind == "json" or len(one.text) > 60 or "\n" in one.text
    return {"type": "plain_text_input", "multiline": long, "max_length": LONGEST, **initial}


def _chosen(one: Field, option: object) -> object:
    if not isinstance(option, Mapping):
        return one.value
    values: Sequence[Any] = one.offered if one.kind == "menu" else (True, False)
    chosen = str(option.get("value"))
    if chosen == ABSENT and not one.required:
        return MISSING
    if not chosen.isdecimal() or int(chosen) >= len(values):
        raise Mistyped("Choose one of what is offered.")
    place = None if one.value is MISSING else _place(values, one.value)
    return one.value if int(chosen) == place else values[int(chosen)]


def _parsed(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, character {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Mistyped(f'This is no JSON{where}. Write a text as "text", a list as ["a", "b"], an object as {{"name": 1}}.') from None


def _no_number(text: str) -> object:
    raise ValueError(text)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _number(text: str, *, whole: bool) -> int | float:
    if _INTEGER.fullmatch(text):
        return int(text)
    if whole:
        raise Mistyped("Write a whole number, such as 3.")
    if not _NUMBER.fullmatch(text):
        raise Mistyped("Write a number, such as 3 or 0.5.")
    return float(text)


def _fits(kind: str, value: object) -> bool:
    """Whether a value is one that an input for numbers shows as it is."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and (_INTEGER if kind == "integer" else _NUMBER).fullmatch(str(value)) is not None


def _is_seen(text: str) -> bool:
    """Whether an input shows each character of a text: what it hides is written as JSON instead."""
    line = text.replace("\n", "")
    return line.isprintable() and exact_text(line) == json.dumps(line, ensure_ascii=False)


def _place(values: Sequence[Any], value: object) -> int | None:
    """Where a value stands among others; `true` is not 1."""
    return next((number for number, one in enumerate(values) if type(one) is type(value) and one == value), None)


def _label(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else exact_text(value)
