"""One policy for everything that is sent."""

import asyncio
import socket
from dataclasses import replace
from ipaddress import ip_network

import pytest
from aiohttp import web

from tests.tools.outside import Outside, dawdle, half, hang_up, listening
from tools.net import Lost, Net, NotSent, Request, Response


def read(url: str) -> Request:
    return Request("GET", url, reads=True, timeout=5)


def write(url: str) -> Request:
    return Request("POST", url, body=b"{}", timeout=5)


async def test_an_answer(net: Net, outside: Outside) -> None:
    outside.says(web.Response(status=404, text="nothing here", headers={"X-One": "1"}))
    answer = await net.send(read(outside.url + "/a?b=c"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.reason, answer.headers["x-one"]) == (404, "Not Found", "1")
    assert (answer.body, answer.cut) == (b"nothing here", False)
    assert outside.asked == [("GET", "/a?b=c")]


async def test_the_environment_has_no_say(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with Net(hosts=("127.0.0.1",)) as net:
        assert isinstance(await net.send(read(outside.url)), Response)


async def test_a_configured_proxy_is_used(outside: Outside) -> None:
    async with Net(proxy=outside.url) as net:
        assert isinstance(await net.send(read("http://far.example/x")), Response)
    assert outside.requests[0].headers["Host"] == "far.example"


async def test_cookies_are_not_kept(net: Net, outside: Outside) -> None:
    outside.says(web.Response(headers={"Set-Cookie": "session=1"}))
    await net.send(read(outside.url))
    await net.send(read(outside.url))
    assert "Cookie" not in outside.requests[1].headers


async def test_a_huge_answer_is_not_read_to_its_end(net: Net, outside: Outside) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except OSError:
            return response

    outside.answer = flood
    answer = await net.send(replace(read(outside.url), max_bytes=100_000))
    assert isinstance(answer, Response)
    assert (len(answer.body), answer.cut) == (100_000, True)


async def test_drops_that_trickle_do_not_stretch_the_time(net: Net, outside: Outside) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    outside.answer = trickle
    assert await net.send(replace(read(outside.url), timeout=0.2)) == Lost("no answer within 0.2 seconds")


async def test_what_left_and_what_did_not(net: Net, outside: Outside) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        refused = await net.send(write(f"http://127.0.0.1:{nobody.getsockname()[1]}/"))
    assert isinstance(refused, NotSent)
    outside.says(hang_up)
    assert isinstance(await net.send(write(outside.url)), Lost)
    outside.says(half)
    assert isinstance(await net.send(write(outside.url)), Lost)
    outside.says(dawdle)
    assert await net.send(replace(write(outside.url), timeout=0.1)) == Lost("no answer within 0.1 seconds")


async def test_an_unknown_host_is_not_sent(net: Net) -> None:
    assert isinstance(await net.send(write("http://nobody.invalid/")), NotSent)


async def test_what_is_no_http_is_lost(net: Net) -> None:
    async with listening(b"SSH-2.0-x\r\n") as (url, kept):
        assert isinstance(await net.send(write(url)), Lost)
        assert len(kept) == 1


async def test_writes_never_use_a_connection_again(net: Net, outside: Outside) -> None:
    for _ in range(2):
        await net.send(write(outside.url))
        await net.send(read(outside.url))
    first, read_first, second, read_second = outside.peers
    assert first != second
    assert read_first == read_second


async def test_reads_are_redirected_within_their_origin_only(net: Net, outside: Outside) -> None:
    outside.says(web.Response(status=302, headers={"Location": "/there"}), Outside.fine)
    answer = await net.send(read(outside.url + "/here"))
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert [target for _, target in outside.asked] == ["/here", "/there"]
    outside.says(web.Response(status=302, headers={"Location": outside.url.replace("127.0.0.1", "localhost")}))
    answer = await net.send(read(outside.url))
    assert isinstance(answer, Response)
    assert answer.status == 302
    assert len(outside.asked) == 3


async def test_redirects_end(net: Net, outside: Outside) -> None:
    outside.says(web.Response(status=302, headers={"Location": "/again"}))
    answer = await net.send(read(outside.url))
    assert isinstance(answer, Response)
    assert answer.status == 302
    assert len(outside.asked) == 6


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_writes_are_never_redirected(net: Net, outside: Outside, status: int) -> None:
    outside.says(web.Response(status=status, headers={"Location": "/there"}))
    answer = await net.send(write(outside.url))
    assert isinstance(answer, Response)
    assert len(outside.asked) == 1


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "ftp://x/", "/relative", "http://", "http://user:pw@127.0.0.1/", "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://100.100.100.200/", "http://[fd00:ec2::254]/", "http://a\nb/",
])  # fmt: skip
async def test_addresses_that_nothing_is_sent_to(net: Net, url: str) -> None:
    assert isinstance(await net.send(read(url)), NotSent)


async def test_an_address_that_the_configuration_names_is_allowed() -> None:
    async with Net(hosts=("169.254.169.254",)) as net:
        assert not net.forbids("169.254.169.254")
        assert net.forbids("169.254.170.2")


async def test_a_name_that_leads_to_a_refused_address_is_refused_before_anything_leaves(outside: Outside) -> None:
    refused = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    async with Net(hosts=("localhost",), refused=refused) as net:
        answer = await net.send(write(outside.url.replace("127.0.0.1", "localhost")))
        assert isinstance(answer, NotSent)
        assert "leads to" in answer.why
    assert outside.asked == []


async def test_an_answer_that_is_packed_though_nobody_asked_is_left_packed(net: Net, outside: Outside) -> None:
    outside.says(web.Response(body=b"\x1f\x8b...", headers={"Content-Encoding": "gzip"}))
    answer = await net.send(read(outside.url))
    assert isinstance(answer, Response)
    assert answer.body == b"\x1f\x8b..."
    assert outside.requests[0].headers["Accept-Encoding"] == "identity"


async def test_a_header_that_the_request_says_is_sent_once(net: Net, outside: Outside) -> None:
    await net.send(Request("GET", outside.url, reads=True, headers=(("accept", "application/json"), ("User-Agent", "countersign/1"))))
    headers = outside.requests[0].headers
    assert (headers.getall("Accept"), headers.getall("User-Agent")) == (["application/json"], ["countersign/1"])
    assert headers["Accept-Encoding"] == "identity"
