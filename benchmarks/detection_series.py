"""Series of many kinds, each from a seed, with incidents put into them whose beginning and end are known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from agents.detection.days import DAY, Floats, Ints

MONDAY = 1_711_324_800
"""2024-03-25, 00:00 UTC: in the week at whose end summer time begins in Europe."""

DST = MONDAY + 6 * DAY + 3_600

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of a series that is not as it should be."""

    kind: str
    first: int
    """Unix seconds of its first point, and below of its last."""
    last: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series with what is wrong in it."""

    name: str
    times: Ints
    values: Floats
    incidents: tuple[Incident, ...]


def _local(times: Ints) -> Ints:
    """What clocks in Berlin show."""
    return times + np.where(times >= DST, 7_200, 3_600)


def _day(times: Ints) -> Floats:
    """Traffic over the day, 0 to 1, as people rise and sleep by their clocks."""
    hour = _local(times) % DAY / 3_600
    result: Floats = np.maximum(0.0, np.sin((hour - 6) / 17 * np.pi)) * (hour > 6) * (hour < 23)
    return result


def _weekend(times: Ints) -> Floats:
    return ((_local(times) - MONDAY) // DAY % 7 >= 5).astype(np.float64)


def noisy(shape: Floats, share: float, random: Random) -> Floats:
    """The shape with noise of this share of it."""
    result: Floats = shape * (1 + share * random.standard_normal(len(shape)))
    return result


def seasonal(times: Ints, random: Random) -> Floats:
    """Requests of a service whose users have a day and a week."""
    shape: Floats = 200 + 800 * _day(times) * (1 - 0.45 * _weekend(times))
    return noisy(shape, random.uniform(0.02, 0.06), random)


def trending(times: Ints, random: Random) -> Floats:
    """A disk that fills, with a little of the day in it."""
    grown = (times - times[0]) / DAY * random.uniform(0.5, 2.0)
    result: Floats = 300 + grown + 3 * _day(times) + random.standard_normal(len(times))
    return result


def bursty(times: Ints, random: Random) -> Floats:
    """A processor that is idle but for jobs at any time."""
    values = 8 + random.standard_normal(len(times))
    for _ in range(int(4 * (times[-1] - times[0]) / DAY)):
        at = int(random.integers(len(times)))
        values[at : at + int(random.integers(1, 4))] += random.uniform(15, 40)
    return values


def flat(times: Ints, random: Random) -> Floats:
    """A figure that hardly ever moves."""
    level = float(random.choice([0.13, 40.0, 99.5]))
    return np.round(noisy(np.full(len(times), level), 0.002, random), 3)


def counts(times: Ints, random: Random) -> Floats:
    """Orders a step, few at night."""
    rate = 1.0 + random.uniform(6, 30) * _day(times) * (1 - 0.3 * _weekend(times))
    return random.negative_binomial(6, 6 / (6 + rate)).astype(np.float64)


def wandering(times: Ints, random: Random) -> Floats:
    """A temperature that drifts about."""
    step = float(np.median(np.diff(times)))
    kept = np.exp(-step / (6 * 3_600))
    noise = random.standard_normal(len(times)) * np.sqrt(1 - kept**2)
    values = np.empty(len(times))
    last = 0.0
    for i, shock in enumerate(noise.tolist()):
        last = kept * last + shock
        values[i] = last
    result: Floats = 70 + 5 * values + 0.3 * random.standard_normal(len(times))
    return result


def skewed(times: Ints, random: Random) -> Floats:
    """Latencies: most are small, some large."""
    return 40 + 10 * _day(times) + np.exp(random.normal(1.0, 0.7, len(times)))


def sales(times: Ints, random: Random) -> Floats:
    """Daily figures with weekdays and a slow growth."""
    day = (times - MONDAY) // DAY
    shape: Floats = np.array([100.0, 104.0, 103.0, 108.0, 120.0, 60.0, 45.0])[day % 7] * (1 + random.uniform(-0.001, 0.002) * day)
    return noisy(shape, random.uniform(0.02, 0.08), random)


KINDS: tuple[Callable[[Ints, Random], Floats], ...] = (seasonal, trending, bursty, flat, counts, wandering, skewed)
FINE = ("spike", "drop", "shift", "small shift", "creep", "variance", "missing weekend", "stuck")
DAILY = ("spike", "drop", "shift", "missing weekend")


def labelled(seeds: int) -> Iterator[Labelled]:
    """So many series of each kind and step, each with two to six incidents."""
    for seed in range(seeds):
        for number, kind in enumerate(KINDS):
            for step, days in ((300, 28), (3_600, 56)):
                yield _made(kind, step, days, np.random.default_rng([seed, number, step]), FINE)
        for number, kind in enumerate((sales, trending, counts)):
            yield _made(kind, DAY, 300, np.random.default_rng([seed, number, DAY]), DAILY)


def _made(kind: Callable[[Ints, Random], Floats], step: int, days: int, random: Random, incidents: tuple[str, ...]) -> Labelled:
    times = MONDAY - (days * DAY // 2 // (7 * DAY)) * 7 * DAY + step * np.arange(days * DAY // step, dtype=np.int64)
    times = _worn(times, step, random)
    values = kind(times, random)
    usual = float(np.median(np.abs(np.diff(values)))) + 0.02 * float(np.ptp(values)) + 1e-3 * abs(float(np.median(values)))
    found: list[Incident] = []
    apart = 3 * DAY if step < DAY else 20 * DAY
    for _ in range(60):
        at = int(random.integers(len(times) // 4, len(times) - 3))
        what = str(random.choice(incidents))
        if what == "missing weekend":
            at = int(np.searchsorted(times, MONDAY + (times[at] - MONDAY) // (7 * DAY) * 7 * DAY + 5 * DAY))
        if (
            len(found) == (4 if step < DAY else 6)
            or not len(times) // 4 <= at < len(times) - 3
            or any(abs(int(times[at]) - one.first) < apart for one in found)
        ):
            continue
        until = _struck(what, values, times, at, usual, step, random)
        if until > at:
            found.append(Incident(what, int(times[at]), int(times[until - 1])))
    return Labelled(f"{kind.__name__} {step}", times, values, tuple(sorted(found, key=lambda one: one.first)))


def _worn(times: Ints, step: int, random: Random) -> Ints:
    """The times with a gap, some points lost, and some told twice."""
    if step == DAY:
        return np.where(times >= DST, times - 3_600, times)
    at = int(random.integers(len(times) // 2))
    kept = random.random(len(times)) > 0.01
    kept[at : at + int(random.integers(1, 2 * DAY // step))] = False
    kept[:10] = True
    return np.sort(np.concatenate([times[kept], random.choice(times[kept], 5, replace=False)]))


def _struck(what: str, values: Floats, times: Ints, at: int, usual: float, step: int, random: Random) -> int:
    """Put this incident in at a point; the point after its end, or 0 where it would not be one here."""
    side, hour = float(random.choice([-1.0, 1.0])), max(1, 3_600 // step)
    long = at + int(random.integers(3, 30)) * (hour if step < DAY else 1) // (1 if step < DAY else 3)
    until = min({"spike": at + int(random.integers(1, 3)), "drop": at + max(1, hour // 2)}.get(what, long), len(values))
    part = slice(at, until)
    if what == "spike":
        values[part] += side * random.uniform(8, 20) * usual
    elif what == "drop":
        if values.min() < 0 or np.median(values[part]) < 8 * usual:
            return 0
        values[part] *= random.uniform(0.0, 0.2)
    elif what == "shift":
        values[part] += side * random.uniform(8, 14) * usual
    elif what == "small shift":
        values[part] += side * random.uniform(3, 5) * usual
    elif what == "creep":
        values[part] += side * np.linspace(0.0, random.uniform(0.5, 1.2) * float(np.ptp(values)), until - at)
    elif what == "variance":
        values[part] += random.standard_normal(until - at) * random.uniform(4, 8) * usual
    else:
        return _stretch(what, values, times, at, usual, step)
    return until


def _stretch(what: str, values: Floats, times: Ints, at: int, usual: float, step: int) -> int:
    """A weekend that looks like workdays, or values that stand still; the point after its end, or 0."""
    until = int(np.searchsorted(times, times[at] + (DAY if step < DAY else 2 * DAY)))
    if what == "stuck":
        if float(np.std(values[at:until])) < 4 * usual:
            return 0
        values[at:until] = values[at]
        return until
    week = np.searchsorted(times, times[at:until] - 2 * DAY)
    if _weekend(times)[at] == 0 or float(np.mean(np.abs(values[week] - values[at:until]))) < 4 * usual:
        return 0
    values[at:until] = values[week].copy()
    return until
