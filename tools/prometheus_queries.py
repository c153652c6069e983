"""Queries in PromQL: at one moment, and over time."""

import math
from typing import Any

from agents.ports import Done, Failed
from tools.moments import moment, span
from tools.operation import Arguments, Use
from tools.prometheus_answers import Answered, Prometheus
from tools.series import number, series_of
from tools.series_text import told_instant, told_range

STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
"""Seconds between points, as people count them; beyond, whole days."""

TIMEOUT = "20s"
"""After this the server itself gives up, and says so."""

MOST = "1000"
"""Series that a server sends which knows `limit`; it warns of those that it leaves out."""


async def ask_now(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """An instant query."""
    try:
        time = moment(arguments["time"], prometheus.clock())
    except ValueError as error:
        return Failed(str(error))
    query = arguments["query"]
    asked = [("query", query), ("time", f"{time.timestamp():.3f}"), ("timeout", TIMEOUT), ("limit", MOST)]
    answer = await prometheus.ask("query", asked)
    return answer if isinstance(answer, Failed) else _told(answer, query, prometheus.max_series)


async def ask_range(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """A range query. Its last point lies at the end of the span, so that it says how things stand now."""
    limits = span(arguments, prometheus.clock())
    if isinstance(limits, Failed):
        return limits
    seconds = (limits[1] - limits[0]).total_seconds()
    step = step_for(seconds, prometheus.max_points, arguments["step"])
    steps = max(1, math.floor(seconds / step + 1e-9))
    end = math.floor(limits[1].timestamp())
    begin, query = end - steps * step, arguments["query"]
    asked = [("query", query), ("start", str(begin)), ("end", str(end)), ("step", str(step)), ("timeout", TIMEOUT), ("limit", MOST)]
    answer = await prometheus.ask("query_range", asked)
    if isinstance(answer, Failed):
        return answer
    many = series_of(answer.content.get("result")) if isinstance(answer.content, dict) else None
    if many is None:
        return Failed("Prometheus answered something that is no series of numbers.")
    return Done(answer.told(told_range(many, query, begin, step, steps + 1, prometheus.max_series)))


def step_for(seconds: float, most: int, wanted: int = 0) -> int:
    """The smallest usual step by which a span has at most so many points; one that was asked for where it is large enough."""
    least = seconds / (most - 1)
    if wanted and wanted >= least:
        return wanted
    return next((step for step in STEPS if step >= least), math.ceil(least / 86_400) * 86_400)


def _told(answer: Answered, query: str, most: int) -> Done | Failed:
    content = answer.content if isinstance(answer.content, dict) else {}
    kind: object = content.get("resultType")
    result: Any = content.get("result")
    if kind == "matrix":
        return Failed("This is a range of values, not one moment: leave out the [range], or use it in a function such as rate(…).")
    try:
        if kind == "scalar":
            return Done(answer.told(number(float(result[1]))))
        if kind == "string":
            return Done(answer.told(str(result[1])))
    except (TypeError, ValueError, IndexError):
        return Failed("Prometheus answered a value that is no number.")
    many = series_of(result)
    return Failed("Prometheus answered something that is no series of numbers.") if many is None else Done(
        answer.told(told_instant(many, query, most))
    )
