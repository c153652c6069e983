"""Which points of a series are unusual, judged with what came before them alone."""

import numpy as np
from numpy.typing import ArrayLike

from agents.detection.days import Bools, Floats, Ints
from agents.detection.judgement import judge

HUGE, MINUTE = 1e100, 1e-100
"""Magnitudes beyond these are infinite and zero: their squares are no numbers."""


def score(timestamps: ArrayLike, values: ArrayLike) -> Floats:
    """How unusual each value is, from 0 upwards; 1 is where `detect` fires by default.

    `timestamps` are Unix seconds with any step, gaps and repetitions; `values` has the same length, or ValueError is raised. An answer
    depends on its own and earlier items only. A time before that of an earlier item counts as that item's. A value that is not finite
    scores 0, and the others are judged as if it were not there. An episode scores where it begins and where it grows, and 0 in between.
    """
    times, numbers, finite = prepared(timestamps, values)
    result = np.zeros(len(finite))
    if numbers.size:
        result[finite] = judge(times, numbers).score
    return result


def detect(timestamps: ArrayLike, values: ArrayLike, *, sensitivity: float = 1.0) -> Bools:
    """Which values are worth an alert. A sensitivity of 2 alerts at half the deviation, 0.5 at twice; ValueError unless it is above 0."""
    checked(sensitivity)
    result: Bools = score(timestamps, values) * sensitivity >= 1.0
    return result


def checked(sensitivity: float) -> float:
    """The sensitivity, if it is one. Raises ValueError."""
    if not 0 < sensitivity < np.inf:
        raise ValueError(f"a sensitivity is a number above 0, not {sensitivity}")
    return sensitivity


def prepared(timestamps: ArrayLike, values: ArrayLike) -> tuple[Ints, Floats, Bools]:
    """Times that never fall and values, of the items with a finite value, and which those are. Raises ValueError."""
    times, numbers = np.asarray(timestamps, dtype=np.int64), np.asarray(values, dtype=np.float64)
    if times.ndim != 1 or times.shape != numbers.shape:
        raise ValueError(f"timestamps and values are two rows of one length, not of the shapes {times.shape} and {numbers.shape}")
    finite: Bools = np.abs(numbers) < HUGE
    numbers = numbers[finite]
    return np.maximum.accumulate(times[finite]), np.where(np.abs(numbers) < MINUTE, 0.0, numbers), finite
