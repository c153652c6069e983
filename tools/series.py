"""Series of numbers over time as Prometheus' API gives them, and what can be said of each in a few figures."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
"""Unix seconds, and a value that may be NaN or infinite."""

_SUFFIX = re.compile(r"_(total|count|sum|bucket|created|max|min)$")
_UNITS = {
    "seconds": "seconds", "milliseconds": "milliseconds", "ms": "milliseconds", "microseconds": "microseconds", "bytes": "bytes",
    "kilobytes": "kilobytes", "megabytes": "megabytes", "bits": "bits", "ratio": "a ratio, 1 is 100 %", "percent": "percent",
    "celsius": "degrees Celsius", "volts": "volts", "amperes": "amperes", "joules": "joules", "watts": "watts", "meters": "meters",
    "grams": "grams", "hertz": "hertz", "cores": "CPU cores", "millicores": "thousandths of a CPU core",
}  # fmt: skip
"""Words that a metric's name ends with (https://prometheus.io/docs/practices/naming/), and what they say of its values."""

_NAME = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|\{[^}]*\}|\[[^\]]*\]|([a-zA-Z_:][\w:]*)\s*(\(?)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Series:
    """One series."""

    labels: Mapping[str, str]
    """Without its name."""
    name: str
    """The metric's; empty where the query made something else of it."""
    points: tuple[Point, ...]
    histograms: int = 0
    """Points that are native histograms, not numbers."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What can be said of a series. NaN and infinite values count in none of the numbers."""

    first: float
    last: float
    low: Point
    high: Point
    mean: float
    p95: float
    change: float
    """From first to last; of a counter what it grew by, its resets taken into account."""
    seconds: float
    """From the first of these points to the last."""
    odd: int
    """Points that are NaN or infinite."""
    resets: int
    """How often a counter began anew."""


def series_of(result: Any) -> list[Series] | None:
    """The series of a `matrix` or a `vector`; None where the result is neither."""
    try:
        return [_series(one) for one in result]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def figures(series: Series) -> Figures | None:
    """None where no value is a finite number. `p95` is the nearest rank of the values at hand."""
    numbers = [point for point in series.points if math.isfinite(point[1])]
    if not numbers:
        return None
    values = [value for _, value in numbers]
    ordered = sorted(values)
    grown, resets = _grown(values)
    change = grown if is_counter(series.name) else values[-1] - values[0]
    return Figures(
        values[0], values[-1], min(numbers, key=lambda point: point[1]), max(numbers, key=lambda point: point[1]),
        math.fsum(values) / len(values), ordered[math.ceil(0.95 * len(ordered)) - 1], change, numbers[-1][0] - numbers[0][0],
        len(series.points) - len(values), resets if is_counter(series.name) else 0,
    )


def is_counter(name: str) -> bool:
    """Whether the name is that of a value that only grows, as names are written by convention."""
    return name.endswith(("_total", "_count", "_bucket", "_sum"))


def hint(name: str) -> str:
    """What a metric's name says of its values: `counter, seconds`; empty where it says nothing."""
    said = ["a histogram's bucket, counter"] if name.endswith("_bucket") else ["counter"] if is_counter(name) else []
    bare = _SUFFIX.sub("", _SUFFIX.sub("", name))
    if name.endswith("_count"):
        said.append("a number of things")
    elif name.endswith(("timestamp_seconds", "_time_seconds", "_created")) and not is_counter(name):
        said.append("Unix time")
    elif name.endswith("_info"):
        said.append("always 1; its labels are what it says")
    elif unit := _UNITS.get(bare.rpartition("_")[2]):
        said.append(unit)
    return ", ".join(said)


def names_in(query: str) -> list[str]:
    """The metrics that a query seems to name: identifiers with an underscore that are no function, no label and no keyword."""
    found = (match for match in _NAME.finditer(query) if match[1] and not match[2])
    grouped = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", query)
    names = (match[1] for match in found if re.search(rf"(?<![\w:]){re.escape(match[1])}(?![\w:])", grouped))
    return [name for name in dict.fromkeys(names) if "_" in name and not name.startswith("group_")]


def number(value: float) -> str:
    """A value in six significant digits, whole numbers whole."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.1f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"


def gaps(series: Series, expected: int) -> int:
    """How many of the expected points are missing."""
    return max(0, expected - len(series.points) - series.histograms)


def common(many: Sequence[Series]) -> dict[str, str]:
    """The labels that all of several series share."""
    if len(many) < 2:
        return {}
    first, *others = (one.labels.items() for one in many)
    shared = set(first).intersection(*others)
    return {name: value for name, value in many[0].labels.items() if (name, value) in shared}


def _series(one: Mapping[str, Any]) -> Series:
    labels = {str(name): str(value) for name, value in one.get("metric", {}).items()}
    raw = one["values"] if "values" in one else [one["value"]] if "value" in one else []
    histograms = len(one.get("histograms", ())) + ("histogram" in one)
    name = labels.pop("__name__", "")
    return Series(labels, name, tuple((float(time), float(value)) for time, value in raw), histograms)


def _grown(values: Sequence[float]) -> tuple[float, int]:
    """What a counter grew by, counting from zero after each reset, and the number of resets."""
    grown, resets = 0.0, 0
    for before, after in pairwise(values):
        if after < before:
            grown, resets = grown + after, resets + 1
        else:
            grown += after - before
    return grown, resets
