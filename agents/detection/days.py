"""Sums and extremes of a series over the days before each of its points, without looking ahead and without losing precision.

A running sum over everything, of which an older one is taken away, has lost the digits of small numbers once a large one has gone
through it. So sums begin anew with each UTC day, and whole days are added up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Days:
    """How the points of a series lie in UTC days. Days without a point have no row."""

    times: Ints
    """Unix seconds, never falling."""
    coarse: Bools
    """By point: the series has about a point a day or fewer."""
    row: Ints
    """By point: which row of those below its day is."""
    number: Ints
    """By row: days since 1970."""
    start: Ints
    """By row: its first point."""
    end: Ints
    """By row: the point after its last."""

    @classmethod
    def of(cls, times: Ints, coarse: Bools) -> "Days":
        """The days of these times, of which there is at least one."""
        number = times // DAY
        first = np.concatenate(([True], number[1:] != number[:-1]))
        start = np.flatnonzero(first)
        return cls(times, coarse, np.cumsum(first) - 1, number[start], start, np.append(start[1:], len(times)))

    def since(self, fine: int, coarse: int) -> Ints:
        """By row: the first row within so many days before it."""
        return np.searchsorted(self.number, self.number - np.where(self.coarse[self.start], coarse, fine))

    def running(self, values: Floats) -> tuple[Floats, Floats]:
        """For each series (a row of `values`): by point the sum of its day's earlier points, and by row the day's sum."""
        sums, whole = np.empty_like(values), np.empty((len(values), len(self.start)))
        for row, (a, b) in enumerate(zip(self.start.tolist(), self.end.tolist(), strict=True)):
            sums[:, a] = 0.0
            np.cumsum(values[:, a : b - 1], axis=1, out=sums[:, a + 1 : b])
            whole[:, row] = sums[:, b - 1] + values[:, b - 1]
        return sums, whole

    def before(self, values: Floats, fine: int = 28, coarse: int = 91) -> Floats:
        """For each series: by point the sum over so many days before its day and its day's earlier points."""
        sums, whole = self.running(values)
        older = np.empty_like(whole)
        for row, low in enumerate(self.since(fine, coarse).tolist()):
            older[:, row] = whole[:, low:row].sum(axis=1)
        return sums + older[:, self.row]

    def extreme(self, values: Floats, which: np.ufunc, nothing: float) -> Floats:
        """By point: the largest (or smallest) value of the 28 days before its day and of its day's earlier points (91 if coarse)."""
        whole, out = which.reduceat(values, self.start), np.empty_like(values)
        for row, low in enumerate(self.since(28, 91).tolist()):
            a, b = self.start[row], self.end[row]
            out[a] = which.reduce(whole[low:row], initial=nothing)
            out[a + 1 : b] = values[a : b - 1]
            which.accumulate(out[a:b], out=out[a:b])
        return out

    def ordinary(self, values: Floats, share: float) -> Floats:
        """By point: what the maxima of this share of the days before its day do not exceed; 0 without a day before."""
        whole, out = np.maximum.reduceat(values, self.start), np.zeros(len(self.start))
        for row, low in enumerate(self.since(28, 91).tolist()):
            if row > low:
                out[row] = np.sort(whole[low:row])[round(share * (row - low - 1))]
        return out[self.row]

    def mean(self, values: Floats, first: Ints, *, own: bool) -> Floats:
        """By point: the mean of the values from `first`, at most a day before it, to its own or else to the one before it."""
        sums, whole = self.running(values[np.newaxis])
        point = np.arange(len(values))
        first = np.minimum(first, point if own else np.maximum(point - 1, 0))
        total = sums[0] - sums[0][first] + np.where(self.row[first] != self.row, whole[0][self.row[first]], 0.0)
        if own:
            total += values
        count = point - first + own
        return np.where(count > 0, total / np.maximum(count, 1), values)

    def at(self, lag: int, tolerance: Ints) -> tuple[Ints, Bools]:
        """By point: which earlier point is nearest to so many seconds before it, and whether one is within the tolerance."""
        times = self.times
        wanted, point = times - lag, np.arange(len(times))
        index = np.maximum(point - (len(times) - 1 - int(np.searchsorted(times, wanted[-1]))), 0)
        rest = np.flatnonzero((times[index] != wanted) & (wanted + tolerance >= times[0])) if self._rising() else point
        after = np.searchsorted(times, wanted[rest])
        before = np.maximum(after - 1, 0)
        after = np.minimum(after, len(times) - 1)
        nearer = np.abs(times[after] - wanted[rest]) < np.abs(wanted[rest] - times[before])
        index[rest] = np.where(nearer, after, before)
        return index, (np.abs(times[index] - wanted) <= tolerance) & (index < point)

    def _rising(self) -> bool:
        return bool(np.all(self.times[1:] > self.times[:-1]))
