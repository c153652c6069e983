"""Block Kit is checked as strictly as Slack does it."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import blocks as sdk

from bot.sandbox.slack_blocks import checked_blocks, checked_view
from bot.sandbox.slack_errors import SlackRefusal
from tests.bot.sandbox.acting import Json, button, buttons, reason_modal, section


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def header(text: str) -> Json:
    """A header."""
    return {"type": "header", "text": plain(text)}


def field(element: Json, **more: Any) -> Json:
    """An input block."""
    return {"type": "input", "label": plain("Label"), "element": element, **more}


def options(count: int, length: int = 3) -> list[Json]:
    """So many options with a text of this length."""
    return [{"text": plain("x" * length), "value": str(number)} for number in range(count)]


def menu(**more: Any) -> Json:
    """A static select in an actions block."""
    return buttons({"type": "static_select", "action_id": "m", **more})


TEXT_PART = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]}
CELL = {"type": "raw_text", "text": "x"}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "f",
    "positive_button": {"text": plain("Good"), "value": "1"},
    "negative_button": {"text": plain("Bad"), "value": "0"},
}
CONFIRM = {"title": plain("Sure?"), "text": plain("It restarts."), "confirm": plain("Yes"), "deny": plain("No")}

AXES = "/blocks/0/chart/axis_config"
CATEGORIES = [f"{hour}:00" for hour in range(20)]


def line(name: str = "measured", labels: list[str] = CATEGORIES, value: object = -1.5) -> Json:
    """A line of a chart."""
    return {"name": name, "data": [{"label": label, "value": value} for label in labels]}


def chart(*lines: Json, title: str = "p95", kind: str = "line", **axes: Any) -> Json:
    """A chart of lines, bars or areas."""
    told = {"type": kind, "series": list(lines), "axis_config": {"categories": CATEGORIES, "x_label": "UTC", "y_label": "ms"} | axes}
    return {"type": "data_visualization", "title": title, "chart": told}


def pie(*segments: tuple[str, float]) -> Json:
    """A pie."""
    told = {"type": "pie", "segments": [{"label": label, "value": value} for label, value in segments]}
    return {"type": "data_visualization", "title": "Shares", "chart": told}


GOOD: list[list[Json]] = [
    [],
    [section("x" * 3000)],
    [{"type": "section", "fields": [plain("x")] * 10, "accessory": button("a")}],
    [header("x" * 150), {"type": "divider"}],
    [buttons(*(button(str(number)) for number in range(25)))],
    [buttons({**button("a"), "style": "danger", "confirm": CONFIRM, "value": "x" * 2000, "visible_to_user_ids": ["U1"]})],
    [{"type": "context", "elements": [plain("x"), {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "x"}]}],
    [{"type": "context_actions", "elements": [FEEDBACK]}],
    [{"type": "markdown", "text": "x" * 12_000}],
    [TEXT_PART, {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "x", "title": plain("x")}],
    [{"type": "table", "rows": [[CELL] * 20] * 100, "column_settings": [{"align": "right"}]}],
    [menu(options=options(100)), field({"type": "plain_text_input"})],
    [{"type": "alert", "text": plain("x"), "level": "warning"}],
    [{"type": "task_card", "task_id": "1", "title": "x", "status": "pending", "details": TEXT_PART}],
    [chart(*(line(str(number)) for number in range(6)), title="x" * 50), chart(line("x" * 20), kind="area", x_label="x" * 50)],
    [chart(line(labels=CATEGORIES[::-1]), kind="bar"), pie(*((str(number), 0.5) for number in range(6)))],
    [{"type": "image", "slack_file": {"id": "F012ABCDEF"}, "alt_text": "x"}],
]

BAD: list[tuple[list[Any], str]] = [
    (["x"], "must be an object [json-pointer:/blocks/0]"),
    ([{}], "missing required field: type [json-pointer:/blocks/0]"),
    ([{"type": "song"}], "unsupported type: song [json-pointer:/blocks/0/type]"),
    ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
    ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ([section("x")] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ([{"type": "section", "fields": [plain("x")] * 11}], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    ([{"type": "section", "fields": [plain("x" * 2001)]}], "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    ([header("x" * 151)], "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ([{**section("x"), "colour": "red"}], "invalid additional property: colour [json-pointer:/blocks/0]"),
    ([{**section("x"), "block_id": "x" * 256}], "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    ([buttons(button("a")), buttons(button("b"))], "block_id already exists: choices [json-pointer:/blocks]"),
    ([buttons(button("a"), button("a"))], "action_id already exists: a [json-pointer:/blocks/0]"),
    ([buttons()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    ([buttons(*[button("a")] * 26)], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    ([buttons(button("a" * 256))], "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
    ([buttons(button("a", text="x" * 76))], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
    ([buttons(button("a", value="x" * 2001))], "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    ([buttons({**button("a"), "style": "green"})], "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
    ([buttons({"type": "plain_text_input"})], "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"),
    ([{"type": "context", "elements": [plain("x")] * 11}], "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ([menu(options=options(101))], "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ([menu(options=options(1, 76))], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"),
    ([menu()], "must have exactly one of: options, option_groups [json-pointer:/blocks/0/elements/0]"),
    (
        [menu(options=options(1), initial_option={"text": plain("x"), "value": "9"})],
        "initial option is not among the options [json-pointer:/blocks/0/elements/0]",
    ),
    ([buttons({"type": "overflow", "options": options(6)})], "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ([{"type": "markdown", "text": "x" * 12_001}], "must be less than 12001 characters [json-pointer:/blocks/0/text]"),
    ([{"type": "markdown", "text": "x" * 6001}] * 2, "markdown blocks must be less than 12001 characters together [json-pointer:/blocks]"),
    ([{"type": "table", "rows": [[CELL] * 21]}], "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"),
    ([{"type": "table", "rows": [[CELL]] * 101}], "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
    ([{"type": "table", "rows": [[CELL], []]}], "no fewer than 1 items allowed [json-pointer:/blocks/0/rows/1]"),
    ([{"type": "table", "rows": [[CELL], [CELL] * 2]}], "all rows must have the same number of cells [json-pointer:/blocks/0/rows]"),
    ([{"type": "table", "rows": [[CELL]]}] * 2, "only one table allowed [json-pointer:/blocks]"),
    ([{"type": "image", "alt_text": "x"}], "must have exactly one of: image_url, slack_file [json-pointer:/blocks/0]"),
    ([field(button("a"))], "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    ([{"type": "input", "element": {"type": "plain_text_input"}}], "missing required field: label [json-pointer:/blocks/0]"),
    ([{"type": "rich_text", "elements": [{"type": "rich_text_song"}]}], "unsupported type: rich_text_song"),
    ([{"type": "task_card", "task_id": "1", "title": "x", "status": "asleep"}], "must be one of: pending, in_progress"),
    ([{"type": "context_actions", "elements": [button("a")]}], "unsupported type: button"),
    ([chart(line(), title="x" * 51)], "must be less than 51 characters [json-pointer:/blocks/0/title]"),
    ([chart(line(), kind="radar")], "unsupported type: radar [json-pointer:/blocks/0/chart/type]"),
    ([chart()], "no fewer than 1 items allowed [json-pointer:/blocks/0/chart/series]"),
    ([chart(*(line(str(number)) for number in range(7)))], "no more than 6 items allowed [json-pointer:/blocks/0/chart/series]"),
    ([chart(line(), line())], "series names must be unique [json-pointer:/blocks/0/chart/series]"),
    ([chart(line("x" * 21))], "must be less than 21 characters [json-pointer:/blocks/0/chart/series/0/name]"),
    ([chart(line(value=None))], "missing required field: value [json-pointer:/blocks/0/chart/series/0/data/0]"),
    ([chart(line(value=float("nan")))], "must be a number [json-pointer:/blocks/0/chart/series/0/data/0/value]"),
    ([chart(line(labels=CATEGORIES[1:]))], "labels must match the categories [json-pointer:/blocks/0/chart/series/0/data]"),
    ([chart(line(), categories=list(map(str, range(21))))], f"no more than 20 items allowed [json-pointer:{AXES}/categories]"),
    ([chart(line(labels=["a", "a"]), categories=["a", "a"])], f"categories must be unique [json-pointer:{AXES}/categories]"),
    ([chart(line(), y_label="x" * 51)], f"must be less than 51 characters [json-pointer:{AXES}/y_label]"),
    ([pie(("a", 0))], "must be more than 0 [json-pointer:/blocks/0/chart/segments/0/value]"),
    ([chart(line())] * 3, "no more than 2 data_visualization blocks allowed [json-pointer:/blocks]"),
    ([{"type": "image", "slack_file": {"id": "f1"}, "alt_text": "x"}], "input must match regex pattern: ^[F][A-Z0-9]{8,}$"),
]


@pytest.mark.parametrize("blocks", GOOD)
def test_right_blocks_pass_and_get_ids(blocks: list[Json]) -> None:
    assert [block["type"] for block in checked_blocks(blocks)] == [block["type"] for block in blocks]
    assert all(block["block_id"] for block in checked_blocks(blocks))


@pytest.mark.parametrize(("blocks", "complaint"), BAD)
def test_wrong_blocks_are_refused_with_the_place(blocks: list[Any], complaint: str) -> None:
    with pytest.raises(SlackRefusal) as refused:
        checked_blocks(blocks)
    assert refused.value.error == "invalid_blocks"
    assert any(complaint in message for message in refused.value.messages), refused.value.messages


def test_all_text_of_a_message_has_a_limit_of_its_own() -> None:
    with pytest.raises(SlackRefusal, match="msg_blocks_too_long"):
        checked_blocks([section("x" * 3000)] * 4 + [section("x")])


@pytest.mark.parametrize(
    ("view", "kind", "complaint"),
    [
        (None, "modal", "missing required field: view"),
        (reason_modal(), "home", "must be a view of type home"),
        (reason_modal(title=plain("x" * 25)), "modal", "must be less than 25 characters [json-pointer:/view/title/text]"),
        (reason_modal(private_metadata="x" * 3001), "modal", "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (reason_modal(submit=None), "modal", "missing required field: submit [json-pointer:/view]"),
        (reason_modal(blocks=[section("x")] * 101), "modal", "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (reason_modal(blocks=[{"type": "markdown", "text": "x"}]), "modal", "unsupported type: markdown"),
        ({"type": "home", "blocks": [section("x")], "title": plain("x")}, "home", "invalid additional property: title"),
    ],
)
def test_views_are_checked_too(view: Any, kind: str, complaint: str) -> None:
    with pytest.raises(SlackRefusal) as refused:
        checked_view(view, kind)
    assert refused.value.error == "invalid_arguments"
    assert any(complaint in message for message in refused.value.messages), refused.value.messages


WORDS = st.text(max_size=20)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.sampled_from(["type", "text", "elements", "blocks", "options"]), inner, max_size=4)
        | st.fixed_dictionaries({"type": st.sampled_from(["section", "actions", "context", "plain_text", "button", "input", "table"])})
    ),
    max_leaves=20,
)


def verdict(blocks: Any) -> str:
    """`accepted`, or the code of the refusal."""
    try:
        checked_blocks(blocks)
    except SlackRefusal as refused:
        return refused.error
    return "accepted"


def places(tree: Any) -> list[tuple[Any, ...]]:
    """The path of every value inside a tree."""
    children = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [path for name, child in children for path in [(name,), *((name, *rest) for rest in places(child))]]


@given(st.sampled_from([blocks for blocks in GOOD if blocks]), st.data())
def test_no_json_in_any_place_breaks_the_check(blocks: list[Json], data: st.DataObject) -> None:
    spoiled = copy.deepcopy(blocks)
    *way, last = data.draw(st.sampled_from(places(spoiled)[:400]))
    inner: Any = spoiled
    for step in way:
        inner = inner[step]
    inner[last] = data.draw(TREES)
    assert verdict(spoiled) in ("accepted", "invalid_blocks", "msg_blocks_too_long")


@given(TREES)
def test_no_json_whatever_breaks_the_check(tree: Any) -> None:
    for blocks in (tree, [tree]):
        assert verdict(blocks) in ("accepted", "invalid_blocks", "msg_blocks_too_long")


@given(st.integers(2990, 3010), st.integers(70, 80), st.integers(1990, 2010))
def test_the_sdk_and_the_sandbox_agree_on_lengths(text: int, label: int, value: int) -> None:
    built = [
        sdk.SectionBlock(text="x" * text),
        sdk.ActionsBlock(elements=[sdk.ButtonElement(text="x" * label, action_id="a", value="x" * value)]),
    ]
    try:
        for block in built:
            block.to_dict()
        sdk_accepts = True
    except SlackObjectFormationError:
        sdk_accepts = False
    shapes = [section("x" * text), buttons(button("a", "x" * value, "x" * label))]
    assert (verdict(shapes) == "accepted") == sdk_accepts
