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

SPARSE = 4
"""Tables of at most so many places a point are made to look things up in; beyond that they are searched for."""


@dataclass(frozen=True, slots=True)
class Days:
    """How the points of a series lie in UTC days. Days without a point have no row."""

    times: Ints
    """Unix seconds, never falling."""
    step: int
    """What lies between any two of them; 0 where that differs."""
    grid: int
    """Otherwise, what all that lies between them is a multiple of, if that leaves few holes; else 0."""
    after: Ints
    """By place on the grid: how many points are not after it."""
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
        gaps = np.diff(times)
        step = int(gaps[0]) if len(gaps) and (gaps == gaps[0]).all() else 0
        grid = 0 if step else int(np.gcd.reduce(gaps))
        grid = grid if grid and (times[-1] - times[0]) // grid < SPARSE * len(times) else 0
        places = np.arange(times[0], times[-1] + 1, grid) if grid else times[:0]
        after = np.searchsorted(times, places, side="right")
        return cls(times, step, grid, after, coarse, np.cumsum(first) - 1, number[start], start, np.append(start[1:], len(times)))

    def window(self, fine: int, coarse: int) -> Ints:
        """By row: the first row within so many days before it."""
        return np.searchsorted(self.number, self.number - np.where(self.coarse[self.start], coarse, fine))

    def running(self, values: Floats) -> tuple[Floats, Floats]:
        """By point the sum of its day's earlier points, and by row the day's sum."""
        length = self.end - self.start
        longest, last = int(length.max()), self.end - 1
        sums = np.empty_like(values)
        if len(length) * longest <= SPARSE * len(values):
            place = np.arange(len(values)) + (np.arange(len(length)) * longest - self.start).take(self.row)
            padded = np.zeros(len(length) * longest)
            padded[place] = values
            sums[1:] = padded.reshape(-1, longest).cumsum(axis=1).ravel().take(place[:-1])
        else:
            for a, b in zip(self.start.tolist(), self.end.tolist(), strict=True):
                np.cumsum(values[a : b - 1], out=sums[a + 1 : b])
        sums[self.start] = 0.0
        return sums, sums[last] + values[last]

    def before(self, values: Floats, fine: int = 28, coarse: int = 91) -> Floats:
        """By point: the sum over so many days before its day and its day's earlier points."""
        sums, whole = self.running(values)
        sums += self._over(whole, np.add, 0.0, fine, coarse).take(self.row)
        return sums

    def _over(self, whole: Floats, which: np.ufunc, nothing: float, fine: int, coarse: int) -> Floats:
        """By row the sum (or another such) of the days in the window before it."""
        low, row = self.window(fine, coarse), np.arange(len(self.start))
        older: Floats = which.reduceat(np.append(whole, nothing), np.stack([low, row], axis=1).ravel())[::2]
        older[low == row] = nothing
        return older

    def counts(self, which: Bools, fine: int = 28, coarse: int = 91) -> Ints:
        """As `before`, how many of these there are."""
        result: Ints = np.cumsum(which) - which
        result -= result[self.start[self.window(fine, coarse)]].take(self.row)
        return result

    def extreme(self, values: Floats, which: np.ufunc, nothing: float) -> Floats:
        """By point: the largest (or smallest) value of the 28 days before its day and of its day's earlier points (91 if coarse)."""
        older = self._over(which.reduceat(values, self.start), which, nothing, 28, 91)
        out = np.empty_like(values)
        out[1:] = values[:-1]
        out[self.start] = older
        for a, b in zip(self.start.tolist(), self.end.tolist(), strict=True):
            which.accumulate(out[a:b], out=out[a:b])
        return out

    def ordinary(self, values: Floats, share: float) -> Floats:
        """By point: what the maxima of this share of the days before its day do not exceed; 0 without a day before."""
        whole, out = np.maximum.reduceat(values, self.start), np.zeros(len(self.start))
        for row, low in enumerate(self.window(28, 91).tolist()):
            if row > low:
                out[row] = np.sort(whole[low:row])[round(share * (row - low - 1))]
        return out.take(self.row)

    def mean(self, values: Floats, first: Ints, *, own: bool) -> Floats:
        """By point: the mean of the values from `first`, at most a day before it, to its own or else to the one before it."""
        sums, whole = self.running(values)
        point = np.arange(len(values))
        first = np.minimum(first, point if own else np.maximum(point - 1, 0))
        rows = self.row.take(first)
        sums -= sums.take(first) - whole.take(rows) * (rows != self.row)
        if own:
            sums += values
        result: Floats = sums / np.maximum(point - first + own, 1)
        if not own:
            result[0] = values[0]
        return result

    def since(self, span: int) -> Ints:
        """By point: the first point that is less than so many seconds before it."""
        if self.step:
            return np.maximum(np.arange(len(self.times)) - (span - 1) // self.step, 0)
        return self._search(self.times - span)

    def at(self, lag: int, tolerance: Ints) -> tuple[Ints, Bools]:
        """By point: which earlier point is nearest to so many seconds before it, and whether one is within the tolerance."""
        times, point, wanted = self.times, np.arange(len(self.times)), self.times - lag
        if self.step and lag % self.step == 0:
            return np.maximum(point - lag // self.step, 0), (wanted >= times[0] - tolerance) & (point > 0)
        after = np.minimum(self._search(wanted), len(times) - 1)
        before = np.maximum(after - 1, 0)
        later, earlier = times.take(after) - wanted, wanted - times.take(before)
        nearer = np.abs(later) < np.abs(earlier)
        index = np.where(nearer, after, before)
        return index, (np.abs(np.where(nearer, later, earlier)) <= tolerance) & (index < point)

    def _search(self, wanted: Ints) -> Ints:
        """How many points are not after these times, which have the distances of the points."""
        if self.grid and (wanted[0] - self.times[0]) % self.grid == 0:
            place = (wanted - self.times[0]) // self.grid
            return np.where(place < 0, 0, self.after.take(np.maximum(place, 0)))
        return np.searchsorted(self.times, wanted, side="right")
