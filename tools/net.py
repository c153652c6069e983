"""HTTP as tools may use it: one policy for all of them. How requests travel is in `tools.wire`, which is imported with the first one.

What comes of a request is one of three results, so that a caller never has to guess whether something left.
"""

import asyncio
import socket
from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from tools.addresses import INSIDE, METADATA, Addresses, Network, Resolve
from tools.exchange import Lost, NotSent, Refused, Request, Response

if TYPE_CHECKING:
    from tools.wire import Wire

__all__ = ["Lost", "Net", "NotSent", "Refused", "Request", "Response", "net_for"]


async def resolved(host: str, port: int) -> Sequence[str]:
    """As the system resolves names."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Net:
    """An HTTP client for tools. Use as an async context manager.

    No cookies, no proxy but the given one, no environment variables, no decompression, no redirect to another origin but an allowed one.

    `hosts` are the hosts that the configuration names. They may lie `inside`; every other host has to be public: its name is looked up
    here, each of its addresses is checked, and it is one of these that is connected to. Nothing is sent to a `refused` address, unless
    it is itself among the hosts.
    `proxy` is an HTTP proxy's URL; behind one, the names of hosts are looked up by the proxy and their addresses cannot be checked.
    """

    def __init__(
        self, *, hosts: Collection[str] = (), proxy: str | None = None,
        refused: Sequence[Network] = METADATA, inside: Sequence[Network] = INSIDE, resolve: Resolve = resolved,
    ) -> None:
        self._addresses = Addresses(hosts, refused, inside, proxied=proxy is not None)
        self._resolve = resolve
        self._proxy = proxy
        self._wire: Wire | None = None
        """None until it is needed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what is open."""
        if self._wire is not None:
            await self._wire.aclose()

    def trust(self, url: str, authorities: Path) -> None:
        """From now on the origin of this URL is known by these authorities (PEM) alone.

        Raises ConfigError where they cannot be read, and where others were named for the same origin.
        """
        self._opened().trust(url, authorities)

    async def send(self, request: Request) -> Response | NotSent | Lost:
        """Send it once. Raises nothing that the network can cause."""
        if self._wire is None:
            await asyncio.to_thread(import_module, "tools.wire")
        return await self._opened().send(request)

    def forbids(self, address: str, host: str = "", *, public: bool = False) -> str | None:
        """Why nothing may be sent to this IP address, by which a host is reached; None where it may."""
        return self._addresses.forbids(address, host or address, public=public)

    def leads(self, stream: Any, host: str) -> str | None:
        """Why a new connection for this host is refused, with the address that it leads to; None where it is not."""
        return self._addresses.leads(stream, host, public=False)

    def _opened(self) -> "Wire":
        from tools.wire import Wire

        self._wire = self._wire or Wire(self._addresses, self._resolve, self._proxy)
        return self._wire


def net_for(urls: Iterable[str]) -> Net:
    """A client for sources that name these addresses."""
    return Net(hosts=frozenset(urlsplit(url).hostname or "" for url in urls))
