"""The shape of `http:` and `slack:` in the configuration: what the HTTP server puts up with, and how Slack reaches the bot."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bot.config_shape import Duration, Shape

_SIZE = re.compile(r"(\d{1,9}) ?(B|KB|MB)?", re.ASCII)
_BYTES = {None: 1, "B": 1, "KB": 1000, "MB": 1_000_000}


def _size(value: object) -> object:
    """Bytes. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'"{str(value)[:60]}" is no size; write bytes or a number and a unit, such as 512KB or 1MB')
    return int(match[1]) * _BYTES[match[2]]


def _network(value: object) -> object:
    """Raises ValueError."""
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(str(value), strict=True)
    except ValueError as error:
        raise ValueError(f'"{str(value)[:60]}" is no address or network such as 10.0.0.7 or 10.0.0.0/8 ({error})') from None


Size = Annotated[int, BeforeValidator(_size, json_schema_input_type=str)]
"""A number of bytes, written `512KB`, `1MB` or as a plain number."""
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network, json_schema_input_type=str)]
"""An IP address, or a network of them."""
Moment = Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(minutes=10))]
"""How long something may take."""


class RateConfig(Shape):
    """How many requests pass: `burst` at once, and `per_second` after that."""

    per_second: float = Field(gt=0, le=100_000)
    burst: int = Field(ge=1, le=1_000_000)


class RatesConfig(Shape):
    """How often each source may send."""

    address: RateConfig = RateConfig(per_second=50, burst=200)
    """Each client address, on all paths but Slack's."""
    webhook: RateConfig = RateConfig(per_second=50, burst=500)
    """Each webhook by its name, whoever sends."""
    slack: RateConfig = RateConfig(per_second=1000, burst=2000)
    """Each client address on Slack's path: Slack sends everything from a few."""


class InboxConfig(Shape):
    """When the bot is behind: nothing more is taken in until it has caught up."""

    pending: int = Field(default=500, ge=1)
    """So many deliveries under way at once are too many."""
    age: Moment = timedelta(seconds=60)
    """A tenth of them is too many where the oldest has been under way for so long."""


class HttpConfig(Shape):
    """What the HTTP server puts up with."""

    trusted_proxies: tuple[Network, ...] = ()
    """Whose `X-Forwarded-For` is believed, and who may open any number of connections."""
    max_body: Size = Field(default=1_000_000, ge=1000, le=100_000_000)
    """Bytes of one request's body."""
    header_time: Moment = timedelta(seconds=10)
    """How long the head of a request may take to arrive."""
    body_time: Moment = timedelta(seconds=20)
    """How long its body may take after that."""
    connections: int = Field(default=1000, ge=10)
    """Most connections at once."""
    connections_per_address: int = Field(default=200, ge=1)
    """Most of them from one client address."""
    requests: int = Field(default=200, ge=1)
    """Most requests that are dealt with at once; bodies that still arrive do not count."""
    buffered: Size = Field(default=64_000_000, ge=1_000_000)
    """Bytes of bodies that are held at once."""
    rates: RatesConfig = RatesConfig()
    inbox: InboxConfig = InboxConfig()


class SlackConfig(Shape):
    """How Slack reaches the bot."""

    mode: Literal["socket", "http"] | None = None
    """`socket`: the bot opens a connection. `http`: Slack calls `/slack/events`. None: by which of the two secrets there is."""
