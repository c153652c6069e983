"""The form of a call: each kind of argument has its input, and what nobody touched comes back exactly as it was."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agents.core.ids import canonical
from bot.listeners.payloads import Where
from bot.sandbox.slack_state import state_values, unfilled
from bot.views.edit import arguments_in, complaints, edit
from bot.views.spot import ask_of
from tests.bot.views.made import ASK, HOSTILE, check_modal, drawn
from tools.schema import Arguments

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "service": {"type": "string", "description": "Which one."},
        "tier": {"enum": ["gold", "silver"]},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 9},
        "share": {"type": "number"},
        "force": {"type": "boolean"},
        "hosts": {"type": "array", "items": {"type": "string"}},
        "labels": {"type": "object"},
    },
    "required": ["service", "replicas"],
    "additionalProperties": False,
}
GIVEN: dict[str, Any] = {"service": "checkout", "tier": "gold", "replicas": 3, "share": 0.5, "force": True, "hosts": ["a", "b"]}


def submitted(arguments: Mapping[str, Any], schema: Mapping[str, Any], typed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The modal as Slack sends it back, with what somebody entered."""
    view = check_modal(edit(ASK, "write", schema, arguments, Where("U1", "C1", "1.2"))).view()
    entered = {f"argument:{name}": {f"argument:{name}": state} for name, state in (typed or {}).items()}
    return {**view, "state": {"values": state_values(view["blocks"], entered)}}


def changed(typed: Mapping[str, Any], arguments: Mapping[str, Any] = GIVEN) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The arguments after somebody entered this, and what is wrong with them."""
    return arguments_in(submitted(arguments, SCHEMA, typed), SCHEMA, arguments)


def wrong_with(typed: Mapping[str, Any]) -> Mapping[str, str]:
    """What is said at the fields."""
    check = Arguments(SCHEMA)
    return complaints(submitted(GIVEN, SCHEMA, typed), "write", SCHEMA, GIVEN, lambda tool, given: check.mistakes(given))


def test_each_kind_of_argument_has_its_input() -> None:
    modal = check_modal(edit(ASK, "write", SCHEMA, GIVEN, Where("U1", "C1", "1.2")))
    assert drawn(modal.blocks) == snapshot("""\
SECTION Change what `write` would be called with. It does not run yet: a new card asks about the changed call, and the
   agent is told what you changed.
INPUT service (plain_text_input): checkout — Which one.
INPUT tier (static_select optional): ['gold'] —
INPUT replicas (number_input): 3 —
INPUT share (number_input optional): 0.5 —
INPUT force (radio_buttons optional): ['true'] —
INPUT hosts (plain_text_input optional): [
  "a",
  "b"
] — Written as JSON: a text stands in quotation marks.
INPUT labels (plain_text_input optional):  — Written as JSON: a text stands in quotation marks.\
""")
    assert ask_of(modal.view()) == ASK


def test_what_was_entered_comes_back_with_its_type() -> None:
    typed = {
        "service": {"value": "cart"}, "tier": {"selected_option": {"value": "1"}}, "replicas": {"value": "5"}, "share": {"value": "0.25"},
        "force": {"selected_option": {"value": "1"}}, "hosts": {"value": '["c", 1]'}, "labels": {"value": '{"a": {"b": null}}'},
    }
    assert changed(typed) == (
        {
            "service": "cart", "tier": "silver", "replicas": 5, "share": 0.25, "force": False, "hosts": ["c", 1],
            "labels": {"a": {"b": None}},
        }, {},
    )


def test_what_is_optional_can_be_left_out() -> None:
    typed = {"tier": {"selected_option": {"value": "absent"}}, "share": {"value": None}, "hosts": {"value": None}}
    assert changed(typed)[0] == {"service": "checkout", "replicas": 3, "force": True}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"replicas": {"value": "three"}}, {"argument:replicas": "Write a whole number"}),
        ({"replicas": {"value": "2.5"}}, {"argument:replicas": "Write a whole number"}),
        ({"share": {"value": "1e999"}}, {"argument:share": "Write a number"}),
        ({"hosts": {"value": "[1,"}}, {"argument:hosts": "This is no JSON (line 1"}),
        ({"labels": {"value": "[NaN]"}}, {"argument:labels": "This is no JSON"}),
        ({"labels": {"value": "[" * 3000}}, {"argument:labels": "This is no JSON"}),
        ({"tier": {"selected_option": {"value": "7"}}}, {"argument:tier": "Choose one"}),
        ({"replicas": {"value": "12"}, "hosts": {"value": "[1]"}}, {"argument:replicas": "at most 9", "argument:hosts": "must be a text"}),
        ({}, {"argument:service": "Nothing was changed"}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(typed: Mapping[str, Any], words: Mapping[str, str]) -> None:
    said = wrong_with(typed)
    assert said.keys() == words.keys()
    assert all(words[name] in said[name] for name in words)


def test_a_good_change_is_taken() -> None:
    assert wrong_with({"service": {"value": "cart"}}) == {}


def test_what_is_too_long_for_an_input_is_kept_and_said() -> None:
    long = {**GIVEN, "service": "x" * 3001}
    modal = check_modal(edit(ASK, "write", SCHEMA, long, None))
    assert "Too long for a dialog of Slack's, and kept as it is: `service`" in drawn(modal.blocks)
    assert arguments_in(submitted(long, SCHEMA, {"replicas": {"value": "4"}}), SCHEMA, long)[0] == {**long, "replicas": 4}
    alone = check_modal(edit(ASK, "write", {"type": "object"}, {"note": "x" * 5000}, None))
    assert alone.submit is None
    assert "Nothing of this call can be changed in a dialog" in drawn(alone.blocks)


def test_invisible_characters_are_edited_as_their_escapes() -> None:
    given_ = {"service": "a\u202eb", "replicas": 1}
    assert r"a\u202eb" in drawn(edit(ASK, "write", SCHEMA, given_, None).blocks)
    assert changed({"service": {"value": '"ab"'}}, given_)[0]["service"] == "ab"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=60)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8
)
NAMES = st.sampled_from(["service", "a b", "", "名", "x" * 250, "<!channel>"]) | st.text(max_size=8)
SHAPES = st.fixed_dictionaries({}, optional={
    "type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"]),
    "enum": st.lists(SCALARS, min_size=1, max_size=5), "minimum": st.integers(-5, 5), "description": st.text(max_size=400),
})


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.dictionaries(NAMES, SHAPES, max_size=6), st.data())
@settings(max_examples=300, deadline=None)
def test_a_form_that_nobody_touched_gives_the_same_arguments(
    arguments: dict[str, Any], properties: dict[str, Any], data: st.DataObject
) -> None:
    required = data.draw(st.lists(st.sampled_from(sorted(arguments)), unique=True)) if arguments else []
    schema = {"type": "object", "properties": properties, "required": required}
    view = check_modal(edit(ASK, "write", schema, arguments, None)).view()
    back = {**view, "state": {"values": state_values(view["blocks"], {})}}
    assert unfilled(view["blocks"], back["state"]["values"]) == {}
    same, wrong = arguments_in(back, schema, arguments)
    assert wrong == {}
    assert canonical(same) == canonical(arguments)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_arguments_make_a_modal_that_slack_takes(text: str) -> None:
    arguments = {"service": text, text[:300]: [text], "tier": text, "n": {text[:9]: 1}}
    view = check_modal(edit(ASK, text[:50] or "t", SCHEMA, arguments, None)).view()
    back = {**view, "state": {"values": state_values(view["blocks"], {})}}
    assert arguments_in(back, SCHEMA, arguments) == (arguments, {})


def test_many_arguments_fill_one_modal() -> None:
    arguments = {f"a{n}": n for n in range(150)}
    assert "and 45 more" in drawn(check_modal(edit(ASK, "write", {"type": "object"}, arguments, None)).blocks)
