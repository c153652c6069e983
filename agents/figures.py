"""What agents did in a stretch of time, in figures: the measures by which they are monitored themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from agents.core.terms import Outcome

WINDOW = timedelta(hours=1)
"""Figures are of the time before a moment that is so long."""

FEWEST = 5
"""Shares of fewer runs than this say nothing."""

OWED = timedelta(hours=1)
"""A run that has had nothing for people for so long is stuck."""


@dataclass(frozen=True, slots=True)
class Work:
    """One run, as far as figures need it."""

    agent: str
    started_at: datetime
    decided_at: datetime | None
    """When it first had something for people: a question or its end."""
    ended_at: datetime | None
    outcome: str | None
    """None while it is open."""
    escalated: bool
    """Whether it could not go on without people, approvals aside."""
    cost: float
    """US dollars so far."""
    quiet: bool = False
    """Whether it only tells of a finding, and nobody has asked anything."""


class WorkBook(Protocol):
    """What runs did. Reads only."""

    async def work(self, since: datetime) -> Sequence[Work]:
        """Runs that began, decided or ended since this moment, and those that are open and have decided nothing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one agent, in the window before one moment. None where there is too little to say."""

    decisions: int
    """Runs that came to a question for people or to their end."""
    error_rate: float | None
    """Share of the ended runs that failed, 0 to 1."""
    escalation_rate: float | None
    """Share of the decided runs that needed people, approvals aside, 0 to 1."""
    latency: float | None
    """Seconds from the trigger to the decision, of which 95 % of the runs took less."""
    stuck: int
    """Runs that were due for longer than `OWED` and have decided nothing."""
    cost: float
    """US dollars of the runs that began since midnight (UTC)."""

    def values(self, most: float | None) -> Mapping[str, float | None]:
        """By the names of measures; `most` is the agent's limit for a day in US dollars, None where it has none."""
        return {
            "decisions": float(self.decisions), "error_rate": self.error_rate, "escalation_rate": self.escalation_rate,
            "latency": self.latency, "stuck": float(self.stuck), "cost": self.cost, "budget": self.cost / most if most else None,
        }


def figures(work: Iterable[Work], at: datetime) -> Figures:
    """What these runs of one agent amount to at this moment."""
    begin, midnight = at - WINDOW, at.replace(hour=0, minute=0, second=0, microsecond=0)
    known = [one for one in work if one.started_at < at and not one.quiet]
    ended = [one for one in known if one.ended_at is not None and begin <= one.ended_at < at]
    decided = [one for one in known if one.decided_at is not None and begin <= one.decided_at < at]
    took = sorted((one.decided_at - one.started_at).total_seconds() for one in decided if one.decided_at is not None)
    return Figures(
        len(decided), _share([one.outcome == Outcome.FAILED for one in ended]), _share([one.escalated for one in decided]),
        took[max(0, -(-len(took) * 95 // 100) - 1)] if took else None,
        sum(one.started_at <= at - OWED and (one.decided_at is None or one.decided_at >= at) for one in known),
        sum(one.cost for one in known if one.started_at >= midnight),
    )


def _share(answers: Sequence[bool]) -> float | None:
    return sum(answers) / len(answers) if len(answers) >= FEWEST else None
