"""Which IP addresses may be reached: what lies inside our own network and what a cloud keeps its credentials at.

The networks are those of IANA's registries of special-purpose addresses (iana.org/assignments/iana-ipv4-special-registry, …-ipv6-…).
"""

import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host's name, for a port. Raises OSError."""


def networks(*texts: str) -> tuple[Network, ...]:
    """The networks that are written so."""
    return tuple(ip_network(text) for text in texts)


METADATA = networks(
    "169.254.0.0/16", "fe80::/10",      # link-local: a cloud's metadata, with its credentials, is here
    "fd00:ec2::/32",                    # metadata at AWS over IPv6
    "100.100.100.200/32",               # metadata at Alibaba
    "168.63.129.16/32",                 # the host's agent at Azure
)  # fmt: skip
"""Addresses that nothing is sent to, unless the address itself is written in the configuration."""

INSIDE = networks(
    "0.0.0.0/8", "127.0.0.0/8",                                     # this host
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",                # private
    "100.64.0.0/10",                                                # carrier-grade NAT
    "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "192.88.99.0/24",
    "224.0.0.0/4", "240.0.0.0/4",                                   # multicast, reserved, broadcast
    "::/3", "4000::/2", "8000::/1",                                 # all but global unicast: ::1, ULA, site-local, multicast
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",         # Teredo and its like, documentation, 6to4
)  # fmt: skip
"""Addresses that are no public ones: only what the configuration names is reached there."""

_NAT64 = ip_network("64:ff9b::/96")


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, in any form that a resolver takes: `127.1`, `0x7f000001`, `2130706433`; None for a name."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (OSError, ValueError):
        return None


def lies_in(ip: IPv4Address | IPv6Address, refused: Sequence[Network]) -> bool:
    """Whether the address, or one that it leads to, is in these networks."""
    return any(one in network for one in _led_to(ip) for network in refused)


def _led_to(ip: IPv4Address | IPv6Address) -> tuple[IPv4Address | IPv6Address, ...]:
    """What is reached at an address: IPv4 addresses hide in those of IPv6 (mapped, NAT64, 6to4, Teredo)."""
    if isinstance(ip, IPv4Address):
        return (ip,)
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    if ip in _NAT64:
        return (IPv4Address(int(ip) & 0xFFFFFFFF),)
    return (ip, *(one for one in (ip.sixtofour, *(ip.teredo or ())) if one))


class Addresses:
    """What may be reached: of hosts that the configuration names what lies inside too, of all others public addresses alone."""

    def __init__(
        self, hosts: Collection[str], refused: Sequence[Network] = METADATA, inside: Sequence[Network] = INSIDE, *, proxied: bool = False
    ) -> None:
        """`proxied`: a proxy looks names up, so that where a connection leads cannot be told."""
        self._hosts = frozenset(host.strip("[]").lower() for host in hosts)
        self._refused = tuple(refused)
        self._inside = tuple(inside)
        self._proxied = proxied

    def names(self, host: str, *, public: bool) -> bool:
        """Whether the configuration names this host; where only what is `public` may be reached, that counts for nothing."""
        return not public and host.lower() in self._hosts

    def forbids(self, address: str, host: str, *, public: bool) -> str | None:
        """Why nothing may be sent to this IP address, by which a host is reached; None where it may."""
        ip, is_named = literal(address), self.names(host, public=public)
        if ip is None or (is_named and address.lower() in self._hosts):
            return None
        if lies_in(ip, self._refused):
            return "a link-local or metadata address, and the configuration does not name it"
        if not is_named and lies_in(ip, self._inside):
            return "no public address, and what lies inside is reached only where the configuration names it"
        return None

    def leads(self, stream: Any, host: str, *, public: bool) -> str | None:
        """Why a new connection for this host is refused, with the address that it leads to; None where it is not."""
        address = str((stream.get_extra_info("server_addr") or ("",))[0])
        return None if self._proxied or not (why := self.forbids(address, host, public=public)) else f"{address}, {why}"
