"""Small words that events, policy and state share."""

from enum import StrEnum
from typing import Any

from pydantic.dataclasses import dataclass

from agents.core.ids import CallId


class Decision(StrEnum):
    """What the policy says of a call."""

    ALLOW = "allow"
    NOTIFY = "notify"
    """Run it and tell people."""
    ASK = "ask"
    """Wait for a countersignature."""
    DENY = "deny"
    SIMULATE = "simulate"
    """Record what would have been done, and do nothing."""


class Stop(StrEnum):
    """Why the model stopped writing."""

    END = "end_turn"
    TOOLS = "tool_use"
    LENGTH = "max_tokens"
    REFUSAL = "refusal"


class Outcome(StrEnum):
    """How a run ended."""

    ANSWERED = "answered"
    STOPPED = "stopped"
    """A person ended it."""
    HANDED_OVER = "handed over"
    """A person took the case over."""
    FAILED = "failed"
    """It could not go on, and says why."""
    RESOLVED = "resolved"
    """What it told of ended before anybody had it looked into."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call, as the endpoint counted them."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """All tokens, cached or not."""
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that the model asked for."""

    call_id: CallId
    tool: str
    arguments: dict[str, Any]
    malformed: str | None = None
    """What the model wrote where its arguments could not be read as a JSON object."""


class Limit(StrEnum):
    """What a run can run out of, or be stopped by."""

    STEPS = "steps"
    TOKENS = "tokens"
    COST = "cost"
    TIME = "time"
    DAY = "cost per day"
    """What the agent may spend in a day, all its runs together."""
    BREAKER = "breaker"
    """The same call failed three times."""
    MALFORMED = "malformed"
    """The model wrote arguments that do not fit, was told, and did it again."""
    MODEL = "model"
    """The model could not be reached, or gave nothing usable."""
