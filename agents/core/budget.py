"""What a run may use up, and when it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agents.core.events import Limit
from agents.core.state import Run

FAILURES = 3
"""The same call failing so often in a row trips the breaker."""

MALFORMED = 2
"""So many calls in a row that do not fit their schema, the first of which was returned to the model, pause the run."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use before it has to ask. Each time people raise a limit, the run may use as much again."""

    steps: int = 25
    """Turns of the model."""
    tokens: int = 200_000
    """Tokens of all turns, cached or not."""
    cost: float = 0.50
    """US dollars."""
    time: timedelta = timedelta(minutes=15)
    """Time since the start, without what people were waited for."""
    cost_per_day: float | None = None
    """US dollars in a day (UTC) for all runs of the agent together; None for no limit."""


@dataclass(frozen=True, slots=True)
class Used:
    """What was used lately beyond the one run."""

    calls: Mapping[str, int] = field(default_factory=dict)
    """By tool: how often it was started in the last minute, by any agent."""
    spent: float = 0.0
    """US dollars that the agent has spent in this day (UTC), all its runs together."""
    raised: float = 0.0
    """What it had spent when somebody last raised its limit of this day: from there it may spend as much again."""
    raised_by: str = ""
    """How people call whoever did that; empty where nobody has, today."""


@dataclass(frozen=True, slots=True)
class Day:
    """What an agent with a limit for the day has spent in this one."""

    spent: float
    """US dollars."""
    most: float
    """US dollars that it may spend until the day ends (UTC)."""
    raised_by: str
    """How people call whoever raised it; empty where nobody has."""


def day_of(limits: Limits, used: Used) -> Day | None:
    """The agent's day; None where it has no limit."""
    return None if limits.cost_per_day is None else Day(used.spent, used.raised + limits.cost_per_day, used.raised_by)


def day_reached(agent: str, limits: Limits, used: Used) -> tuple[Limit, str] | None:
    """Whether the agent has spent what it may today, with the figures in words; None where it may go on."""
    day = day_of(limits, used)
    if day is None or day.spent < day.most:
        return None
    return Limit.DAY, f"{agent} has spent {day.spent:.2f} of {day.most:.2f} US dollars today (UTC), all its runs together."


def reached(run: Run, limits: Limits, now: datetime) -> tuple[Limit, str] | None:
    """The first limit that the run has met, with its figures in words; None where it may go on."""
    if run.model_error:
        return Limit.MODEL, f"The model could not be reached: {run.model_error}"
    if run.malformed >= MALFORMED:
        return Limit.MALFORMED, f"The model wrote {run.malformed} calls in a row that do not fit their tools."
    for key, count in run.failures.items():
        if count >= FAILURES:
            return Limit.BREAKER, f"The same call of {key.partition(' ')[0]} came to nothing {count} times."
    return _used_up(run, limits, now)


def _used_up(run: Run, limits: Limits, now: datetime) -> tuple[Limit, str] | None:
    allowed = (
        (Limit.STEPS, limits.steps, "{0} of {1:.0f} turns of the model"),
        (Limit.TOKENS, limits.tokens, "{0:,} of {1:,.0f} tokens"),
        (Limit.COST, limits.cost, "{0:.2f} of {1:.2f} US dollars"),
        (Limit.TIME, limits.time.total_seconds() / 60, "{0:.0f} of {1:.0f} minutes"),
    )
    used = run.used(now)
    for limit, amount, words in allowed:
        most = run.raised.get(limit, 0) + amount
        if used[limit] >= most:
            return limit, f"It has used {words.format(used[limit], most)}."
    return None
