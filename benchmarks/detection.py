"""What the detection of anomalies catches, beside three light methods, on series that are made here with their incidents known.

    python -m benchmarks.detection            # two tables; under a minute
    python -m benchmarks.detection --seeds 9  # more series of each kind

Nothing is random from one run to the next, and one threshold holds for every kind of series. In the first table it is, for each method,
the lowest at which it gives at most half a false alert a series and week; in the second each method runs with its customary one. An alert
within an incident or up to two points, or a tenth of its length, after it is right, and any other is false. False alerts within an hour, or
three points if that is longer, are one. The lag counts from the incident's first point.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.detection.days import DAY, Bools, Floats, Ints
from agents.detection.points import score
from benchmarks.detection_rivals import ewma, seasonal_naive, sigma_window
from benchmarks.detection_series import Labelled, labelled

BAR = 0.5
"""False alerts a series and week."""

Method = Callable[[Ints, Floats], Floats]

METHODS: Mapping[str, tuple[Method, float]] = {
    "ours": (score, 1.0),
    "3-sigma window": (sigma_window, 3.0),
    "seasonal naive, MAD": (seasonal_naive, 3.5),
    "EWMA chart": (ewma, 3.0),
}
"""Each method gives a score a point, and has a customary threshold."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How a method did at one threshold."""

    caught: dict[str, tuple[int, int]]
    """By kind of incident: how many were caught, of how many."""
    false: float
    """False alerts a series and week."""
    lag: float
    """The median time from an incident's beginning to its alert, in minutes. NaN where none was caught."""

    @property
    def share(self) -> float:
        """Incidents caught."""
        return sum(one for one, _ in self.caught.values()) / sum(of for _, of in self.caught.values())


def grade(series: Sequence[Labelled], scores: Sequence[Floats], threshold: float) -> Grade:
    """The grade of these scores at a threshold."""
    caught: dict[str, tuple[int, int]] = {}
    false, weeks, lags = 0, 0.0, []
    for one, height in zip(series, scores, strict=True):
        fired = one.times[height >= threshold]
        step = int(np.median(np.diff(one.times)))
        weeks += float(one.times[-1] - one.times[0]) / (7 * DAY)
        right: Bools = np.zeros(len(fired), dtype=bool)
        for incident in one.incidents:
            grace = max(2 * step, (incident.last - incident.first) // 10)
            within = (fired >= incident.first) & (fired <= incident.last + grace)
            right |= within
            hits, of = caught.get(incident.kind, (0, 0))
            caught[incident.kind] = (hits + bool(within.any()), of + 1)
            if within.any():
                lags.append(float(fired[within][0] - incident.first) / 60)
        false += _alerts(fired[~right], max(3_600, 3 * step))
    return Grade(caught, false / weeks, float(np.median(lags)) if lags else float("nan"))


def _alerts(times: Ints, together: int) -> int:
    """How many alerts these are if what comes so soon after an alert belongs to it."""
    count, last = 0, None
    for moment in times.tolist():
        if last is None or moment - last > together:
            count, last = count + 1, moment
    return count


def lowest(series: Sequence[Labelled], scores: Sequence[Floats]) -> float:
    """The lowest threshold that keeps to the bar."""
    heights = np.unique(np.concatenate([one[one > 0] for one in scores]))
    low, high = 0, len(heights) - 1
    while low < high:
        middle = (low + high) // 2
        if grade(series, scores, float(heights[middle])).false <= BAR:
            high = middle
        else:
            low = middle + 1
    return float(heights[low])


def _rows(series: Sequence[Labelled], grades: Mapping[str, tuple[float, Grade]]) -> Iterator[str]:
    kinds = list(dict.fromkeys(incident.kind for one in series for incident in one.incidents))
    yield "| | threshold | caught | false / week | lag (min) | " + " | ".join(kinds) + " |"
    yield "|---|---|---|---|---|" + "---|" * len(kinds)
    for name, (threshold, one) in grades.items():
        shares = " | ".join(f"{one.caught[kind][0] / one.caught[kind][1]:.0%}" for kind in kinds)
        yield f"| {name} | {threshold:.2f} | **{one.share:.0%}** | {one.false:.2f} | {one.lag:.0f} | {shares} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=4)
    series = list(labelled(parser.parse_args().seeds))
    began = time.perf_counter()
    scores = {name: [method(one.times, one.values) for one in series] for name, (method, _) in METHODS.items()}
    bars = {name: (cut := lowest(series, each), grade(series, each, cut)) for name, each in scores.items()}
    fixed = {name: (METHODS[name][1], grade(series, each, METHODS[name][1])) for name, each in scores.items()}
    incidents = sum(len(one.incidents) for one in series)
    points = sum(len(one.times) for one in series)
    print(f"{len(series)} series, {points} points, {incidents} incidents; {time.perf_counter() - began:.0f} s\n")
    print(f"One threshold for all, at most {BAR} false alerts a series and week:\n")
    print("\n".join(_rows(series, bars)))
    print("\nThe customary threshold:\n")
    print("\n".join(_rows(series, fixed)))
    print(f"\nA live tick over 28 days of 5-minute data: {tick():.1f} ms of CPU")


def tick() -> float:
    """Milliseconds of CPU for the newest of 8,064 points, the best of 30."""
    from agents.detection.live import judge_newest

    times = 1_700_000_100 + 300 * np.arange(8_064, dtype=np.int64)
    values = 100 + 30 * np.sin(times / DAY * 2 * np.pi) + np.random.default_rng(1).standard_normal(8_064)
    taken = []
    for _ in range(30):
        began = time.process_time()
        judge_newest(times, values)
        taken.append(time.process_time() - began)
    return min(taken) * 1000


if __name__ == "__main__":
    main()
