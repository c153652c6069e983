"""Alerts of one incident: what is known of each, when they are over, and what of them is news to the model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from agents.core.events_of_signals import SignalReceived
from agents.core.finding import Finding
from agents.core.trigger import Trigger

Status = Literal["firing", "resolved"]

WHOLE = 10
"""So many alerts of one message are told with all that is known of them, the others by their titles."""

NAMED = 40
"""So many of those are named; of the rest there is a count."""

TITLE, TEXT, LABELS = 200, 1500, 400
"""Characters of each that are told."""

SEVERITIES = ("critical", "fatal", "emergency", "page", "error", "high", "major", "warning", "medium", "minor", "low", "info", "notice")
"""From the worst down; what is not here comes last."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What another system says of one alert."""

    fingerprint: str
    status: Status
    title: str
    severity: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    text: str = ""
    began: str = ""
    """See `SignalReceived.began`."""
    key: str = ""
    """What it is known by when its source says it again though nothing has changed; empty where the source says each thing once."""
    finding: Finding | None = None
    """See `SignalReceived.finding`."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stands."""

    fingerprint: str
    status: Status
    title: str
    severity: str
    labels: Mapping[str, str]
    links: tuple[str, ...]
    text: str
    began: str = ""
    count: int = 1
    """How often something was heard of it."""
    finding: Finding | None = None
    ended: datetime | None = None
    """When it was over; None while it fires."""
    over: str = ""
    """Why it is over, in one sentence; empty while it fires, and where nobody said."""
    peak: Finding | None = None
    """The finding as it was when it was farthest outside."""


def is_late(known: Alert | None, said: SignalReceived | Signal) -> bool:
    """Whether this is the begin of something that is known to be over already."""
    return known is not None and (known.status, said.status) == ("resolved", "firing") and bool(said.began) and said.began == known.began


def after(known: Alert | None, event: SignalReceived, at: datetime) -> Alert:
    """The alert once this was heard of it, at this moment. A firing that was resolved before it arrived stays resolved."""
    status: Status = "resolved" if is_late(known, event) else event.status
    count = known.count + 1 if known else 1
    finding = event.finding or (known.finding if known else None)
    ended = ((known and known.ended) or at) if status == "resolved" else None
    over = (event.finding.why if event.finding else event.text) if event.status == "resolved" else known.over if known and ended else ""
    return Alert(
        event.fingerprint, status, event.title, event.severity, event.labels, event.links, event.text, event.began, count, finding, ended,
        over, _peak(known, event),
    )


def _peak(known: Alert | None, event: SignalReceived) -> Finding | None:
    """The finding when it was farthest outside. A new firing begins anew."""
    before = known.peak if known and not (known.status == "resolved" and event.status == "firing" and not is_late(known, event)) else None
    if event.finding is None or (before is not None and (event.status == "resolved" or event.finding.score <= before.score)):
        return before
    return event.finding


def ended(alert: Alert, at: datetime) -> Alert:
    """The alert once it is over, because somebody says so."""
    return alert if alert.status == "resolved" else replace(alert, status="resolved", ended=at)


def is_resolved(alerts: Mapping[str, Alert]) -> bool:
    """Whether there were alerts, and none of them is left."""
    return bool(alerts) and all(alert.status == "resolved" for alert in alerts.values())


def counted(alerts: Mapping[str, Alert]) -> str:
    """How many fire, of how many, and how often something was heard of them: what a message shows of them changes with it."""
    firing = sum(alert.status == "firing" for alert in alerts.values())
    return f"{firing}/{len(alerts)}/{sum(alert.count for alert in alerts.values())}"


def rank(severity: str) -> int:
    """How bad it is: 0 is the worst."""
    return SEVERITIES.index(severity.lower()) if severity.lower() in SEVERITIES else len(SEVERITIES)


def worst(alerts: Iterable[Alert]) -> Alert | None:
    """The most severe alert, rather one that fires, and of several the first; None where there is none."""
    return min(alerts, key=lambda alert: (alert.status != "firing", rank(alert.severity)), default=None)


def foremost(alerts: Iterable[Alert]) -> Alert | None:
    """The worst finding, rather one that goes on, and of equally severe ones that which is furthest outside; None where there is none."""
    return min(
        (alert for alert in alerts if alert.finding),
        key=lambda alert: (alert.status != "firing", rank(alert.severity), -(alert.finding.score if alert.finding else 0.0)), default=None,
    )


def shared(alerts: Iterable[Alert]) -> dict[str, str]:
    """The labels that all of them have, with the same value."""
    first, *others = [alert.labels for alert in alerts] or [{}]
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in others)}


def told(news: Sequence[Alert], alerts: Mapping[str, Alert]) -> str:
    """What the model is told of what has changed: in words that stay few, however many alerts there are."""
    firing = [alert for alert in news if alert.status == "firing"]
    over = [alert for alert in news if alert.status == "resolved"]
    lines = [*_of(firing, "firing", whole=True), *_of(over, "resolved", whole=len(alerts) == len(over) <= WHOLE)]
    left = sum(alert.status == "firing" for alert in alerts.values())
    if left == 0:
        lines.append("All alerts of this incident are resolved now.")
    else:
        lines.append(f"Of the {_alerts(len(alerts))} of this incident, {left} {'is' if left == 1 else 'are'} firing.")
    return "\n".join(lines)


def first_key(incident: str, previous: str) -> str:
    """The dedupe key of the run that an incident starts, behind the previous one: of two that start it at once, one does."""
    return f"incident:{incident}:{previous}"


def previous_of(trigger: Trigger) -> str:
    """The run that this incident had before; empty where this is its first."""
    return trigger.dedupe_key.removeprefix(first_key(trigger.incident, ""))


def _of(alerts: Sequence[Alert], what: str, *, whole: bool) -> list[str]:
    if not alerts:
        return []
    shown = WHOLE if whole else 0
    lines = [f"{_alerts(len(alerts))} {what}:", *(_in_full(alert) for alert in alerts[:shown])]
    lines += [f"- {_line(alert)}" for alert in alerts[shown:shown + NAMED]]
    left = len(alerts) - shown - NAMED
    return [*lines, f"- and {left} more"] if left > 0 else lines


def _in_full(alert: Alert) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in alert.labels.items())
    parts = (_line(alert), f"labels: {_cut(labels, LABELS)}" if labels else "", _cut(alert.text, TEXT), *alert.links[:3])
    return "- " + "\n  ".join(part for part in parts if part)


def _line(alert: Alert) -> str:
    return f"[{alert.severity}] {_cut(alert.title, TITLE)}" if alert.severity else _cut(alert.title, TITLE)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def _alerts(count: int) -> str:
    return f"{count} alert{'' if count == 1 else 's'}"
