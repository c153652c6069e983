"""Lists of what somebody may see: a page is full before it ends."""

from collections.abc import Mapping
from dataclasses import replace

from agents.core.approval import Voter
from agents.core.events import Recorded
from agents.core.ids import CONTROL, RunId
from agents.ledger import AuditPage, AuditQuery, Ledger, RunSummary
from bot.visibility import Visibility

CHUNK = 200
"""Rows that are looked through at once for those that somebody may see."""

CHUNKS = 25
"""Chunks that are looked through for one page. Where that finds too few, the next page goes on from there."""


class Seen:
    """The ledger's lists without what somebody may not see. It checks no level."""

    def __init__(self, ledger: Ledger, visibility: Visibility) -> None:
        self._ledger = ledger
        self._visibility = visibility

    async def runs(
        self, voter: Voter, most: int, *, open_only: bool, before: int | None = None
    ) -> tuple[list[RunSummary], int | None]:
        """The newest runs that this person may see, and where the list goes on; None at its end."""
        seen: list[RunSummary] = []
        for _ in range(CHUNKS):
            found = await self._ledger.runs(open_only=open_only, limit=CHUNK, before=before)
            for one in found:
                if len(seen) == most:
                    return seen, before
                if await self._visibility.may_see(voter, one):
                    seen.append(one)
                before = one.number
            if len(found) < CHUNK:
                return seen, None
        return seen, before

    async def events(self, query: AuditQuery, voter: Voter) -> AuditPage:
        """A page of the events that this person may see. Its cursor is behind the last event that was looked at."""
        seen: list[Recorded] = []
        cursor, limit = query.before, query.limit
        for _ in range(CHUNKS):
            page = await self._ledger.audit(replace(query, before=cursor, limit=limit))
            kept = await self._kept(page, voter)
            room = query.limit - len(seen)
            if len(kept) > room or (len(kept) == room and page.next is not None):
                last = kept[room - 1]
                page = await self._ledger.audit(replace(query, before=cursor, limit=page.events.index(last) + 1))
                return AuditPage((*seen, *kept[:room]), page.next)
            seen += kept
            cursor, limit = page.next, CHUNK
            if cursor is None:
                break
        return AuditPage(tuple(seen), cursor)

    async def _kept(self, page: AuditPage, voter: Voter) -> list[Recorded]:
        places: Mapping[RunId, RunSummary] = await self._ledger.places({row.run_id for row in page.events} - {CONTROL})
        may = {run_id: await self._visibility.may_see(voter, run) for run_id, run in places.items()}
        return [row for row in page.events if (may.get(row.run_id) if row.run_id != CONTROL else voter.covers(row.agent))]
