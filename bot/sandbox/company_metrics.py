"""The company's metrics: a pure function of the service, the time, and which version was live since when.

A deploy reaches the instances within a minute. A rollback takes half of the traffic back at once and has settled after a few seconds,
so that a person who watches sees the curve fall.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.company_seed import OBJECTIVES, UNITS, Level

STEP = 30.0
"""Seconds between two points of a series."""
MOST_POINTS = 30
"""Longest list of points in a summary; longer series are thinned out."""
DEPLOY_SETTLES = 60.0
"""Seconds that an ordinary deploy takes to reach every instance."""

_NOISE = 0.04  # each point is within 4 % of its level
_LEFT_AT_END = 0.001  # share of the old behaviour that is left when a release counts as settled

Metric = Literal["p95_ms", "error_rate", "rps"]
METRICS: tuple[Metric, ...] = ("p95_ms", "error_rate", "rps")


@dataclass(frozen=True)
class Release:
    """A version that is or was live."""

    version: str
    since: float
    """When it went live, in epoch seconds."""
    level: Level
    """How the service behaves once the release has settled."""
    settles: float
    """Seconds until 99.9 % of the old behaviour is gone; 0 changes at once."""
    at_once: float = 0.0
    """Share of the traffic that moves in the first instant, 0 to 1."""


def level(metric: Metric, at: float, releases: Sequence[Release]) -> float:
    """The value without noise at the time `at`; `releases` are oldest first and the first counts for all time before it."""
    value = float(getattr(releases[0].level, metric))
    for index, release in enumerate(releases[1:], start=1):
        if release.since > at:
            break
        until = min([at, *(following.since for following in releases[index + 1 : index + 2])])
        target = float(getattr(release.level, metric))
        value = target + (value - target) * _remaining(release, until - release.since)
    return value


def _remaining(release: Release, age: float) -> float:
    """The share of the old behaviour that is left when the release is `age` seconds old."""
    if release.settles <= 0:
        return 0.0
    return (1 - release.at_once) * math.exp(math.log(_LEFT_AT_END) * age / release.settles)


def sample(service: str, metric: Metric, at: float, releases: Sequence[Release]) -> float:
    """What a reading at the time `at` says: the level, with noise that depends on the service, metric and 30-second slot alone."""
    slot = math.floor(at / STEP)
    digest = hashlib.sha256(f"{service}/{metric}/{slot}".encode()).digest()
    noise = int.from_bytes(digest[:4], "big") / 2**32 * 2 - 1
    return _rounded(metric, level(metric, at, releases) * (1 + _NOISE * noise))


def _rounded(metric: Metric, value: float) -> float:
    return float(round(value)) if metric == "p95_ms" else round(value, 2)


def summary(service: str, metric: Metric, now: float, minutes: int, releases: Sequence[Release]) -> dict[str, Any]:
    """The last `minutes` of one metric as the company's API tells it.

    Now, an hour ago, just before the live release, extremes, objective and up to 30 points.
    """
    count = max(1, int(minutes * 60 / STEP))
    series = [sample(service, metric, now - STEP * back, releases) for back in range(count, -1, -1)]
    stride = math.ceil(len(series) / MOST_POINTS)
    objective = OBJECTIVES.get(metric)
    return {
        "unit": UNITS[metric],
        "now": series[-1],
        "hour_ago": sample(service, metric, now - 3600, releases),
        "before_release": sample(service, metric, releases[-1].since - STEP, releases),
        "min": min(series),
        "max": max(series),
        "objective": objective,
        "within_objective": objective is None or series[-1] <= objective,
        "step_seconds": STEP * stride,
        "points": series[::-1][::stride][::-1],
    }


def healthy(now: float, releases: Sequence[Release]) -> bool:
    """Whether every metric with an objective keeps it, noise aside."""
    return all(level(metric, now, releases) <= OBJECTIVES[metric] for metric in METRICS if metric in OBJECTIVES)
