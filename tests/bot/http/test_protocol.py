"""What is no proper HTTP is answered as such, and never with a 500; what is proper is answered whatever its method."""

import asyncio

import pytest

from tests.bot.http.raw import ask, connected, request
from tests.bot.http.test_guard import is_problem
from tests.bot.http.web import web


async def test_nothing_tells_what_serves_here() -> None:
    async with web() as made:
        for data in (request("/healthz"), request("/x"), b"nonsense\r\n\r\n"):
            reply = await ask(made.url, data)
            assert "server" not in reply.headers
            assert not any(word in str(reply).lower() for word in ("uvicorn", "starlette", "fastapi", "python"))


async def test_methods() -> None:
    async with web() as made:
        for method, status in (("HEAD", 200), ("OPTIONS", 405), ("POST", 405), ("TRACE", 405), ("FOO", 405), ("CONNECT", 405)):
            for _ in range(2):
                reply = await ask(made.url, request("/healthz", method))
                assert reply.status == status, method
                assert method == "HEAD" or "GET" in reply.headers["allow"]


SMUGGLED = b"POST /x HTTP/1.1\r\nhost: t\r\n"
MALFORMED = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nhost: t\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    "length of words": SMUGGLED + b"content-length: ten\r\n\r\n",
    "negative length": SMUGGLED + b"content-length: -1\r\n\r\n",
    "length with a sign": SMUGGLED + b"content-length: +5\r\n\r\nhello",
    "two lengths": SMUGGLED + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "length and chunks": SMUGGLED + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown transfer": SMUGGLED + b"transfer-encoding: gzip\r\n\r\n",
    "chunked twice": SMUGGLED + b"transfer-encoding: chunked, chunked\r\n\r\n",
    "chunk of words": SMUGGLED + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "chunk too long": SMUGGLED + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
    "header without a name": b"GET / HTTP/1.1\r\nhost: t\r\n: x\r\n\r\n",
    "header with a space": b"GET / HTTP/1.1\r\nhost : t\r\n\r\n",
    "header with a zero byte": b"GET / HTTP/1.1\r\nhost: t\r\nx: a\x00b\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nhost: t\r\n x: y\r\n\r\n" + b"\x00" * 10 + b"\r\n",
    "target of other bytes": b"GET /\xff\xfe HTTP/1.1\r\nhost: t\r\n\r\n",
}


async def test_what_is_malformed_is_a_bad_request(caplog: pytest.LogCaptureFixture) -> None:
    async with web() as made:
        for name, data in MALFORMED.items():
            async with connected(made.url) as line, asyncio.timeout(5):
                line.write(data)
                reply = await line.reply()
            assert 400 <= reply.status < 500, (name, reply)
            assert reply.headers["content-type"] == "application/problem+json", name
            assert (await ask(made.url, request("/healthz"))).status == 200
    assert caplog.records == []


async def test_a_head_that_is_too_long_is_refused() -> None:
    async with web() as made:
        is_problem(await ask(made.url, request("/healthz", x=("y" * 20_000))), 431)
        is_problem(await ask(made.url, request("/" + "y" * 20_000)), 431)


async def test_bodies_come_as_they_are() -> None:
    async with web() as made:
        for encoding in ("gzip", "br", "\xff"):
            is_problem(await ask(made.url, request("/x", "POST", b"\x1f\x8b", content_encoding=encoding)), 415)
        assert (await ask(made.url, request("/x", "POST", b"{}", content_encoding="identity"))).status == 404


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with web() as made, connected(made.url) as line:
        line.write(request("/healthz") + request("/x") + request("/healthz"))
        assert [(await line.reply()).status for _ in range(3)] == [200, 404, 200]


async def test_who_hangs_up_in_the_middle_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with web() as made:
        for data in (b"POST /x HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\nx", b"POST /x HT", SMUGGLED):
            async with connected(made.url) as line:
                line.write(data)
                await line.writer.drain()
        await asyncio.sleep(0.05)
        assert (await ask(made.url, request("/healthz"))).status == 200
    assert caplog.records == []
