"""Facts of programs that use the API: who was let in, and whether what they wait for was brought to them.

Tokens stand in the stream `CONTROL`, callbacks in their run. See `events.py` for what all events have in common.
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A person let a program in. Whoever shows what this is the hash of acts as `api/TOKEN`."""

    token: str
    """Its name. None is given twice, not even after the first was revoked."""
    hash: str
    """SHA-256 of the secret, 64 hexadecimal digits. The secret has 256 random bits, so nothing can be learnt from this."""
    role: str
    """`viewer`, `operator` or `admin`."""
    name: str
    """How people call whoever made it; the actor of the row is who."""
    agents: tuple[str, ...] = ()
    """The only agents with which it has to do; empty for all."""
    expires_at: datetime | None = None
    kind: Literal["token_made"] = "token_made"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    """A person shut a program out. It counts from this moment, and for good."""

    token: str
    name: str
    kind: Literal["token_revoked"] = "token_revoked"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class CallbackTried:
    """The end of a run was told to the address that whoever started it had given, or could not be told."""

    attempt: int
    """Counted from 1."""
    status: int
    """What the other side answered; 0 where it gave no answer."""
    error: str = ""
    """What went wrong; empty where it took it."""
    again_at: datetime | None = None
    """When it is tried again; None where it was delivered or is given up."""
    kind: Literal["callback_tried"] = "callback_tried"
    CONTENT: ClassVar = frozenset({"error"})
