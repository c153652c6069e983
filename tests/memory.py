"""A journal in memory, with the fences of the real one."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agents.core import events as e
from agents.core.charges import Charge, charge_of
from agents.core.errors import GrantGone, JournalConflict
from agents.core.fold import fold
from agents.core.grants import Grant
from agents.core.ids import CONTROL, GrantId, RunId
from agents.core.trigger import Place, Source

UNSHOWN = (e.SignalReceived, e.FindingMarked, e.ClickRefused, e.PostStarted)
"""See `unshown`."""


class MemoryJournal:
    """A journal in memory, with the same conditional append."""

    def __init__(self) -> None:
        self.rows: dict[RunId, list[e.Recorded]] = {}
        self.appends = 0

    async def append(self, run_id: RunId, facts: Sequence[e.Fact], *, after: int, agent: str) -> tuple[e.Recorded, ...]:
        await asyncio.sleep(0)
        rows = self.rows.get(run_id, [])
        if len(rows) != after:
            raise JournalConflict(f"{run_id} is at {len(rows)}, not at {after}.")
        self._admit_grants(facts)
        new = [e.Recorded(run_id, after + i + 1, f.at, f.actor, agent, f.event) for i, f in enumerate(facts)]
        self.rows.setdefault(run_id, []).extend(new)
        self.appends += 1
        return tuple(new)

    def _admit_grants(self, facts: Sequence[e.Fact]) -> None:
        """Each use of a grant has to be one that it still has, as in the database."""
        left = {grant.grant_id: grant for grant in grants_of(self)}
        for fact in facts:
            if isinstance(fact.event, e.CallJudged) and fact.event.grant:
                grant = left[GrantId(fact.event.grant)]
                if grant.left < 1 or not grant.live(fact.at):
                    raise GrantGone(f"{grant.grant_id} does not hold any more.")
                left[grant.grant_id] = replace(grant, left=grant.left - 1)

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[e.Recorded, ...]:
        await asyncio.sleep(0)
        return tuple(self.rows.get(run_id, ())[after:])

    async def open_runs(self) -> tuple[RunId, ...]:
        return tuple(i for i, rows in self.rows.items() if i != CONTROL and not fold(rows).over)

    async def last_in_thread(self, place: Place) -> RunId | None:
        found = [fold(rows) for i, rows in self.rows.items() if i != CONTROL and fold(rows).trigger.place == place]
        hearing = sorted(reversed(found), key=lambda run: (run.over, not run.over and run.trigger.source is Source.UNDO))
        return hearing[0].run_id if hearing else None

    async def last_of_incident(self, incident: str) -> RunId | None:
        await asyncio.sleep(0)
        found = [i for i, rows in self.rows.items() if i != CONTROL and fold(rows).trigger.incident == incident]
        return found[-1] if found else None

    async def unshown(self) -> tuple[RunId, ...]:
        return tuple(i for i, rows in self.rows.items() if isinstance(rows[-1].event, UNSHOWN))

    async def charges(self, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
        found = [charge for rows in self.rows.values() for row in rows if (charge := charge_of(row))]
        kept = (charge for charge in found if charge.at >= (started_since if charge.kind == "started" else since))
        return tuple(sorted(kept, key=lambda charge: charge.at))

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        return tuple(grant for grant in grants_of(self) if grant.live(now))


def grants_of(journal: MemoryJournal) -> list[Grant]:
    """Every grant that a journal in memory holds, as it is now."""
    rows = [row for rows in journal.rows.values() for row in rows]
    revoked = {r.event.grant_id: r for r in rows if isinstance(r.event, e.GrantRevoked)}
    used = Counter(r.event.grant for r in rows if isinstance(r.event, e.CallJudged))
    return [
        Grant(
            g.grant_id, r.agent, g.tool, g.digest, g.arguments, r.actor, g.name, r.at, g.until, g.uses, g.uses - used[g.grant_id],
            revoked[g.grant_id].at if g.grant_id in revoked else None, free=g.free,
        )
        for r in rows if isinstance(g := r.event, e.GrantGiven)
    ]
