"""How unusual each point of a series is.

A point's error against what its contexts expect counts in units of the usual error, and more if the value lies outside of all that was seen
in 28 days. The mean of the last hour is judged as well, against earlier days and weeks alone: a shift may be small for each point and large
for an hour, and on a day that is different throughout each point is as the one before lets expect.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from agents.detection.contexts import HOUR, TINY, Contexts
from agents.detection.days import DAY, Bools, Days, Floats, Ints

CALM = 2.65
"""So many usual errors alert by default in hourly data of long standing."""

SHARE = 0.01
"""No usual error is taken to be smaller than this share of the level and of the range: a flat series has none at all."""

STEEP = 0.2
"""So much of what the expectation changes in an hour is usual error: a rise may come some minutes earlier or later than it did."""

CUT = 6.0
"""Errors count for the usual one up to so many times what was usual before: one incident does not hide the next."""

WEEK = 168
"""Points in a week of hourly data."""

GROWN = 1.5
"""Within an hour an episode is told again where it is so many times as high as it was."""

OUT = 6.0
"""What lies as far outside of all that was seen as that is wide counts for so many usual errors more."""

ODD = 3.0
"""So many usual errors make an hour odd."""

FEW = 0.8
"""So much the mean of an hour counts where it is the mean of one point or two."""

RARE = 0.12
"""Data that come more rarely than so many times as often as hourly data are judged as if they came so often."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of each point of a series; arrays of one length."""

    score: Floats
    """1 is where the default sensitivity alerts. 0 while it learns, and while an episode goes on that scored before."""
    point: Floats
    """The same of the point by itself, whatever was before."""
    hour: Floats
    """The same of the mean of the hour up to the point, against earlier days and weeks alone."""
    expected: Floats
    lower: Floats
    upper: Floats
    """From `lower` to here no error counts. Both are `expected`; after an odd hour one is what days and weeks expect: it may come back."""
    spread: Floats
    """The usual error of `expected`."""
    least: Floats
    most: Floats
    """The extremes of the 28 days before."""
    beyond: Floats
    """How many usual errors a unit outside of the extremes counts for, in addition to its own."""
    needed: Floats
    """So many usual errors make a `point` of 1."""
    drift: Floats
    """The mean error of the hour up to the point, against earlier days and weeks alone."""
    leading: Ints
    """Which context weighs most in `expected`, see `Contexts.expected`."""
    coarse: Bools
    """It is a series of about a point a day or fewer."""
    learning: Bools

    def limit(self, i: int, height: float, side: int) -> float:
        """The value above (`side` 1) or below (-1) the expected one at which `point` reaches this height."""
        expected, spread = float((self.upper if side > 0 else self.lower)[i]), float(self.spread[i])
        inside = max(0.0, float(self.most[i]) - expected if side > 0 else expected - float(self.least[i]))
        reach = height * float(self.needed[i]) * spread
        if reach > inside:
            reach = inside + (reach - inside) / (1.0 + float(self.beyond[i]) * spread)
        return expected + side * reach


@dataclass(frozen=True, slots=True)
class _Series:
    """A series and what follows from it at once, by point."""

    days: Days
    values: Floats
    step: Ints
    least: Floats
    most: Floats
    count: Ints
    """Points in the 28 days before (91 of daily data)."""
    age: Ints
    """Seconds since the first of these."""
    level: Floats
    """Their mean magnitude."""
    floor: Floats
    """An error that is not worth telling from none."""
    hour: Ints
    """The first of the hour up to it."""
    tolerance: Ints
    """Seconds within which two times of day are the same."""

    @classmethod
    def of(cls, times: Ints, values: Floats) -> "_Series":
        step = steps(times)
        days = Days.of(times, step > DAY // 2)
        most, least = days.extreme(values, np.maximum, -np.inf), days.extreme(values, np.minimum, np.inf)
        most, least = np.where(np.isfinite(most), most, values), np.where(np.isfinite(least), least, values)
        count = days.counts(np.ones(len(values), dtype=bool))
        size = days.before(np.abs(values))
        level = size / np.maximum(count, 1)
        floor = np.maximum(SHARE * (level + most - least), TINY)
        tolerance = np.where(days.coarse, 2 * DAY // 5, np.maximum(HOUR // 2, 3 * step // 5))
        age = times - times[days.start[days.window(28, 91)]][days.row]
        return cls(days, values, step, least, most, count, age, level, floor, days.since(HOUR), tolerance)

    def usual(self, errors: Floats) -> Floats:
        """The root mean square of errors over the 28 days before, twice, the second time without what is far out."""
        weight = 20.0
        for _ in range(2):
            squares = self.days.before(errors**2)
            root = np.sqrt((squares + weight * self.floor**2) / (self.count + weight))
            errors = np.minimum(np.abs(errors), CUT * root)
        return root

    def at_this_time(self, errors: Floats, usual: Floats) -> Floats:
        """The square of the usual error; seven tenths are that of these two hours on 5 earlier days: nights may be calmer than days."""
        days = self.days
        squares = np.minimum(np.abs(errors), 5.0 * usual) ** 2
        lately = days.mean(squares, days.since(2 * HOUR), own=True)
        total, count = np.zeros_like(errors), np.zeros_like(errors)
        for lag in (1, 2, 3, 7, 14):
            index, near = days.at(lag * DAY - HOUR, self.tolerance)
            near &= ~days.coarse
            total += lately.take(index) * near
            count += near
        local = np.maximum(np.where(count > 0, total / np.maximum(count, 1), usual**2), self.floor**2)
        result: Floats = 0.3 * usual**2 + 0.7 * local
        return result

    def of_hour(self, drift: Floats, usual: Floats, slow: Floats) -> Floats:
        """How many usual errors the mean of the hour is off. Where it is of one point or two, it counts less and is judged later."""
        few = 3 * self.step > HOUR
        square = usual**2 + (0.5 * self.floor) ** 2
        if few[1:].any():
            square = np.where(few, self.at_this_time(drift, np.sqrt(square)) + (STEEP * self.changes(slow)) ** 2, square)
        too_soon = np.where(few, self.learning(7), self.learning(3)) | self.days.coarse
        return np.where(too_soon, 0.0, np.where(few, FEW, 1.0) * np.abs(drift) / np.sqrt(square))

    def width(self) -> Floats:
        """From the least to the most of the 28 days before, with a share of the level."""
        return np.maximum(self.most - self.least + SHARE * self.level, TINY)

    def creeping(self, drift: Floats, mean: Floats) -> Floats:
        """What it counts that the mean of the hour is out of all that was seen before today, as far as days and weeks do not expect it.

        What creeps away is never far from what was just before.
        """
        first = self.days.start.take(self.days.row)
        above, below = np.minimum(mean - self.most.take(first), drift), np.minimum(self.least.take(first) - mean, -drift)
        return np.where(self.learning(3), 0.0, OUT / self.width() * np.maximum(np.maximum(above, below), 0.0))

    def odd(self, drift: Floats, usual: Floats) -> Bools:
        """Whether the hour up to the point before was far off what days and weeks expect."""
        far = np.abs(drift) > ODD * np.sqrt(usual**2 + self.floor**2)
        return np.concatenate([[False], far[:-1]])

    def changes(self, expected: Floats) -> Floats:
        """How much these expectations have changed in the last hour, or since the last point."""
        since = np.minimum(self.hour, np.maximum(np.arange(len(expected)) - 1, 0))
        result: Floats = np.abs(expected - expected[since])
        return result

    def needed(self, *errors: Floats) -> list[Floats]:
        """How many usual errors alert: more while the history is short, and the more often a point comes or the worse ordinary days are.

        A series that comes often has a worse hour a day than one that comes rarely, so only the larger of the two reasons counts.
        """
        known = np.where(self.days.coarse, self.count / 7, self.age / DAY)
        often = np.maximum(7 * DAY / (self.step * WEEK), RARE) ** 0.18
        bar = CALM * (1.0 + 2.0 / np.maximum(known, TINY))
        return [bar * np.maximum(often, self.days.ordinary(each, 0.8) / 2.0) for each in errors]

    def learning(self, days: int) -> Bools:
        """Whether there are less than so many days, or fewer than 7 points."""
        result: Bools = (self.age < days * DAY) | (self.count < 7)
        return result


def judge(times: Ints, values: Floats) -> Judgement:
    """The judgement of each of these finite values, of which there is at least one. Times never fall."""
    series = _Series.of(times, values)
    days, floor = series.days, series.floor
    expected, slow, leading = Contexts(days, values, series.tolerance, floor, series.hour).expected()
    error = values - expected
    drift, mean = (days.mean(each, series.hour, own=True) for each in (values - slow, values))
    usual = series.usual(error), series.usual(drift)
    spread = np.sqrt(series.at_this_time(error, np.sqrt(usual[0] ** 2 + floor**2)) + (STEEP * series.changes(slow)) ** 2)
    beyond = 0.2 / spread + OUT / series.width()
    other = np.where(series.odd(drift, usual[1]), slow, expected)
    lower, upper = np.minimum(expected, other), np.maximum(expected, other)
    outside = np.maximum(values - np.maximum(series.most, upper), np.minimum(series.least, lower) - values)
    learning = series.learning(1)
    of_point = np.where(
        learning, 0.0, np.maximum(np.maximum(values - upper, lower - values), 0.0) / spread + beyond * np.maximum(outside, 0.0)
    )
    of_hour = series.of_hour(drift, usual[1], slow) + series.creeping(drift, mean)
    needed, needed_of_hour = series.needed(of_point, of_hour)
    of_point, of_hour = of_point / needed, of_hour / needed_of_hour
    told = episodes(times, np.maximum(of_point, of_hour), np.maximum(6 * HOUR, 3 * series.step))
    least, most = series.least, series.most
    return Judgement(
        told, of_point, of_hour, expected, lower, upper, spread, least, most, beyond, needed, drift, leading, days.coarse, learning
    )


def steps(times: Ints) -> Ints:
    """By point: the median of the 9 times between the points up to it, at least a second; an hour for the first."""
    gaps = np.diff(times, prepend=times[0] - HOUR)
    if len(gaps) > 1 and not (gaps[1:] == gaps[1]).all():
        padded = np.concatenate([np.full(8, np.iinfo(np.int64).max), gaps])
        padded[8] = padded[0]
        ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 9), axis=1)
        have = np.minimum(np.arange(len(times)), 9)
        gaps[1:] = ordered[np.arange(1, len(times)), (have[1:] - 1) // 2]
    result: Ints = np.maximum(gaps, 1)
    return result


def episodes(times: Ints, heights: Floats, silence: Ints) -> Floats:
    """The heights, but 0 where one as high came within the silence before: what goes on is told once, and again where it grows.

    Heights below 0.3 are left as they are; so high they are everywhere.
    """
    result = heights.copy()
    high: deque[tuple[int, float]] = deque()
    some = np.flatnonzero(heights >= 0.3)
    for i, now, since, height in zip(
        some.tolist(), times[some].tolist(), (times - silence)[some].tolist(), heights[some].tolist(), strict=True
    ):
        while high and high[0][0] < since:
            high.popleft()
        if high and high[0][1] * (GROWN if high[0][1] >= 1 and high[0][0] > now - HOUR else 1.0) >= height:
            result[i] = 0.0
        while high and high[-1][1] <= height:
            high.pop()
        high.append((now, height))
    return result
