"""What a model wrote, as a card quotes it: bold and lists as it meant them, and nothing that leads anywhere or calls anybody."""

from hypothesis import given
from hypothesis import strategies as st

from bot.views.blocks import words


def drawn(text: str, limit: int = 600) -> list[tuple[str, bool]]:
    """Each part of the quote, and whether it is bold."""
    (quote,) = words(text, limit)["elements"]
    assert quote["type"] == "rich_text_quote"
    assert {part["type"] for part in quote["elements"]} == {"text"}
    return [(part["text"], "style" in part) for part in quote["elements"]]


def test_bold_and_lists_are_as_they_were_meant() -> None:
    said = "**It is slow.** Since 10:14:\n- p95 **2.4 s**\n  * of 0.18 s\n2 - 1 ** 3"
    assert drawn(said) == [
        ("It is slow.", True), (" Since 10:14:\n• p95 ", False), ("2.4 s", True), ("\n  • of 0.18 s\n2 - 1 ** 3", False),
    ]


def test_links_mentions_and_markup_stay_text() -> None:
    assert drawn("<!channel> [x](https://evil.test) <@U01ALICE> `a` *b*") == [
        ("<!channel> [x](https://evil.test) <@U01ALICE> `a` *b*", False)
    ]


def test_it_is_cut_and_never_empty() -> None:
    assert len(drawn("x" * 700)[0][0]) <= 600
    assert drawn("****") == [("****", False)]


@given(st.text(max_size=80))
def test_any_text_makes_parts_that_hold_something(text: str) -> None:
    assert all(part for part, _ in drawn(text))
