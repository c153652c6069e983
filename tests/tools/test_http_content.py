"""Answers as text and as fingerprints."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.http_content import MISSING, field, parsed, preview_of, readable
from tools.net import Response


def answer(body: bytes, kind: str = "application/json", *, cut: bool = False) -> Response:
    return Response(200, "OK", {"content-type": kind}, body, cut)


def state(value: Any) -> Response:
    return answer(json.dumps(value).encode())


SERVICE = {
    "name": "checkout", "live": {"version": "3", "since": "10:00"}, "tags": ["a", "b"], "deploys": [{"v": 1, "age": 5}],
    "up": True, "x": None,
}  # fmt: skip


def test_a_preview_is_lines_for_people() -> None:
    assert preview_of(state(SERVICE), (), ()).text.splitlines() == [
        "name: checkout", "live.version: 3", "live.since: 10:00", "tags: a, b", "deploys.0.v: 1", "deploys.0.age: 5", "up: yes", "x: none",
    ]  # fmt: skip


def test_show_and_ignore_decide_what_counts() -> None:
    shown = preview_of(state(SERVICE), ("live", "deploys", "gone"), ("live.since", "deploys.age"))
    assert shown.text.splitlines() == ["live.version: 3", "deploys.0.v: 1", "gone: (missing)"]
    later = SERVICE | {"live": {"version": "3", "since": "11:00"}, "deploys": [{"v": 1, "age": 9}], "name": "other"}
    assert preview_of(state(later), ("live", "deploys", "gone"), ("live.since", "deploys.age")) == shown
    moved = SERVICE | {"live": {"version": "4", "since": "10:00"}}
    assert preview_of(state(moved), ("live", "deploys", "gone"), ("live.since", "deploys.age")).fingerprint != shown.fingerprint


def test_the_order_of_fields_is_not_a_change() -> None:
    assert preview_of(state({"a": 1, "b": 2}), (), ()).fingerprint == preview_of(state({"b": 2, "a": 1}), (), ()).fingerprint


def test_what_does_not_fit_in_the_text_counts_all_the_same() -> None:
    long = {f"f{number:02}": number for number in range(50)}
    shown = preview_of(state(long), (), ())
    assert shown.text.splitlines()[-1] == "… 31 lines left out"
    assert len(shown.text.splitlines()) == 20
    assert preview_of(state(long | {"f49": -1}), (), ()).fingerprint != shown.fingerprint


def test_a_preview_of_text() -> None:
    assert preview_of(answer(b"one\ntwo", "text/plain"), (), ()).text == "one\ntwo"
    assert preview_of(state({}), (), ()).text == "{}"


@pytest.mark.parametrize(("body", "kind", "text"), [
    (b'{ "a" : [1,\n2] }', "application/json", '{"a": [1, 2]}'),
    ("é".encode("latin-1"), "text/plain; charset=latin-1", "é"),
    (b"\xff", "text/plain", "\N{REPLACEMENT CHARACTER}"),
    (b"x", "text/plain; charset=klingon", "x"),
    (b"\x89PNG", "image/png", "(4 bytes of image/png)"),
    (b'{"a": 1e999, "b": NaN}', "application/problem+json", '{"a": "1e999", "b": "NaN"}'),
    (b"{broken", "application/json", "{broken"),
    (b"+2AA-", "text/plain; charset=utf-7", "?"),
    (b"a-\xff", "text/plain; charset=idna", "a-\N{REPLACEMENT CHARACTER}"),
    (b"[" * 900 + b"]" * 900, "application/json", "[" * 900 + "]" * 900),
    (b"[" * 100_000, "application/json", "[" * 100_000),
])  # fmt: skip
def test_a_body_as_the_model_reads_it(body: bytes, kind: str, text: str) -> None:
    assert readable(answer(body, kind)) == text


def test_a_body_that_was_not_read_to_its_end_says_so() -> None:
    assert readable(answer(b'{"a": 1', cut=True)) == '{"a": 1\n(The answer is longer than the 7 bytes that were read.)'
    assert parsed(answer(b"1", cut=True)) is MISSING


@pytest.mark.parametrize(("path", "value"), [
    ("live.version", "3"), ("deploys.0.v", 1), ("deploys.1", MISSING), ("name.x", MISSING), ("x", None),
])  # fmt: skip
def test_fields(path: str, value: object) -> None:
    assert field(SERVICE, path) == value


@given(st.binary() | st.recursive(st.none() | st.text() | st.floats(), lambda inner: st.lists(inner)).map(lambda v: json.dumps(v).encode()))
def test_no_body_raises(body: bytes) -> None:
    preview_of(answer(body), ("a.b",), ("c",))
    preview_of(answer(body), (), (), {"a.b": 1, "0": None})
    readable(answer(body))


@pytest.mark.parametrize(("after", "lines"), [
    ({"name": "web"}, ["name: checkout → web", "up: yes"]),
    ({"up": False, "name": "checkout"}, ["name: checkout", "up: yes → no"]),
    ({"count": 3}, ["name: checkout", "up: yes", "count: (missing) → 3"]),
    ({"name": ""}, ['name: checkout → ""', "up: yes"]),
    ({"name": "a → b\nup: no"}, ['name: checkout → "a → b up: no"', "up: yes"]),
    ({"name": ["a", {"b": None}]}, ['name: checkout → a, {"b": null}', "up: yes"]),
])  # fmt: skip
def test_a_preview_shows_what_a_call_would_change(after: dict[str, Any], lines: list[str]) -> None:
    present = state({"name": "checkout", "up": True})
    shown = preview_of(present, (), (), after)
    assert shown.text.splitlines() == lines
    assert shown.fingerprint == preview_of(present, (), ()).fingerprint


def test_what_would_change_may_lie_deep_and_is_never_left_out() -> None:
    after = {"live.version": "2", "deploys.0.v": 0, "tags.1": "c", "live.gone.far": 1}
    assert preview_of(state(SERVICE), ("live", "deploys"), ("live.since", "deploys.age"), after).text.splitlines() == [
        "live.version: 3 → 2", "deploys.0.v: 1 → 0", "tags.1: (missing) → c", "live.gone.far: (missing) → 1",
    ]  # fmt: skip
    assert "tags.1: b → c" in preview_of(state(SERVICE), (), (), after).text.splitlines()
    long = preview_of(state({f"f{number:02}": number for number in range(50)}), (), (), {"f49": 0}).text.splitlines()
    assert (long[0], len(long)) == ("f49: 49 → 0", 20)


def test_a_number_in_words_is_no_change() -> None:
    assert preview_of(state({"count": 3}), (), (), {"count": "3"}).text == "count: 3"
    assert preview_of(answer(b"three", "text/plain"), (), (), {"count": 4}).text == "three"
