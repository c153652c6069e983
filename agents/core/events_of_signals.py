"""What other systems say of alerts, as facts of the run that is their incident's. See `events.py` for what all events have in common."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from agents.core.finding import Finding, Mark


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """An alert began, goes on, or is resolved. It may come after the run's end, and changes nothing of what the run did."""

    key: str
    """Dedupe key: what the same signal is known by when it is delivered again."""
    fingerprint: str
    """Which alert it is, whatever its state."""
    status: Literal["firing", "resolved"]
    title: str
    severity: str
    labels: dict[str, str]
    links: tuple[str, ...]
    text: str
    began: str = ""
    """What tells one firing of this alert from the next, such as its start; empty where its source does not say."""
    tainted: bool = False
    """Whether an outsider could have written it."""
    finding: Finding | None = None
    """What a monitor of ours found; None where the alert comes from another system."""
    kind: Literal["signal_received"] = "signal_received"
    CONTENT: ClassVar = frozenset({"title", "severity", "labels", "links", "text", "finding"})


@dataclass(frozen=True, slots=True)
class FindingMarked:
    """A person said what they think of the findings of an incident. It may come after the run's end."""

    mark: Mark
    name: str
    """How people call whoever said it."""
    until: datetime | None = None
    """When a snooze ends."""
    advice: str = ""
    """What is proposed where false alarms are more than people put up with; empty for nothing."""
    kind: Literal["finding_marked"] = "finding_marked"
    CONTENT: ClassVar = frozenset({"advice"})
