"""Markdown to Atlassian documents and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.tickets.jira_server import check_document
from tools.tickets.adf import from_adf, to_adf


def doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def paragraph(*content: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


MARKDOWN = """# What happened

Checkout answered `500` for **all** users.
See [the board](https://grafana.example/d/1) and https://status.example/1.

- deploy v42
- rollback

3. third
4. fourth

```python
def pay():

    raise ValueError
```"""


def test_what_is_written_reads_the_same() -> None:
    check_document(to_adf(MARKDOWN))
    assert from_adf(to_adf(MARKDOWN)) == MARKDOWN
    kinds = [block["type"] for block in to_adf(MARKDOWN)["content"]]
    assert kinds == ["heading", "paragraph", "bulletList", "orderedList", "codeBlock"]
    assert to_adf("")["content"] == [paragraph()]
    assert to_adf("```\n")["content"] == [{"type": "codeBlock", "content": []}]


@given(st.text(max_size=300))
def test_any_text_makes_a_document_that_jira_takes(words: str) -> None:
    check_document(to_adf(words))
    assert isinstance(from_adf(to_adf(words)), str)


@given(st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=1).map(lambda word: f"{word} {word}\n\n- {word}"))
def test_words_survive(words: str) -> None:
    assert from_adf(to_adf(words)) == words


@pytest.mark.parametrize(("node", "said"), [
    (paragraph({"type": "mention", "attrs": {"id": "1", "text": "@mona"}}, text(" hi")), "@mona hi"),
    (paragraph({"type": "inlineCard", "attrs": {"url": "https://a.example"}}), "https://a.example"),
    (paragraph({"type": "emoji", "attrs": {"shortName": ":tada:"}}, {"type": "hardBreak"}, text("x")), ":tada:\nx"),
    ({"type": "blockquote", "content": [paragraph(text("a")), paragraph(text("b"))]}, "> a\n>\n> b"),
    ({"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph(text("a")), {"type": "orderedList", "content": [
        {"type": "listItem", "content": [paragraph(text("b"))]}]}]}]}, "- a\n  1. b"),
    ({"type": "table", "content": [{"type": "tableRow", "content": [
        {"type": "tableHeader", "content": [paragraph(text("a"))]}, {"type": "tableCell", "content": [paragraph(text("b"))]}]}]}, "a | b"),
    ({"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(text("note"))]}, "note"),
    ({"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "1"}}]}, "[media]"),
    ({"type": "extension"}, "[extension]"),
    (paragraph(text("x", {"type": "link", "attrs": {"href": "https://a.example"}}, {"type": "em"})), "[x](https://a.example)"),
    ({"type": "heading", "attrs": {"level": "evil"}, "content": [text("a")]}, "# a"),
    ({"type": "orderedList", "attrs": {"order": None}, "content": ["no node"]}, "1."),
    ({"type": "unheard of", "content": [paragraph(text("still read"))]}, "still read"),
])  # fmt: skip
def test_what_jira_has_besides_is_read(node: Any, said: str) -> None:
    assert from_adf(doc(node)) == said


@pytest.mark.parametrize("document", [None, 7, [], {"content": "x"}, {"type": ["a"]}, {"type": {}}])
def test_what_is_no_document_is_nothing(document: Any) -> None:
    assert from_adf(document) == ""


def test_a_bottomless_document_ends() -> None:
    node: dict[str, Any] = paragraph(text("deep"))
    for _ in range(900):
        node = {"type": "blockquote", "content": [node]}
    assert "[…]" in from_adf(doc(node))
