"""How far a column's values have moved: distances between two summaries of it, each a metric to be judged against its own history.

A distance says how much has changed and never whether that is much: between two samples of the same values it is above zero, and the
more so the smaller they are. So there is no threshold here and no p-value; a detector looks at the distances of the past.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVELS = 21
"""Quantiles in a summary: the lowest value, each twentieth, the highest."""
BINS = 10
"""Bins of equally many values each, by the quantiles, in which two summaries are compared."""
FLOOR = 0.001
"""The share that an empty bin counts as: one value in a thousand."""
FARTHEST = 100.0
"""Spreads beyond which a shift says no more."""
TAIL = 0.05
"""The share of values at either end of which only bins are compared, not values: how far out the farthest lies is chance."""
TOP = 30
"""Categories that are told apart; the others are one."""


@dataclass(frozen=True, slots=True)
class NumericSummary:
    """The values of a numeric column in some stretch of time."""

    count: int
    """Rows."""
    nulls: int
    """Rows whose value is null or no finite number."""
    quantiles: tuple[float, ...]
    """Values at evenly spaced levels from the lowest to the highest; empty where there are none."""

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"kind": "numeric", **asdict(self), "quantiles": list(self.quantiles)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "NumericSummary":
        """What `as_json` told. Raises KeyError, TypeError or ValueError for anything else."""
        return numeric(int(told["count"]), int(told["nulls"]), [float(value) for value in told["quantiles"]])


@dataclass(frozen=True, slots=True)
class CategorySummary:
    """The values of a column of names in some stretch of time."""

    count: int
    """Rows."""
    nulls: int
    """Rows without a value."""
    top: tuple[tuple[str, int], ...]
    """The most frequent names and how often each was there, most frequent first. The rows that are left have other names."""

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"kind": "category", **asdict(self), "top": [list(entry) for entry in self.top]}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "CategorySummary":
        """What `as_json` told. Raises KeyError, TypeError or ValueError for anything else."""
        return categories(int(told["count"]), int(told["nulls"]), {str(name): int(rows) for name, rows in told["top"]})


def numeric(count: int, nulls: int, quantiles: Iterable[float]) -> NumericSummary:
    """A summary from what a query gives. Quantiles that are no numbers are left out, and the others sorted; nulls are at most the rows."""
    values = np.array(list(quantiles), dtype=np.float64)
    values = np.sort(values[np.isfinite(values)])
    nulls = min(max(nulls, 0), max(count, 0)) if values.size else max(count, 0)
    return NumericSummary(max(count, 0), nulls, tuple(map(float, values)))


def summed_up(values: Sequence[float] | Floats) -> NumericSummary:
    """A summary of a sample. What is no finite number counts as null."""
    sample = np.asarray(values, dtype=np.float64)
    known = sample[np.isfinite(sample)]
    quantiles = np.sort(known)[np.rint(np.linspace(0, known.size - 1, LEVELS)).astype(int)] if known.size else known
    return NumericSummary(int(sample.size), int(sample.size - known.size), tuple(map(float, quantiles)))


def categories(count: int, nulls: int, rows: Mapping[str, int], top: int = TOP) -> CategorySummary:
    """A summary from what a query gives: the rows of each name, or of the most frequent names."""
    known = sorted(((name, number) for name, number in rows.items() if number > 0), key=lambda entry: (-entry[1], entry[0]))
    nulls = max(nulls, 0)
    return CategorySummary(max(count, nulls + sum(number for _, number in known)), nulls, tuple(known[:top]))


def merged(parts: Sequence[NumericSummary]) -> NumericSummary:
    """All rows of several stretches together, each with the weight of its values: the reference that the next stretch is compared with."""
    count, nulls = sum(part.count for part in parts), sum(part.nulls for part in parts)
    known = [part for part in parts if part.quantiles and part.count > part.nulls]
    if not known:
        return numeric(count, count, ())
    weights = np.array([part.count - part.nulls for part in known], dtype=np.float64)
    edges = np.unique(np.concatenate([part.quantiles for part in known]))
    below = sum(_cumulative(part, edges, "left") * weight for part, weight in zip(known, weights, strict=True)) / weights.sum()
    through = sum(_cumulative(part, edges, "right") * weight for part, weight in zip(known, weights, strict=True)) / weights.sum()
    levels = np.linspace(0, 1, max(len(part.quantiles) for part in known))
    shares, values = np.column_stack([below, through]).ravel(), np.repeat(edges, 2)
    return NumericSummary(count, nulls, tuple(map(float, _between(levels, np.maximum.accumulate(shares), values))))


def merged_categories(parts: Sequence[CategorySummary], top: int = TOP) -> CategorySummary:
    """The same for names. A name that was not among the most frequent of a stretch counts there as another."""
    rows: dict[str, int] = {}
    for name, number in (entry for part in parts for entry in part.top):
        rows[name] = rows.get(name, 0) + number
    return categories(sum(part.count for part in parts), sum(part.nulls for part in parts), rows, top)


def psi(one: NumericSummary, other: NumericSummary) -> float:
    """The population stability index, with nulls as a bin of their own: 0 for the same, 6 to 14 for nothing in common.

    Bins come from the quantiles of each side in turn, and the mean counts, so that it does not matter which side is the reference. A
    stretch without rows says nothing: 0, its volume being a metric of its own.
    """
    if not one.count or not other.count:
        return 0.0
    edges = (_edges(one), _edges(other))
    return float(np.mean([_stability(_shares(one, bins), _shares(other, bins)) for bins in edges]))


def psi_categories(one: CategorySummary, other: CategorySummary) -> float:
    """The same for names: a bin for each of the most frequent names, one for all others and one for nulls."""
    if not one.count or not other.count:
        return 0.0
    names = ([name for name, _ in one.top], [name for name, _ in other.top])
    return float(np.mean([_stability(_shares_of_names(one, bins), _shares_of_names(other, bins)) for bins in names]))


def wasserstein(one: NumericSummary, other: NumericSummary) -> float:
    """How far the middle nine tenths of the values have moved on average, in the column's own unit; 0 where a side has none."""
    scale = max(map(abs, (*one.quantiles, *other.quantiles)), default=0.0)
    return _moved(one, other, scale) * scale if scale else 0.0


def shift(reference: NumericSummary, current: NumericSummary) -> float:
    """The same in spreads of the reference, `FARTHEST` at most.

    The spread is that of the middle half, as a standard deviation; where that half is one value the spread of the middle nine tenths, and
    never less than a hundredth of the median. For a column that was always zero it is that of the current values.
    """
    scale = max(map(abs, (*reference.quantiles, *current.quantiles)), default=0.0)
    moved = _moved(reference, current, scale) if scale else 0.0
    if not moved:
        return 0.0
    spread = _spread(reference, scale) or _spread(current, scale)
    return min(moved / spread, FARTHEST) if spread > moved / FARTHEST else FARTHEST


def _cumulative(summary: NumericSummary, at: Floats, side: str) -> Floats:
    """The share of values below each of these (`left`), or below and at it (`right`)."""
    quantiles = np.array(summary.quantiles)
    scale = float(np.abs(quantiles).max()) or 1.0
    values, first = np.unique(quantiles, return_index=True)
    last = np.append(first[1:], quantiles.size) - 1
    if values.size == 1:
        return np.asarray((values[0] < at) if side == "left" else (values[0] <= at), dtype=np.float64)
    levels = np.linspace(0, 1, quantiles.size)
    place = np.clip(np.searchsorted(values, at, side="right") - 1, 0, values.size - 2)
    low, high = values[place] / scale, values[place + 1] / scale
    within = (np.clip(at, values[0], values[-1]) / scale - low) / np.where(high > low, high - low, 1.0)
    share = levels[last[place]] + within * (levels[first[place + 1]] - levels[last[place]])
    exactly = np.searchsorted(values, at)
    hit = (exactly < values.size) & (values[np.minimum(exactly, values.size - 1)] == at)
    at_value = levels[(first if side == "left" else last)[np.minimum(exactly, values.size - 1)]]
    return np.where(hit, at_value, np.where(at < values[0], 0.0, np.where(at > values[-1], 1.0, share)))


def _between(at: Floats, levels: Floats, values: Floats) -> Floats:
    """Values at some levels, straight between the known ones. They are scaled first: a difference of the largest floats is no number."""
    scale = float(np.abs(values).max()) or 1.0
    return np.asarray(np.interp(at, levels, values / scale) * scale)


def _edges(summary: NumericSummary) -> Floats:
    """The ends of the bins that hold equally many of these values."""
    if not summary.quantiles:
        return np.empty(0)
    levels = np.linspace(0, 1, len(summary.quantiles))
    return np.unique(_between(np.linspace(0, 1, BINS + 1)[1:-1], levels, np.array(summary.quantiles)))


def _shares(summary: NumericSummary, edges: Floats) -> Floats:
    """The share of rows in each bin, at each of its ends, and null. What is at an end itself matters where many values are the same."""
    nulls = summary.nulls / summary.count
    if not summary.quantiles:
        return np.append(np.zeros(2 * edges.size + 1), 1.0)
    ends = np.column_stack([_cumulative(summary, edges, "left"), _cumulative(summary, edges, "right")]).ravel()
    inside = np.diff(np.concatenate([[0.0], ends, [1.0]]))
    return np.append(inside * (1 - nulls), nulls)


def _shares_of_names(summary: CategorySummary, names: Sequence[str]) -> Floats:
    rows = dict(summary.top)
    known = [rows.get(name, 0) for name in names]
    return np.array([*known, summary.count - summary.nulls - sum(known), summary.nulls], dtype=np.float64) / summary.count


def _stability(one: Floats, other: Floats) -> float:
    used = (one > 0) | (other > 0)
    low, high = np.maximum(one[used], FLOOR), np.maximum(other[used], FLOOR)
    low, high = low / low.sum(), high / high.sum()
    return float(np.sum((low - high) * np.log(low / high)))


def _moved(one: NumericSummary, other: NumericSummary, scale: float) -> float:
    """The mean distance of the two quantile functions without their tails, straight between their points; of values over `scale`."""
    if not one.quantiles or not other.quantiles:
        return 0.0
    own, others = np.linspace(0, 1, len(one.quantiles)), np.linspace(0, 1, len(other.quantiles))
    levels = np.union1d(np.union1d(own, others), (TAIL, 1 - TAIL))
    levels = levels[(levels >= TAIL) & (levels <= 1 - TAIL)]
    apart = np.interp(levels, own, np.array(one.quantiles) / scale) - np.interp(levels, others, np.array(other.quantiles) / scale)
    left, right = apart[:-1], apart[1:]
    both = np.abs(left) + np.abs(right)
    crossing = np.divide(left**2 + right**2, both, out=np.zeros_like(both), where=both > 0)
    mean = np.where(left * right < 0, crossing, both) / 2
    return float(np.sum(mean * np.diff(levels))) / (1 - 2 * TAIL)


def _spread(summary: NumericSummary, scale: float) -> float:
    levels = np.linspace(0, 1, len(summary.quantiles))
    tail, lower, middle, upper, top = np.interp((0.05, 0.25, 0.5, 0.75, 0.95), levels, np.array(summary.quantiles) / scale)
    robust = (upper - lower) / 1.349 or (top - tail) / 3.29
    return float(max(robust, abs(middle) / 100))
