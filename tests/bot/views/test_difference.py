import pytest
from inline_snapshot import snapshot

from bot.views.blocks import Json, text_size
from bot.views.difference import NOTHING, Line, difference, edited, lines, moved
from bot.views.message import Message
from tests.bot.views.made import HOSTILE, check, literal


def styles(block: Json) -> list[list[tuple[str, str]]]:
    """The texts of a list with their styles."""
    items = block["elements"][1]["elements"]
    return [[(part["text"], next(iter(part.get("style", {})), "")) for part in item["elements"]] for item in items]


def test_a_preview_is_read_line_by_line() -> None:
    assert lines("version: 12 → 11\nreplicas: 3\n\nplain words") == (
        Line("version", "12", "11"), Line("replicas", None, "3"), Line("", None, "plain words")
    )


def test_a_line_that_could_be_read_in_two_ways_is_left_as_it_is() -> None:
    assert lines("note: a → b → c") == (Line("note", None, "a → b → c"),)


def test_before_is_struck_through_and_after_is_bold() -> None:
    shown = difference("What it would act on", lines("version: 12 → 11\nreplicas: 3"), 500)
    assert styles(shown) == snapshot([
        [("version: ", ""), ("12", "strike"), (" → ", ""), ("11", "bold")],
        [("replicas: ", ""), ("3", "")],
    ])


def test_only_what_moved_is_told() -> None:
    assert moved("a: 1\nb: 2\nc: 3\nonce", "a: 1\nb: 5\nd: 4\ntwice") == (
        Line("b", "2", "5"), Line("d", NOTHING, "4"), Line("", "once", "twice"), Line("c", "3", NOTHING)
    )
    assert moved("a: 1", "a: 1") == ()


def test_lines_of_one_name_are_told_apart_by_their_order() -> None:
    assert moved("host: a\nhost: b", "host: a\nhost: c") == (Line("host", "b", "c"),)


def test_an_edit_is_exact_and_tells_types_apart() -> None:
    before = {"n": 1, "same": "x", "gone": True, "text": "a\u202eb"}
    after = {"n": True, "same": "x", "new": [1, {"y": "z"}], "text": "ab"}
    assert edited(before, after) == (
        Line("gone", "true", NOTHING), Line("n", "1", "true"), Line("new", NOTHING, '[ 1, { "y": "z" } ]'),
        Line("text", '"a\\u202eb"', '"ab"'),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_any_difference_keeps_its_limit(text: str) -> None:
    for found in (lines(text), lines(f"{text}: {text} → {text}"), moved(text, f"x: {text}"), edited({"a": text}, {text: 1})):
        shown = difference("What is different", found, 400)
        check(Message("x", (shown,)))
        assert text_size(shown) <= 700


def test_what_is_left_out_is_counted() -> None:
    shown = difference("What is different", lines("\n".join(f"line{n}: {n}" for n in range(100))), 200)
    assert "more; Details has them all" in literal(shown)
