"""What would have fired: the detector over a series of the past."""

import math
from dataclasses import dataclass

import numpy as np

from agents.core.chart import Series
from agents.detection.live import judge_newest
from agents.detection.points import detect

TOLD = 50
"""So many alerts are explained; of more there is a count."""

BANDS = 300
"""Points for which the expected range is drawn."""

WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Past:
    """A series as it was measured, oldest first."""

    name: str
    times: tuple[int, ...]
    """Unix seconds."""
    values: tuple[float, ...]
    """NaN where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A point at which it would have fired."""

    at: int
    value: float
    why: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a backtest."""

    past: Past
    alarms: tuple[Alarm, ...]
    """The first of them, at most `TOLD`."""
    fired: tuple[int, ...]
    """Unix seconds of all of them."""
    band: tuple[tuple[int, float, float], ...]
    """The expected range at some points, once there was one."""

    @property
    def weeks(self) -> float:
        """How long the series is."""
        return (self.past.times[-1] - self.past.times[0]) / WEEK if self.past.times else 0.0

    @property
    def series(self) -> Series:
        """As a chart shows it."""
        points = tuple((at, value if math.isfinite(value) else None) for at, value in zip(self.past.times, self.past.values, strict=True))
        return Series(points, self.band, title=self.past.name, marked=self.fired)


def backtested(past: Past, sensitivity: float) -> Tested:
    """Judge every point with what came before it alone. Takes about a second for 100,000 points."""
    times, values = np.asarray(past.times, dtype=np.int64), np.asarray(past.values, dtype=np.float64)
    if not len(times):
        return Tested(past, (), (), ())
    fired = np.flatnonzero(detect(times, values, sensitivity=sensitivity)).tolist()
    alarms = []
    for place in fired[:TOLD]:
        one = judge_newest(times[: place + 1], values[: place + 1], sensitivity=sensitivity)[-1]
        alarms.append(Alarm(one.at, one.value, one.why, one.low, one.high))
    shown = {int(place) for place in np.linspace(0, len(times) - 1, min(BANDS, len(times)))}
    every = judge_newest(times, values, newest=len(times), sensitivity=sensitivity) if len(times) <= BANDS * 100 else ()
    band = tuple((one.at, one.low, one.high) for place, one in enumerate(every) if place in shown and math.isfinite(one.high - one.low))
    return Tested(past, tuple(alarms), tuple(int(times[place]) for place in fired), band)
