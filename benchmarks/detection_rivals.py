"""Light methods that are in wide use. Like ours, each judges a point with earlier points alone, and gives a score a point."""

import numpy as np

from agents.detection.days import DAY, Floats, Ints

LEAST, FLOOR = 1e-9, 0.01
"""The least deviation as a share of the level, so that nothing is divided by zero; and the least MAD, which a flat series needs."""


def sigma_window(times: Ints, values: Floats) -> Floats:
    """Distance from the mean of the day before, in standard deviations of that day; of the four weeks before in daily data."""
    first = np.searchsorted(times, times - (28 * DAY if _daily(times) else DAY))
    point = np.arange(len(times))
    whole, squares = np.concatenate(([0.0], np.cumsum(values))), np.concatenate(([0.0], np.cumsum(values**2)))
    count = np.maximum(point - first, 1)
    mean = (whole[point] - whole[first]) / count
    spread = np.sqrt(np.maximum((squares[point] - squares[first]) / count - mean**2, 0.0))
    return np.where(point - first < 7, 0.0, np.abs(values - mean) / np.maximum(spread, LEAST * np.maximum(np.abs(mean), 1.0)))


def seasonal_naive(times: Ints, values: Floats) -> Floats:
    """Distance from the value of a week before (a day while there is no week), in MADs of these distances in the two weeks before."""
    errors = np.full(len(times), np.nan)
    for lag in (DAY, 7 * DAY) if not _daily(times) else (7 * DAY,):
        index = np.minimum(np.searchsorted(times, times - lag), len(times) - 1)
        fits = np.abs(times[index] - (times - lag)) <= 1_800
        errors = np.where(fits, values - values[index], errors)
    result = np.zeros(len(times))
    for day in np.unique(times // DAY).tolist():
        today = times // DAY == day
        before = errors[(times >= (day - (56 if _daily(times) else 14)) * DAY) & (times < day * DAY)]
        before = before[~np.isnan(before)]
        if len(before) >= 7:
            middle = np.median(before)
            spread = 1.4826 * np.median(np.abs(before - middle))
            result[today] = np.nan_to_num(np.abs(errors[today] - middle)) / max(spread, FLOOR * max(float(np.abs(values[0])), LEAST))
    return result


def ewma(times: Ints, values: Floats) -> Floats:
    """A control chart (Roberts, 1959): distance from an exponentially weighted mean, in exponentially weighted deviations."""
    slow = 0.05 if not _daily(times) else 0.2
    result = np.zeros(len(values))
    mean, variance = float(values[0]), 0.0
    for i, value in enumerate(values.tolist()):
        error = value - mean
        if i >= 7:
            result[i] = abs(error) / max(variance**0.5, LEAST * max(abs(mean), 1.0))
        mean += slow * error
        variance = (1 - slow) * (variance + slow * error**2)
    return result


def _daily(times: Ints) -> bool:
    return bool(np.median(np.diff(times)) > DAY // 2)
