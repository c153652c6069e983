"""What one request is known by: in its answer, in the log, and to whoever sent it."""

import random
import re
from contextvars import ContextVar

HEADER = b"x-request-id"

current: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being dealt with here; empty outside of any."""

_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def chosen(headers: list[tuple[bytes, bytes]]) -> str:
    """The id that the sender chose, where it is one that can be written anywhere; otherwise a new one."""
    given = [value for name, value in headers if name == HEADER]
    return given[0].decode("ascii") if len(given) == 1 and _SANE.fullmatch(given[0]) else f"{random.getrandbits(128):032x}"
