"""Charts for reports: a PNG that can be read on a phone, and a line of blocks for workspaces that take no pictures.

Drawing takes a good part of a second: call it in a thread. It keeps no state between calls, and the same series gives the same bytes.
"""

import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agents.core.chart import Band, Outlook, Point, Series, finite, measure, short, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLOCKS, GAP = "▁▂▃▄▅▆▇█", "·"
WIDTH, HEIGHT, DOTS = 10.0, 5.0, 100
"""Inches, and pixels an inch."""
BLUE, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#8C8C8C", "#1D1C1D"
"""Okabe and Ito's colours, which colour-blind people tell apart. No meaning stands on a colour alone."""
LARGE, SMALL = 23, 20
"""Points of type; a third of that on a phone."""
MOST = 1000
"""Points that are drawn; the width has not many more pixels."""
FEW = 40
"""So many points or fewer have a dot each."""
LARGEST = 1e300
"""A value as large as this cannot be drawn."""
MINUTE, HOUR, DAY = 60, 3600, 86_400
STEPS = (
    MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 182 * DAY, 365 * DAY,
)
"""Seconds between two ticks, of which there are six at most."""


def chart(series: Series) -> bytes:
    """A PNG of the metric, the band in which it was expected, and where and since when it went wrong."""
    drawn = thinned(series, MOST)
    figure, axes = _figure(drawn)
    _band(axes, drawn.band, "expected")
    _line(axes, drawn.points)
    _wrong(axes, drawn)
    return _png(figure, axes, [at for at, _ in drawn.points])


def outlook_chart(outlook: Outlook) -> bytes:
    """A PNG of a forecast: what was, what is most likely, the range, and the limit."""
    history = thinned(outlook.history, MOST)
    figure, axes = _figure(history)
    _band(axes, outlook.range, "4 of 5 days")
    _line(axes, history.points)
    if outlook.central:
        axes.plot(*zip(*outlook.central, strict=True), "--", color=BLUE, linewidth=3, label="forecast")
    if outlook.limit is not None and abs(outlook.limit) < LARGEST:
        axes.axhline(outlook.limit, color=ORANGE, linewidth=3, label=f"limit {measure(outlook.limit, history.unit)}")
    return _png(figure, axes, [at for at, *_ in (*history.points, *outlook.central)])


def sparkline(values: Sequence[float | None], most: int = 40) -> str:
    """The values as blocks, at most `most` of them, with the lowest and the highest value behind: `▁▂█▃·▂ 1.2–4.5k`.

    Where several values share a block, the one farthest from the middle of all is shown, so that a spike stays.
    """
    known = sorted(number for value in values if (number := finite(value)) is not None)
    if not known or most < 1:
        return "no values"
    low, high, middle = known[0], known[-1], known[len(known) // 2]
    count = min(most, len(values))
    cells = [values[number * len(values) // count : (number + 1) * len(values) // count] for number in range(count)]
    line = "".join(_block(cell, low, high, middle) for cell in cells)
    return f"{line} {short(low)}–{short(high)}" if high > low else f"{line} {short(low)}"


def _block(cell: Sequence[float | None], low: float, high: float, middle: float) -> str:
    known = [number for value in cell if (number := finite(value)) is not None]
    if not known:
        return GAP
    farthest = max(known, key=lambda number: abs(number / 2 - middle / 2))
    share = (farthest / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.0
    return BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)]


def _figure(series: Series) -> "tuple[Figure, Axes]":
    """A figure without a window, with its axes and its title."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GREY, alpha=0.3)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=GREY, length=6)
    axes.locator_params(axis="y", nbins=5)
    title = f"{series.title} ({series.unit})" if series.unit and series.title else series.title or series.unit
    axes.set_title(_written(title, 52), loc="left", fontsize=LARGE, color=INK, parse_math=False)
    return figure, axes


def _written(text: str, limit: int) -> str:
    """Text in characters that the font has, on one line, of at most so many characters."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans")))
    line = " ".join(text.split())
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return "".join(letter if font.get_char_index(ord(letter)) else "?" for letter in line)


def _band(axes: "Axes", band: Sequence[Band], label: str) -> None:
    known = [entry for entry in band if abs(entry[1]) < LARGEST and abs(entry[2]) < LARGEST]
    if known:
        at, low, high = zip(*known, strict=True)
        axes.fill_between(at, low, high, color=BLUE, alpha=0.18, linewidth=0, label=label)


def _line(axes: "Axes", points: Sequence[Point]) -> None:
    """The values, broken at gaps; a value alone between two gaps is a dot."""
    values = [_drawable(value) for _, value in points]
    if all(map(math.isnan, values)):
        axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", fontsize=LARGE, color=INK)
        return
    style = "o-" if len(points) <= FEW else "-"
    axes.plot([at for at, _ in points], values, style, color=INK, linewidth=2.5, markersize=7, label="measured")
    beside = [math.nan, *values, math.nan]
    alone = [place for place in range(len(values)) if math.isnan(beside[place]) and math.isnan(beside[place + 2])]
    axes.plot([points[place][0] for place in alone], [values[place] for place in alone], "o", color=INK, markersize=7)


def _wrong(axes: "Axes", series: Series) -> None:
    """The stretch in which it went wrong, from its onset on, and the points that are anomalous by themselves."""
    if series.since is not None:
        end = max((at for at, _ in series.points), default=series.since)
        axes.axvline(series.since, color=ORANGE, linewidth=3, linestyle=":", label=f"since {_clock(series.since, 'both')}")
        axes.axvspan(series.since, max(end, series.since), color=ORANGE, alpha=0.12, linewidth=0)
    values = dict(series.points)
    marked = [(at, _drawable(values.get(at))) for at in series.marked]
    found = [(at, value) for at, value in marked if not math.isnan(value)]
    if found:
        axes.plot(*zip(*found, strict=True), "D", color=ORANGE, markeredgecolor=INK, markersize=11, label="anomaly")


def _png(figure: "Figure", axes: "Axes", times: Sequence[int]) -> bytes:
    """The finished picture, with its legend and an axis of UTC. Nothing of when or by what it was drawn is in the file."""
    if times:
        begin, end = min(times), max(times)
        step = next((step for step in STEPS if (end - begin) / step <= 6), STEPS[-1])
        ticks = list(range(-(-begin // step) * step, end + 1, step)) or [begin]
        axes.set_xticks(ticks, _labels(ticks, step))
        axes.margins(x=0.01)
    figure.text(0.995, 0.05, "UTC", fontsize=SMALL - 2, color=INK, ha="right")
    shown = [float(tick) for tick in axes.get_yticks()]
    digits = next((digits for digits in range(3, 15) if len({short(tick, digits) for tick in shown}) == len(shown)), 15)
    axes.yaxis.set_major_formatter(lambda value, _: short(value, digits))
    if axes.get_legend_handles_labels()[0]:
        legend = figure.legend(
            loc="outside lower left", ncols=4, fontsize=SMALL - 2, frameon=False, labelcolor=INK, columnspacing=1.2, handlelength=1.3
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _labels(ticks: Sequence[int], step: int) -> list[str]:
    """What stands at each tick: the hour, and the day where it changes; or the day, or the month, alone."""
    if step >= DAY:
        return [_clock(tick, "day" if step < 91 * DAY else "month") for tick in ticks]
    new = [place == 0 or tick // DAY != ticks[place - 1] // DAY for place, tick in enumerate(ticks)]
    return [f"{_clock(tick, 'hour')}\n{_clock(tick, 'day') if day else ' '}" for tick, day in zip(ticks, new, strict=True)]


def _clock(at: int, form: str) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    day = f"{moment.day} {moment:%b}"
    return {"day": day, "month": f"{moment:%b %Y}", "hour": f"{moment:%H:%M}", "both": f"{day} {moment:%H:%M}"}[form]


def _drawable(value: float | None) -> float:
    number = finite(value)
    return number if number is not None and abs(number) < LARGEST else math.nan
