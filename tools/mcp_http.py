"""The HTTP client of MCP connections, under the same policy as every other request of a tool. The only importer of httpx2 among the tools.

What `tools.net` does for its own requests is done here for the vendor's: no refused address, no environment's proxy, no cookies, no
compressed answers, bounded answers. Redirects are followed by the vendor's transport, within one origin only.
"""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import httpx2

from tools.net import Net
from tools.wire import CONNECT, trusted

MAX_BYTES = 8_000_000
"""Bytes of one answer, and of one stream of events until it is opened anew."""

READ = 900.0
"""Seconds of silence in a stream; a call has its own, shorter time."""


def client(net: Net, headers: Mapping[str, str]) -> httpx2.AsyncClient:
    """A client for one server. It raises `httpx2.TransportError` where the policy refuses something."""
    return httpx2.AsyncClient(
        transport=_Policed(net), headers={"User-Agent": "countersign", "Accept-Encoding": "identity", **headers}, trust_env=False,
        timeout=httpx2.Timeout(30.0, connect=CONNECT, read=READ), follow_redirects=False,
    )


class _Policed(httpx2.AsyncBaseTransport):
    def __init__(self, net: Net) -> None:
        self._net = net
        limits = httpx2.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=5)
        self._inner = httpx2.AsyncHTTPTransport(verify=trusted(), trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if why := self._net.forbids(request.url.host):
            raise httpx2.ConnectError(f"{request.url.host} is {why}")
        request.headers.pop("cookie", None)
        request.extensions = {**request.extensions, "trace": partial(self._watch, request.url.host)}
        answer = await self._inner.handle_async_request(request)
        if answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await answer.aclose()
            raise httpx2.RemoteProtocolError("it answered compressed, which was not asked for")
        answer.headers.pop("set-cookie", None)
        inner = answer.stream
        if not isinstance(inner, httpx2.AsyncByteStream):
            raise httpx2.RemoteProtocolError("its answer cannot be read")
        answer.stream = _Bounded(inner)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _watch(self, host: str, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete" and (why := self._net.leads(info["return_value"], host)):
            await info["return_value"].aclose()
            raise httpx2.ConnectError(f"its name leads to {why}")


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with an error where it is longer than it may be."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > MAX_BYTES:
                raise httpx2.ReadError(f"it answered with more than {MAX_BYTES:,} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
