"""Requests that were turned away, as facts of the audit: one event tells of many, so that whoever sends rubbish cannot fill the journal."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from agents.core.errors import JournalError
from agents.core.events import RequestsRefused
from agents.ports import Clock
from agents.switchboard import Switchboard

log = logging.getLogger(__name__)

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=16)
"""How long one event tells of: twice as long each time, while it goes on."""

KINDS = 30
"""Different refusals that one event tells apart."""

ADDRESSES = 10
"""Addresses that it names."""

OTHERS = "others"


class Refusals:
    """Counts them. `flush` it from time to time, and at the end."""

    def __init__(self, switchboard: Switchboard, clock: Clock) -> None:
        self._switchboard = switchboard
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._addresses: dict[str, None] = {}
        self._since: datetime | None = None
        self._pause = timedelta()
        self._not_before: datetime | None = None

    def note(self, place: str, status: int, reason: str, address: str) -> None:
        """One more. `place` and `reason` are words of ours, never the sender's."""
        what = f"{place} {status}: {reason}"
        self._counts[what if what in self._counts or len(self._counts) < KINDS else OTHERS] += 1
        if len(self._addresses) < ADDRESSES:
            self._addresses[address] = None
        self._since = self._since or self._clock()

    async def flush(self, *, at_once: bool = False) -> None:
        """Write down what came together, where it is time for it or `at_once`. What cannot be written is kept for the next time."""
        now = self._clock()
        if not at_once and self._not_before and now < self._not_before:
            return
        if self._since is None:
            self._pause, self._not_before = timedelta(), None
            return
        counts, addresses, since = self._counts, self._addresses, self._since
        self._counts, self._addresses, self._since = Counter(), {}, None
        self._pause = min(max(self._pause * 2, SHORTEST), LONGEST)
        self._not_before = now + self._pause
        try:
            lasted = max(1, round((now - since).total_seconds()))
            await self._switchboard.note(RequestsRefused(dict(counts), lasted, ", ".join(addresses)))
        except JournalError as error:
            log.error("Refused requests could not be written down: %s", error)
            self._counts, self._addresses, self._since = counts + self._counts, addresses | self._addresses, since
