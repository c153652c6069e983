"""Hosts that the configuration does not name: only public addresses are reached, whatever their names and their redirects say."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from tests.tools.outside import Outside, serving
from tools.addresses import INSIDE, METADATA, lies_in, literal, networks
from tools.net import Net, NotSent, Request, Response

LOOPBACK = networks("127.0.0.2/32")


@dataclass(slots=True)
class Names:
    """A name server of our own: each name answers with one list after the other, the last for ever."""

    answers: dict[str, list[Sequence[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.answers.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass(slots=True)
class Trap:
    """A socket that must never be reached."""

    port: int = 0
    reached: int = 0


@asynccontextmanager
async def trap(address: str = "127.0.0.1") -> AsyncIterator[Trap]:
    trapped = Trap()

    async def fall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trapped.reached += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
        writer.close()

    server = await asyncio.start_server(fall, address, 0)
    async with server:
        trapped.port = server.sockets[0].getsockname()[1]
        yield trapped
        await asyncio.sleep(0.02)


def page(url: str, **more: object) -> Request:
    return Request("GET", url, reads=True, timeout=5, public=True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0x7f.1", "127.0.0.1.",
    "localhost", "LOCALHOST", "LocalHost.", "0.0.0.0", "0",  # noqa: S104
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[0:0:0:0:0:0:0:1]", "\uff11\uff12\uff17.\uff10.\uff10.\uff11", "\u2460\u2461\u2466.1",
    "127\u30020\u30020\u30021", "user@127.0.0.1", "user:pw@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1%00.example.com", "[::1%25lo]",
    "[::1%lo]", "127.0.0.1\\@example.com", "rebound.example", "both.example", "v6.example", "zone.example",
])  # fmt: skip
@pytest.mark.parametrize("public", [True, False])
async def test_no_way_of_writing_loopback_reaches_it(host: str, public: bool) -> None:
    names = Names({
        "rebound.example": [["127.0.0.1"]], "both.example": [["192.0.43.8", "127.0.0.1"]],
        "v6.example": [["::1"]], "zone.example": [["::1%lo"]],
    })  # fmt: skip

    async def resolve(name: str, port: int) -> Sequence[str]:
        if name in names.answers:
            return await names(name, port)
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]

    async with trap() as loop, trap("::1") as six:
        for port in (loop.port, six.port):
            async with Net(resolve=resolve) as net:
                answer = await net.send(Request("GET", f"http://{host}:{port}/", reads=True, timeout=5, public=public))
                assert isinstance(answer, NotSent), answer
    assert (loop.reached, six.reached) == (0, 0)


@pytest.mark.parametrize("address", [
    "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "100.100.100.200", "169.254.169.254",
    "0.0.0.0",  # noqa: S104
    "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "192.88.99.1", "168.63.129.16", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "::", "::1", "100::1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:a00:1::1",
    "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1", "2001:2::1", "5f00::1", "fd00:ec2::254",
])  # fmt: skip
async def test_what_is_no_public_address_is_refused_as_a_name_and_as_an_address(address: str) -> None:
    ip = literal(address)
    assert ip is not None
    assert lies_in(ip, (*METADATA, *INSIDE))
    written = f"[{address}]" if ":" in address else address
    async with Net(resolve=Names({"evil.example": [[address]]})) as net:
        for host in (written, "evil.example"):
            answer = await net.send(page(f"http://{host}/"))
            assert isinstance(answer, NotSent)
            assert "address" in answer.why


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "64:ff9b::808:808",
                                     "::ffff:8.8.8.8", "223.255.255.255", "2a00:1450::1"])  # fmt: skip
def test_public_addresses_are_public(address: str) -> None:
    ip = literal(address)
    assert ip is not None
    assert not lies_in(ip, (*METADATA, *INSIDE))


@pytest.mark.parametrize("embedded", ["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:169.254.169.254"])
async def test_metadata_hidden_in_an_ipv6_address_is_refused_even_by_a_named_host(embedded: str) -> None:
    async with Net(hosts=("named.example",)) as net:
        assert net.forbids(embedded, "named.example")


@asynccontextmanager
async def public_site(**answers: web.StreamResponse) -> AsyncIterator[tuple[Outside, str]]:
    """A server at 127.0.0.1, which the tests that use it count as public."""
    async with serving() as outside:
        yield outside, outside.url.rpartition(":")[2]


async def test_a_public_host_is_asked_by_its_name() -> None:
    async with public_site() as (outside, port):
        names = Names({"docs.example": [["127.0.0.1"]]})
        async with Net(resolve=names, inside=LOOPBACK) as net:
            answer = await net.send(page(f"http://Docs.Example:{port}/a?b=c"))
        assert isinstance(answer, Response)
        assert answer.url == f"http://docs.example:{port}/a?b=c"
        assert outside.requests[0].headers["Host"] == f"docs.example:{port}"
        assert outside.requests[0].headers.getall("Host") == [f"docs.example:{port}"]


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async with public_site() as (outside, port):
        names = Names({"docs.example": [["127.0.0.3", "127.0.0.1"]]})
        async with Net(resolve=names, inside=LOOPBACK) as net:
            assert isinstance(await net.send(page(f"http://docs.example:{port}/")), Response)
        assert len(outside.asked) == 1


async def test_a_named_host_may_lie_inside_but_not_for_a_link_that_somebody_wrote() -> None:
    async with public_site() as (outside, _), Net(hosts=("127.0.0.1",)) as net:
        assert isinstance(await net.send(Request("GET", outside.url, reads=True)), Response)
        assert isinstance(await net.send(page(outside.url)), NotSent)
        assert len(outside.asked) == 1


async def test_a_name_that_leads_to_a_named_address_is_not_the_named_host() -> None:
    async with trap() as inner, Net(hosts=("127.0.0.1",), resolve=Names({"evil.example": [["127.0.0.1"]]})) as net:
        assert isinstance(await net.send(Request("GET", f"http://evil.example:{inner.port}/", reads=True)), NotSent)
        assert inner.reached == 0


REDIRECTED = [
    "http://127.0.0.1:{inner}/", "http://localhost:{inner}/", "http://[::1]:{inner}/", "http://0x7f.1:{inner}/", "//127.0.0.1:{inner}/",
    "http://inside.example:{inner}/", "http://user@docs.example:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:{inner}/",
    "http://other.example:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("location", REDIRECTED)
async def test_each_hop_of_a_redirect_is_checked(location: str) -> None:
    """127.0.0.1 stands for the public internet and 127.0.0.2 for the inside."""
    async with trap("127.0.0.2") as inner, public_site() as (outside, port):
        names = Names({"docs.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]], "inside.example": [["127.0.0.2"]]})
        target = location.format(inner=inner.port, port=port).replace("127.0.0.1", "127.0.0.2").replace("0x7f.1", "0x7f.2")
        outside.says(web.Response(status=302, headers={"Location": "/hop"}), web.Response(status=302, headers={"Location": target}))
        allowed = frozenset({f"127.0.0.2:{inner.port}", f"0x7f.2:{inner.port}", f"inside.example:{inner.port}", f"docs.example:{port}"})
        async with Net(resolve=names, inside=(*LOOPBACK, *networks("::1/128"))) as net:
            answer = await net.send(page(f"http://docs.example:{port}/", allowed=allowed))
        assert inner.reached == 0
        assert len(outside.asked) == 2
        assert not isinstance(answer, Response) or answer.status == 302


async def test_a_redirect_goes_to_an_allowed_host_without_the_headers_of_the_first() -> None:
    async with public_site() as (first, a), public_site() as (second, b):
        names = Names({"docs.example": [["127.0.0.1"]], "static.example": [["127.0.0.1"]]})
        first.says(web.Response(status=301, headers={"Location": f"http://static.example:{b}/x"}))
        headers = (("Authorization", "Bearer abc"), ("X-Own", "1"), ("Accept", "text/html"))
        async with Net(resolve=names, inside=LOOPBACK) as net:
            answer = await net.send(page(f"http://docs.example:{a}/", headers=headers, allowed=frozenset({f"static.example:{b}"})))
            assert isinstance(answer, Response)
            assert (answer.status, answer.url) == (200, f"http://static.example:{b}/x")
            sent = second.requests[0].headers
            assert ("Authorization" in sent, "X-Own" in sent, sent.getall("Accept")[-1]) == (False, False, "text/html")
            elsewhere = await net.send(page(f"http://docs.example:{a}/", allowed=frozenset({"static.example"})))
            assert isinstance(elsewhere, Response)
            assert elsewhere.status == 301


async def test_the_certificate_is_that_of_the_name_not_of_the_address() -> None:
    """A TLS client hello names the host, although it is an address that is connected to."""
    hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.set_result(await reader.read(2000))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, Net(resolve=Names({"docs.example": [["127.0.0.1"]]}), inside=LOOPBACK) as net:
        answer = await net.send(page(f"https://docs.example:{server.sockets[0].getsockname()[1]}/"))
        assert isinstance(answer, NotSent)
        assert b"docs.example" in await hello


async def test_a_resolver_that_never_answers_does_not_hold_up() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ()

    async with Net(resolve=never) as slow:
        answer = await slow.send(Request("GET", "http://docs.example/", reads=True, timeout=0.1, public=True))
    assert answer == NotSent("the host could not be reached in time")


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["127.0.0.3", "127.0.0.1"]])
async def test_a_name_server_that_changes_its_mind_changes_nothing(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: whoever looks the name up a second time, as any client does that only checked it before, is led inside."""
    asked: list[str] = []

    def rebound(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        address = host if host[:1].isdigit() else answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async with trap() as inner:
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        async with Net(inside=networks("127.0.0.1/32")) as net:  # 127.0.0.3, where nobody listens, stands for the public internet
            assert isinstance(await net.send(page(f"http://docs.example:{inner.port}/")), NotSent)
        assert asked.count("docs.example") == 1
        assert inner.reached == 0
