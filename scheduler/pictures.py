"""What a report shows of a series beside words: its last days and the range that was expected, few enough for a picture."""

import math
from bisect import bisect_left
from datetime import timedelta

from agents.core.chart import Series as Line
from agents.core.chart import thinned
from agents.monitors import COARSE
from scheduler.judging import Task, newest

SHOWN, SHOWN_COARSE = timedelta(days=3), timedelta(days=90)
"""So much of the past a picture shows, of days the second."""

POINTS, BANDS = 120, 60
"""At most so many points, and so many of the range."""

JUDGED = 300
"""Of so many of the newest samples the range is shown."""


def points_of(task: Task) -> tuple[tuple[int, float | None], ...]:
    """The series as it was measured; None where it was not."""
    at, values = task.history.at, task.history.values
    shown = SHOWN_COARSE if task.monitor.bucket >= COARSE else SHOWN
    first = bisect_left(at, task.until - int(shown.total_seconds()))
    line = Line(tuple((at[i], values[i] if math.isfinite(values[i]) else None) for i in range(first, len(at))))
    return thinned(line, POINTS).points


def band_of(task: Task) -> tuple[tuple[int, float, float], ...]:
    """The range that was expected, as far as there was one."""
    said = [(one.at, one.low, one.high) for one in newest(task, JUDGED) if math.isfinite(one.low) and math.isfinite(one.high)]
    return tuple(said[i * (len(said) - 1) // (BANDS - 1)] for i in range(BANDS)) if len(said) > BANDS else tuple(said)
