"""Series for the tests of detection, each from a seed."""

import numpy as np

from agents.detection.days import DAY, Floats, Ints

MONDAY = 1_704_067_200
"""2024-01-01, 00:00 UTC."""

FIVE_MINUTES, HOUR = 300, 3_600


def clock(days: float, step: int, start: int = MONDAY) -> Ints:
    """Times of so many days."""
    return start + step * np.arange(int(days * DAY / step), dtype=np.int64)


def seasonal(times: Ints, seed: int, *, level: float = 100.0, swing: float = 30.0, noise: float = 2.0) -> Floats:
    """A day's wave that is lower at weekends, with noise."""
    angle = 2 * np.pi * (times % DAY) / DAY
    weekend = (times - MONDAY) // DAY % 7 >= 5
    shape = level + swing * (1 - 0.4 * weekend) * np.sin(angle) - 0.3 * swing * weekend
    result: Floats = shape + noise * np.random.default_rng(seed).standard_normal(len(times))
    return result


def noisy(times: Ints, seed: int, *, level: float = 50.0, noise: float = 1.0) -> Floats:
    """A level with noise."""
    result: Floats = level + noise * np.random.default_rng(seed).standard_normal(len(times))
    return result


def counts(times: Ints, seed: int, *, rate: float = 8.0) -> Floats:
    """Counts that come and go with the day."""
    angle = 2 * np.pi * (times % DAY) / DAY
    return np.random.default_rng(seed).poisson(rate * (1.2 + np.sin(angle))).astype(np.float64)


def weekly(times: Ints, seed: int) -> Floats:
    """Daily sales: a level, weekdays, a slow growth, noise."""
    day = (times - MONDAY) // DAY
    shape = np.array([100.0, 104.0, 103.0, 108.0, 120.0, 60.0, 45.0])[day % 7] * (1 + 0.001 * day)
    result: Floats = shape * (1 + 0.04 * np.random.default_rng(seed).standard_normal(len(times)))
    return result
