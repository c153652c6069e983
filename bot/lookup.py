"""What Slack said when it was asked, remembered for as long as whoever asks now lets it be."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.trouble import EXPECTED

log = logging.getLogger(__name__)

Found = TypeVar("Found")

REMEMBERED = 10_000
"""Answers that are kept; the oldest go first."""


@dataclass(slots=True)
class _Known(Generic[Found]):
    """An answer, and when it was given."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One question at a time: who asks the same meanwhile reads its answer."""
    value: Found | None = None
    asked_at: float = 0.0
    trouble: str = ""
    """Why it could not be asked the last time; empty where it could."""


class Lookup(Generic[Found]):
    """Answers by the id that they are about."""

    def __init__(self, ask: Callable[[str], Awaitable[Found]], what: str) -> None:
        """`what` completes “Slack could not say …” for the log, with a place for the id."""
        self._ask = ask
        self._what = what
        self._known: dict[str, _Known[Found]] = {}

    async def __call__(self, about: str, seconds: float) -> Found | None:
        """The answer, not older than this; None where Slack cannot be asked."""
        while len(self._known) >= REMEMBERED and about not in self._known:
            del self._known[next(iter(self._known))]
        known = self._known.setdefault(about, _Known())
        async with known.lock:
            if known.value is None or time.monotonic() - known.asked_at > seconds:
                try:
                    known.value = await self._ask(about)
                    known.asked_at, known.trouble = time.monotonic(), ""
                except EXPECTED as error:
                    known.value = None
                    level = logging.DEBUG if known.trouble == str(error) else logging.WARNING  # what lasts is said once
                    known.trouble = str(error)
                    log.log(level, "Slack could not say %s: %s", self._what.format(about), error)
            return known.value
