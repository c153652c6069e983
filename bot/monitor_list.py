"""How monitors stand, for `countersign monitor list`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from agents.core.finding import Mark
from agents.core.monitoring import State, Track
from agents.monitors import FindingSummary, Looked, Monitor
from bot import terminal
from bot.build import clock, open_reader
from bot.config import load
from bot.settings import Settings

WEEK = timedelta(days=7)


async def listed(environ: Mapping[str, str], *, as_json: bool) -> int:
    """Print every monitor as it stands; the exit code."""
    settings = Settings.read(environ)
    configured = load(settings.config, environ).monitors
    rows = [_plain(one, None, {}, ()) for one in configured.values()]
    if settings.database_file.exists():
        async with open_reader(settings) as reader:
            looked, found = await reader.samples.looked(), await reader.findings.findings(since=clock() - WEEK)
            rows = [
                _plain(one, looked.get(name), await reader.samples.tracks(name), [each for each in found if each.monitor == name])
                for name, one in configured.items()
            ]
    if as_json:
        terminal.print_json(rows)
    elif not rows:
        click.echo("No monitor is configured. docs/monitors.md tells how; `countersign monitor suggest SOURCE` writes some.")
    else:
        headings = ("MONITOR", "LAST LOOK", "NEXT", "SERIES", "OPEN", "FALSE ALARMS, 7D", "STATE")
        terminal.table(headings, [_row(one) for one in rows])
    return 0


def _plain(monitor: Monitor, looked: Looked | None, tracks: Mapping[str, Track], found: Sequence[FindingSummary]) -> dict[str, Any]:
    """Everything that is known of it, for JSON."""
    known = looked if looked is not None and looked.definition == monitor.definition else None
    count = Counter("firing" if track.began is not None else str(track.state) for track in tracks.values()) if known else Counter[str]()
    last = known.through if known else None
    coming = monitor.times.after(max(last or clock(), clock())) if monitor.enabled else None
    return {
        "name": monitor.name, "enabled": monitor.enabled, "last": last, "next": coming, "series": sum(count.values()),
        "learning": count[State.LEARNING], "fine": count[State.FINE],
        "firing": count["firing"], "open": sum(one.status == "firing" for one in found),
        "false_alarms": sum(any(mark.mark is Mark.FALSE_ALARM for mark in one.marks) for one in found),
        "reads_past": known is not None and known.read_through < known.judged_through,
        "error": known.error if known else "", "error_since": known.error_since if known else None,
    }


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        one["name"], _time(one["last"], "never"), _time(one["next"], ""), str(one["series"]), str(one["open"]), str(one["false_alarms"]),
        terminal.one_line(_state(one), 100),
    )


def _state(one: Mapping[str, Any]) -> str:
    if not one["enabled"]:
        return "switched off in the configuration"
    if one["error"]:
        return f"could not look since {_time(one['error_since'], '')}: {one['error']}"
    if one["last"] is None:
        return "was not looked at yet"
    if one["reads_past"]:
        return "reads its past"
    parts = [f"{one['firing']} firing" if one["firing"] else "", f"{one['learning']} learning" if one["learning"] else ""]
    return ", ".join(part for part in parts if part) or "ok"


def _time(at: datetime | None, otherwise: str) -> str:
    return terminal.clock_time(at) if at is not None else otherwise
