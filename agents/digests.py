"""Digests of what monitors found: which there are, and what they say. One says nothing where there is nothing to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from agents.core.duration import show
from agents.core.finding import Mark, expected, number
from agents.core.ids import RunId
from agents.core.noise import Tuning, advice
from agents.found import Found
from agents.monitors import Looked, Measure
from agents.schedules import Timetable

LISTED = 8
"""So many incidents, or monitors, of one kind are told; of the rest there is a count."""

MARKUP = dict.fromkeys(map(ord, "`*~[]"), "'")

OFF = {"above": "too high", "below": "too low", "missing": "no data", "changed": "changed", "failed": "could not be looked at"}


@dataclass(frozen=True, slots=True)
class Digest:
    """A message about a day or a week of some monitors."""

    channel: str
    """`#name` or id of where it is posted."""
    kind: Literal["daily", "weekly"]
    times: Timetable
    monitors: frozenset[str]
    """Names of those that it is about."""
    agent: str
    """Who answers in its thread."""

    @property
    def name(self) -> str:
        """What it is known by; one at other times is another."""
        return f"digest/{self.kind}/{self.channel}/{self.times.words}"


@dataclass(frozen=True, slots=True)
class Period:
    """All that a digest knows."""

    since: datetime
    until: datetime
    found: Sequence[Found]
    """What was open in it, the worst first."""
    tunings: Sequence[Tuning] = ()
    """Watches with more false alarms in a week than people put up with."""
    failing: Sequence[Looked] = ()
    """Monitors that could not look the last time."""
    links: Mapping[RunId, str] = field(default_factory=dict)
    """Where incidents are told of."""


def told(digest: Digest, period: Period) -> str:
    """The digest in Markdown; empty where there is nothing to say."""
    opened = [one for one in period.found if period.since <= one.summary.opened_at < period.until]
    over = [one for one in period.found if (at := one.summary.resolved_at) is not None and period.since <= at < period.until]
    going = [one for one in period.found if one.firing and one.summary.opened_at < period.until]
    silent = [one for one in going if _silent(one, period.until)]
    loud = [one for one in going if one not in silent]
    nearing = [one for one in loud if one.finding.measure.startswith(Measure.FORECAST.value)]
    old = [one for one in loud if one not in opened and one not in nearing]
    parts = [
        *_section("New", [one for one in opened if one.firing and one in loud and one not in nearing], period, digest.times.zone),
        *_section("Still open", old, period, digest.times.zone),
        *_section("Nearing a limit", nearing, period, digest.times.zone),
        *_section("Over", over, period, digest.times.zone),
        *_list("Too many false alarms", [advice(one) for one in period.tunings]),
        *_list("Could not look", [_failing(one, period.until) for one in period.failing]),
    ]
    if not parts:
        return ""
    quiet = f" {len(_incidents(silent))} more are silent for now." if silent else ""
    counts = f"{_many(opened, 'new finding')}, {len(over)} over, {len(going)} open.{quiet}"
    when = f"{period.until.astimezone(digest.times.zone):%a %d %b %Y}"
    return "\n".join((f"{digest.kind.capitalize()} digest, {when}", counts, *parts))


def _section(title: str, found: Sequence[Found], period: Period, zone: tzinfo) -> list[str]:
    """A line for each incident: its worst finding, and how many more it has."""
    return _list(title, [_incident(group, period, zone) for group in _incidents(found)])


def _incidents(found: Sequence[Found]) -> list[list[Found]]:
    groups: dict[RunId, list[Found]] = {}
    for one in found:
        groups.setdefault(one.run.run_id, []).append(one)
    return list(groups.values())


def _incident(group: Sequence[Found], period: Period, zone: tzinfo) -> str:
    one, link = group[0], period.links.get(group[0].run.run_id, "")
    more = f", and {len(group) - 1:,} more of this incident" if len(group) > 1 else ""
    severity = f"{one.alert.severity.capitalize()}: " if one.firing and one.alert.severity else ""
    said = f" · {_said(one)}" if _said(one) else ""
    name = _code(f"{one.finding.measure} of {one.finding.subject}")
    return f"{severity}{name} {_how(one, zone)}{more}{said}{f' · [Open]({link})' if link else ''}"


def _how(one: Found, zone: tzinfo) -> str:
    finding, ended = one.finding, one.summary.resolved_at
    if not one.firing and ended is not None:
        return f"for {show(max(ended - finding.since, timedelta()))}"
    if finding.measure.startswith(Measure.FORECAST.value) and finding.why.strip():
        return f"– {plain(finding.why)[:200]}"
    since = f"since {finding.since.astimezone(zone):%a %H:%M %Z}"
    if finding.observed is None:
        return f"{OFF[finding.direction]} {since}"
    range_ = f", expected {expected(finding)}" if expected(finding) else ""
    return f"{number(finding.observed, finding.unit)}{range_}, {since}"


def _said(one: Found) -> str:
    if not one.summary.marks:
        return ""
    newest = one.summary.marks[-1]
    name = plain(newest.name)
    return {
        Mark.ACKNOWLEDGED: f"{name} looks after it" if one.firing else "", Mark.FALSE_ALARM: f"a false alarm, says {name}",
        Mark.LEARN: f"expected, says {name}", Mark.EXCLUDE: f"expected, says {name}",
    }.get(newest.mark, "")


def _silent(one: Found, at: datetime) -> bool:
    newest = one.summary.marks[-1] if one.summary.marks else None
    return newest is not None and newest.mark is Mark.SNOOZED and newest.until is not None and newest.until > at


def _failing(one: Looked, now: datetime) -> str:
    lasts = f" for {show(now - one.error_since)}" if one.error_since and now > one.error_since else ""
    return f"{_code(one.name)}{lasts}: {plain(one.error)[:200]}"


def _list(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"- and {len(lines) - LISTED:,} more"] if len(lines) > LISTED else []
    return ["", f"**{title}**", *(f"- {line}" for line in lines[:LISTED]), *more]


def _many(found: Sequence[Found], what: str) -> str:
    return f"{len(found):,} {what}{'' if len(found) == 1 else 's'}"


def _code(text: str) -> str:
    """A name, literally."""
    return f"`{plain(text)[:120]}`"


def plain(text: str) -> str:
    """Text that is not ours on one line, without what Markdown would take for more."""
    return " ".join(text.translate(MARKUP).split())
