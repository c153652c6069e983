"""False alarms against what people put up with, and the sensitivity that would have told of fewer."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pydantic.dataclasses import dataclass

LEAST = 0.1
"""No lower sensitivity is proposed: a watch that needs it should be another one."""

MARGIN = 0.95
"""So far below the edge the false alarms would have stayed."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding of one series, as far as noise needs it."""

    series: str
    """Fingerprint of the series."""
    measure: str
    """Name of the watch; empty where that is not known any more."""
    score: float
    """How far outside it was at most; 1 is the edge. 0 where that is not known."""
    is_false: bool
    """Whether somebody said that it was a false alarm."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """A watch whose false alarms are over its budget, and what would have been with a lower sensitivity."""

    monitor: str
    measure: str
    false: int
    """False alarms of its series in a week."""
    series: int
    """Series that have more of them than people put up with."""
    budget: float
    sensitivity: float = 1.0
    proposed: float | None = None
    """None where no lower one would help, or where too little is known to tell."""
    spared: int = 0
    """So many of the false alarms would not have been told of."""
    lost: int = 0
    """And so many of the others."""
    others: int = 0
    """Findings of the week that nobody has called false."""


def too_loud(monitor: str, alarms: Sequence[Alarm], sensitivities: Mapping[str, float], budget: float) -> tuple[Tuning, ...]:
    """The watches of a monitor with series that have more false alarms in these `alarms`, of a week, than the budget; the worst first."""
    by_watch: defaultdict[str, list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        by_watch[alarm.measure].append(alarm)
    made = [_tuned(monitor, measure, found, sensitivities.get(measure), budget) for measure, found in by_watch.items()]
    return tuple(sorted((one for one in made if one is not None), key=lambda one: (-one.false, one.measure)))


def _tuned(monitor: str, measure: str, alarms: Sequence[Alarm], sensitivity: float | None, budget: float) -> Tuning | None:
    false = [alarm for alarm in alarms if alarm.is_false]
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for alarm in false:
        scores[alarm.series].append(alarm.score)
    loud = [sorted(found, reverse=True) for found in scores.values() if len(found) > budget]
    if not loud:
        return None
    others = [alarm for alarm in alarms if not alarm.is_false]
    bare = Tuning(monitor, measure, len(false), len(loud), budget, sensitivity or 1.0, others=len(others))
    if sensitivity is None:
        return bare
    edge = max(found[math.floor(budget)] for found in loud)  # the first of each series that is one too many
    proposed = _rounded(sensitivity * MARGIN / edge) if edge >= 1 and math.isfinite(edge) else 0.0
    if not LEAST <= proposed < sensitivity:
        return bare
    factor = proposed / sensitivity
    spared, lost = (sum(0 < alarm.score * factor < 1 for alarm in found) for found in (false, others))
    return Tuning(monitor, measure, len(false), len(loud), budget, sensitivity, proposed, spared, lost, len(others))


def advice(tuning: Tuning) -> str:
    """What people are told of it, in plain words."""
    often = f"{tuning.false} false alarms in a week" if tuning.false > 1 else "A false alarm in a week"
    put_up = f"{tuning.budget:g} a series is what was put up with"
    first = f"{tuning.measure or 'Something'} of {tuning.monitor}: {often}; {put_up}."
    if tuning.proposed is None:
        return f"{first} No lower sensitivity would have helped: look at what it measures, or at its bucket."
    others = f"{tuning.others} other {'finding' if tuning.others == 1 else 'findings'}"
    lost = f" Of the {others} {tuning.lost} would have been missed." if tuning.others else ""
    return (
        f"{first} With sensitivity: {tuning.proposed:g} instead of {tuning.sensitivity:g}, {tuning.spared} of them would not have been "
        f"told.{lost}"
    )


def _rounded(value: float) -> float:
    """Two figures that count, rounded down."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.floor(value / step) * step, 6)
