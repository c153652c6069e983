"""Asking again: what may have been transient is tried a few times, with growing pauses, as long as the request has time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from random import Random
from typing import Protocol

from tools.net import Lost, NotSent, Refused, Request, Response

ATTEMPTS = 3
"""Times that something is tried."""

LONGEST_WAIT = 10.0
"""Seconds that are waited between two attempts at most; an answer that asks for more is given to the caller instead."""

SHORTEST_TRY = 0.05
"""Seconds that an attempt needs at least: with less left it is not made."""

Sleep = Callable[[float], Awaitable[None]]


class Sender(Protocol):
    """Whatever sends a request once, such as `tools.net.Net`."""

    async def send(self, request: Request) -> Response | NotSent | Lost:
        """Send it once. Raises nothing that the network can cause."""


def transient(answer: Response | NotSent | Lost) -> bool:
    """Whether the same read could come to something else a moment later."""
    if isinstance(answer, Response):
        return answer.status in (408, 425, 429) or answer.status >= 500
    return not isinstance(answer, Refused)


async def retried(
    net: Sender, request: Request, *, again: Callable[[Response | NotSent | Lost], bool] = transient,
    sleep: Sleep = asyncio.sleep, random: Random | None = None,
) -> Response | NotSent | Lost:
    """Send a request, and again where `again` says so: with backoff and jitter, honouring Retry-After. `request.timeout` is for all of it.

    Only for what may be repeated: reads, or writes with an `again` that is true where they certainly had no effect.
    """
    now = asyncio.get_running_loop().time
    until = now() + request.timeout
    spread = random or Random()  # noqa: S311 - spreads retries over time, guards nothing
    answer = await net.send(request)
    for attempt in range(1, ATTEMPTS):
        asked = retry_after(answer) if isinstance(answer, Response) else None
        pause = (asked or 0.25 * 2**attempt) * (1 + spread.random() / 2)
        if not again(answer) or (asked or 0) > LONGEST_WAIT or now() + pause + SHORTEST_TRY > until:
            return answer
        await sleep(pause)
        answer = await net.send(replace(request, timeout=round(until - now(), 2)))
    return answer


def retry_after(answer: Response) -> float | None:
    """Seconds that the other side asks to wait (RFC 9110, 10.2.3), a date counted from its own; None where it does not say."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - parsedate_to_datetime(answer.headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError):
        return None
