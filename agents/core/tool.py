"""What the rules need to know of a tool. How a tool is called is none of their business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Risk(StrEnum):
    """How bad a wrong call is. Undeclared is high."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low, 1 for medium, 2 for high."""
        return list(Risk).index(self)


class Effect(StrEnum):
    """What a call changes. Undeclared is external."""

    NONE = "none"
    """It reads."""
    INTERNAL = "internal"
    """It changes our own systems."""
    EXTERNAL = "external"
    """It reaches outsiders, moves money or sends data out."""


class Repeat(StrEnum):
    """What may be done with a call that was started and whose outcome is unknown."""

    FREE = "free"
    """Run it again: repeating is harmless."""
    KEYED = "keyed"
    """Run it again with the same idempotency key and the same bytes: the other side keeps it to one effect."""
    NEVER = "never"
    """Never by itself: ask the tool's probe, or a person."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one argument. Exactly one of the tests is set; an argument that is absent meets none of them."""

    argument: str
    equals: Any = None
    one_of: tuple[Any, ...] = ()
    matches: str | None = None
    """A regular expression that is searched for in the argument's text; what is too long to be searched counts as met."""
    above: float | None = None
    """The argument is a number greater than this; what is not a number counts as above, because it cannot be judged."""


@dataclass(frozen=True, slots=True)
class RiskRule:
    """Raises a call's risk where its arguments meet the condition; it never lowers it."""

    when: Condition
    risk: Risk


@dataclass(frozen=True, slots=True)
class Undo:
    """How a call is taken back: by a call of this or of another tool."""

    tool: str
    arguments: Mapping[str, Any]
    """Templates: `{name}` is the call's argument, `{result.a.b}` a field of its result, which is JSON."""
    within: timedelta
    """How long after its end it can be taken back."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool as the policy, the model and the approval card see it."""

    name: str
    description: str
    schema: Mapping[str, Any]
    """JSON Schema of its arguments, an object."""
    digest: str
    """SHA-256 of its whole definition; an approval binds to it."""
    risk: Risk = Risk.HIGH
    risk_rules: tuple[RiskRule, ...] = ()
    effect: Effect = Effect.EXTERNAL
    repeat: Repeat = Repeat.NEVER
    probe: bool = False
    """Whether the tool can say if a call happened."""
    preview: bool = False
    """Whether the tool can show what a call would change."""
    taints: bool = False
    """Whether its results hold text that an outsider could have written."""
    grantable: bool = True
    """Whether people may let its calls run ahead of time."""
    undo: Undo | None = None
    """How a call of it is taken back; None where it cannot be."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the operator says of it, such as `environment: production`; the policy's rules look at them."""
    asks: bool = False
    """Whether a call of it is a question to people in words: nothing runs, and what somebody writes next is its result."""
    personal: bool = False
    """Whether it is sent personal data: tokens in its arguments are put back before they are judged."""
    unsure_below: float = 0.0
    """Where the call's `confidence` is less than this, or is no number, it is a question to the operators instead."""
    per_minute: int = 0
    """How often a minute it may be called before people are asked; 0 for as often as is needed."""
    foreign: bool = False
    """Whether outsiders wrote its description: whoever is shown it has read what they wrote."""
