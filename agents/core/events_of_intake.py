"""Facts of what arrives from outside and becomes no run: deliveries that are given up for people to look at, requests that are turned away.

They stand in the stream `CONTROL`. See `events.py` for what all events have in common.
"""

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryParked:
    """A delivery failed again and again. It is kept, and not tried any more until a person says so."""

    delivery: str
    """Its key in the inbox."""
    source: str
    """Its kind: which listener could not deal with it."""
    attempts: int
    why: str
    """What went wrong the last time."""
    kind: Literal["delivery_parked"] = "delivery_parked"
    CONTENT: ClassVar = frozenset({"why"})


@dataclass(frozen=True, slots=True)
class DeliveryReplayed:
    """A person had a delivery tried once more, with as many attempts as a new one."""

    delivery: str
    name: str
    """How people call whoever did it; the actor of the row is who."""
    kind: Literal["delivery_replayed"] = "delivery_replayed"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class DeliveryDropped:
    """A person gave a delivery up for good: nothing comes of it, and its body is gone."""

    delivery: str
    name: str
    kind: Literal["delivery_dropped"] = "delivery_dropped"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class RequestsRefused:
    """Requests over HTTP were turned away as malformed, not signed, or too many. One event tells of all within a time."""

    counts: dict[str, int]
    """How many, by where, status and reason."""
    seconds: int
    """How long a time it tells of."""
    addresses: str = ""
    """Where some of them came from."""
    kind: Literal["requests_refused"] = "requests_refused"
    CONTENT: ClassVar = frozenset({"addresses"})


IntakeEvent = DeliveryParked | DeliveryReplayed | DeliveryDropped | RequestsRefused
"""Any of these."""
