"""Questions that people ask of the journal: the port, and what its answers are made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agents.core.charges import Charge
from agents.core.events import Limit, Recorded
from agents.core.grants import Grant
from agents.core.ids import ActorId, AskId, RunId
from agents.core.trigger import Place, Source


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as lists show it."""

    run_id: RunId
    agent: str
    source: Source
    actor: ActorId
    place: Place | None
    text: str
    """What it was asked."""
    started_at: datetime
    moved_at: datetime
    """When its newest event happened."""
    outcome: str | None
    """None while it is open."""
    open_asks: int
    """How many questions wait for people."""
    steps: int
    tokens: int
    cost: float
    """US dollars."""
    number: int = 0
    """Its place among all runs: given as `before`, the list goes on behind this one."""


@dataclass(frozen=True, slots=True)
class AskSummary:
    """A question to people as lists show it."""

    ask_id: AskId
    run_id: RunId
    agent: str
    kind: str
    """`approval`, `doubt`, `limit` or `help`."""
    subject: str
    """The tool that would run, or the limit that was met."""
    state: str
    """`open`, `granted`, `denied`, `expired`, `void`, `superseded`, `withdrawn`, or what was chosen."""
    asked_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None = None
    decided_by: ActorId | None = None


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which events to show; what is None does not restrict."""

    run_id: RunId | None = None
    agent: str | None = None
    tool: str | None = None
    user: str | None = None
    """A user id, a `TEAM/USER` or a `local/NAME`."""
    since: datetime | None = None
    limit: int = 50
    """At most so many events, newest first."""
    before: int | None = None
    """The cursor of an earlier page: its `next`."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events, newest first."""

    events: tuple[Recorded, ...]
    next: int | None
    """Cursor of the page behind this one, or None at the end."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of a run: a labelled case."""

    run_id: RunId
    agent: str
    actor: ActorId
    name: str
    good: bool
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Spend:
    """What an agent used."""

    agent: str
    runs: int
    steps: int
    tokens: int
    cost: float
    """US dollars."""


class Ledger(Protocol):
    """Questions that people ask of the journal. Reads only."""

    async def runs(self, *, open_only: bool = False, limit: int = 20, before: int | None = None) -> tuple[RunSummary, ...]:
        """The newest runs first; `before` is the `number` of the last run of an earlier page."""

    async def find_runs(self, prefix: str) -> tuple[RunId, ...]:
        """The runs whose id begins so, at most ten."""

    async def asks(self, *, open_only: bool = True, limit: int = 50) -> tuple[AskSummary, ...]:
        """Questions to people, oldest first where only open ones are asked for, else newest first."""

    async def due(self, now: datetime) -> tuple[AskId, ...]:
        """Open questions whose end, reminder or second channel is due, the longest due first. Some may turn out not to be."""

    async def callbacks(self, now: datetime) -> tuple[RunId, ...]:
        """Runs whose end is to be told at an address now, the longest due first."""

    async def grants(self, *, limit: int = 100) -> tuple[Grant, ...]:
        """Grants, the newest first, those that do not hold any more too."""

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        """Those that hold at this moment, oldest first; also such as are used up."""

    async def charges(self, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
        """What counts against the limits of a day since one moment, and of a minute since another, in the order of the journal."""

    async def paused(self, limit: Limit) -> tuple[tuple[RunId, str], ...]:
        """The runs that wait because of this limit, each with its agent, the oldest question first."""

    async def labels(self, *, agent: str | None = None, limit: int = 100) -> tuple[Label, ...]:
        """What people said of runs, the newest first."""

    async def places(self, run_ids: Collection[RunId]) -> Mapping[RunId, RunSummary]:
        """These runs as lists show them, by their ids: to see who may read of them."""

    async def open_places(self, agent: str | None = None) -> tuple[Place, ...]:
        """One place a channel in which a run of this agent, or of any, is not over."""

    async def spend(self, since: datetime) -> tuple[Spend, ...]:
        """What each agent's runs that began since this moment used, the most expensive first."""

    async def audit(self, query: AuditQuery) -> AuditPage:
        """Events that the query admits, newest first."""
