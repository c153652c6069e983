"""What is turned away unread while the bot is behind: plain requests that would become deliveries, and nothing else."""

import asyncio
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from bot.config_http import HttpConfig, InboxConfig
from bot.http.backpressure import is_whole_intake
from bot.listeners.desk import Backlog
from tests.bot.http.raw import connected, request
from tests.bot.http.web import web

EVENT = request("/slack/events", "POST", b"{}", content_type="application/json")


@pytest.mark.parametrize(("data", "is_one"), [
    (EVENT, True), (request("/webhooks/alerts", "POST", b"{}"), True), (request("/v1/runs", "POST", b"x" * 5000), True),
    (request("/slack/events", "POST"), True), (EVENT[:-1], False), (EVENT + b"x", False), (EVENT * 2, False), (b"", False),
    (request("/slack/events"), False), (request("/healthz", "POST", b"{}"), False), (request("/v1/runs/run-x", "POST", b"{}"), False),
    (EVENT.replace(b"HTTP/1.1", b"HTTP/1.0"), False), (request("/slack/events", "POST", b"{}", transfer_encoding="chunked"), False),
    (request("/slack/events", "POST", b"{}", expect="100-continue"), False),
    (request("/slack/events", "POST", b"{}", connection="close"), False),
    (EVENT.replace(b"content-length: 2", b"content-length: 2\r\ncontent-length: 2"), False),
    (EVENT.replace(b"content-length: 2", b"content-length: 2\r\n x: y"), False),
    (EVENT.replace(b"content-length: 2", b"content-length : 2"), False),
    (EVENT.replace(b"content-length: 2", b"content-length: +2"), False),
    (EVENT.replace(b"content-length: 2", b"Content-Length:2"), True), (EVENT.replace(b"content-length: 2", b"x-content-length: 2"), False),
    (b"POST /slack/events HTTP/1.1\r\n\r\n", False),
])
def test_what_is_one_plain_request(data: bytes, is_one: bool) -> None:
    assert is_whole_intake(data) == is_one


async def test_they_are_told_to_come_again_on_the_same_line_and_others_are_answered() -> None:
    limits = HttpConfig(inbox=InboxConfig(pending=10))
    async with web(limits=limits, over_http=True) as made, connected(made.url) as line:
        behind = True
        made.guard._pressure.backlog = lambda: Backlog(10 if behind else 0, 0.0)
        for _ in range(3):
            line.write(EVENT)
            reply = await line.reply()
            assert (reply.status, reply.headers["retry-after"], reply.headers["connection"]) == (503, "5", "keep-alive")
            assert reply.json["request_id"] == reply.headers["x-request-id"]
            line.write(request("/healthz"))
            assert (await line.reply()).status == 200
        line.write(EVENT[:20])
        await asyncio.sleep(0.02)
        line.write(EVENT[20:])
        assert (await line.reply()).status == 503
        line.write(EVENT * 2)
        assert [(await line.reply()).status for _ in range(2)] == [503, 503]
        behind = False
        line.write(EVENT)
        assert (await line.reply()).status == 401


@pytest.mark.parametrize("behind", [True, False])
async def test_who_sends_and_does_not_read_keeps_nobody_away(behind: bool) -> None:
    limits = HttpConfig(inbox=InboxConfig(pending=10), requests=1)
    async with web(limits=limits, over_http=True) as made, connected(made.url) as other:
        made.guard._pressure.backlog = lambda: Backlog(10 if behind else 0, 0.0)
        parts, loop = urlsplit(made.url), asyncio.get_running_loop()
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await loop.sock_connect(deaf, (parts.hostname, parts.port))
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(1):
                    for _ in range(5000):
                        await loop.sock_sendall(deaf, EVENT)
                        await asyncio.sleep(0)
            other.write(request("/nothing"))
            assert (await other.reply()).status == 404
