"""Arguments into a URL and a body, so that an argument is only ever a value there and never a part of the structure."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Where an argument goes: `{name}`."""

KEY: Final = "idempotency_key"
"""The name by which a probe's URL holds the key of the call that it asks about."""

ABSENT: Final = object()
"""What stands where an argument was not given: the member of the body or the query that it is alone in is left out."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place of a template that names an argument."""

    name: str
    where: str
    """`path`, `query` or `body`."""
    alone: bool
    """Whether the value is nothing but this argument."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL with places for arguments, none of them in the scheme, the host or the port."""

    origin: str
    """`scheme://host:port`."""
    segments: tuple[str, ...]
    """The path between its slashes; a placeholder fills one segment or a part of it."""
    query: tuple[tuple[str, object], ...]
    """Names, and values with their placeholders."""

    @property
    def uses(self) -> Iterator[Use]:
        """Every place that names an argument."""
        for segment in self.segments:
            for name in PLACEHOLDER.findall(segment):
                yield Use(name, "path", PLACEHOLDER.fullmatch(segment) is not None)
        for _, value in self.query:
            yield from uses_in(value, "query")

    def unsafe(self, values: Mapping[str, Any]) -> str | None:
        """Why these values may not stand in the path, in one sentence; None where they may."""
        for segment in self.segments:
            names = PLACEHOLDER.findall(segment)
            for name in names:
                if not _is_segment(text_of(values[name])):
                    return f"`{name}` stands in a path; it must be one name: not empty, `.` or `..`, no slash, no control character."
            if names and not _is_segment(PLACEHOLDER.sub(lambda match: text_of(values[match[1]]), segment)):
                return f"`{names[0]}` makes a path that leads elsewhere."
        return None

    def render(self, values: Mapping[str, Any]) -> str:
        """The URL with the values in it, encoded. Only for values that are not `unsafe`."""
        path = "/".join(PLACEHOLDER.sub(lambda match: quote(text_of(values[match[1]]), safe=""), segment) for segment in self.segments)
        pairs = [(name, text_of(one)) for name, value in self.query for one in _several(fill(value, values))]
        return f"{self.origin}{path}" + (f"?{urlencode(pairs, quote_via=quote)}" if pairs else "")


def parse_url(url: str, query: Mapping[str, object]) -> Url:
    """A URL of the configuration, and the query that is written beside it. Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"a URL begins with http:// or https://, not with {parts.scheme or 'nothing'}")
    if "{" in parts.netloc or "}" in parts.netloc:
        raise ValueError("the host of a URL may not come from an argument")
    if "@" in parts.netloc:
        raise ValueError("a URL holds no user and no password; put them into `headers`")
    if not parts.hostname or (parts.port is None and parts.netloc.endswith(":")):
        raise ValueError("the URL has no host")
    if parts.fragment or "#" in url:
        raise ValueError("a URL that is sent has no fragment (#)")
    segments = tuple(parts.path.split("/")) if parts.path else ("", "")
    pairs = (*parse_qsl(parts.query, keep_blank_values=True), *query.items())
    for literal in (*segments, *(name for name, _ in pairs)):
        _check_literal(literal)
    if misplaced := [name for name, _ in pairs if PLACEHOLDER.search(name)]:
        raise ValueError(f"the name of a query value may not come from an argument: {misplaced[0]}")
    return Url(f"{parts.scheme}://{parts.netloc}", segments, pairs)


def _check_literal(text: str) -> None:
    literal = PLACEHOLDER.sub("", text)
    if "{" in literal or "}" in literal:
        raise ValueError(f"{text!r} has a brace that belongs to no argument; arguments are written {{name}}")
    if text in (".", "..") or any(ord(character) < 32 or character in "\\\x7f" for character in text):
        raise ValueError(f"{text!r} may not stand in a URL")


def uses_in(template: object, where: str) -> Iterator[Use]:
    """Every place of a query value or a body that names an argument."""
    if isinstance(template, str):
        for name in PLACEHOLDER.findall(template):
            yield Use(name, where, PLACEHOLDER.fullmatch(template) is not None)
    elif isinstance(template, Mapping):
        for value in template.values():
            yield from uses_in(value, where)
    elif isinstance(template, list):
        for value in template:
            yield from uses_in(value, where)


def fill(template: object, values: Mapping[str, Any]) -> object:
    """A body with the values in it. What is exactly `{x}` becomes the value with its type, `{x}` inside text becomes its text."""
    if isinstance(template, str):
        alone = PLACEHOLDER.fullmatch(template)
        if alone:
            return values.get(alone[1], ABSENT)
        return PLACEHOLDER.sub(lambda match: text_of(values[match[1]]), template)
    if isinstance(template, Mapping):
        filled = {name: fill(value, values) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not ABSENT}
    if isinstance(template, list):
        return [value for value in (fill(one, values) for one in template) if value is not ABSENT]
    return template


def text_of(value: object) -> str:
    """A value as text: `true` and `false`, whole numbers without a point, all else as it reads."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _several(value: object) -> list[object]:
    """A list in a query repeats its name; what is absent leaves it out."""
    if isinstance(value, list):
        return value
    return [] if value is ABSENT else [value]


def _is_segment(text: str) -> bool:
    """Whether a text stays one path segment however often somebody on the way decodes and tidies it."""
    seen = text
    for _ in range(4):
        if not _is_plain(seen) or not _is_plain(unicodedata.normalize("NFKC", seen)):
            return False
        decoded = unquote(seen)
        if decoded == seen:
            return True
        seen = decoded
    return False


def _is_plain(text: str) -> bool:
    if text.partition(";")[0].strip() in ("", ".", ".."):
        return False
    return not any(character in "/\\" or unicodedata.category(character) == "Cc" for character in text)
