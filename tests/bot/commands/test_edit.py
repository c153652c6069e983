"""What `--arg` and `--without` make of a call's arguments."""

import json
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.edit import changed

CALL = {"service": "checkout", "instances": 3, "zones": ["a"], "version": "42"}


@pytest.mark.parametrize(("given_", "expected"), [
    ("service=search", {"service": "search"}), ("version=43", {"version": "43"}), ("service=", {"service": ""}),
    ("instances=4", {"instances": 4}), ("zones=[\"b\", 1]", {"zones": ["b", 1]}), ("instances=many", {"instances": "many"}),
    ("new=true", {"new": True}), ("new=a=b", {"new": "a=b"}), ("new={", {"new": "{"}), ("new=NaN", {"new": "NaN"}),
    ("new=-Infinity", {"new": "-Infinity"}), ("zones=null", {"zones": None}),
])
def test_a_value_is_what_its_argument_was_or_json(given_: str, expected: dict[str, Any]) -> None:
    assert changed(CALL, [given_], []) == {**CALL, **expected}


def test_an_argument_is_left_out() -> None:
    assert changed(CALL, ["instances=1"], ["zones", "version"]) == {"service": "checkout", "instances": 1}


@pytest.mark.parametrize(("given_", "without", "said"), [
    (["service"], [], "'service' is not NAME=VALUE"), (["=x"], [], "'=x' is not NAME=VALUE"),
    ([], ["servise"], 'no argument servise; did you mean "service"'),
])
def test_what_cannot_be_changed_is_said(given_: list[str], without: list[str], said: str) -> None:
    with pytest.raises(click.BadParameter, match=said):
        changed(CALL, given_, without)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner | st.text(), max_size=3) | st.dictionaries(st.text(), inner | st.text(), max_size=3), max_leaves=6,
)


@given(st.text(min_size=1).filter(lambda name: "=" not in name), JSON, st.text())
def test_every_value_and_every_text_can_be_said(name: str, value: Any, text: str) -> None:
    assert changed({name: 0}, [f"{name}={json.dumps(value)}"], []) == {name: value}
    assert changed({name: "old"}, [f"{name}={text}"], []) == {name: text}
