"""How good the forecast of daily figures is, beside last week's weekday and a straight line. `python -m benchmarks.forecast --help`.

Series are made here: demand with weekdays, growth, a change of level, growth that ends, a random walk, counts, outliers, gaps, a disk that
fills. Each is forecast from several days of its past, and compared with what came then. The error is the mean absolute one; its ratio is to
last week's weekday. The range is to hold four values of five.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from agents.detection.forecast import DAY, Floats, Forecast, forecast

DAYS = 240
HORIZON = 28
ORIGINS = (90, 130, 170, 205)
Rng = np.random.Generator
AT = np.arange(DAYS)
WEEK = np.array([0.0, 4.0, 6.0, 5.0, 2.0, -30.0, -40.0])


def weekdays(rng: Rng) -> Floats:
    return np.asarray(200 + WEEK[AT % 7] + rng.normal(0, 6, DAYS))


def growth(rng: Rng) -> Floats:
    return np.asarray(200 + rng.uniform(0.2, 0.8) * AT + WEEK[AT % 7] + rng.normal(0, 8, DAYS))


def shifted(rng: Rng) -> Floats:
    return np.asarray(200 + 60 * (rng.integers(60, 200) < AT) + WEEK[AT % 7] + rng.normal(0, 6, DAYS))


def saturating(rng: Rng) -> Floats:
    return 100 + 200 * (1 - np.exp(-AT / rng.uniform(50, 110))) + rng.normal(0, 5, DAYS)


def walk(rng: Rng) -> Floats:
    return 500 + np.cumsum(rng.normal(0, 5, DAYS))


def counts(rng: Rng) -> Floats:
    return rng.poisson(4 + 2 * (AT % 7 < 5), DAYS).astype(np.float64)


def outliers(rng: Rng) -> Floats:
    return np.where(rng.random(DAYS) < 0.04, 900.0, weekdays(rng))


def gaps(rng: Rng) -> Floats:
    return np.where(rng.random(DAYS) < 0.15, np.nan, growth(rng))


def disk(rng: Rng) -> Floats:
    return 40 + np.cumsum(np.maximum(rng.normal(0.15, 0.1, DAYS), 0))


def flat(rng: Rng) -> Floats:
    return rng.normal(50, 3, DAYS)


KINDS: tuple[Callable[[Rng], Floats], ...] = (weekdays, growth, shifted, saturating, walk, counts, outliers, gaps, disk, flat)


def naive(history: Floats) -> Floats:
    """The newest value of the same weekday."""
    days = [history[::-1][6 - step % 7 :: 7] for step in range(HORIZON)]
    return np.array([values[np.isfinite(values)][0] for values in days])


def line(history: Floats) -> Floats:
    """A regression on time and weekday."""
    good, days = np.isfinite(history), np.arange(history.size + HORIZON)
    columns = np.column_stack([days, *(days % 7 == day for day in range(7))]).astype(np.float64)
    found, *_ = np.linalg.lstsq(columns[: history.size][good], history[good], rcond=None)
    return np.asarray(columns[history.size :] @ found)


def trial(series: Floats, origin: int) -> tuple[Floats, float]:
    """Mean absolute errors of the three, and the share of days within the range."""
    history, future = series[:origin], series[origin : origin + HORIZON]
    said = forecast(np.arange(origin) * DAY, history, HORIZON)
    assert isinstance(said, Forecast)
    offset = origin - int(np.flatnonzero(np.isfinite(history))[-1]) - 1
    central, low, high = (np.roll(np.array(bound), -offset)[: HORIZON - offset] for bound in (said.central, said.low, said.high))
    errors = [np.nanmean(np.abs(one[: HORIZON - offset] - future[: HORIZON - offset])) for one in (central, naive(history), line(history))]
    seen = future[: HORIZON - offset]
    inside = ((seen >= low) & (seen <= high))[np.isfinite(seen)]
    return np.array(errors), float(inside.mean())


def main() -> None:
    """Print a line for each kind of series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=20, help="series of each kind")
    count = parser.parse_args().series
    ratios, shares, began = [], [], time.perf_counter()
    print(f"{'series':<12}{'forecast':>10}{'last week':>11}{'line':>8}{'ratio':>8}{'in range':>10}")
    for kind in KINDS:
        found = [trial(kind(np.random.default_rng(seed)), origin) for seed in range(count) for origin in ORIGINS]
        own, week, regression = np.mean([errors for errors, _ in found], axis=0)
        share = float(np.mean([inside for _, inside in found]))
        ratios.append(own / week)
        shares.append(share)
        print(f"{kind.__name__:<12}{own:>10.2f}{week:>11.2f}{regression:>8.2f}{own / week:>8.2f}{share:>10.0%}")
    each = (time.perf_counter() - began) / (count * len(KINDS) * len(ORIGINS))
    print(f"{'all':<12}{'':>29}{np.exp(np.mean(np.log(ratios))):>8.2f}{np.mean(shares):>10.0%}   {each * 1000:.0f} ms a forecast")


if __name__ == "__main__":
    main()
