"""Schemas of others: what is harmless is kept, what is words is shown, and the rest is refused."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.mcp_schema import Unfit, fit
from tools.schema import Arguments


def test_what_is_harmless_is_kept() -> None:
    schema = {
        "type": "object", "properties": {
            "page": {"type": "string", "minLength": 1, "description": "Which."}, "how": {"enum": ["a", "b"]},
            "to": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]}, "more": {"type": "array", "items": {"type": "integer"}},
        }, "required": ["page"], "additionalProperties": False,
        "$defs": {"Place": {"type": "object", "properties": {"x": {"type": "number"}}}},
    }  # fmt: skip
    assert fit(schema) == schema
    checked = Arguments(fit(schema))
    assert checked.mistakes({"page": "p", "to": {"x": 1}}) is None
    assert checked.mistakes({"page": "p", "to": {"x": "no"}}) is not None


def test_what_nobody_needs_is_left_out_and_words_are_shown() -> None:
    made = fit({
        "type": "object", "$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://evil", "x-mcp-header": 1,
        "properties": {"page": {"type": "string", "pattern": "(a+)+$", "description": "See\u200b."}}, "oneOf": [{"required": ["page"]}],
    })
    assert made == {"type": "object", "properties": {"page": {"type": "string", "description": "See\\u200b. (pattern: (a+)+$)"}}}


def inside(part: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": part}}


def laughs(levels: int) -> dict[str, Any]:
    """Ten lines that take years to check."""
    defs = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(levels)}
    return {**inside({"$ref": "#/$defs/d0"}), "$defs": {**defs, f"d{levels}": {"type": "string"}}}


def deep(levels: int) -> dict[str, Any]:
    return {"items": deep(levels - 1)} if levels else {}


@pytest.mark.parametrize(("schema", "why"), [
    ({}, "not of type object"),
    ({"type": ["object"]}, "not of type object"),
    (inside({"$ref": "#"}), "does not lead to its own"),
    (inside({"$ref": "file:///etc/passwd"}), "does not lead to its own"),
    ({**inside({"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}, "around in a circle"),
    ({**inside({"$ref": "#/$defs/a"}), "$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/a"}}}}}, "around in a circle"),
    (laughs(6), "more than 4,000 parts"),
    (inside(deep(40)), "deeper than 24 levels"),
    (inside({"patternProperties": {"(a+)+$": {}}}), "patternProperties"),
    (inside({"$dynamicRef": "#x"}), "$dynamicRef"),
    (inside(7), "no schema"),
    (inside({"anyOf": {}}), "anyOf that is none"),
    (inside({"type": "texts"}), "is none"),
    (inside({"minimum": "1"}), "is none"),
    ({"type": "object", "properties": {"a b": {}}}, "no model can be given"),
    ({"type": "object", "properties": {"x": {"properties": {"a\u200b": {}}}}}, "invisible"),
    (inside({"enum": ["a\u202e"]}), "invisible"),
])
def test_what_is_unfit_is_refused_at_once(schema: dict[str, Any], why: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unfit, match=why.replace("$", r"\$")):
        fit(schema)
    assert time.monotonic() - began < 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "properties", "items", "$ref", "anyOf", "enum", "x", "$defs", "required", "minimum", "not"]), inner,
        max_size=4,
    ), max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["properties", "$defs", "required", "anyOf"]), JSON))
@settings(deadline=None)
def test_nothing_that_is_kept_can_break_the_check_of_arguments(schema: dict[str, Any]) -> None:
    try:
        made = fit({"type": "object", **schema})
    except Unfit:
        return
    Arguments(made).mistakes({"x": {"x": [1]}, "type": "y"})
