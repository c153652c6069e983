"""Slack's own chart: the block `data_visualization`.

Shape and limits: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block. Each line has one number for each category, so
a gap cannot be shown: a moment without a value has no category. A message takes at most two such blocks, and workspaces may lack them: what
is refused with `invalid_blocks` is told with a picture or a line of text instead.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime

from agents.core.chart import Band, Outlook, Series, finite, thinned
from agents.core.finding import TINY
from bot.views.blocks import Json, shorten
from bot.views.mrkdwn import visible

TITLE, AXIS, NAME, LABEL = 50, 50, 20, 20
"""Characters of the title, of what an axis is called, of a line's name and of a category."""
ALT = 2000
"""Characters of what a picture shows, in words."""
CATEGORIES = 20
"""Categories of a chart, and points of a line."""
A_MESSAGE = 2
"""Such blocks in one message."""
FORMS = ("%d %b", "%d %b %H:%M", "%d %b %H:%M:%S", "%Y-%m-%d %H:%M:%S")
"""Ways to write a moment, shortest first. The first that tells all of them apart is taken."""


def chart_block(series: Series) -> Json | None:
    """The metric as a line, and the band in which it was expected as two; None where there are no values."""
    known = {at: value for at, value in series.points if finite(value) is not None}
    points = [(at, value) for at, value in thinned(Series(tuple(known.items())), CATEGORIES).points if value is not None]
    if not points:
        return None
    labels = _labels([at for at, _ in points])
    lines = [_line("measured", labels, [value for _, value in points])]
    band = [entry for entry in series.band if finite(entry[1]) is not None and finite(entry[2]) is not None]
    if band:
        there = [_nearest(band, at) for at, _ in points]
        lines.append(_line("expected from", labels, [low for _, low, _ in there]))
        lines.append(_line("expected to", labels, [high for _, _, high in there]))
    since = "" if series.since is None else f", anomalous since {_moment(series.since):%d %b %H:%M}"
    return _block(series, lines, {"categories": labels, "x_label": f"UTC{since}"})


def outlook_block(outlook: Outlook) -> Json | None:
    """What was measured goes over into what is most likely, with the range around it and the limit; None where there are no values.

    Each line has a number in each category: lowest and highest are what was measured as long as that was.
    """
    known = tuple((at, value) for at, value in outlook.history.points if finite(value) is not None)
    past = thinned(Series(known), CATEGORIES // 2).points
    coming = thinned(Series(outlook.central), CATEGORIES - len(past)).points
    if not past or not coming:
        return None
    points = [(at, value) for at, value in (*past, *coming) if value is not None]
    labels = _labels([at for at, _ in points])
    measured = [(value, value) for _, value in points[: len(past)]]
    ends = [*measured, *(_nearest(outlook.range, at)[1:] for at, _ in points[len(past) :])]
    lines = [
        _line("measured, forecast", labels, [value for _, value in points]),
        _line("at least", labels, [low for low, _ in ends]), _line("at most", labels, [high for _, high in ends]),
    ]
    if outlook.limit is not None:
        lines.append(_line("limit", labels, [outlook.limit] * len(points)))
    begin = f"{_moment(coming[0][0]):%d %b}"
    return _block(outlook.history, lines, {"categories": labels, "x_label": f"UTC, forecast from {begin} on"})


def _block(series: Series, lines: list[Json], axes: Json) -> Json:
    if series.unit:
        axes["y_label"] = shorten(visible(series.unit), AXIS)
    chart = {"type": "line", "series": lines, "axis_config": axes}
    return {"type": "data_visualization", "title": shorten(visible(series.title or "metric"), TITLE), "chart": chart}


def _line(name: str, labels: Sequence[str], values: Sequence[float]) -> Json:
    plain = [0.0 if abs(value) < TINY else float(f"{value:.6g}") for value in values]
    return {"name": name, "data": [{"label": label, "value": value} for label, value in zip(labels, plain, strict=True)]}


def _labels(times: Sequence[int]) -> list[str]:
    """Each moment in the shortest way of writing that tells them apart; the day alone only where all are midnights."""
    forms = FORMS if all(at % 86_400 == 0 for at in times) else FORMS[1:]
    written = [[f"{_moment(at):{form}}" for at in times] for form in forms]
    return next((labels for labels in written if len(set(labels)) == len(times)), written[-1])


def _nearest(band: Sequence[Band], at: int) -> Band:
    place = bisect_left(band, at, key=lambda entry: entry[0])
    return min(band[max(place - 1, 0) : place + 1], key=lambda entry: abs(entry[0] - at))


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def picture_block(file: str, alt: str) -> Json:
    """An uploaded picture by the id of its file; `alt` says in words what it shows.

    Source: https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object.
    """
    return {"type": "image", "slack_file": {"id": file}, "alt_text": shorten(visible(alt), ALT)}
