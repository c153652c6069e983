"""The newest points of a series, judged and told for a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from agents.detection.days import Bools, Ints
from agents.detection.judgement import Judgement, judge
from agents.detection.points import checked, prepared

FAR = 100.0
"""Beyond so many usual errors the number says nothing more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one point."""

    at: int
    """Its time, Unix seconds."""
    value: float
    score: float
    """As `points.score`: 1 alerts at a sensitivity of 1, and what was told before scores 0."""
    height: float
    """How far it is off by itself or by the mean of its hour, told before or not; 1 is the edge at this sensitivity, 0 while it learns."""
    expected: float
    low: float
    """From here to `high` the point's own deviation alerts nobody at this sensitivity. Both are infinite while it learns."""
    high: float
    direction: Literal["above", "below"]
    """On which side of what was expected it is, or the mean of its hour if that is why it fires."""
    fires: bool
    """It is worth an alert: it is out of its range, or the mean of its hour is, and nothing as high was told in the hours before."""
    learning: bool
    """There is less than a day of history, or fewer than 7 points. Nothing fires."""
    why: str
    """One plain sentence."""

    @property
    def outside(self) -> bool:
        """Whether the value is out of its range, be it told before or not."""
        return not self.low < self.value < self.high


def judge_newest(
    timestamps: ArrayLike,
    values: ArrayLike,
    *,
    newest: int = 1,
    sensitivity: float = 1.0,
    excluded: Sequence[tuple[int, int]] = (),
    relearn_from: int | None = None,
    zone: tzinfo = UTC,
) -> tuple[Judged, ...]:
    """What is said of the `newest` items of these (see `points.score`), oldest first; the others are their history, 28 days or more.

    Items from the first to the last second of an excluded range are left out, as are those before `relearn_from`: they are no history, and
    nothing is said of them. Nothing is said of a value that is not finite either. `zone` is for the words alone. Raises ValueError.
    """
    checked(sensitivity)
    times, numbers, finite = prepared(timestamps, values)
    asked = np.arange(len(finite))[finite] >= len(finite) - newest
    kept = _kept(times, excluded, relearn_from)
    times, numbers, asked = times[kept], numbers[kept], asked[kept]
    if not asked.any():
        return ()
    judgement = judge(times, numbers)
    return tuple(_said(judgement, times, float(numbers[i]), i, 1.0 / sensitivity, zone) for i in np.flatnonzero(asked).tolist())


def _kept(times: Ints, excluded: Sequence[tuple[int, int]], relearn_from: int | None) -> Bools:
    kept: Bools = np.full(len(times), True) if relearn_from is None else times >= relearn_from
    for first, last in excluded:
        kept &= (times < first) | (times > last)
    return kept


def _said(judgement: Judgement, times: Ints, value: float, i: int, height: float, zone: tzinfo) -> Judged:
    learning, at = bool(judgement.learning[i]), int(times[i])
    low, high = (-np.inf, np.inf) if learning else (judgement.limit(i, height, -1), judgement.limit(i, height, 1))
    score, point, hour = (float(each[i]) for each in (judgement.score, judgement.point, judgement.hour))
    fires = score >= height
    off = float(judgement.drift[i]) if point < height <= hour else value - float(judgement.expected[i])
    direction: Literal["above", "below"] = "above" if off > 0 else "below"
    why = _why(judgement, at, value, i, height, fires, zone)
    expected = float(judgement.expected[i])
    return Judged(at, value, score, max(point, hour) / height, expected, low, high, direction, fires, learning, why)


def _why(judgement: Judgement, at: int, value: float, i: int, height: float, fires: bool, zone: tzinfo) -> str:
    if judgement.learning[i]:
        return "Nothing is said yet: a day of history and 7 points are needed first."
    point, hour = float(judgement.point[i]), float(judgement.hour[i])
    if max(point, hour) < height:
        return "It is within the expected range."
    if point < height:
        side = "above" if judgement.drift[i] > 0 else "below"
        words = f"The mean of the last hour is {side} what earlier days and weeks show, by more than usual"
    else:
        words = _deviation(judgement, at, value, i, zone)
    return f"{words}." if fires else f"{words}, as was told when it began."


def _deviation(judgement: Judgement, at: int, value: float, i: int, zone: tzinfo) -> str:
    times = abs(value - float(judgement.expected[i])) / float(judgement.spread[i])
    side = "above" if value > judgement.expected[i] else "below"
    words = f"{'More than 100' if times > FAR else f'{times:.1f}'} times the usual deviation {side} {_context(judgement, at, i, zone)}"
    if value > judgement.most[i] or value < judgement.least[i]:
        words += f", and {side} everything in the {'13' if judgement.coarse[i] else '4'} weeks before"
    return words


def _context(judgement: Judgement, at: int, i: int, zone: tzinfo) -> str:
    """What the expectation rests on most."""
    when, coarse = datetime.fromtimestamp(at, zone), bool(judgement.coarse[i])
    match int(judgement.leading[i]):
        case 0:
            return "what the values just before show"
        case 1:
            return "what the days before show" if coarse else f"what {when:%H:%M} shows on other days"
        case 2:
            return f"what {when:%A}s show" if coarse else f"what {when:%A}s at {when:%H:%M} show"
        case _:
            return "what the last hour and the same time of earlier days let expect"
