"""An argument is only ever a value."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.http_template import ABSENT, fill, parse_url, text_of

HOSTILE = st.text() | st.lists(st.sampled_from([
    "/", "\\", "..", ".", "%2f", "%2F", "%252f", "%5c", "?", "#", "@", ":", ";", "&", "=", "//", "http:", "evil.example", "\r\n", "\0", " ",
    "／", "．．", "%", "%c0%af", "a", "{x}", "é", "[", "]",
])).map("".join)  # fmt: skip
SENDABLE = HOSTILE.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))


@given(SENDABLE, SENDABLE)
@example("..", "x")
@example("a/../../b", "x")
@example("..;", "x")
@example("%2e%2e%2f", "x")
@example("%25252525252f", "x")
def test_no_text_changes_anything_but_its_own_place(one: str, two: str) -> None:
    url = parse_url("http://deploy.internal:8080/services/{one}/v-{two}/restart?key={one}", {"note": "about {two}"})
    values = {"one": one, "two": two}
    if url.unsafe(values):
        return
    text = url.render(values)
    for sent in (urlsplit(text), urlsplit(str(httpx.URL(text)))):
        assert (sent.scheme, sent.netloc, sent.fragment) == ("http", "deploy.internal:8080", "")
        assert [unquote(segment) for segment in sent.path.split("/")] == ["", "services", one, f"v-{two}", "restart"]
        assert parse_qsl(sent.query, keep_blank_values=True) == [("key", one), ("note", f"about {two}")]
    assert httpx.URL(text).raw_path.decode() == text.removeprefix("http://deploy.internal:8080")
    decoded = sent.path
    for _ in range(4):
        decoded = unquote(decoded)
        assert decoded.count("/") == 4
        assert ".." not in decoded.split("/")


@pytest.mark.parametrize("text", [
    "", ".", "..", "a/b", "a\\b", "%2e%2e", "%2F", "%252f", "..;x", "a\r\nb", "a\0b", "／", "．．", " ", " .. ", "\x85", "%25252525252f",
])  # fmt: skip
def test_what_would_leave_its_segment_is_refused(text: str) -> None:
    assert "`x`" in str(parse_url("http://h/a/{x}", {}).unsafe({"x": text}))


@pytest.mark.parametrize("text", ["checkout", "2026.11.18-3", "a b", "a%20b", "Größe", "50%", "a:b@c", "a?b#c", "...", "x..y", "日本"])
def test_ordinary_names_are_let_through(text: str) -> None:
    assert parse_url("http://h/a/{x}", {}).unsafe({"x": text}) is None


@pytest.mark.parametrize(("url", "query", "wrong"), [
    ("ftp://h/", {}, "begins with http"),
    ("h/x", {}, "begins with http"),
    ("http://{host}/", {}, "host of a URL"),
    ("http://h{x}:80/", {}, "host of a URL"),
    ("http://u:p@h/", {}, "no user"),
    ("http:///x", {}, "no host"),
    ("http://h/#x", {}, "fragment"),
    ("http://h/a/../b", {}, "may not stand"),
    ("http://h/{a-b}", {}, "brace"),
    ("http://h/{x", {}, "brace"),
    ("http://h/?{x}=1", {}, "name of a query value"),
    ("http://h/", {"{x}": "1"}, "name of a query value"),
    ("http://h:x/", {}, "[Pp]ort"),
])  # fmt: skip
def test_a_wrong_url_says_what_is_wrong(url: str, query: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse_url(url, query)


def test_a_query_leaves_out_what_is_absent_and_repeats_lists() -> None:
    url = parse_url("http://h", {"one": "{a}", "two": "{b}", "on": True, "n": 3})
    assert url.render({"b": ["x y", 1, False]}) == "http://h/?two=x%20y&two=1&two=false&on=true&n=3"


@pytest.mark.parametrize(("template", "filled"), [
    ("{n}", 3), ("{l}", [1, {"a": None}]), ("n={n}, {b}", "n=3, true"), ({"a": "{gone}", "b": ["{gone}", "{n}"]}, {"b": [3]}),
    ({"{n}": 1}, {"{n}": 1}), ("{gone}", ABSENT), (None, None), ("{s}", "{n}"), ("<{s}>", "<{n}>"), (1.5, 1.5),
])  # fmt: skip
def test_a_body_keeps_types(template: object, filled: object) -> None:
    values: dict[str, Any] = {"n": 3, "b": True, "l": [1, {"a": None}], "s": "{n}"}
    assert fill(template, values) == filled


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (3, "3"), (1.5, "1.5"), (True, "true"), ("é", "é"), (1e300, str(int(1e300)))])
def test_values_as_text(value: object, text: str) -> None:
    assert text_of(value) == text
