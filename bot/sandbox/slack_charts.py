"""The block `data_visualization`. Source: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block.

That a message takes two of them at most is not on that page: Slack says it when it refuses the third (vercel/chat pull request 696).
"""

import math
from typing import Any

from bot.sandbox.slack_checks import Complain, Field, anything, fields, in_turn, items, may, must, string, typed

A_MESSAGE = 2
"""Charts in one message."""
_TYPE: dict[str, Field] = {"type": must(anything)}


def _number(value: Any, pointer: str, complain: Complain) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        complain("must be a number", pointer)


def _weight(value: Any, pointer: str, complain: Complain) -> None:
    _number(value, pointer, complain)
    if isinstance(value, int | float) and value <= 0:
        complain("must be more than 0", pointer)


def _lines_fit(chart: Any, pointer: str, complain: Complain) -> None:
    """Lines have names of their own, and each has one point for each category."""
    names = [line["name"] for line in chart["series"]]
    if len(set(names)) < len(names):
        complain("series names must be unique", f"{pointer}/series")
    categories = chart["axis_config"]["categories"]
    if len(set(categories)) < len(categories):
        complain("categories must be unique", f"{pointer}/axis_config/categories")
    for number, line in enumerate(chart["series"]):
        if sorted(point["label"] for point in line["data"]) != sorted(categories):
            complain("labels must match the categories", f"{pointer}/series/{number}/data")


_SEGMENT = fields({"label": must(string(20, 1)), "value": must(_weight)})
_POINT = fields({"label": must(string(20, 1)), "value": must(_number)})
_SERIES = fields({"name": must(string(20, 1)), "data": must(items(_POINT, 20))})
_AXES = fields({"categories": must(items(string(20, 1), 20)), "x_label": may(string(50)), "y_label": may(string(50))})
_LINES = in_turn(fields({**_TYPE, "series": must(items(_SERIES, 6)), "axis_config": must(_AXES)}), _lines_fit)
_PIE = fields({**_TYPE, "segments": must(items(_SEGMENT, 6))})
CHART = fields({
    **_TYPE,
    "block_id": may(string(255, 1)),
    "title": must(string(50, 1)),
    "chart": must(typed({"line": _LINES, "bar": _LINES, "area": _LINES, "pie": _PIE})),
})
