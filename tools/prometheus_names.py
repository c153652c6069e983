"""What a Prometheus has: names of metrics, series, labels and their values."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from agents.ports import Done, Failed
from tools.access import Query
from tools.moments import moment
from tools.operation import Arguments, Use
from tools.prometheus_answers import Prometheus
from tools.series import hint
from tools.times import iso, long

MOST_NAMES = 40
"""Metrics that are listed."""

MOST_VALUES = 100
"""Values of one label that are listed."""

MOST_SERIES = 1_000
"""Series that are looked at."""

EXAMPLES = 8
"""Values of each label, where all labels are listed."""


async def find_metrics(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """Names that contain all of some words."""
    span = _span(prometheus, arguments)
    if isinstance(span, Failed):
        return span
    answer = await prometheus.ask("label/__name__/values", span)
    if isinstance(answer, Failed):
        return answer
    words = arguments["words"].lower().split()
    every = [str(name) for name in answer.content or ()]
    names = sorted((name for name in every if all(word in name.lower() for word in words)), key=_by_length)
    if not names:
        return Done(answer.told(f"No metric's name contains {' and '.join(words)}. There are {len(every):,} names."))
    known = await prometheus.ask("metadata", [("limit_per_metric", "1")])
    described = known.content if not isinstance(known, Failed) and isinstance(known.content, dict) else {}
    lines = [f"{len(names):,} metrics:", *(_described(name, described) for name in names[:MOST_NAMES])]
    return Done(answer.told("\n".join([*lines, *_more(len(names), MOST_NAMES, "metrics", "add a word")])))


async def list_series(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """How many series a selector matches, and how they differ."""
    span = _span(prometheus, arguments)
    if isinstance(span, Failed):
        return span
    answer = await prometheus.ask("series", [("match[]", arguments["match"]), *span, ("limit", str(MOST_SERIES))])
    if isinstance(answer, Failed):
        return answer
    many = [one for one in answer.content or () if isinstance(one, dict)]
    if not many:
        return Done(answer.told(f"No series matches {arguments['match']} {_since(span)}."))
    values: dict[str, dict[str, None]] = defaultdict(dict)
    for one in many:
        for name, value in one.items():
            values[str(name)][str(value)] = None
    least = "at least " if len(many) >= MOST_SERIES else ""
    lines = [f"{least}{len(many):,} series by {arguments['match']} {_since(span)}. Their labels:"]
    lines += [f"  {name}: {_examples(list(held))}" for name, held in sorted(values.items())]
    return Done(answer.told("\n".join(lines)))


async def list_labels(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """The names of labels, or the values of one."""
    span = _span(prometheus, arguments)
    if isinstance(span, Failed):
        return span
    label = arguments["label"]
    if label and not label.replace("_", "a").isalnum():
        return Failed(f"{label!r} is no label's name: letters, digits and _ only.")
    match = [("match[]", arguments["match"])] if arguments["match"] else []
    answer = await prometheus.ask(f"label/{label}/values" if label else "labels", [*match, *span])
    if isinstance(answer, Failed):
        return answer
    found = [str(one) for one in answer.content or ()]
    what = f"values of {label}" if label else "labels"
    if not found:
        return Done(answer.told(f"There are no {what} {_since(span)}."))
    text = f"{len(found):,} {what}: {', '.join(one[:200] for one in found[:MOST_VALUES])}"
    return Done(answer.told("\n".join([text, *_more(len(found), MOST_VALUES, what, "narrow it with match")])))


def _span(prometheus: Prometheus, arguments: Arguments) -> Query | Failed:
    now = prometheus.clock()
    try:
        begin = moment(arguments["since"], now)
    except ValueError as error:
        return Failed(str(error))
    return [("start", f"{begin.timestamp():.0f}"), ("end", f"{now.timestamp():.0f}")] if begin < now else Failed(
        f"since has to lie before now, {iso(now)}."
    )


def _since(span: Query) -> str:
    return f"in the last {long(float(span[1][1]) - float(span[0][1]))}"


def _by_length(name: str) -> tuple[int, str]:
    return len(name), name


def _described(name: str, described: Mapping[str, Any]) -> str:
    """Name, type and help. A histogram's or a summary's parts are described under the name of the whole."""
    whole = next((name.removesuffix(end) for end in ("_bucket", "_count", "_sum") if name.removesuffix(end) in described), name)
    entries = described.get(name) or described.get(whole) or []
    first = entries[0] if isinstance(entries, list) and entries and isinstance(entries[0], dict) else {}
    kind, text = str(first.get("type") or ""), str(first.get("help") or "")
    unit = str(first.get("unit") or "") or hint(name)
    said = "; ".join(one for one in (kind if kind != "unknown" else "", unit, text[:200]) if one)
    return f"  {name}{f' — {said}' if said else ''}"


def _examples(held: list[str]) -> str:
    shown = ", ".join(f'"{value[:120]}"' for value in held[:EXAMPLES])
    return shown if len(held) <= EXAMPLES else f"{len(held):,} values, such as {shown}"


def _more(count: int, most: int, what: str, advice: str) -> list[str]:
    return [f"{count - most:,} more {what} are left out; {advice}."] if count > most else []
