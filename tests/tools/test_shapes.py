"""Secrets by their looks: dozens of formats go, ordinary text stays, and nothing takes long."""

import base64
import json
import time
from urllib.parse import quote

import pytest

from tests.tools.planted import BENIGN, MIX, PHRASES, TOKENS
from tools.redact import MARK, Redactor
from tools.shapes import SHAPES

REDACT = Redactor(())


def test_there_are_enough_formats() -> None:
    assert len(TOKENS) + len(PHRASES) >= 100
    assert len({shape.name for shape in SHAPES}) >= 60


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_goes_wherever_it_stands(name: str) -> None:
    token = TOKENS[name]
    middle = token[len(token) // 2 - 4 : len(token) // 2 + 8]
    for text in (
        token, f"the key {token} leaked", f"x={token}&y=1", f"'{token}'", f"a\n{token}\nb", json.dumps({"a": f"b\n{token}\nc"}),
        json.dumps(json.dumps(f"\n{token}")), f"url?q={quote(chr(10) + token, safe='+:$=/')}", f"({token}),", f"Error('{token}')",
    ):  # fmt: skip
        assert middle not in REDACT(text), text
        assert MARK in REDACT(text)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_a_line_break_cuts_goes_whole(name: str) -> None:
    token = TOKENS[name]
    at = len(token) - 8
    if name in ("azure devops", "new relic licence", "azure storage key", "mailchimp"):
        pytest.skip("is known by its end")
    assert token[:at][-12:] not in REDACT(f"it is {token[:at]}\n  {token[at:]} and more")


@pytest.mark.parametrize("name", PHRASES)
def test_a_value_goes_and_its_name_stays(name: str) -> None:
    text, secret = PHRASES[name]
    for whole in (text, f"before\n{text}\nafter", f"> {text}"):
        assert secret not in REDACT(whole)
        assert MARK in REDACT(whole)
        assert REDACT(REDACT(whole)) == REDACT(whole)
    assert secret not in REDACT(json.dumps({"a": text}))


@pytest.mark.parametrize("text", BENIGN)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert REDACT(text) == text
    assert REDACT(f"first\n{text}\nlast") == f"first\n{text}\nlast"


@pytest.mark.parametrize("secret", ["hunter2-and-more", "pä$$ wörd/with+all", "0a1b2c3d4e5f", "line one\nline two"])
def test_a_held_secret_goes_in_every_writing(secret: str) -> None:
    redact = Redactor([secret])
    raw = secret.encode()
    for written in (
        secret, json.dumps(secret), repr(secret), quote(secret), quote(secret, safe=""), quote(quote(secret, safe=""), safe=""), raw.hex(),
        *(base64.b64encode(b"x" * n + raw + b"tail").decode() for n in range(4)), base64.urlsafe_b64encode(raw).decode(),
        f"{secret[:5]}\n    {secret[5:]}", f"{secret[:7]}\\n{secret[7:]}",
    ):  # fmt: skip
        cleaned = redact(f"before {written} after")
        assert MARK in cleaned, written
        assert secret not in cleaned
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            assert encoded(raw).decode().strip("=")[:-1] not in cleaned


HOSTILE = [
    "xoxb-", "eyJ", "eyJa.", "://", "://a:", "password=", "password: ", 'password="', "token=\\\"", "secret'", "-----BEGIN PRIVATE KEY",
    "authorization:", "Basic ",
    "bearer ", "cookie: a=", "sig=", "machine a ", "curl -u ", "mysql ", "identified by '", "key-", "SK", "AKIA", "a", " ", "\n", "\\n",
    "\\", "%0a", "%22", "api key ",
    "sk-", "MT", "hf_", "$2b$", "private-lines: 1\n", "-us1", ".atlasv1.", "AZDO", "+ASt", "\u0130", "İpassword=",
    "hooks.slack.com/services/", "--password ", "<password>", "1//0",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_keeps_it_busy(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    REDACT(text[:250_000])
    assert time.process_time() - began < 2.0


def test_a_long_log_is_read_fast() -> None:
    line = f"2026-11-28T09:30:00Z INFO api request_id=3f2b8c1e-6a4d-4f7b-9c0e-1d2e3f4a5b6c status=200 page_token={MIX} path=/v1/orders/17\n"
    text = line * (1_000_000 // len(line))
    began = time.process_time()
    assert REDACT(text) == text
    assert time.process_time() - began < 1.0
