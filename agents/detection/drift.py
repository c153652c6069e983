"""One number for how far a column is from what it was, kept as a metric, and the difference in words."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from agents.core.chart import short
from agents.detection.distribution import (
    CategorySummary,
    NumericSummary,
    merged,
    merged_categories,
    psi,
    psi_categories,
    shift,
)

Summary = NumericSummary | CategorySummary
NAMED, LETTERS = 3, 40
"""So many names are told, and so many characters of each."""
SEEN = 0.002
"""A share that has changed by less than this is not told."""


def summary_of(told: Mapping[str, Any]) -> Summary:
    """A summary of either kind, as its `as_json` told it. Raises ValueError for anything else."""
    kinds: dict[str, type[Summary]] = {"numeric": NumericSummary, "category": CategorySummary}
    try:
        return kinds[told["kind"]].from_json(told)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is no summary of a column: {type(error).__name__} {error}.") from error


def distance(past: Sequence[Summary], current: Summary) -> float | None:
    """How far the current values are from those of the past together: about as many spreads as they have moved.

    The larger of the shift and the root of the stability index, which for a bell curve that moves are the same. It is never quite zero, and
    the fewer the rows the larger it is by chance, so it is to be judged by its own history. None where a side has no rows: then there is
    nothing to compare, and its volume is another metric.
    """
    reference = pooled(past, current)
    if reference is None or not current.count:
        return None
    match reference, current:
        case NumericSummary(), NumericSummary():
            return max(shift(reference, current), math.sqrt(psi(reference, current)))
        case CategorySummary(), CategorySummary():
            return math.sqrt(psi_categories(reference, current))
    return None


def pooled(past: Sequence[Summary], current: Summary) -> Summary | None:
    """The past as one summary, of the parts that are of the current one's kind; None where they have no rows."""
    if isinstance(current, NumericSummary):
        reference: Summary = merged([part for part in past if isinstance(part, NumericSummary)])
    else:
        reference = merged_categories([part for part in past if isinstance(part, CategorySummary)])
    return reference if reference.count else None


def difference(past: Sequence[Summary], current: Summary) -> str:
    """What is different in words: `median 21 → 27, middle half 12–40 → 15–52, null 0% → 4%`; empty where there is nothing to compare.

    Names of categories are the column's own and not ours.
    """
    reference = pooled(past, current)
    if reference is None or not current.count:
        return ""
    if isinstance(reference, NumericSummary) and isinstance(current, NumericSummary):
        said = [*_values(reference, current)]
    else:
        said = [*_names(_shares(reference), _shares(current))]
    nulls = (reference.nulls / reference.count, current.nulls / current.count)
    return ", ".join([*said, *([f"null {_change(*nulls)}"] if abs(nulls[0] - nulls[1]) >= SEEN else [])])


def _values(reference: NumericSummary, current: NumericSummary) -> Iterator[str]:
    if not reference.quantiles or not current.quantiles:
        return
    before, now = (
        [short(float(value)) for value in np.interp((0.25, 0.5, 0.75), np.linspace(0, 1, len(one.quantiles)), one.quantiles)]
        for one in (reference, current)
    )
    yield f"median {before[1]} → {now[1]}"
    if before != now:
        yield f"middle half {before[0]}–{before[2]} → {now[0]}–{now[2]}"


def _shares(summary: Summary) -> dict[str, float]:
    return {name: rows / summary.count for name, rows in summary.top} if isinstance(summary, CategorySummary) else {}


def _names(before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    """The names whose shares have changed most."""
    apart = {name: round(abs(before.get(name, 0.0) - now.get(name, 0.0)), 9) for name in {**before, **now}}
    for name in sorted((name for name in apart if apart[name] >= SEEN), key=lambda name: (-apart[name], name))[:NAMED]:
        line = " ".join(name.split()) or "(empty)"
        told = line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"
        yield f"{told} {_change(before.get(name, 0.0), now.get(name, 0.0))}"


def _change(before: float, now: float) -> str:
    return f"{short(100 * before)}% → {short(100 * now)}%"
