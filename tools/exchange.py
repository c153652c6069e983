"""One exchange over HTTP: what is asked, and the three things that can come of it, so that nobody has to guess whether something left."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    public: bool = False
    """Whether only public addresses are reached, whatever the configuration names: for links that somebody else wrote. Without it, hosts
    that the configuration names may lie inside; all others have to be public in any case."""
    allowed: frozenset[str] | None = None
    """Where a read may be redirected to beside its own origin: `host`, at the usual port of its scheme, or `host:port`, in lower case. It
    never goes from https to http. None for nowhere: the redirect itself is the answer then."""


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
    url: str = ""
    """What answered: the address that was asked, or where it redirected to."""


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
