"""Every rule of the guard, over raw sockets: what one sender does keeps no other from being answered."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from agents.core.ids import CONTROL
from bot.config_http import HttpConfig, InboxConfig, RateConfig, RatesConfig
from bot.listeners.desk import Backlog
from tests.bot.http.raw import Line, Reply, ask, connected, request
from tests.bot.http.web import Web, web

QUICK = HttpConfig.model_construct(**{**dict(HttpConfig()), "header_time": timedelta(seconds=0.2), "body_time": timedelta(seconds=0.3)})
"""With less patience than can be configured, for the sake of the tests' time."""


def limits(**given: object) -> HttpConfig:
    return HttpConfig.model_construct(**{**dict(QUICK), **given})


def is_problem(reply: Reply, status: int) -> None:
    assert reply.status == status, reply
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["status"] == status
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    assert reply.headers["x-content-type-options"] == "nosniff"


async def refusals(made: Web) -> dict[str, int]:
    """What the audit says was refused."""
    await made.edge.refusals.flush(at_once=True)
    rows = made.world.journal.rows.get(CONTROL, [])
    return {what: times for row in rows for what, times in row.event.counts.items()}  # type: ignore[union-attr]


async def poured(line: Line, size: int) -> int:
    """How much of so many bytes the server lets somebody write."""
    sent = 0
    with suppress(ConnectionError):
        while sent < size:
            line.write(b"x" * 65536)
            await line.writer.drain()
            sent += 65536
    return sent


async def test_a_body_has_its_bounds_however_its_length_is_said() -> None:
    async with web(limits=limits(max_body=1000)) as made:
        declared = request("/healthz", "POST", content_length="100000000")
        is_problem(await ask(made.url, declared), 413)
        chunk = b"%x\r\n%s\r\n" % (600, b"x" * 600)
        is_problem(await ask(made.url, b"POST /healthz HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n" + chunk * 2), 413)
        assert (await ask(made.url, request("/healthz", "POST", b"x" * 1000))).status == 405
        assert await refusals(made) == {"/healthz 413: Body too large.": 2}


async def test_who_sends_a_hundred_megabytes_reads_why_not_and_is_cut_off() -> None:
    async with web(limits=limits(max_body=1000)) as made, connected(made.url) as line:
        line.write(request("/healthz", "POST", content_length="100000000"))
        is_problem(await line.reply(), 413)
        assert await poured(line, 100_000_000) < 20_000_000


async def test_the_head_has_to_arrive_in_time_however_it_drips() -> None:
    async with web(limits=QUICK) as made, connected(made.url) as line, connected(made.url) as silent:
        async def drip() -> None:
            for byte in b"GET /healthz HTTP/1.1\r\nhost: test\r\nx-slow: " + b"x" * 1000:
                line.write(bytes((byte,)))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        began = asyncio.get_running_loop().time()
        is_problem(await line.reply(), 408)
        assert await line.ended() == b""
        assert asyncio.get_running_loop().time() - began < 2
        assert await silent.ended() == b""
        dripping.cancel()
        assert await refusals(made) == {"connection 408: The head of a request has to arrive within 0.2 seconds.": 1}


async def test_the_head_of_a_second_request_has_to_arrive_in_time_as_well() -> None:
    async with web(limits=QUICK) as made, connected(made.url) as line:
        line.write(request("/healthz"))
        assert (await line.reply()).status == 200
        line.write(b"G")
        is_problem(await line.reply(), 408)
        assert await line.ended() == b""


async def test_the_body_has_to_arrive_in_time() -> None:
    async with web(limits=QUICK) as made, connected(made.url) as line:
        line.write(request("/healthz", "POST", content_length="100"))
        for _ in range(5):
            line.write(b"x")
            await asyncio.sleep(0.02)
        is_problem(await line.reply(), 408)
        assert await line.ended() == b""
        assert await refusals(made) == {"/healthz 408: The body took too long.": 1}


async def test_each_address_has_its_rate() -> None:
    rates = RatesConfig(address=RateConfig(per_second=1, burst=3))
    async with web(limits=limits(rates=rates)) as made:
        assert [(await ask(made.url, request("/x"))).status for _ in range(3)] == [404] * 3
        async with connected(made.url) as line:
            for data in (request("/x"), request("/x", "POST", b"{}")):  # who comes too often may come again on the same line
                line.write(data)
                late = await line.reply()
                is_problem(late, 429)
                assert late.headers["retry-after"] == "1"
                assert "connection" not in late.headers
        assert (await ask(made.url, request("/x"), "127.0.0.2")).status == 404
        assert (await ask(made.url, request("/healthz"))).status == 200
        await asyncio.sleep(1.05)
        assert (await ask(made.url, request("/x"))).status == 404
        assert await refusals(made) == {"another path 429: Too many from one address.": 2}


async def test_each_webhook_has_its_rate_whoever_sends() -> None:
    rates = RatesConfig(webhook=RateConfig(per_second=0.1, burst=2))
    async with web(limits=limits(rates=rates), hooks=frozenset({"alerts", "other"})) as made:
        assert [(await ask(made.url, request("/webhooks/alerts", "POST"), f"127.0.0.{n}")).status for n in (2, 3)] == [404] * 2
        late = await ask(made.url, request("/webhooks/alerts", "POST"), "127.0.0.4")
        is_problem(late, 429)
        assert late.headers["retry-after"] == "10"
        assert (await ask(made.url, request("/webhooks/other", "POST"), "127.0.0.4")).status == 404
        assert (await ask(made.url, request("/webhooks/made-up", "POST"), "127.0.0.4")).status == 404


async def test_only_trusted_proxies_say_who_sent() -> None:
    rates = RatesConfig(address=RateConfig(per_second=0.1, burst=1))
    forged = request("/x", x_forwarded_for="203.0.113.9")
    async with web(limits=limits(rates=rates)) as made:
        assert [(await ask(made.url, forged)).status, (await ask(made.url, request("/x", x_forwarded_for="1.2.3.4"))).status] == [404, 429]
    trusting = HttpConfig(trusted_proxies=("127.0.0.0/8",), rates=rates)
    async with web(limits=trusting) as made:
        assert [(await ask(made.url, forged)).status for _ in range(2)] == [404, 429]
        assert (await ask(made.url, request("/x", x_forwarded_for="203.0.113.9, 203.0.113.10, 127.0.0.3"))).status == 404
        assert (await ask(made.url, request("/x", x_forwarded_for="spoofed, 203.0.113.9"))).status == 429


async def test_there_may_be_so_many_connections_and_no_more_of_one_address() -> None:
    few = limits(connections=4, connections_per_address=2, header_time=timedelta(seconds=30))
    async with web(limits=few) as made, connected(made.url), connected(made.url):
        async with connected(made.url) as third:
            is_problem(await third.reply(), 503)
            assert await third.ended() == b""
        async with connected(made.url, "127.0.0.2") as other:
            other.write(request("/healthz"))
            assert (await other.reply()).status == 200
            async with connected(made.url, "127.0.0.3"), connected(made.url, "127.0.0.4") as fifth:
                assert (await fifth.reply()).status == 503
    proxied = HttpConfig(connections_per_address=1, trusted_proxies=("127.0.0.1",))
    async with web(limits=proxied) as made, connected(made.url), connected(made.url) as second:
        second.write(request("/healthz"))
        assert (await second.reply()).status == 200


async def test_whoever_hangs_up_makes_room() -> None:
    async with web(limits=limits(connections=1)) as made:
        for _ in range(3):
            async with connected(made.url):
                pass
        await asyncio.sleep(0.05)
        assert (await ask(made.url, request("/healthz"))).status == 200


async def test_so_many_are_dealt_with_at_once_and_health_is_told_all_the_same() -> None:
    free = asyncio.Event()

    async def slow() -> str | None:
        await free.wait()
        return None

    async with web(limits=limits(requests=1), ready={"slow": slow}) as made, connected(made.url) as first:
        first.write(request("/readyz"))
        await asyncio.sleep(0.1)
        late = await ask(made.url, request("/x"))
        is_problem(late, 503)
        assert late.headers["retry-after"] == "1"
        assert (await ask(made.url, request("/healthz"))).status == 200
        free.set()
        assert (await first.reply()).status == 200
        assert (await ask(made.url, request("/x"))).status == 404


async def test_bodies_that_still_arrive_keep_nobody_away() -> None:
    patient = limits(requests=1, body_time=timedelta(seconds=30))
    async with web(limits=patient) as made, connected(made.url) as one, connected(made.url) as two:
        for line in (one, two):
            line.write(request("/x", "POST", content_length="100") + b"x")
        await asyncio.sleep(0.05)
        assert (await ask(made.url, request("/x"))).status == 404


async def test_so_much_is_held_and_no_more() -> None:
    async with web(limits=limits(buffered=1500, max_body=1000, body_time=timedelta(seconds=30))) as made, connected(made.url) as line:
        line.write(request("/x", "POST", content_length="1000") + b"x" * 900)
        await asyncio.sleep(0.05)
        is_problem(await ask(made.url, request("/x", "POST", b"x" * 800)), 503)
        line.write(b"x" * 100)
        assert (await line.reply()).status == 404
        assert (await ask(made.url, request("/x", "POST", b"x" * 800))).status == 404


@dataclass
class Behind:
    """A backlog."""

    now: Backlog

    def __call__(self) -> Backlog:
        return self.now


async def test_nothing_is_taken_in_while_the_inbox_is_behind() -> None:
    async with web(limits=limits(inbox=InboxConfig(pending=100)), hooks=frozenset({"alerts"})) as made:
        for pending, oldest, status in ((0, 0.0, 404), (100, 1.0, 503), (99, 1.0, 404), (11, 61.0, 503), (1, 600.0, 404)):
            made.guard._pressure.backlog = Behind(Backlog(pending, oldest))
            reply = await ask(made.url, request("/webhooks/alerts", "POST", b"{}"))
            assert reply.status == status
            if status == 503:
                is_problem(reply, 503)
                assert reply.headers["retry-after"] == "5"
            assert (await ask(made.url, request("/healthz"))).status == 200
            assert (await ask(made.url, request("/webhooks/alerts"))).status == 405  # only what would be taken in is turned away


async def test_the_senders_request_id_is_kept_where_it_is_sane() -> None:
    async with web() as made:
        given = "0f8fad5b-d9cb-469f-a165-70867728950e"
        assert (await ask(made.url, request("/x", x_request_id=given))).json["request_id"] == given
        for given in ("short", "a b c d e f g h", "x" * 65, "../../../etc", "abcdefgh\xe9"):
            reply = await ask(made.url, request("/x", x_request_id=given))
            assert reply.headers["x-request-id"] != given
            is_problem(reply, 404)


async def test_what_breaks_is_a_problem_that_tells_nothing_and_the_log_has_the_id(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> str | None:
        raise RuntimeError("password=hunter2")

    async with web(ready={"x": broken}) as made:
        reply = await ask(made.url, request("/readyz", x_request_id="12345678-ab"))
        is_problem(reply, 500)
        assert b"hunter2" not in reply.body
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
        assert (await ask(made.url, request("/healthz"))).status == 200
