"""How the requests of tools travel: over httpx, whose only importer this is.

It takes a tenth of a second to import, and a bot that goes on with its runs does not wait for it: `tools.net` imports it, in a thread,
when the first request is sent.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from agents.core.errors import ConfigError
from tools.addresses import Addresses, Resolve, literal
from tools.exchange import Lost, NotSent, Refused, Request, Response

CONNECT = 5.0
"""Seconds to reach a host; half of the request's own time where that is less."""

MAX_REDIRECTS = 5
"""A read is redirected at most so often."""

CARRIED = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that a redirect to another origin takes along; all others, which may hold a secret, stay behind."""

_Origin = tuple[str, str, int | None]


class _AddressRefused(Exception):
    """The host's name led to an address that the policy refuses. Never leaves this module."""


class Wire:
    """The connections of a `Net`: to the hosts that its addresses let through, through its proxy where it has one."""

    def __init__(self, addresses: Addresses, resolve: Resolve, proxy: str | None) -> None:
        self._addresses = addresses
        self._resolve = resolve
        self._proxy = proxy
        authorities = trusted()
        self._reading = _transport(authorities, proxy, idle=20)
        self._writing = _transport(authorities, proxy, idle=0)
        self._trusts: dict[_Origin, Path] = {}
        self._own: dict[_Origin, tuple[httpx.AsyncHTTPTransport, httpx.AsyncHTTPTransport]] = {}
        """For reads and for writes, by the origins that have authorities of their own."""

    async def aclose(self) -> None:
        """Close what is open."""
        for transport in (self._reading, self._writing, *(one for pair in self._own.values() for one in pair)):
            await transport.aclose()

    def trust(self, url: str, authorities: Path) -> None:
        """See `Net.trust`."""
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
        """See `Net.send`."""
        attempt = _Attempt(self._addresses, request)
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

    async def _follow(self, attempt: "_Attempt", request: Request) -> Response | NotSent:
        """The answer, or the redirect that is not followed: it leads where it may not, or is one too many."""
        url = httpx.URL(request.url)
        if wrong := self._wrong(url, request):
            return Refused(wrong)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._once(attempt, request, url)
            location = response.headers.get("location")
            if not request.reads or location is None or response.status not in (301, 302, 303, 307, 308):
                return response
            target = url.join(location)
            if self._wrong(target, request):
                return response
            if _origin(target) != _origin(url):
                if not _permits(request.allowed, url, target):
                    return response
                request = replace(request, headers=tuple((name, value) for name, value in request.headers if name.lower() in CARRIED))
                attempt.request = request
            url = target
        return response

    def _wrong(self, url: httpx.URL, request: Request) -> str | None:
        if url.scheme not in ("http", "https") or not url.host:
            return "only http and https addresses can be asked"
        if url.userinfo:
            return "an address may not hold a user or a password"
        if literal(url.host) and (why := self._addresses.forbids(str(literal(url.host)), url.host, public=request.public)):
            return f"{url.host} is {why}"
        return None

    async def _once(self, attempt: "_Attempt", request: Request, url: httpx.URL) -> Response:
        if self._proxy is not None or self._addresses.names(url.host, public=request.public):
            return await self._asked(attempt, request, url, url)
        for last, address in await self._public(url, request):
            try:
                return await self._asked(attempt, request, url, url.copy_with(host=address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last:
                    raise
        raise OSError(f"the name {url.host} has no address")

    async def _public(self, url: httpx.URL, request: Request) -> list[tuple[bool, str]]:
        """The addresses of a host that the configuration does not name, each with whether it is the last. Raises if one is refused."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolve(url.host, port)
        for address in found:
            if literal(address) is None or "%" in address:
                raise _AddressRefused(f"the host's name leads to {address}, which is no address to connect to")
            if why := self._addresses.forbids(address, url.host, public=request.public):
                raise _AddressRefused(f"the host's name leads to {address}, {why}")
        return [(number == len(found), address) for number, address in enumerate(found, 1)]

    async def _asked(self, attempt: "_Attempt", request: Request, url: httpx.URL, at: httpx.URL) -> Response:
        """What answers `url`, which is reached at `at`: the same, or with a checked address in place of its host."""
        reading, writing = self._own.get(_origin(url), (self._reading, self._writing))
        transport = reading if request.reads and at == url else writing
        async with _answer(transport, attempt.httpx_request(url, at)) as answer:
            body, cut = await _read(answer, request.max_bytes)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, answer.reason_phrase, headers, body, cut, str(url))


class _Attempt:
    """One request on its way: whether any of it has left."""

    def __init__(self, addresses: Addresses, request: Request) -> None:
        self._addresses = addresses
        self.request = request
        self._public = request.public
        self.sent = False

    def httpx_request(self, url: httpx.URL, at: httpx.URL) -> httpx.Request:
        """The request to `url`. Where that is reached `at` an address, the host is still asked, and certified, by its name."""
        request = self.request
        connect = min(CONNECT, request.timeout / 2)
        waits = {"connect": connect, "pool": connect, "read": request.timeout, "write": request.timeout}
        ours = [("Host", url.netloc.decode("ascii")), ("User-Agent", "countersign"), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
        extensions: dict[str, Any] = {"timeout": waits, "trace": partial(self._watch, url.host)}
        if at != url and literal(url.host) is None:
            extensions["sni_hostname"] = url.raw_host.decode("ascii")
        said = {name.lower() for name, _ in request.headers}
        headers = [*(pair for pair in ours if pair[0] == "Host" or pair[0].lower() not in said), *request.headers]
        return httpx.Request(request.method, at, headers=headers, content=request.body, extensions=extensions)

    async def _watch(self, host: str, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True
        elif event == "connection.connect_tcp.complete" and (why := self._addresses.leads(info["return_value"], host, public=self._public)):
            await info["return_value"].aclose()
            raise _AddressRefused(f"the host's name leads to {why}")


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


def _permits(allowed: frozenset[str] | None, url: httpx.URL, target: httpx.URL) -> bool:
    """Whether a read may be redirected to another origin."""
    return target.netloc.decode("ascii", "replace") in (allowed or ()) and (target.scheme == "https" or url.scheme == "http")
