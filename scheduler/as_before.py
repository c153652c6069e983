"""Whether a series is as it was before an episode: the same time of earlier weeks or days, and the width that its range had when it began.

A detector follows a series to a new level within hours. What is told is over only when the series is back.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from agents.core.finding import Direction
from agents.core.monitoring import Bucket
from agents.monitors import History

HOUR, DAY = 3600, 86400

WEEKS, DAYS = (7, 14, 21, 28), (1, 2, 3, 4, 5, 6, 7)
"""How many days before a bucket it is looked what was usual: the same weekday, or where there are fewer than two of them, any day."""

HALF = 0.5
"""A shift of hourly means is over when so much of it is left at most."""


class Range(NamedTuple):
    """What was expected of one sample."""

    low: float
    high: float
    """Both may be infinite."""


Expected = Callable[[int], Range | None]
"""What was expected of the sample at a place in the history; None where nothing was."""


class AsBefore:
    """Implements `monitoring.Before` for one series."""

    def __init__(self, history: History, bucket: timedelta, expected: Expected, left_out: Sequence[tuple[int, int]] = ()) -> None:
        self._at = history.at
        self._values = history.values
        self._near = max(1, int(bucket.total_seconds() * HALF))
        self._coarse = bucket >= timedelta(hours=12)
        self._expected = expected
        self._left_out = left_out
        self._known: dict[int, tuple[float, bool, Range | None]] = {}

    def __call__(self, bucket: Bucket, began: int) -> Bucket:
        """The bucket, judged by what the series was like before that second."""
        if bucket.value is None or bucket.certain:
            return bucket
        width, smooth, range_ = self._width(began)
        earlier = self._references(bucket.at, began, smooth=smooth)
        if earlier:
            low, high = min(earlier) - width, max(earlier) + width
        elif range_ is not None:
            low, high = range_
        else:
            return bucket
        value = self._mean(bucket.at) if smooth else bucket.value
        middle, reach = (low + high) / 2, (high - low) / 2
        if not math.isfinite(reach):
            return bucket
        score = abs(value - middle) / reach if reach > 0 else float(value != middle) * 2
        side: Direction = "above" if value > middle else "below"
        return replace(bucket, score=score, low=low, high=high, direction=side, why=f"It is still {side} what it was before.")

    def _width(self, began: int) -> tuple[float, bool, Range | None]:
        """How far from what it used to be counts as usual, whether means of an hour are compared, and the range of the first bucket."""
        if began not in self._known:
            self._known[began] = self._measured(began)
        return self._known[began]

    def _measured(self, began: int) -> tuple[float, bool, Range | None]:
        place = bisect_right(self._at, began) - 1
        range_ = self._expected(place) if place >= 0 else None
        if range_ is None:
            return math.inf, False, None
        value = self._values[place]
        if self._at[place] == began and range_.low < value < range_.high:
            earlier = self._references(began, began, smooth=True)
            if earlier:
                return abs(self._mean(began) - sum(earlier) / len(earlier)) * HALF, True, range_
        return (range_.high - range_.low) / 2, False, range_

    def _references(self, at: int, began: int, *, smooth: bool) -> list[float]:
        weeks = self._of_days(at, began, WEEKS, smooth=smooth)
        return weeks if len(weeks) > 1 or self._coarse else self._of_days(at, began, DAYS, smooth=smooth) or weeks

    def _of_days(self, at: int, began: int, days: Sequence[int], *, smooth: bool) -> list[float]:
        found = []
        for then in (at - day * DAY for day in days):
            place = bisect_left(self._at, then - self._near)
            if then < began and place < len(self._at) and self._at[place] <= min(then + self._near, began - 1) and not self._is_out(then):
                value = self._mean(self._at[place]) if smooth else self._values[place]
                if math.isfinite(value):
                    found.append(value)
        return found

    def _mean(self, at: int) -> float:
        """The mean of the hour up to this sample."""
        first, end = bisect_right(self._at, at - HOUR), bisect_right(self._at, at)
        known = [value for value in self._values[first:end] if math.isfinite(value)]
        return sum(known) / len(known) if known else math.nan

    def _is_out(self, at: int) -> bool:
        return any(first <= at <= last for first, last in self._left_out)
