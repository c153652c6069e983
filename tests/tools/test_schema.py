"""Mistakes in arguments, in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.schema import Arguments

METRICS = Arguments({
    "type": "object",
    "properties": {
        "service": {"type": "string", "minLength": 2, "pattern": "^[a-z-]+$"},
        "metric": {"type": "string", "enum": ["p95_ms", "rps"]},
        "minutes": {"type": "integer", "minimum": 1, "maximum": 60},
        "points": {"type": "array", "items": {"type": "object", "properties": {"value": {"type": "number"}}}, "maxItems": 3},
    },
    "required": ["service", "metric"],
    "additionalProperties": False,
})

GOOD: dict[str, Any] = {"service": "checkout", "metric": "rps", "minutes": 5}


def test_what_fits_is_let_through() -> None:
    assert METRICS.mistakes(GOOD) is None


@pytest.mark.parametrize(("change", "sentence"), [
    ({"minutes": 0}, "`minutes` must be at least 1."),
    ({"minutes": 61}, "`minutes` must be at most 60."),
    ({"minutes": "5"}, '`minutes` must be a whole number, not "5".'),
    ({"minutes": True}, "`minutes` must be a whole number, not true."),
    ({"metric": "p95"}, '`metric` must be one of "p95_ms", "rps", not "p95".'),
    ({"service": "Checkout!"}, '`service` must match the pattern "^[a-z-]+$".'),
    ({"minuts": 3}, "There is no argument `minuts`. Did you mean `minutes`?"),
    ({"colour": 3}, "There is no argument `colour`. There are: service, metric, minutes, points."),
    ({"points": [{"value": 1}, {"value": "x"}]}, '`points[1].value` must be a number, not "x".'),
    ({"points": [{}, {}, {}, {}]}, "`points` must have at most 3 items."),
    ({"points": [{"value": float("nan")}]}, "`points` must be a finite number."),
    ({"service": "a\ud800"}, "`service` holds half a character (a lone surrogate). Write it again."),
])  # fmt: skip
def test_each_mistake_is_one_sentence_with_its_path(change: dict[str, Any], sentence: str) -> None:
    assert METRICS.mistakes(GOOD | change) == sentence


def test_what_is_missing_is_named() -> None:
    assert METRICS.mistakes({}) == "`service` is missing. `metric` is missing."


def test_at_most_a_few_are_told() -> None:
    told = METRICS.mistakes(GOOD | {f"x{number}": 1 for number in range(9)})
    assert told is not None
    assert told.count("There is no argument") == 5
    assert told.endswith("There are 4 more mistakes.")


def test_a_long_value_is_shortened() -> None:
    told = METRICS.mistakes(GOOD | {"metric": "x" * 10_000, "y" * 10_000: 1})
    assert told is not None
    assert len(told) < 400


def test_bottomless_nesting_is_refused() -> None:
    value: Any = 1
    for _ in range(5_000):
        value = [value]
    assert METRICS.mistakes(GOOD | {"points": value}) == "`points` nests deeper than 32 levels."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text(st.characters(codec=None), max_size=5), JSON, max_size=3))
def test_no_arguments_raise_and_what_passes_can_be_sent(arguments: dict[str, Any]) -> None:
    anything = Arguments({"type": "object"})
    if anything.mistakes(arguments) is None:
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    METRICS.mistakes(arguments)


def test_no_pattern_keeps_a_hostile_text_busy() -> None:
    searched = Arguments({"type": "object", "properties": {"x": {"pattern": "a+a+b"}, "y": {"pattern": "(a+)+$"}}})
    assert searched.mistakes({"x": "aab", "y": "!"}) is None
    assert "`x` must match the pattern" in (searched.mistakes({"x": "aa"}) or "")
    for hostile in ({"x": "a" * 50_000}, {"y": "a" * 50_000 + "!"}):
        assert "must match the pattern" in (searched.mistakes(hostile) or "")
    assert searched.mistakes({"y": "a" * 40 + "!"}) is None  # what their own side checks
