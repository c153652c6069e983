"""Who sent a request: the address at the other end of the connection, or what a trusted proxy says of it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


class Senders:
    """Believes what trusted proxies say, and nobody else."""

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network]) -> None:
        self._trusted = tuple(trusted)

    def trusts(self, peer: str) -> bool:
        """Whether this is the address of a trusted proxy."""
        address = _parsed(peer)
        return address is not None and any(address in network for network in self._trusted)

    def of(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The sender's address: the last one in `X-Forwarded-For` that is no trusted proxy's, where a trusted proxy has sent it."""
        found = peer
        if not self._trusted or not self.trusts(peer):
            return found
        said = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1").split(",")
        for hop in reversed(said):
            address = _parsed(hop)
            if address is None:
                return found  # what stands before it was not said by a proxy of ours
            found = str(address)
            if not any(address in network for network in self._trusted):
                return found
        return found


@lru_cache(maxsize=4096)
def crowd_of(address: str) -> str:
    """Whose bucket it is: one IPv6 host has as many addresses as it likes in its /64."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return address


def _parsed(text: str) -> Address | None:
    """The address in `10.0.0.7`, `10.0.0.7:443`, `::1` or `[::1]:443`; an IPv4 one that is written as IPv6 is the IPv4 one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
