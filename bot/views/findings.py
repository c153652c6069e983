"""Monitors and what they found, as `/ops monitors`, `/ops report` and the Home tab list them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.core.finding import Mark
from agents.core.noise import advice
from agents.found import Found
from agents.monitors import Looked, Monitor
from agents.noise import Loudness
from bot.chart import sparkline
from bot.views.lists import NO_PAGES, Pages, listing, nothing
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline
from bot.views.permalinks import thread_link
from bot.views.report import WORDS, colour, deviation
from scheduler.looking import is_behind

LINE = 400
"""Characters of one line."""

SHOWN = 8
"""So many open findings, and so many series, of one monitor are shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a monitor of the configuration stands."""

    monitor: Monitor
    looked: Looked | None
    """None where it was never looked at."""
    open: int
    """Findings that go on, as far as the reader may see them."""
    loudness: Loudness
    next: datetime | None
    """When it looks next; None where it is off."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A series and its values of late."""

    series: str
    """Its key."""
    unit: str
    values: Sequence[float | None]


def monitors(found: Sequence[Standing], pages: Pages = NO_PAGES) -> Message:
    """Each monitor and how it stands, those that need somebody first."""
    if not found:
        return nothing("No monitor is configured. docs/monitors.md tells how, and `countersign monitor suggest` writes some.", pages)
    head = f"*{len(found)} {'monitor' if len(found) == 1 else 'monitors'}*"
    return listing(head, [standing_line(one) for one in found], pages)


def standing_line(one: Standing) -> str:
    """A monitor in two or three lines."""
    monitor, loudness = one.monitor, one.loudness
    subject = f" · {inline(monitor.subject, 80)}" if monitor.subject and monitor.subject != monitor.name else ""
    first = f"{state(one)}  *{inline(monitor.name, 80)}*{subject}"
    looked = f"looked {date(one.looked.through, '{ago}')}" if one.looked else "not looked at yet"
    upcoming = f", next {date(one.next, '{time}')}" if one.next else ""
    week = f"{loudness.findings} in a week, {loudness.false} false · {monitor.budget:g} false a week and series is put up with"
    lines = [first, f"{looked}{upcoming} · {week}"]
    if one.looked and one.looked.error:
        since = f" since {date(one.looked.error_since)}" if one.looked.error_since else ""
        lines.append(f"could not look{since}: {inline(one.looked.error, 200)}")
    lines += [f":control_knobs: {inline(advice(tuning), 300)}" for tuning in loudness.tunings[:2]]
    return "\n".join(lines)


def state(one: Standing) -> str:
    """How it stands in a sign and a word."""
    if not one.monitor.enabled:
        return ":double_vertical_bar: off"
    if one.looked and one.looked.error:
        return ":electric_plug: fails"
    if one.open:
        return f":red_circle: {one.open} open"
    return ":hourglass_flowing_sand: begins" if is_behind(one.monitor, one.looked) else ":large_green_circle: fine"


def findings(found: Sequence[Found], since: datetime, more: int, pages: Pages = NO_PAGES, workspace: str = "") -> Message:
    """What was found since then, the worst first. `more` are on other pages."""
    if not found:
        return nothing(f"Nothing was found since {date(since)}, as far as you may see.", pages)
    total = len(found) + more
    going = sum(one.firing for one in found)
    head = f"*{total} {'finding' if total == 1 else 'findings'}* since {date(since)}, {going} of {len(found)} here go on"
    return listing(head, [found_line(one, workspace) for one in found], pages)


def found_line(one: Found, workspace: str = "") -> str:
    """A finding as a list shows it."""
    finding = one.finding
    sign = colour(one.alert.severity) if one.firing else ":white_check_mark:"
    name = f"*{inline(finding.measure, 60)}* of {inline(finding.subject, 100)} {WORDS[finding.direction] if one.firing else ''}".rstrip()
    link = f" · {thread_link(workspace, one.run.trigger.place, 'Open')}" if workspace and one.run.trigger.place else ""
    over = f" to {date(one.summary.resolved_at)}" if one.summary.resolved_at and not one.firing else ""
    said = f" · {said_of(one)}" if said_of(one) else ""
    return f"{sign} {name}\n{deviation(finding)} · {date(finding.since)}{over}{said}{link}"


def said_of(one: Found) -> str:
    """What people have said of it, the newest word."""
    if not one.summary.marks:
        return ""
    newest = one.summary.marks[-1]
    name = inline(newest.name, 60)
    match newest.mark:
        case Mark.ACKNOWLEDGED:
            return f":eyes: {name}"
        case Mark.SNOOZED:
            return f":zzz: until {date(newest.until or newest.at)}"
        case Mark.FALSE_ALARM:
            return f"a false alarm, says {name}"
    return f"expected, says {name}"


def present(one: Standing, found: Sequence[Found], traces: Sequence[Trace], workspace: str = "") -> Message:
    """One monitor: how it stands, what goes on, its series of late, and what was found before."""
    going = [item for item in found if item.firing]
    before = [item for item in found if not item.firing]
    lines = [found_line(item, workspace) for item in going[:SHOWN]]
    lines += [f"_and {len(going) - SHOWN} more go on_"] if len(going) > SHOWN else []
    lines += [trace_line(trace) for trace in traces[:SHOWN]]
    lines += [f"_and {len(traces) - SHOWN} more series_"] if len(traces) > SHOWN else []
    lines += [found_line(item, workspace) for item in before[:SHOWN]]
    return listing(standing_line(one), lines or ["There are no samples yet."])


def trace_line(trace: Trace) -> str:
    """A series as a line of blocks."""
    unit = f" {inline(trace.unit, 30)}" if trace.unit else ""
    return f"`{sparkline(trace.values, 24)}`{unit} · {inline(trace.series, 100)}"


def failing_line(one: Looked) -> str:
    """A monitor that cannot look."""
    since = f" since {date(one.error_since)}" if one.error_since else ""
    return f":electric_plug: *{escape(one.name)}* could not look{since}: {inline(one.error, 150)}"
