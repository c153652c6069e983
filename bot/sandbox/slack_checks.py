"""The grammar in which Block Kit is checked: small checks that are put together, with Slack's complaints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Complain = Callable[[str, str], None]
"""Takes a sentence and the JSON pointer of what it is about."""
Check = Callable[[Any, str, Complain], None]
"""Looks at a value, which stands at a pointer, and complains about what is wrong."""


@dataclass(frozen=True)
class Field:
    """A field of an object."""

    check: Check
    required: bool = False


def must(check: Check) -> Field:
    """A field that has to be there."""
    return Field(check, required=True)


def may(check: Check) -> Field:
    """A field that can be left out."""
    return Field(check)


def anything(value: Any, pointer: str, complain: Complain) -> None:
    """Accepts every value."""


def string(longest: int, shortest: int = 0) -> Check:
    """A string whose length in characters lies between the two bounds."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if not isinstance(value, str):
            complain("must be a string", pointer)
        elif len(value) > longest:
            complain(f"must be less than {longest + 1} characters", pointer)
        elif len(value) < shortest:
            complain(f"must be more than {shortest - 1} characters", pointer)

    return check


def boolean(value: Any, pointer: str, complain: Complain) -> None:
    """True or false."""
    if not isinstance(value, bool):
        complain("must be a boolean", pointer)


def integer(least: int, most: int) -> Check:
    """A whole number between the two bounds."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            complain("must be an integer", pointer)
        elif not least <= value <= most:
            complain(f"must be between {least} and {most}", pointer)

    return check


def one_of(*words: str) -> Check:
    """One of these strings."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if value not in words:
            complain(f"must be one of: {', '.join(words)}", pointer)

    return check


def items(check_item: Check, most: int, least: int = 1) -> Check:
    """A list of so many items."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if not isinstance(value, list):
            complain("must be an array", pointer)
            return
        if len(value) > most:
            complain(f"no more than {most} items allowed", pointer)
        elif len(value) < least:
            complain(f"no fewer than {least} items allowed", pointer)
        for number, item in enumerate(value[:most]):
            check_item(item, f"{pointer}/{number}", complain)

    return check


def fields(known: Mapping[str, Field]) -> Check:
    """An object with these fields and no others."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if not isinstance(value, dict):
            complain("must be an object", pointer)
            return
        for name, field in known.items():
            if value.get(name) is not None:
                field.check(value[name], f"{pointer}/{name}", complain)
            elif field.required:
                complain(f"missing required field: {name}", pointer)
        for name in value.keys() - known.keys():
            complain(f"invalid additional property: {name}", pointer)

    return check


def typed(types: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check it has to pass."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if not isinstance(value, dict):
            complain("must be an object", pointer)
        elif "type" not in value:
            complain("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in types:
            complain(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            types[value["type"]](value, pointer, complain)

    return check


def in_turn(*checks: Check) -> Check:
    """Each of these checks, as long as the ones before it had no complaint; so a rule may rely on the shape."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        found: list[tuple[str, str]] = []
        for one in checks:
            one(value, pointer, lambda sentence, where: found.append((sentence, where)))
            if found:
                break
        for sentence, where in found:
            complain(sentence, where)

    return check


def exactly_one(*names: str) -> Check:
    """In an object of a known shape just one of these fields is given."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if sum(value.get(name) is not None for name in names) != 1:
            complain(f"must have exactly one of: {', '.join(names)}", pointer)

    return check


def at_least_one(*names: str) -> Check:
    """In an object of a known shape one or more of these fields is given."""

    def check(value: Any, pointer: str, complain: Complain) -> None:
        if not any(value.get(name) for name in names):
            complain(f"must have at least one of: {', '.join(names)}", pointer)

    return check
