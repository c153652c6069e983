"""Finding again what we wrote: where the other side takes no idempotency key, what we write carries a mark that is derived from ours.

A lost answer is settled by looking for the mark. It is looked for twice, because what was just written may not be seen at once.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from agents.core.ids import fingerprint

LOOK_AGAIN = 0.5
"""Seconds between the two looks."""

LOOK_BACK = timedelta(days=30)
"""How far back is looked."""

MARK = re.compile(r"countersign:[0-9a-f]{24}")
"""A mark."""


def mark_of(key: str) -> str:
    """What stands in the text that was written by the call with this key."""
    return f"countersign:{fingerprint('mark', key)[:24]}"


def hidden(text: str, key: str) -> str:
    """Markdown with the mark in a comment, which is not shown."""
    return f"{text}\n\n<!-- {mark_of(key)} -->"


def shown(text: str, key: str) -> str:
    """A text with the mark on a line of its own at its end, where nothing can be hidden."""
    return f"{text}\n\n{mark_of(key)}"


def forged(text: str) -> str | None:
    """Why a text may not be written: it holds a mark itself."""
    return "The text may not hold a mark such as countersign:…; it is added by itself." if MARK.search(text) else None


async def looked(look: Callable[[], Awaitable[bool | None]]) -> bool | None:
    """What two looks say: found, not found, or None where one of them could not tell."""
    seen = await look()
    if seen is not False:
        return seen
    await asyncio.sleep(LOOK_AGAIN)
    return await look()
