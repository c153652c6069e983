"""Grants: approvals that people give ahead, for calls of one kind, so often and so long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.core.events import GrantGiven, Recorded
from agents.core.ids import ActorId, GrantId, canonical


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody who grants allows."""

    seconds: int
    """How long."""
    uses: int
    """How often."""
    fixed: tuple[str, ...]
    """Names of the arguments that have to be as in the call that was approved."""


LONGEST = 7 * 24 * 3600
"""Seconds of a grant at most."""
MOST = 1000
"""Uses of a grant at most."""


@dataclass(frozen=True, slots=True)
class Grant:
    """An approval given ahead for a bounded kind of call."""

    grant_id: GrantId
    agent: str
    tool: str
    digest: str
    """Of the tool's definition."""
    arguments: Mapping[str, Any]
    """Those that have to be just these."""
    by: ActorId
    name: str
    """How people call whoever gave it."""
    given_at: datetime
    until: datetime
    uses: int
    """How often it could be used when it was given."""
    left: int
    """How often it can still be used."""
    revoked_at: datetime | None = None
    revoked_by: str = ""
    """How people call whoever took it back."""
    free: tuple[str, ...] | None = None
    """Names of the arguments that may be anything; what is in neither may not be there at all. None where all others may be anything."""

    def live(self, now: datetime) -> bool:
        """Whether it holds at this moment. One whose last use is under way still does."""
        return self.revoked_at is None and now < self.until

    def covers(self, agent: str, tool: str, digest: str, arguments: Mapping[str, Any]) -> bool:
        """Whether a call of this agent is of the kind that was granted, and may use it up by one."""
        if self.left < 1 or (agent, tool, digest) != (self.agent, self.tool, self.digest):
            return False
        if not self.arguments.keys() <= arguments.keys():
            return False
        if self.free is not None and not arguments.keys() <= {*self.arguments, *self.free}:
            return False  # nobody has looked at what this argument does
        return canonical({name: arguments[name] for name in self.arguments}) == canonical(self.arguments)


def grant_of(row: Recorded, event: GrantGiven) -> Grant:
    """The grant that this event gave, as it was then."""
    return Grant(
        event.grant_id, row.agent, event.tool, event.digest, event.arguments, row.actor, event.name, row.at, event.until,
        event.uses, left=event.uses, free=event.free,
    )
