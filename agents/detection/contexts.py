"""What a point was expected to be, from three contexts: the last hour, the same time of earlier days, the same time of earlier weeks.

Each context is weighted by its trailing errors, after Bates and Granger, "The Combination of Forecasts" (1969), with a sharper choice: the
inverse square of the mean square error, so that a context that errs a third as much has 81 times the weight.
"""

from dataclasses import dataclass

import numpy as np

from agents.detection.days import DAY, Bools, Days, Floats, Ints

HOUR = 3_600
"""Seconds."""

NEAR = 12
"""At most so many points are the last hour."""

TINY = 1e-110
"""Nothing is divided by less; its square is still a number."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """The expectations of each point, by context. Where a context says nothing it is NaN."""

    days: Days
    values: Floats
    tolerance: Ints
    """Seconds within which two times of day are the same."""
    floor: Floats
    """By point: an error that is not worth telling from none."""

    def expected(self) -> tuple[Floats, Floats, Ints]:
        """By point: what all contexts expect; what 1 and 2 expect alone; and which context weighs most. NaN where none says anything.

        They are 0, the median of the last hour; 1, earlier days; 2, earlier weeks; 3, days and weeks, moved by what the last hour was off.
        """
        first = self._since_hour()
        contexts = np.stack([medians(self.values, first), *self.profiles()])
        said = ~np.isnan(contexts)
        counts = self.days.before(said.astype(np.float64), 7, 28)
        errors = self._errors(contexts, said, counts)
        slow = blended(contexts[1:], errors[1:])
        near = slow + np.nan_to_num(medians(np.nan_to_num(self.values - slow), first))
        either = said[1] | said[2]
        more = self._errors(near[np.newaxis], either[np.newaxis], np.maximum(counts[1:2], counts[2:3]))
        errors = np.vstack([errors, more])
        return blended(np.vstack([contexts, near]), errors), slow, errors.argmin(axis=0)

    def profiles(self) -> tuple[Floats, Floats]:
        """Means of the same time of the last 7 days, and of the last 4 weeks (8 of daily data), moved to the level of now."""
        coarse = self.days.coarse
        level = self._level()
        beyond = self.values - level
        n, times = len(level), self.days.times
        old, early = coarse | (times >= times[0] + DAY), self._early()
        sums, counts = np.zeros((2, n)), np.zeros((2, n))
        for lag in (*range(1, 8), 14, 21, 28, *((35, 42, 49, 56) if coarse.any() else ())):
            index, near = self.days.at(lag * DAY, self.tolerance)
            near &= coarse if lag > 28 else old
            for which, fits in enumerate((lag <= 7, lag % 7 == 0)):
                if fits:
                    fit = near & ~early[index] if which else near
                    sums[which] += np.where(fit, beyond[index], 0.0)
                    counts[which] += fit
        shapes = np.where(counts > 0, sums / np.maximum(counts, 1) + level, np.nan)
        return shapes[0], shapes[1]

    def _level(self) -> Floats:
        """Means of the day before each point; of the week before in daily data. The first day has one, which is not used before its end."""
        days, times = self.days, self.days.times
        level = days.mean(self.values, np.searchsorted(times, times - DAY, side="right"), own=False)
        if days.coarse.any():
            total, count = days.before(np.stack([self.values, np.ones_like(self.values)]), 7, 7)
            level = np.where(days.coarse & (count > 0), total / np.maximum(count, 1), level)
        early = self._early()
        if early.any():
            level[early] = self.values[early].mean()
        return level

    def _early(self) -> Bools:
        """Which points are of the first day, whose level is that of no other day before it."""
        times = self.days.times
        early: Bools = (times < times[0] + DAY) & ~self.days.coarse
        return early

    def _since_hour(self) -> Ints:
        times, point = self.days.times, np.arange(len(self.values))
        first = np.searchsorted(times, times - HOUR)
        return np.maximum(np.minimum(first, point - 1), np.maximum(point - NEAR, 0))

    def _errors(self, contexts: Floats, said: Bools, counts: Floats) -> Floats:
        """By context and point: its mean square error over 7 days (28 of daily data); large before it had one; infinite if mute."""
        squares = self.days.before(np.where(said, self.values - contexts, 0.0) ** 2, 7, 28)
        errors = np.maximum((squares + 5.0 * self.floor**2) / (counts + 5.0), TINY**2)
        errors[counts < 1] *= 1e3
        errors[~said] = np.inf
        return errors


def blended(contexts: Floats, errors: Floats) -> Floats:
    """The mean of the contexts, weighted by the inverse squares of their mean square errors; NaN where none says anything."""
    best = errors.min(axis=0)
    some = np.isfinite(best)
    weights = np.where(np.isfinite(errors), np.where(some, best, 0.0) / errors, 0.0) ** 2
    total = np.where(some, weights.sum(axis=0), 1.0)
    result: Floats = np.where(some, np.nansum(weights * contexts, axis=0) / total, np.nan)
    return result


def medians(values: Floats, first: Ints) -> Floats:
    """By point: the median of the values from `first`, at most `NEAR` before it, up to the one before it; NaN for the first point."""
    have = np.arange(len(values)) - first
    padded = np.concatenate([np.full(NEAR, np.inf), values])
    window = np.lib.stride_tricks.sliding_window_view(padded, NEAR)[: len(values)]
    ordered = np.sort(window, axis=1)
    middle: Floats = (ordered[:, NEAR // 2 - 1] + ordered[:, NEAR // 2]) / 2
    few = np.flatnonzero(have < NEAR)
    unseen = np.arange(NEAR)[np.newaxis] < NEAR - have[few, np.newaxis]
    ordered = np.sort(np.where(unseen, np.inf, window[few]), axis=1)
    low, high = np.maximum((have[few] - 1) // 2, 0), have[few] // 2
    each = np.arange(len(few))
    middle[few] = np.where(have[few] > 0, (ordered[each, low] + ordered[each, high]) / 2, np.nan)
    return middle
