"""What other systems say of alerts, as facts of the run that is their incident's. See `events.py` for what all events have in common."""

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass


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
    kind: Literal["signal_received"] = "signal_received"
    CONTENT: ClassVar = frozenset({"title", "severity", "labels", "links", "text"})
