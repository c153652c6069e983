"""What people have said ahead or for all: the grants that hold and the halts, as the database has them.

It is a copy and decides nothing for good: a grant that is gone is refused when its use is written.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from agents.core.errors import JournalError
from agents.core.events import CallJudged, Event
from agents.core.grants import Grant
from agents.core.ids import CONTROL, GrantId
from agents.core.switches import Halt, Switches, fold_switches
from agents.ports import Clock, Journal

log = logging.getLogger(__name__)


class GrantBook(Protocol):
    """Where grants are looked up."""

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        """Those that hold at this moment, oldest first; also such as are used up."""


class Standing:
    """The copy. `refresh` it at the start, and whenever something may have changed."""

    def __init__(self, journal: Journal, book: GrantBook, clock: Clock) -> None:
        self._journal = journal
        self._book = book
        self._clock = clock
        self._grants: dict[GrantId, Grant] = {}
        self._refreshing = asyncio.Lock()
        """One at a time: each goes on from where the one before it has come."""
        self.switches = Switches()
        """Halts, as of the last refresh."""

    async def refresh(self) -> None:
        """Look everything up again, halts before all else: while grants cannot be read none holds, and a halt counts all the same."""
        async with self._refreshing:
            self.switches = fold_switches(await self._journal.read(CONTROL, after=self.switches.seq), self.switches)
            try:
                self._grants = {grant.grant_id: grant for grant in await self._book.live_grants(self._clock())}
            except JournalError as error:
                self._grants = {}
                log.error("The grants cannot be read, so none holds and everything asks: %s", error)

    def halt_of(self, agent: str) -> Halt | None:
        """What freezes this agent now."""
        return self.switches.halt_of(agent)

    def grants(self, agent: str) -> tuple[Grant, ...]:
        """The grants of this agent that hold now, oldest first."""
        now = self._clock()
        return tuple(grant for grant in self._grants.values() if grant.agent == agent and grant.live(now))

    def note(self, events: Iterable[Event]) -> None:
        """These events were written: what they used up is used up here as well."""
        for event in events:
            if isinstance(event, CallJudged) and (used := self._grants.get(GrantId(event.grant))):
                self._grants[used.grant_id] = replace(used, left=used.left - 1)
