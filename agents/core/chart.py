"""What a chart shows, without anything that draws: a metric's values, the band in which they were expected, and where it went wrong."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.core.finding import Finding

Point = tuple[int, float | None]
"""Unix seconds, and the value; None where nothing was measured."""

Band = tuple[int, float, float]
"""Unix seconds, and a lowest and a highest value."""

LETTERS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over the last days."""

    points: tuple[Point, ...]
    """In the order of time."""
    band: tuple[Band, ...] = ()
    """The lowest and the highest value that was expected then."""
    since: int | None = None
    """Unix seconds when the anomaly that is told of began; None where nothing is wrong."""
    unit: str = ""
    """What is counted: `ms`, `%`, `rows`."""
    title: str = ""
    """The metric's name."""
    marked: tuple[int, ...] = ()
    """Unix seconds of the points that are anomalous by themselves."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast beside the days before it."""

    history: Series
    """What was measured; its band and marks are not drawn."""
    central: tuple[tuple[int, float], ...]
    """Unix seconds, and the value that is most likely then."""
    range: tuple[Band, ...]
    """The two values between which it will be four times out of five."""
    limit: float | None = None
    """The value that must not be reached."""


def charted(finding: Finding) -> Series:
    """The series of a finding, with its band and its onset."""
    title = f"{finding.measure} of {finding.subject}"
    return Series(finding.points, finding.band, int(finding.since.timestamp()), finding.unit, title)


def outlooked(finding: Finding) -> Outlook:
    """The forecast of a finding, with its range and its limit."""
    return Outlook(replace(charted(finding), band=(), since=None), finding.central, finding.band, finding.limit)


def finite(value: float | None) -> float | None:
    """The value; None for what is no number."""
    return value if value is not None and math.isfinite(value) else None


def short(value: float | None, digits: int = 3) -> str:
    """A value in so many digits: `1.23M`, `0.05`; a dash for what is no number."""
    number = finite(value)
    if number is None:
        return "–"
    almost = 1 - 0.5 / 10**digits
    for power, letter in LETTERS:
        if almost * power <= abs(number) < almost * 1000 * power:
            return f"{number / power:.{digits}g}{letter}"
    return f"{number:.{digits}g}"


def measure(value: float | None, unit: str) -> str:
    """A value with its unit: `12.4k rows`, `3.1%`."""
    return f"{short(value)}{'' if unit == '%' or not unit else ' '}{unit}"


def thinned(series: Series, most: int) -> Series:
    """The same with at most so many points, bands and marks, because what is stored must be small.

    Of each stretch its lowest and its highest value stay, so that no spike gets lost, and the last point of all. A stretch without values
    stays as one gap.
    """
    points = _thinned(series.points, most)
    kept = {at for at, _ in points}
    marked = tuple(at for at in series.marked if at in kept)
    return replace(series, points=points, band=_spread(series.band, most), marked=marked[:most])


def _thinned(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    if len(points) <= most:
        return tuple(points)
    kept: list[Point] = []
    earlier, stretches = points[:-1], (most - 1) // 2
    for number in range(stretches):
        stretch = earlier[number * len(earlier) // stretches : (number + 1) * len(earlier) // stretches]
        kept += _extremes(stretch)
    return (*kept, points[-1]) if most > 0 else ()


def _extremes(points: Sequence[Point]) -> list[Point]:
    """The lowest and the highest of these points, in the order of time; the first where none has a value."""
    values = [(value, place) for place, (_, given) in enumerate(points) if (value := finite(given)) is not None]
    if not values:
        return [(points[0][0], None)]
    return [points[place] for place in sorted({min(values)[1], max(values)[1]})]


def _spread(items: Sequence[Band], most: int) -> tuple[Band, ...]:
    """At most so many of the items, evenly from the first to the last."""
    if len(items) <= most:
        return tuple(items)
    if most < 2:
        return tuple(items[-1:]) if most == 1 else ()
    return tuple(items[place * (len(items) - 1) // (most - 1)] for place in range(most))
