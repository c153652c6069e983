"""`/webhooks/NAME` over a real socket: what counts is written down once, and nothing else is."""

import pytest

from bot.http.edge import Webhook
from tests.bot.http.raw import ask, request
from tests.bot.http.sources import payloads as p
from tests.bot.http.web import Web, web
from tests.world import NOON

HOOKS = {name: Webhook(config, p.secret_of(name)) for name, config in p.CONFIGS.items()}
NOW = NOON.timestamp()

UNSIGNED = frozenset({"x-webhook-id", "x-github-delivery", "x-github-event", "request-id", "sentry-hook-resource", "sentry-hook-timestamp"})
"""Headers on which nothing rests."""


def told(name: str, body: bytes, **more: str) -> bytes:
    headers = {"content-type": "application/json", **p.signed(name, body, NOW), **more}
    return request(f"/webhooks/{name}", "POST", body, **headers)


async def test_what_is_signed_is_written_down_once_and_dealt_with() -> None:
    async with web(webhooks=HOOKS) as served:
        for name in p.CONFIGS:
            replies = [await ask(served.url, told(name, p.raw(p.BODIES[name]))) for _ in range(3)]
            assert [reply.status for reply in replies] == [202, 200, 200], name
        assert len(served.inbox.kept) == len(p.CONFIGS)
        await served.edge.desk.drain(1)
        assert len(served.handled) == len(p.CONFIGS)


async def test_one_signed_request_a_hundred_times_is_one_delivery() -> None:
    async with web(webhooks=HOOKS) as served:
        body = p.raw(p.ALERTMANAGER)
        statuses = [(await ask(served.url, told("alertmanager", body))).status for _ in range(100)]
        assert (statuses.count(202), statuses.count(200), len(served.inbox.kept)) == (1, 99, 1)


async def test_what_tells_of_no_alert_is_acknowledged_and_nothing_comes_of_it() -> None:
    async with web(webhooks=HOOKS) as served:
        reply = await ask(served.url, told("github", p.raw(p.GITHUB), **{"x-github-event": "ping"}))
        assert (reply.status, reply.json, served.inbox.kept) == (200, {"status": "ignored"}, {})


async def test_nothing_of_a_hook_that_does_not_exist_or_is_read() -> None:
    async with web(webhooks=HOOKS) as served:
        assert (await ask(served.url, request("/webhooks/other", "POST", b"{}"))).status == 404
        assert (await ask(served.url, request("/webhooks/plain"))).status == 405
        assert (await ask(served.url, request("/webhooks/plain/more", "POST", b"{}"))).status == 404


@pytest.mark.parametrize("name", p.CONFIGS)
async def test_malformed_headers_and_bodies_are_refused_with_a_reason_and_queue_nothing(name: str) -> None:
    good = p.raw(p.BODIES[name])
    signed = p.signed(name, good, NOW)
    async with web(webhooks=HOOKS) as served:
        for header in signed:
            if header in UNSIGNED:
                continue
            for value in ("", " ", "x", "v1=", "sha256=", "Bearer", "Bearer x", "\xff\xfe", "0" * 5000, "-1", "1e9", "9" * 20):
                await _refused(served, request(f"/webhooks/{name}", "POST", good, **{**signed, header: value}), 401)
            await _refused(served, request(f"/webhooks/{name}", "POST", good, **{k: v for k, v in signed.items() if k != header}), 401)
        for body in (b"", b"{", b"\xff", b"[]", b"[" * 5000, b'{"a": Infinity}', b"{}", b'"x"'):
            await _refused(served, told(name, body), 400)
        await _refused(served, told(name, b"x" * 1_000_001), 413)
        assert served.handled == []


async def _refused(served: Web, data: bytes, status: int) -> None:
    reply = await ask(served.url, data)
    assert reply.status == status, (data[:300], reply)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["detail"]
    assert served.inbox.kept == {}


async def test_where_it_cannot_be_written_down_it_has_to_be_sent_again() -> None:
    async with web(webhooks=HOOKS) as served:
        served.inbox.broken = True
        reply = await ask(served.url, told("plain", p.raw(p.PLAIN)))
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        served.inbox.broken = False
        assert (await ask(served.url, told("plain", p.raw(p.PLAIN)))).status == 202
