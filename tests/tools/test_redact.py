"""Secrets do not survive."""

import json
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tools.redact import MARK, SHORTEST, Redactor

SECRET = st.text(min_size=SHORTEST).filter(lambda text: text not in MARK and not any("\ud800" <= c <= "\udfff" for c in text))
PIECES = st.lists(st.text() | st.sampled_from([
    "Bearer abcdefghij0123456789", "xoxb-1234567890-abcdef", "sk-ant-api03-abcdefgh", "AKIAABCDEFGHIJKLMNOP", "://user:pass@host", MARK,
    "Authorization: Basic dXNlcjpwYXNz", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", '"', "\\", " ", "/",
])).map("".join)  # fmt: skip


@pytest.mark.parametrize("secret", [
    "xoxb-123456789012-abcdefGHIJ", "xapp-1-A0123-456-abcdef", "sk-ant-api03-AbC_def-123456", "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123", "ghp_abcdefghijklmnopqrstuvwxyz012345",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nxyz==\n-----END RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn",
])  # fmt: skip
def test_known_shapes_are_found_in_text_and_in_json(secret: str) -> None:
    redact = Redactor(())
    assert redact(f"before {secret} after") in (f"before {MARK} after", f"before {MARK}")
    inside = redact(json.dumps({"a": json.dumps({"b": secret})}))
    assert secret[8:] not in inside
    assert json.dumps(secret)[8:-1] not in inside
    assert MARK in inside


@pytest.mark.parametrize(("text", "redacted"), [
    ("Authorization: Bearer abcdef0123456789xyz", f"Authorization: Bearer {MARK}"),
    ('{"authorization": "Basic dXNlcjpwYXNz"}', f'{{"authorization": "Basic {MARK}"}}'),
    ("https://hooks.slack.com/services/T01/B01/abcdefgh", f"https://hooks.slack.com/services/{MARK}"),
    ("postgresql://ops:s3cret!@db/x", f"postgresql://ops:{MARK}@db/x"),
    ("aws_secret_access_key = " + "a1B2" * 10, f"aws_secret_access_key = {MARK}"),
])  # fmt: skip
def test_what_is_around_a_secret_stays(text: str, redacted: str) -> None:
    assert Redactor(())(text) == redacted


@pytest.mark.parametrize("text", [
    "", "The bearer of bad news has many responsibilities.", "http://host:8080/a:b@c", "Ask for authorization: yes.",
    "at 12:30 in https://example.com/path", "run-abcdefghijklmnop.c1", "the public key is at /keys/7",
])  # fmt: skip
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert Redactor(("a held secret",))(text) == text


def test_overlapping_secrets_leave_no_rest() -> None:
    assert Redactor(("abcdefgh", "efghijkl"))("x abcdefghijkl y") == f"x {MARK} y"


def test_short_secrets_are_left_alone() -> None:
    assert Redactor(("root", ""))("the root of it") == "the root of it"


@given(st.lists(SECRET, min_size=1, max_size=4), PIECES, PIECES, st.data())
def test_no_held_secret_survives(secrets: list[str], before: str, after: str, data: st.DataObject) -> None:
    secret = data.draw(st.sampled_from(secrets))
    assume(MARK not in secret)
    redact = Redactor(secrets)
    assert secret not in redact(before + secret + after)
    for ascii_only in (True, False):
        once = json.dumps({"text": before + secret + after}, ensure_ascii=ascii_only)
        assert json.dumps(secret, ensure_ascii=ascii_only)[1:-1] not in redact(once)
        twice = json.dumps(json.dumps(secret, ensure_ascii=ascii_only)[1:-1], ensure_ascii=ascii_only)[1:-1]
        assert twice not in redact(f"{before}{twice}{after}")
    assert quote(secret, safe="") not in redact(f"?key={quote(secret, safe='')}&x=1")


@given(st.lists(SECRET.filter(lambda text: "redacted" not in text and not set(text) & set("[]")), max_size=3), PIECES)
def test_doing_it_twice_is_doing_it_once(secrets: list[str], text: str) -> None:
    redact = Redactor(secrets)
    once = redact(text + "".join(secrets))
    assert redact(once) == once
