"""Text on its way into a stream: however it is cut, the same comes out, and nothing in it is active."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.views.clickable import Clickable
from bot.views.tamed import Tamer
from tests.bot.views.made import HOSTILE

ALLOWED = Clickable(frozenset({"g.example", "b.example"}))


def tamed(*pieces: str) -> str | None:
    """What came out in the end; None where it cannot all go out."""
    tamer = Tamer(ALLOWED)
    made = "".join([*(tamer.feed(piece) for piece in pieces), tamer.close()])
    return None if tamer.lost else made


def read(markdown: str) -> str:
    """The characters that a reader sees, as far as the plain text of the Markdown goes."""
    return re.sub(r"\]\((\S+)\) \([^\s()]*\)", r"](\1)", markdown.replace("&lt;", "<").replace("&amp;", "&"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("p95 is **high** & rising: 4 < 5 > 3.", "p95 is **high** &amp; rising: 4 &lt; 5 > 3."),
        ("<@U01ALICE> <!channel> <#C1>", "&lt;@U01ALICE> &lt;!channel> &lt;#C1>"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        ("see [the graph](https://g.example/x?a=1&b=2).", "see [the graph](https://g.example/x?a=1&amp;b=2) (g.example)."),
        ("[https://bank.example](https://bank@evil.example)", "`https://bank.example` (`https://bank@evil.example`)"),
        ("![cat](https://evil.example/pixel.png)", "! cat (`https://evil.example/pixel.png`)"),
        ("- [ ] todo\n- [x] done, a[0][1]", "- [ ] todo\n- [x] done, a[0][1]"),
        ("`a<b && c` and ``a`b``", "`a<b && c` and ``a`b``"),
        ("```sh\na<b [x](http://y)\n```\n<@U1>", "```sh\na<b [x](http://y)\n```\n&lt;@U1>"),
        ("~~~\nopen\n", "~~~\nopen\n\n~~~"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\r\n", "| a | b |\n|---|---|\n| 1 | 2 |\n"),
        ("C:\\temp and \u202eabc", "C:\\temp and ⟨U+202E⟩abc"),
        ("", ""),
    ],
)
def test_what_is_plain_goes_out(text: str, shown: str) -> None:
    assert tamed(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "`<@U01ALICE>`", "```\n<!channel>\n```", "`<https://evil.example|ok>`", "[a](javascript:x)", "[a](https://x.example \"t\")",
        "[a](<https://x.example>)", "[a\nb](https://evil.example)", "[a]: https://evil.example", "> [a]: https://evil.example",
        "\\[a](https://x.example)", "a \\`b\\` c", "an `open code", "```not a fence\nx", "~~~ hidden words\nx", "- ```\n  x",
        "    a < b", "\ta & b",
        "  ```\nout of the list", "[`a`](https://x.example)", "[[a](https://x.example)](https://y.example)",
    ],
)
def test_what_could_be_read_in_two_ways_does_not_go_out(text: str) -> None:
    assert tamed(text) is None


PARTS = st.sampled_from([
    "word", " ", "\n", "`", "``", "```", "~~~", "[", "]", "(", ")", "](", "https://x.example", "<", "<@U1>", "<!channel>", "&", "&lt;",
    "\\", "!", "**", "\r\n", "    ", "- ", "> ", ":", "\u202e", "\t", "x", "[a](https://b.example)", "`code`", "\n```\n", "\n```sh\n",
])


@given(st.lists(PARTS, max_size=30).map("".join), st.data())
@settings(max_examples=600, deadline=None)
def test_the_same_comes_out_however_it_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = tamed(text)
    assert tamed(*pieces) == whole
    assert tamed(*text) == whole


@given(st.one_of(st.text(), st.lists(PARTS, max_size=30).map("".join)))
@example("![]")
@example("![a][a]")
@settings(max_examples=600, deadline=None)
def test_nothing_that_comes_out_mentions_anybody_or_links_without_saying_where(text: str) -> None:
    shown = tamed(text) or ""
    assert not re.search(r"<(?:[@!#]|[a-z]+:)", shown, re.IGNORECASE)
    outside = re.sub(r"(?ms)^ {0,3}(```+|~~~+)[^\n]*\n.*?(?:^ {0,3}\1[`~]* *$|\Z)|(`+)(?!`).*?(?<!`)\2(?!`)", "·", shown)
    for link in re.finditer(r"\]\(([^)]*)\)(.{0,40})", outside):
        assert link[2].startswith(f" ({link[1].partition('://')[2].partition('/')[0]})")
    assert not re.search(r"!\[[^\]]*\]\(", outside)
    assert "![" not in outside or not re.search(r"(?m)^ {0,3}\[[^\]]+\]:", outside)  # without a definition it is no picture


PLAIN = st.sampled_from(["word", " ", "\n", "<", "&", "**", "- ", "1. ", "`code`", "[a](https://b.example)", "é", "| x |"])


@given(st.lists(PLAIN, max_size=40))
def test_plain_markdown_loses_no_character(words: list[str]) -> None:
    text = "".join(words).replace("``", "` `")
    shown = tamed(text)
    assert shown is None or read(shown) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_no_harm(text: str) -> None:
    shown = tamed(text[:9000]) or ""
    assert "<@" not in shown
    assert "<!" not in shown
