"""What a monitor found: enough to report it, and to look into it, without asking anybody."""

import math
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic.dataclasses import dataclass

from agents.core.ids import fingerprint

Direction = Literal["above", "below", "missing", "changed", "failed"]
"""Outside the expected range, no data where some were due, another shape than before, or a monitor that could not look at all."""

DRAWN = 3
"""A series of fewer values is no picture."""

TINY = 1e-9
"""A range as narrow as this is that of a series that never changed."""

WEEK = 7 * 86400
"""Seconds after which a forecast that goes on is drawn anew."""

PATHS, LINES = 3, 6
"""So many suspects are told, each with so many lines of evidence."""


class Mark(StrEnum):
    """What a person says of a finding."""

    ACKNOWLEDGED = "acknowledged"
    """Somebody looks after it; it stays open."""
    SNOOZED = "snoozed"
    """Nothing more is said of it until a time."""
    LEARN = "learn"
    """Expected, and normal from now on: what was usual before is forgotten."""
    EXCLUDE = "exclude"
    """Expected, and an exception: it is left out of what is usual."""
    FALSE_ALARM = "false alarm"
    """It was usual all along; it counts against the monitor."""

    @property
    def closes(self) -> bool:
        """Whether the finding is over with it."""
        return self not in (Mark.ACKNOWLEDGED, Mark.SNOOZED)


@dataclass(frozen=True, slots=True)
class Suspect:
    """Where a finding may come from."""

    node: str
    """Name of the table, model, source or job."""
    path: tuple[str, ...] = ()
    """Names from it to where the finding is, both included."""
    grounding: str = ""
    """How well that is known, in a few words: `measured`, `changed`, `inferred`."""
    evidence: tuple[str, ...] = ()
    """What speaks for it, a line each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Samples of one series outside its baseline, with all that a report shows of them."""

    monitor: str
    measure: str
    """What was measured, such as `volume` or `null_rate(amount)`."""
    subject: str
    """Of what: a table and column, a query, with the dimensions (`region=eu`)."""
    direction: Direction
    since: datetime
    """When it began."""
    why: str
    """Why it fired, in one sentence."""
    unit: str = ""
    observed: float | None = None
    """The newest judged value; None where there is none."""
    low: float | None = None
    """Lower end of the expected range, in the unit."""
    high: float | None = None
    score: float = 0.0
    """How far outside, in the detector's own measure; 1 is the edge."""
    points: tuple[tuple[int, float | None], ...] = ()
    """The series before and after: Unix seconds and value, few enough for a picture."""
    band: tuple[tuple[int, float, float], ...] = ()
    """The expected range: Unix seconds, lower and upper end."""
    owner: str = ""
    node: str = ""
    """Its place in the lineage; empty where it has none."""
    suspects: tuple[Suspect, ...] = ()
    """Where it may come from, the likeliest first."""
    impact: tuple[str, ...] = ()
    """What lies downstream of it."""
    action: str = ""
    """What is proposed, in a sentence."""
    central: tuple[tuple[int, float], ...] = ()
    """Of a forecast: Unix seconds and what is most likely then, with `band` around it; its limit is the end of the expected range."""

    @property
    def limit(self) -> float | None:
        """What a forecast must not reach; None where it is none."""
        return (self.low if self.direction == "below" else self.high) if self.central else None


def told(finding: Finding) -> str:
    """The finding in words, for a model and for everybody who sees no picture."""
    since = f"Since {finding.since:%Y-%m-%d %H:%M} UTC."
    lines = [f"{finding.measure} of {finding.subject}: {_values(finding)}".rstrip(), f"{since} {finding.why}"]
    for number, suspect in enumerate(finding.suspects[:PATHS], 1):
        path = f", by way of {' → '.join(suspect.path)}" if len(suspect.path) > 1 else ""
        lines.append(f"Suspect {number} ({suspect.grounding or 'unknown'}): {suspect.node}{path}")
        lines += [f"  {line}" for line in suspect.evidence[:LINES]]
    if finding.impact:
        lines.append(f"Downstream: {', '.join(finding.impact)}")
    if finding.owner:
        lines.append(f"Owner: {finding.owner}")
    if finding.action:
        lines.append(f"Proposed: {finding.action}")
    return "\n".join(lines)


def number(value: float, unit: str = "") -> str:
    """A value for people: four figures that count, and its unit. What is nearly zero is."""
    value = 0.0 if abs(value) < TINY else value
    text = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.4g}"
    return f"{text} {unit}".rstrip()


def expected(finding: Finding) -> str:
    """The expected range; empty where there is none."""
    low, high, unit = finding.low, finding.high, finding.unit
    if low is not None and high is not None:
        if number(low) == number(high):
            return number(high, unit)
        return f"{number(low)} to {number(high, unit)}"
    if low is not None:
        return f"at least {number(low, unit)}"
    return f"at most {number(high, unit)}" if high is not None else ""


def drawing(finding: Finding) -> str:
    """What its picture is known by: another one is drawn when this changes, which is when people would see something else in it.

    Empty where there is nothing to draw.
    """
    if sum(value is not None for _, value in finding.points) < DRAWN:
        return ""
    doubled = max(0, math.floor(math.log2(max(finding.score, 1.0)))) if math.isfinite(finding.score) else -1
    ahead = [str(finding.central[0][0] // WEEK)] if finding.central else []
    shown = (finding.monitor, finding.measure, finding.subject, finding.direction, finding.since.isoformat(), str(doubled), *ahead)
    return fingerprint(*shown)[:16]


def _values(finding: Finding) -> str:
    observed = "" if finding.observed is None else number(finding.observed, finding.unit)
    range_ = expected(finding)
    return f"{observed}{', ' if observed and range_ else ''}{f'expected {range_}' if range_ else ''}"
