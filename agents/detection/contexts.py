"""What a point was expected to be, from three contexts: the last hour, the same time of earlier days, the same time of earlier weeks.

Each context is weighted by its trailing errors, after Bates and Granger, "The Combination of Forecasts" (1969), with a sharper choice: the
inverse square of the mean square error, so that a context that errs a third as much has 81 times the weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.detection.days import DAY, Bools, Days, Floats, Ints

HOUR = 3_600
"""Seconds."""

NEAR = 11
"""At most so many points are the last hour; an odd number."""

TINY = 1e-110
"""Nothing is divided by less; its square is still a number."""


Context = tuple[Floats, Bools]
"""By point what is expected, and whether anything is."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """The expectations of each point, by context. Of a context that says nothing, the point's own value stands for it."""

    days: Days
    values: Floats
    tolerance: Ints
    """Seconds within which two times of day are the same."""
    floor: Floats
    """By point: an error that is not worth telling from none."""
    hour: Ints
    """By point: the first of the hour up to it."""

    def expected(self) -> tuple[Floats, Floats, Ints]:
        """By point: what all contexts expect; what 1 and 2 expect alone; and which context weighs most.

        They are 0, the median of the last hour; 1, earlier days; 2, earlier weeks; 3, days and weeks, moved by what the last hour was off.
        """
        point = np.arange(len(self.values))
        first = np.maximum(np.minimum(self.hour, point - 1), np.maximum(point - NEAR, 0))
        contexts = [(medians(self.values, first), point > 0), *self.profiles()]
        errors = [self._errors(*each) for each in contexts]
        slow = self._blended(contexts[1:], errors[1:])
        near = slow + self.days.mean(self.values - slow, first, own=False), contexts[1][1] | contexts[2][1]
        contexts, errors = [*contexts, near], [*errors, self._errors(*near)]
        return self._blended(contexts, errors), slow, _least(errors)

    def profiles(self) -> tuple[Context, Context]:
        """Means of this time on the last 7 days, and in the last 4 weeks (8 of daily data), moved to today's level; and where any are."""
        coarse, times = self.days.coarse, self.days.times
        level = self._level()
        beyond = self.values - level
        old, late = coarse | (times >= times[0] + DAY), ~self._early()
        (days, of_days), (weeks, of_weeks) = ((np.zeros(len(times)), np.zeros(len(times))) for _ in range(2))
        for lag in (*range(1, 8), 14, 21, 28, *((35, 42, 49, 56) if coarse.any() else ())):
            index, near = self.days.at(lag * DAY, self.tolerance)
            near &= coarse if lag > 28 else old
            found = beyond.take(index)
            if lag <= 7:
                days += found * near
                of_days += near
            if lag % 7 == 0:
                near &= late.take(index)
                weeks += found * near
                of_weeks += near
        return self._shape(days, of_days, level), self._shape(weeks, of_weeks, level)

    def _shape(self, sums: Floats, counts: Floats, level: Floats) -> Context:
        said = counts > 0
        return np.where(said, sums / np.maximum(counts, 1.0) + level, self.values), said

    def _level(self) -> Floats:
        """Means of the day before each point; of the week before in daily data. The first day has one, which is not used before its end."""
        days = self.days
        level = days.mean(self.values, days.since(DAY), own=False)
        if days.coarse.any():
            total, count = days.before(self.values, 7, 7), days.counts(np.ones(len(self.values), dtype=bool), 7, 7)
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

    def _errors(self, expected: Floats, said: Bools) -> Floats:
        """By point: a context's mean square error over 7 days (28 of daily data); large before it had one; infinite if it is mute."""
        counts = self.days.counts(said, 7, 28)
        squares = self.days.before((self.values - expected) ** 2, 7, 28) + 5.0 * self.floor**2
        errors = np.maximum(squares / (counts + 5.0), TINY**2) * np.where(counts < 1, 1e3, 1.0)
        return np.where(said, errors, np.inf)

    def _blended(self, contexts: Sequence[Context], errors: Sequence[Floats]) -> Floats:
        """The mean of the contexts, weighted by the inverse squares of their mean square errors; the own value where all are mute."""
        best = errors[0]
        for each in errors[1:]:
            best = np.minimum(best, each)
        some = np.isfinite(best)
        best = np.where(some, best, 0.0)
        sums, total = np.zeros_like(best), np.zeros_like(best)
        for (expected, _), each in zip(contexts, errors, strict=True):
            weights = (best / each) ** 2
            sums += weights * expected
            total += weights
        return np.where(some, sums / np.where(some, total, 1.0), self.values)


def _least(errors: Sequence[Floats]) -> Ints:
    """By point: the first of those with the smallest error."""
    which, best = np.zeros(len(errors[0]), dtype=np.int64), errors[0]
    for number, each in enumerate(errors[1:], 1):
        which = np.where(each < best, number, which)
        best = np.minimum(best, each)
    return which


def medians(values: Floats, first: Ints) -> Floats:
    """By point: the median of the values from `first`, at most `NEAR` before it, up to the one before it; the first itself."""
    have = np.arange(len(values)) - first
    padded = np.concatenate([np.full(NEAR, np.inf), values])
    window = np.lib.stride_tricks.sliding_window_view(padded, NEAR)[: len(values)]
    middle: Floats = np.partition(window, NEAR // 2, axis=1)[:, NEAR // 2]
    few = np.flatnonzero(have < NEAR)
    unseen = np.arange(NEAR)[np.newaxis] < NEAR - have[few, np.newaxis]
    ordered = np.sort(np.where(unseen, np.inf, window[few]), axis=1)
    low, high = np.maximum((have[few] - 1) // 2, 0), have[few] // 2
    each = np.arange(len(few))
    middle[few] = (ordered[each, low] + ordered[each, high]) / 2
    middle[0] = values[0]
    return middle
