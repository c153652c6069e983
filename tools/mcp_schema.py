"""JSON Schemas of other programs, made fit for models and for being run: the part of the language that is known to be harmless.

What is left out makes the check before a call looser, never the call itself: the server checks its arguments again.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from agents.core.exact import visible

MOST = 4_000
"""Parts of a schema, each reference counted as all that it leads to: otherwise ten lines can take years to check."""

DEEPEST = 24
"""Levels of schemas inside one another."""

LONGEST = 1_000
"""Characters of a description in it."""

_KEPT = frozenset({
    "type", "enum", "const", "required", "default", "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format",
})
"""Kept as they are: they cost nothing to check and lead nowhere."""
_ONE = frozenset({"items", "additionalProperties", "not"})
_MANY = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NAMED = frozenset({"properties", "$defs", "definitions"})
_REFUSED = frozenset({
    "$dynamicRef", "$recursiveRef", "patternProperties", "dependentSchemas", "if", "propertyNames",
    "unevaluatedProperties",
})
"""Change what is allowed in ways that leaving them out would get wrong for the model, and checking them is not harmless."""
_REFERENCE = re.compile(r"#/(\$defs|definitions)/([^/~%#]{1,100})")
_ARGUMENT = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
"""The names of arguments that models can be given."""


class Unfit(Exception):
    """Why a schema cannot be used, in words for the operator. Never leaves this package."""


def fit(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments as it is told to models and checked. Raises Unfit."""
    if schema.get("type") != "object":
        raise Unfit("its input schema is not of type object")
    made = _Fitting(schema).made()
    for key in ("anyOf", "oneOf", "allOf", "not", "enum", "const"):
        made.pop(key, None)  # models take none of them at the top
    for name in made.get("properties", {}):
        if not _ARGUMENT.fullmatch(name):
            raise Unfit(f"its argument {visible(name[:80])!r} has a name that no model can be given")
    try:
        Draft202012Validator.check_schema(made)
    except SchemaError as error:
        raise Unfit(f"its input schema is none: {visible(error.message[:200])}") from error
    return made


class _Fitting:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._sizes: dict[str, int] = {}
        self._following: list[str] = []

    def made(self) -> dict[str, Any]:
        """The schema, copied as far as it is known."""
        made, _ = self._fitted(self._schema, 0)
        return made if isinstance(made, dict) else {}

    def _fitted(self, schema: Any, depth: int) -> tuple[Any, int]:
        """The copy, and how many parts it has."""
        if isinstance(schema, bool):
            return schema, 1
        if not isinstance(schema, Mapping):
            raise Unfit("its input schema has a part that is no schema")
        if depth > DEEPEST:
            raise Unfit(f"its input schema nests deeper than {DEEPEST} levels")
        if refused := sorted(_REFUSED & schema.keys()):
            raise Unfit(f"its input schema uses {refused[0]}, which is not supported")
        made: dict[str, Any] = {key: _plain(key, value) for key, value in schema.items() if key in _KEPT}
        size = 1
        for key, value in schema.items():
            if key in _ONE | _MANY | _NAMED:
                made[key], more = self._inner(key, value, depth + 1)
                size += more
            elif key == "$ref":
                made[key] = value
                size += self._size_of(value, depth)
        if size > MOST:
            raise Unfit(f"its input schema has more than {MOST:,} parts, references counted as what they lead to")
        return made | _words(schema), size

    def _inner(self, key: str, value: Any, depth: int) -> tuple[Any, int]:
        if key in _ONE:
            return self._fitted(value, depth)
        if key in _MANY and isinstance(value, list):
            each = [self._fitted(one, depth) for one in value]
            return [one for one, _ in each], sum(size for _, size in each)
        if key in _NAMED and isinstance(value, Mapping):
            named = {str(name): self._fitted(one, depth) for name, one in value.items()}
            if unseen := next((name for name in named if visible(name) != name), None):
                raise Unfit(f"its input schema has the name {visible(unseen[:80])!r} with invisible characters")
            return {name: one for name, (one, _) in named.items()}, sum(size for _, size in named.values())
        raise Unfit(f"its input schema has a {key} that is none")

    def _size_of(self, reference: Any, depth: int) -> int:
        """How many parts a reference leads to. It may lead to a definition of the same schema, and never around in a circle."""
        found = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        kept = self._schema.get(found[1]) if found else None
        target = kept.get(found[2]) if found and isinstance(kept, Mapping) else None
        if target is None:
            raise Unfit("its input schema has a $ref that does not lead to its own $defs")
        if reference in self._following:
            raise Unfit("its input schema leads around in a circle")
        if reference not in self._sizes:
            self._following.append(reference)
            _, self._sizes[reference] = self._fitted(target, depth + 1)
            self._following.pop()
        return self._sizes[reference]


def _plain(key: str, value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    if key in ("enum", "const", "default", "required", "format") and visible(text) != text:
        raise Unfit(f"its input schema has a {key} with invisible characters")
    return value


def _words(schema: Mapping[str, Any]) -> dict[str, str]:
    """What is said in words, with what is invisible shown. A pattern is words too: to run one of others may take for ever."""
    said = {key: schema[key] for key in ("title", "description") if isinstance(schema.get(key), str)}
    if isinstance(pattern := schema.get("pattern"), str):
        said["description"] = f"{said.get('description', '')} (pattern: {pattern})".strip()
    return {key: visible(text[:LONGEST]) + ("…" if len(text) > LONGEST else "") for key, text in said.items()}
