"""What holds beyond the one run: grants and halts, and what was used lately, as the database has them.

It is a copy and decides nothing for good: a grant that is gone is refused when its use is written.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from agents.core.errors import JournalError
from agents.core.events import CallJudged, GrantGiven, Recorded
from agents.core.grants import Grant, grant_of
from agents.core.ids import CONTROL, GrantId
from agents.core.switches import Halt, Switches, fold_switches
from agents.meter import ChargeBook, Meter
from agents.ports import Clock, Journal

log = logging.getLogger(__name__)


class Book(ChargeBook, Protocol):
    """Where grants and charges are looked up."""

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        """Those that hold at this moment, oldest first; also such as are used up."""


@dataclass(frozen=True, slots=True)
class _Holding:
    """The grants of one agent that hold."""

    grants: tuple[Grant, ...]
    """Oldest first."""
    until: datetime | None
    """When the first of them ends; None where there is none."""


class Standing:
    """The copy. `refresh` it at the start, and whenever something may have changed that nobody told it of.

    It is asked several times a step, and there may be thousands of grants: so it looks through them only when one of them changes.
    """

    def __init__(self, journal: Journal, book: Book, clock: Clock) -> None:
        self._journal = journal
        self._book = book
        self._clock = clock
        self._grants: dict[GrantId, Grant] = {}
        self._holding: dict[str, _Holding] = {}
        """By agent, as far as it is known."""
        self._noted = 0
        """How many changes of grants were noted."""
        self._refreshing = asyncio.Lock()
        """One at a time: each goes on from where the one before it has come."""
        self._watching: list[Callable[[], None]] = []
        self.switches = Switches()
        """Halts, as of the last refresh."""
        self.meter = Meter(clock)
        """What was used lately; filled by the first refresh, and by `note`."""
        self._filled = False

    async def refresh(self) -> None:
        """Look everything up again, halts before all else: while grants cannot be read none holds, and a halt counts all the same."""
        async with self._refreshing:
            await self._read_on()
            if not self._filled:
                await self.meter.fill(self._book)
                self._filled = True
            self._grants = {grant.grant_id: grant for grant in await self._read_grants()}
            self._holding.clear()

    async def follow(self) -> None:
        """Look up what was switched since the last time, and what was taken back."""
        async with self._refreshing:
            await self._read_on()

    async def _read_grants(self) -> tuple[Grant, ...]:
        noted: int | None = None
        found: tuple[Grant, ...] = ()
        while noted != self._noted:  # what was noted meanwhile may be missing in what was read
            noted = self._noted
            try:
                found = await self._book.live_grants(self._clock())
            except JournalError as error:
                log.error("The grants cannot be read, so none holds and everything asks: %s", error)
                return ()
        return found

    async def _read_on(self) -> None:
        before = self.switches.seq
        self.switches = fold_switches(await self._journal.read(CONTROL, after=before), self.switches)
        for grant_id in self.switches.revoked & self._grants.keys():
            self._forget(self._grants.pop(grant_id))
        if self.switches.seq != before:
            for moved in self._watching:
                moved()

    def watch(self, moved: Callable[[], None]) -> None:
        """Call this whenever something was switched."""
        self._watching.append(moved)

    def halt_of(self, agent: str) -> Halt | None:
        """What freezes this agent now."""
        return self.switches.halt_of(agent)

    def grants(self, agent: str) -> tuple[Grant, ...]:
        """The grants of this agent that hold now, oldest first."""
        now, known = self._clock(), self._holding.get(agent)
        if known is None or (known.until is not None and now >= known.until):
            live = tuple(grant for grant in self._grants.values() if grant.agent == agent and grant.live(now))
            known = self._holding[agent] = _Holding(live, min((grant.until for grant in live), default=None))
        return known.grants

    def note(self, rows: Iterable[Recorded]) -> None:
        """These events were written: what they gave is given here as well, and what they used up is used up."""
        rows = tuple(rows)
        self.meter.note(rows)
        for row in rows:
            if isinstance(row.event, GrantGiven):
                given = self._grants[row.event.grant_id] = grant_of(row, row.event)
                self._forget(given)
            elif isinstance(row.event, CallJudged) and (used := self._grants.get(GrantId(row.event.grant))):
                self._grants[used.grant_id] = replace(used, left=used.left - 1)
                self._forget(used)

    def _forget(self, changed: Grant) -> None:
        self._noted += 1
        self._holding.pop(changed.agent, None)
