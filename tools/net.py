"""HTTP as tools may use it: one policy for all of them. The only importer of httpx.

What comes of a request is one of three results, so that a caller never has to guess whether something left.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from agents.core.errors import ConfigError

Network = IPv4Network | IPv6Network

REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16", "fe80::/10",      # link-local: a cloud's metadata, with its credentials, is here
        "fd00:ec2::/32",                    # metadata at AWS over IPv6
        "100.100.100.200/32",               # metadata at Alibaba
        "168.63.129.16/32",                 # the host's agent at Azure
    )
)  # fmt: skip
"""Addresses that nothing is sent to, unless the address itself is written in the configuration."""

CONNECT = 5.0
"""Seconds to reach a host; half of the request's own time where that is less."""

MAX_REDIRECTS = 5
"""A read is redirected at most so often."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole."""

    method: str
    url: str
    """Absolute and already encoded."""
    reads: bool = False
    """Whether it asks only. Nothing else is redirected, and nothing else is sent over a connection that was used before."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    timeout: float = 30.0
    """Seconds for everything, redirects and the answer's last byte included."""
    max_bytes: int = 2_000_000
    """Bytes of the answer that are read; reading stops there."""


@dataclass(frozen=True, slots=True)
class Response:
    """The other side answered."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name; of a repeated header the values joined by commas."""
    body: bytes = field(repr=False)
    cut: bool = False
    """Whether there was more than was read."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request certainly did not leave."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused(NotSent):
    """We do not send it: the policy, or a breaker, is against it. The other side has no part in that, and asking again does not help."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The request left, or part of it, and no whole answer came back."""

    why: str


_Origin = tuple[str, str, int | None]


class _AddressRefused(Exception):
    """The host's name led to an address that the policy refuses. Never leaves this module."""


class Net:
    """An HTTP client for tools. Use as an async context manager.

    No cookies, no proxy but the given one, no environment variables, no decompression, no redirect to another origin.
    `hosts` are the hosts that the configuration names: an address among them may be one of the `refused`.
    `proxy` is an HTTP proxy's URL; behind one, the names of hosts are looked up by the proxy and their addresses cannot be checked.
    """

    def __init__(self, *, hosts: Collection[str] = (), proxy: str | None = None, refused: Sequence[Network] = REFUSED) -> None:
        self._hosts = frozenset(host.strip("[]").lower() for host in hosts)
        self._refused = tuple(refused)
        self._proxied = proxy is not None
        authorities = trusted()
        self._reading = _transport(authorities, proxy, idle=20)
        self._writing = _transport(authorities, proxy, idle=0)
        self._proxy = proxy
        self._trusts: dict[_Origin, Path] = {}
        self._own: dict[_Origin, tuple[httpx.AsyncHTTPTransport, httpx.AsyncHTTPTransport]] = {}
        """For reads and for writes, by the origins that have authorities of their own."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what is open."""
        for transport in (self._reading, self._writing, *(one for pair in self._own.values() for one in pair)):
            await transport.aclose()

    def trust(self, url: str, authorities: Path) -> None:
        """From now on the origin of this URL is known by these authorities (PEM) alone.

        Raises ConfigError where they cannot be read, and where others were named for the same origin.
        """
        origin = _origin(httpx.URL(url))
        if self._trusts.setdefault(origin, authorities) != authorities:
            raise ConfigError(f"{url} is given two ca_files, {self._trusts[origin]} and {authorities}; one server has one")
        if origin in self._own:
            return
        try:
            trusted = ssl.create_default_context(cafile=authorities)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{authorities} cannot be read as certificates in PEM: {error}") from error
        pair = _transport(trusted, self._proxy, idle=20), _transport(trusted, self._proxy, idle=0)
        self._own[origin] = pair

    async def send(self, request: Request) -> Response | NotSent | Lost:
        """Send it once. Raises nothing that the network can cause."""
        attempt = _Attempt(self, request)
        try:
            async with asyncio.timeout(request.timeout):
                return await self._follow(attempt, request)
        except (TimeoutError, httpx.TimeoutException):
            why = f"no answer within {request.timeout:g} seconds" if attempt.sent else "the host could not be reached in time"
        except _AddressRefused as refused:
            if not attempt.sent:
                return Refused(str(refused))
            why = str(refused)
        except httpx.ProxyError as error:
            return NotSent(f"the proxy refused: {error}")
        except (httpx.TransportError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            why = str(error) or type(error).__name__
        return Lost(why) if attempt.sent else NotSent(why)

    def forbids(self, address: str) -> bool:
        """Whether nothing may be sent to this IP address."""
        ip = _address(address)
        return ip is not None and address.lower() not in self._hosts and any(ip in network for network in self._refused)

    def checks(self, stream: Any) -> str | None:
        """The address that a new connection leads to, where it is a refused one."""
        address = str((stream.get_extra_info("server_addr") or ("",))[0])
        return address if not self._proxied and self.forbids(address) else None

    async def _follow(self, attempt: "_Attempt", request: Request) -> Response | NotSent:
        """The answer, or the redirect that is not followed: it leads to another origin, or is one too many."""
        url = httpx.URL(request.url)
        if wrong := self._wrong(url):
            return Refused(wrong)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._once(attempt, request, url)
            location = response.headers.get("location")
            if not request.reads or location is None or response.status not in (301, 302, 303, 307, 308):
                return response
            target = url.join(location)
            if _origin(target) != _origin(url):
                return response
            url = target
        return response

    def _wrong(self, url: httpx.URL) -> str | None:
        if url.scheme not in ("http", "https") or not url.host:
            return "only http and https addresses can be asked"
        if url.userinfo:
            return "an address may not hold a user or a password"
        if self.forbids(url.host):
            return f"{url.host} is a link-local or metadata address, and the configuration does not name it"
        return None

    async def _once(self, attempt: "_Attempt", request: Request, url: httpx.URL) -> Response:
        reading, writing = self._own.get(_origin(url), (self._reading, self._writing))
        transport = reading if request.reads else writing
        async with _answer(transport, attempt.httpx_request(url)) as answer:
            body, cut = await _read(answer, request.max_bytes)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, answer.reason_phrase, headers, body, cut)


def net_for(urls: Iterable[str]) -> Net:
    """A client for sources that name these addresses."""
    return Net(hosts=frozenset(urlsplit(url).hostname or "" for url in urls))


class _Attempt:
    """One request on its way: whether any of it has left."""

    def __init__(self, net: Net, request: Request) -> None:
        self._net = net
        self._request = request
        self.sent = False

    def httpx_request(self, url: httpx.URL) -> httpx.Request:
        connect = min(CONNECT, self._request.timeout / 2)
        waits = {"connect": connect, "pool": connect, "read": self._request.timeout, "write": self._request.timeout}
        headers = [("User-Agent", "countersign"), ("Accept", "*/*"), ("Accept-Encoding", "identity"), *self._request.headers]
        extensions = {"timeout": waits, "trace": self._watch}
        return httpx.Request(self._request.method, url, headers=headers, content=self._request.body, extensions=extensions)

    async def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True
        elif event == "connection.connect_tcp.complete" and (address := self._net.checks(info["return_value"])):
            await info["return_value"].aclose()
            raise _AddressRefused(f"the host's name leads to {address}, a link-local or metadata address")


def trusted() -> ssl.SSLContext:
    """The system's certificate authorities, to which operators add their own; where it has none, those that httpx ships."""
    system = ssl.create_default_context()
    return system if system.cert_store_stats()["x509_ca"] else httpx.create_ssl_context(trust_env=False)


def _transport(trusted: ssl.SSLContext, proxy: str | None, *, idle: int) -> httpx.AsyncHTTPTransport:
    """Writes keep no idle connections: one that the other side had just closed would leave a call in doubt that never arrived."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=idle, keepalive_expiry=5)
    return httpx.AsyncHTTPTransport(verify=trusted, trust_env=False, limits=limits, proxy=proxy)


@asynccontextmanager
async def _answer(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> AsyncIterator[httpx.Response]:
    answer = await transport.handle_async_request(request)
    try:
        yield answer
    finally:
        await answer.aclose()


async def _read(answer: httpx.Response, most: int) -> tuple[bytes, bool]:
    """The body as it came, and whether there was more of it than `most` bytes."""
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.host, url.port


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip
