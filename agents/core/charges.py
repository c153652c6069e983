"""What counts against limits beyond the one run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agents.core.events import Limit, LimitAnswered, ModelAnswered, Recorded, ToolStarted


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that counts against a limit beyond one run."""

    kind: Literal["started", "spent", "raised"]
    """A tool was started; a model answered; somebody raised what the agent may spend in that day."""
    at: datetime
    agent: str
    tool: str = ""
    """What was started."""
    cost: float = 0.0
    """What the answer cost, in US dollars."""
    name: str = ""
    """How people call whoever raised it."""


def charge_of(row: Recorded) -> Charge | None:
    """What an event counts for; None where it counts for nothing."""
    match row.event:
        case ToolStarted(tool=tool):
            return Charge("started", row.at, row.agent, tool)
        case ModelAnswered(cost=cost):
            return Charge("spent", row.at, row.agent, cost=cost)
        case LimitAnswered(limit=Limit.DAY, choice="raise", name=name):
            return Charge("raised", row.at, row.agent, name=name)
    return None
