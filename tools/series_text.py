"""Series as a model reads them: a line of figures each, and the numbers themselves, bounded in number and length."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tools.series import Figures, Series, common, figures, gaps, hint, is_counter, names_in, number
from tools.times import iso

MAX_LABEL = 120
"""Characters of a label's value."""


def told_instant(many: Sequence[Series], query: str, most: int) -> str:
    """The answer to an instant query: one value a line, in the server's order."""
    if not many:
        return "No series: nothing matches now. Look for the names and labels that exist."
    shared = common(many)
    head = [f"{_count(many)} at {_time(many)}", *_shared(shared), *_hints(many, query)]
    lines = [f"{_named(one, shared)} {_value(one)}" for one in many[:most]]
    return "\n".join([*lines, *head] if len(many) == 1 else [*head, *lines, *_left_out(len(many), most)])


def told_range(many: Sequence[Series], query: str, begin: float, step: float, expected: int, most: int) -> str:
    """The answer to a range query: figures and values of each series, those with the highest p95 first."""
    if not many:
        return "No series: nothing matches in this time. Look for the names and labels that exist."
    shared = common(many)
    last = begin + step * (expected - 1)
    begin = _as_answered(many, begin, step)
    expected = int((last - begin) // step) + 1
    end = begin + step * (expected - 1)
    lines = [f"{_count(many)}, {expected} points each, every {step:g} s, from {_iso(begin)} to {_iso(end)}"]
    lines += _shared(shared) + _hints(many, query)
    if len(many) == 1:  # then its figures come first, which is all that a line of evidence has room for
        first, *more = _described(many[0], figures(many[0]), begin, step, expected)
        return "\n".join([f"{_named(many[0], shared)}: {first.strip()}", *more, *lines])
    known = [(one, figures(one)) for one in many]
    known.sort(key=lambda pair: -pair[1].p95 if pair[1] else float("inf"))
    for one, found in known[:most]:
        lines += ["", _named(one, shared), *_described(one, found, begin, step, expected)]
    return "\n".join([*lines, *_left_out(len(many), most)])


def _value(one: Series) -> str:
    """What it is at its one moment."""
    return number(one.points[0][1]) if one.points else "(a native histogram: histogram_quantile or histogram_count make numbers of it)"


def _as_answered(many: Sequence[Series], begin: float, step: float) -> float:
    """The time of the first point: some servers move it to a multiple of the step."""
    first = min((point[0] for one in many for point in one.points), default=begin)
    return first - step * round((first - begin) / step)


def labelled(labels: Mapping[str, str]) -> str:
    """`{a="b", c="d"}`; empty where there are no labels."""
    inner = ", ".join(f"{name}={json.dumps(_short(value), ensure_ascii=False)}" for name, value in sorted(labels.items()))
    return f"{{{inner}}}" if inner else ""


def _described(one: Series, found: Figures | None, begin: float, step: float, expected: int) -> list[str]:
    lines = []
    if one.histograms:
        lines.append(f"  {one.histograms} native histograms; histogram_quantile or histogram_count make numbers of them")
    missing = gaps(one, expected)
    if found and found.low[1] == found.high[1] and not missing and not found.odd:
        return [*lines, f"  {number(found.last)} all the time"]
    if found:
        lines.append(_line(one, found, missing))
    elif one.points:
        lines.append(f"  {len(one.points)} points, none of them a finite number")
    if one.points:
        lines.append(f"  values: {_values(one, begin, step, expected)}")
    return lines


def _line(one: Series, found: Figures, missing: int) -> str:
    parts = [
        f"first {number(found.first)}", f"last {number(found.last)}", f"min {number(found.low[1])} at {_iso(found.low[0])}",
        f"max {number(found.high[1])} at {_iso(found.high[0])}", f"mean {number(found.mean)}", f"p95 {number(found.p95)}",
    ]
    share = f" ({found.change / abs(found.first):+.0%})" if found.first else ""
    if is_counter(one.name):
        pace = f", about {number(found.change / found.seconds)} a second" if found.seconds else ""
        parts.append(f"grew by {number(found.change)}{pace}")
    else:
        parts.append(f"change {'+' if found.change > 0 else ''}{number(found.change)}{share}")
    parts += [f"{found.resets} resets"] * bool(found.resets) + [f"{missing} gaps"] * bool(missing)
    parts += [f"{found.odd} NaN or infinite"] * bool(found.odd)
    return f"  {', '.join(parts)}"


def _values(one: Series, begin: float, step: float, expected: int) -> str:
    """The values in the order of time, `-` where there is none."""
    at = {round((time - begin) / step): number(value) for time, value in one.points}
    return " ".join(at.get(place, "-") for place in range(expected))


def _hints(many: Sequence[Series], query: str) -> list[str]:
    """What names say of units, and that counters are told as they are."""
    names = list(dict.fromkeys([*(one.name for one in many if one.name), *names_in(query)]))[:5]
    lines = [f"By its name {name} is: {said}" for name in names if (said := hint(name))]
    if any(is_counter(one.name) for one in many):
        lines.append("A counter only grows until its process begins anew; rate(NAME[5m]) is its pace a second.")
    return lines


def _count(many: Sequence[Series]) -> str:
    return f"{len(many):,} series" if len(many) > 1 else "1 series"


def _time(many: Sequence[Series]) -> str:
    return next((_iso(one.points[0][0]) for one in many if one.points), "the time that was asked for")


def _named(one: Series, shared: Mapping[str, str]) -> str:
    labels = {name: value for name, value in one.labels.items() if name not in shared}
    return f"{one.name}{labelled(labels)}" or ("(the rest)" if shared else "(no labels)")


def _shared(shared: Mapping[str, str]) -> list[str]:
    return [f"All have {labelled(shared)}"] if shared else []


def _left_out(count: int, most: int) -> list[str]:
    return [f"\n{count - most:,} more series are left out; aggregate with sum by (…), or take topk(…)."] if count > most else []


def _iso(seconds: float) -> str:
    return iso(datetime.fromtimestamp(round(seconds, 3), UTC))


def _short(text: str) -> str:
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"
