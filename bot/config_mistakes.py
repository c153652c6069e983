"""Turns what pydantic finds wrong into sentences for the person who wrote the file."""

import contextlib
import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.config_source import Source, Where

Shaped = TypeVar("Shaped")


def checked(adapter: TypeAdapter[Shaped], value: Any, source: Source, where: Where, *, partly: bool = False) -> Shaped | None:
    """The value in its shape, or None after its mistakes were noted. `where` is the way to the value in its file.

    With `partly`, the keys with mistakes are left out and the rest is returned if it has the shape, so that it can be checked further.
    """
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if detail["type"] != "too_short" or not detail["input"]]
    known = source.unknown()
    wrong: set[str | int] = set()
    for detail in details:
        inner = _place(detail, value)
        wrong.update(inner[:1])
        if not _follows((*where, *inner), known):
            source.wrong((*where, *inner), _sentence(detail, inner, adapter))
    if partly and isinstance(value, dict) and wrong:
        with contextlib.suppress(ValidationError):
            return adapter.validate_python({key: part for key, part in value.items() if key not in wrong})
    return None


def named_once(source: Source, section: str, items: Iterable[Any]) -> Iterator[tuple[Where, Any]]:
    """The items of a section that is a list, each with the way to it. A name that comes a second time is noted as a mistake."""
    names: set[str] = set()
    for number, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        if isinstance(name, str) and name in names:
            source.wrong((section, number, "name"), f"there are two by the name {name}; each name may stand once")
        names.add(str(name))
        yield (section, number), item


def nearest(name: object, known: Iterable[str]) -> str:
    """` Did you mean …?` with the known name that is most like this one, or the known names where there are few, or nothing."""
    names = sorted(filter(None, known))
    close = difflib.get_close_matches(str(name)[:80], names, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(names)}" if 0 < len(names) <= 8 else ""


def quoted(value: object) -> str:
    """A value as a message shows it: never more than a line of it."""
    text = value if isinstance(value, str) else repr(value)
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'


def _follows(where: Where, known: tuple[Where, ...]) -> bool:
    """Whether a mistake that is known already, here or within what is here, may be the cause of this one."""
    return any(earlier[:len(where)] == where for earlier in known)


def _place(detail: ErrorDetails, value: Any) -> Where:
    """The way to what is wrong, without the parts that pydantic adds for members of unions."""
    way: list[str | int] = []
    for part in detail["loc"]:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part in range(len(value)):
            value = value[int(part)]
        elif detail["type"] != "missing" or part != detail["loc"][-1]:
            continue
        way.append(part)
    return tuple(way)


def _sentence(detail: ErrorDetails, where: Where, adapter: TypeAdapter[Any]) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        key = str(where[-1]) if where else ""
        return f"there is no such key{nearest(key, _keys(adapter, where[:-1]))}"
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        return _not_among(given, str(context.get("expected", "")))
    if kind == "too_short":
        return "is empty; it takes at least one"
    if kind == "too_long" and "actual_length" in context:
        return f"has {context['actual_length']}; it takes at most {context['max_length']}"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"has to be a mapping (key: value), not {_kind(given)}"
    if kind in ("tuple_type", "list_type", "set_type", "frozen_set_type"):
        return f"has to be a list ([a, b] or lines with dashes), not {_kind(given)}"
    said = re.sub(r"^(Input|String|Value) should ", "has to ", detail["msg"])
    return f"{said}, not {_kind(given)}" if said != detail["msg"] else said[:1].lower() + said[1:]


def _not_among(given: object, expected: str) -> str:
    words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
    return f"{quoted(given)} is not among {', '.join(words)}{nearest(given, words) if len(words) > 8 or _close(given, words) else ''}"


def _close(given: object, words: list[str]) -> bool:
    return bool(difflib.get_close_matches(str(given)[:80], words, n=1, cutoff=0.6))


def _kind(given: object) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, dict):
        return "a mapping"
    return "a list" if isinstance(given, list) else quoted(given)


def _keys(adapter: TypeAdapter[Any], where: Where) -> set[str]:
    """The keys that may stand at this place, by the JSON schema of the shape."""
    root = adapter.json_schema()
    nodes = [root]
    for part in where:
        nodes = [child for node in nodes for option in _options(node, root) for child in _children(option, part)]
    return {key for node in nodes for option in _options(node, root) for key in option.get("properties", {})}


def _options(node: Any, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield from _options(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    yield node
    for union in ("anyOf", "oneOf", "allOf"):
        for member in node.get(union, ()):
            yield from _options(member, root)


def _children(option: dict[str, Any], part: str | int) -> Iterator[Any]:
    if isinstance(part, int):
        yield option.get("items")
        yield from option.get("prefixItems", ())[part:part + 1]
    elif part in option.get("properties", {}):
        yield option["properties"][part]
    else:
        yield option.get("additionalProperties")
