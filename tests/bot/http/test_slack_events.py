"""Slack over HTTP: what it signed is taken once and is durable before it is told so; anything else is 401 or 400, and nothing is queued.

Payloads follow https://docs.slack.dev/apis/events-api and https://docs.slack.dev/reference/interaction-payloads.
"""

import asyncio
import hashlib
import hmac
import json
import random
import string
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.core.errors import JournalError
from agents.core.ids import CONTROL
from bot.sandbox.events_http import signature
from tests.bot.http.raw import ask, connected, request
from tests.bot.http.web import SECRET, Web, web

JSON, FORM = "application/json", "application/x-www-form-urlencoded"

EVENT = {
    "token": "t", "team_id": "T01ACME", "api_app_id": "A1", "type": "event_callback", "event_id": "Ev08MFMKH6", "event_time": 1234567890,
    "event": {"type": "app_mention", "user": "U01DANA", "text": "<@U01BOT> hi", "ts": "1.1", "channel": "C1", "event_ts": "1.1"},
    "authorizations": [{"enterprise_id": None, "team_id": "T01ACME", "user_id": "U01BOT", "is_bot": True}],
}
CLICK = {
    "type": "block_actions", "team": {"id": "T01ACME", "domain": "acme"}, "user": {"id": "U01ALICE", "team_id": "T01ACME"},
    "trigger_id": "12.34", "channel": {"id": "C1"}, "container": {"type": "message", "channel_id": "C1", "message_ts": "1.2"},
    "actions": [{"type": "button", "action_id": "approve", "block_id": "b", "value": "run-x.a1", "action_ts": "1548261231.838941"}],
}
MODAL = {
    "type": "view_submission", "team": {"id": "T01ACME"}, "user": {"id": "U01ALICE", "team_id": "T01ACME"}, "trigger_id": "12.35",
    "view": {"id": "V1", "type": "modal", "callback_id": "fine", "private_metadata": "", "state": {"values": {}}},
}
COMMAND = {
    "token": "t", "team_id": "T01ACME", "channel_id": "C1", "user_id": "U01ALICE", "command": "/ops", "text": "runs",
    "response_url": "https://hooks.slack.com/commands/1", "trigger_id": "12.36",
}


def signed(made: Web, body: bytes, kind: str = JSON, *, at: float = 0.0, secret: str = SECRET, **more: str) -> bytes:
    """A request as Slack signs it, so many seconds from now."""
    time = str(int(made.world.clock().timestamp() + at))
    headers = {
        "content_type": kind, "x_slack_request_timestamp": time,
        "x_slack_signature": signature(secret, time, body.decode("latin-1")) if body.isascii() else _of_bytes(secret, time, body),
    }
    return request("/slack/events", "POST", body, **{**headers, **more})


def _of_bytes(secret: str, time: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:" + time.encode() + b":" + body, hashlib.sha256).hexdigest()


def event(**changes: Any) -> bytes:
    return json.dumps({**EVENT, **changes}).encode()


def interaction(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


async def settled(made: Web) -> None:
    for _ in range(300):
        await asyncio.sleep(0.01)
        if not made.edge.desk.backlog().pending:
            return
    raise AssertionError("It is still under way.")


async def test_what_slack_sends_is_taken_once() -> None:
    async with web(over_http=True) as made:
        verification = {"type": "url_verification", "challenge": "3eZbrw", "token": "t"}
        challenge = await ask(made.url, signed(made, json.dumps(verification).encode()))
        assert (challenge.status, challenge.body) == (200, b"3eZbrw")
        for _ in range(2):
            reply = await ask(made.url, signed(made, event(), x_slack_retry_num="1", x_slack_retry_reason="http_timeout"))
            assert (reply.status, reply.body) == (200, b"")
        assert (await ask(made.url, signed(made, interaction(CLICK), FORM))).status == 200
        assert (await ask(made.url, signed(made, interaction(MODAL), FORM))).status == 200
        wrong = {**MODAL, "trigger_id": "12.37", "view": {**MODAL["view"], "callback_id": "wrong"}}  # type: ignore[dict-item]
        answer = await ask(made.url, signed(made, interaction(wrong), FORM))
        assert (answer.status, answer.json) == (200, {"response_action": "errors", "errors": {"reason": "Say why."}})
        for text in ("runs", "help payload", "payload={}"):
            assert (await ask(made.url, signed(made, urlencode({**COMMAND, "text": text}).encode(), FORM))).status == 200
        await settled(made)
    assert sorted(made.handled) == sorted([
        "T01ACME:event:Ev08MFMKH6", "T01ACME:action:U01ALICE:1548261231.838941", "T01ACME:view:V1:12.35", "/ops runs", "/ops help payload",
        "/ops payload={}",
    ])
    assert set(made.inbox.kept.values()) == {None}


async def test_slacks_unsigned_look_at_the_certificate_is_answered_and_does_nothing() -> None:
    async with web(over_http=True) as made:
        looks = ((b"ssl_check=1&token=t", 200), (b"token=t&ssl_check=1", 200), (b"ssl_check=1&command=%2Fops", 401), (b"ssl_check=0", 401))
        for body, status in looks:
            assert (await ask(made.url, request("/slack/events", "POST", body, content_type=FORM))).status == status
    assert (made.handled, made.inbox.kept) == ([], {})


async def test_what_cannot_be_written_down_is_not_acknowledged() -> None:
    async with web(over_http=True) as made:
        made.inbox.broken = True
        reply = await ask(made.url, signed(made, event()))
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert (await ask(made.url, signed(made, interaction(CLICK), FORM))).status == 503
        made.inbox.broken = False
        assert (await ask(made.url, signed(made, event()))).status == 200
        await settled(made)
    assert made.handled == ["T01ACME:event:Ev08MFMKH6"]


async def test_in_socket_mode_there_is_no_such_address() -> None:
    async with web() as made:
        assert (await ask(made.url, signed(made, event()))).status == 404


def unsigned(made: Web) -> dict[str, bytes]:
    """Requests that Slack has not signed, by what is wrong with each."""
    body, now = event(), str(int(made.world.clock().timestamp()))
    good = signature(SECRET, now, body.decode())
    both = {"x_slack_request_timestamp": now, "x_slack_signature": good}

    def of(**headers: str) -> bytes:
        return request("/slack/events", "POST", body, content_type=JSON, **headers)

    doubled = of(**both).replace(b"x-slack-signature", b"x-slack-signature: v0=" + b"0" * 64 + b"\r\nx-slack-signature", 1)
    return {
        "nothing": of(), "no signature": of(x_slack_request_timestamp=now), "no time": of(x_slack_signature=good),
        "two signatures": doubled,
        "another secret": signed(made, body, secret="other"), "another body": signed(made, body).replace(b"Ev08MFMKH6", b"Ev08MFMKH7"),
        "too old": signed(made, body, at=-301), "too new": signed(made, body, at=301),
        **{
            f"time {text!r}": of(**{**both, "x_slack_request_timestamp": text})
            for text in ("", "abc", "-1", "1e9", "9" * 30, "\xb2", "0x10", "1 2", "NaN", "9" * 5000)
        },
        **{
            f"signature {text[:20]!r}": of(**{**both, "x_slack_signature": text})
            for text in (
                "", "v0", "v0=", "v0=xyz", good.upper(), good[:-1], good + "0", good.replace("v0", "v1"), "\xe4" * 67, "v0=" + "\xb2" * 64
            )
        },
    }


async def test_what_is_not_signed_is_401_whatever_its_headers_hold() -> None:
    async with web(over_http=True) as made:
        for what, data in unsigned(made).items():
            reply = await ask(made.url, data)
            assert (reply.status, reply.headers["content-type"]) == (401, "application/problem+json"), what
        await made.edge.refusals.flush(at_once=True)
        (told,) = made.world.journal.rows[CONTROL]
        assert told.event.counts == {"/slack/events 401: Not signed by Slack.": len(unsigned(made))}  # type: ignore[union-attr]
    assert (made.handled, made.inbox.kept) == ([], {})


MALFORMED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", JSON), "no JSON": (b"{", JSON), "a list": (b"[]", JSON), "null": (b"null", JSON), "a number": (b"1", JSON),
    "bytes": (b"\xff\xfe", JSON), "deep": (b"[" * 100_000, JSON), "a deep object": (b'{"a":' * 5000 + b"1" + b"}" * 5000, JSON),
    "NaN": (b'{"type": NaN}', JSON), "a long number": (b'{"type": ' + b"9" * 5000 + b"}", JSON),
    "another type": (event(type="hello"), JSON),
    "type of a list": (event(type=["event_callback"]), JSON), "no event": (event(event=None), JSON),
    "event of a list": (event(event=[]), JSON),
    "event without a type": (event(event={}), JSON), "event of a number": (event(event={"type": 5}), JSON),
    "no event id": (event(event_id=None), JSON), "event id of half a character": (event(event_id="\ud800"), JSON),
    "event id with spaces": (event(event_id="a b"), JSON), "event id without end": (event(event_id="x" * 1000), JSON),
    "subtype of a list": (event(event={"type": "message", "subtype": []}), JSON), "team of a list": (event(team_id="", team=[]), JSON),
    "text of a number": (event(event={"type": "message", "user": "U1", "text": 5, "ts": "1", "channel": "C"}), JSON),
    "challenge of a list": (b'{"type": "url_verification", "challenge": []}', JSON),
    "a form of nothing": (b"a=b", FORM), "a payload of nothing": (b"payload=", FORM), "a payload of words": (b"payload=hello", FORM),
    "a payload of a list": (interaction([]), FORM), "a click without buttons": (interaction({**CLICK, "actions": []}), FORM),
    "a click on words": (interaction({**CLICK, "actions": ["x"]}), FORM), "a click of nobody": (interaction({**CLICK, "user": None}), FORM),
    "a click on a number": (interaction({**CLICK, "actions": [{"action_id": 1, "action_ts": "1"}]}), FORM),
    "a modal without a view": (interaction({**MODAL, "view": None}), FORM),
    "a command of nobody": (urlencode({**COMMAND, "user_id": ""}).replace("user_id=&", "").encode(), FORM),
    "another command": (urlencode({**COMMAND, "command": "/other"}).encode(), FORM),
    "a form of other bytes": (b"payload=%ff%fe", FORM), "so many fields": (b"&".join(b"a=%d" % n for n in range(5000)), FORM),
}


async def test_what_makes_no_sense_is_400_though_it_is_signed() -> None:
    async with web(over_http=True) as made, connected(made.url) as line:
        for what, (body, kind) in MALFORMED.items():
            line.write(signed(made, body, kind))
            reply = await line.reply()
            assert (reply.status, reply.headers["content-type"]) == (400, "application/problem+json"), (what, reply)
        await made.edge.refusals.flush(at_once=True)
        (told,) = made.world.journal.rows[CONTROL]
        assert told.event.counts == {"/slack/events 400: Malformed payload.": len(MALFORMED)}  # type: ignore[union-attr]
    assert (made.handled, made.inbox.kept) == ([], {})


NAMES = st.sampled_from(["id", "type", "user", "text", "ts", "channel", "event", "view", "actions", "team", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8,
)
TYPES = st.sampled_from([JSON, FORM, "", "text/plain; charset=\xff"])
SOUND = (EVENT, CLICK, MODAL, COMMAND)


def broken(sound: dict[str, Any], way: list[int], value: Any) -> dict[str, Any]:
    """A sound payload with something else at one place of it."""
    made: dict[str, Any] = json.loads(json.dumps(sound))
    node: Any = made
    for step in way:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = keys[step % len(keys)]
        if not isinstance(node[key], dict | list) or not node[key] or step == way[-1]:
            node[key] = value
            break
        node = node[key]
    return made


def test_nothing_that_is_signed_is_ever_a_500() -> None:
    """Broken payloads, each signed: 200 or 400, and what is refused leaves nothing behind."""
    cases: list[tuple[bytes, str]] = []

    @settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(SOUND), st.lists(st.integers(0, 9), min_size=1, max_size=4), VALUES)
    def gather(sound: dict[str, Any], way: list[int], value: Any) -> None:
        made = broken(sound, way, value)
        cases.append((event(**made) if sound is EVENT else interaction(made), JSON if sound is EVENT else FORM))

    @settings(max_examples=100, deadline=None, database=None)
    @given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()), TYPES)
    def gather_rubbish(body: bytes, kind: str) -> None:
        cases.append((body, kind))

    gather()
    gather_rubbish()
    asyncio.run(_all(cases))


async def _all(cases: list[tuple[bytes, str]]) -> None:
    async with web(over_http=True) as made, connected(made.url) as line:
        for body, kind in cases:
            before = len(made.inbox.kept)
            line.write(signed(made, body, kind))
            reply = await line.reply()
            assert reply.status in (200, 400), (reply, body)
            assert reply.status == 200 or len(made.inbox.kept) == before, (reply, body)
        await settled(made)


async def test_headers_of_rubbish_are_never_a_500() -> None:
    chance = random.Random(7)  # noqa: S311 - not for secrets
    names = ("X-Slack-Signature", "X-Slack-Request-Timestamp", "Content-Type", "X-Slack-Retry-Num", "Cookie", "X-Forwarded-For")
    letters = string.printable[:94] + "\x80\xff\t"
    async with web(over_http=True) as made:
        for _ in range(150):
            fields = [(chance.choice(names), "".join(chance.choices(letters, k=chance.randrange(80)))) for _ in range(5)]
            head = "".join(f"{name}: {value}\r\n" for name, value in fields)
            reply = await ask(made.url, f"POST /slack/events HTTP/1.1\r\nhost: t\r\n{head}content-length: 2\r\n\r\n{{}}".encode("latin-1"))
            assert reply.status in (400, 401), (reply, head)
    assert made.inbox.kept == {}


@pytest.mark.parametrize("error", [JournalError("The disk is full."), RuntimeError("a defect")])
async def test_a_defect_behind_it_is_503_so_that_slack_sends_again(error: Exception) -> None:
    async with web(over_http=True) as made:
        async def broken(*_: Any) -> bool:
            raise error

        made.inbox.receive = broken  # type: ignore[method-assign,assignment]
        assert (await ask(made.url, signed(made, event()))).status == 503
