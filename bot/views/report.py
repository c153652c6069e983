"""The report of a monitor's finding: one message of its incident, edited until it is over, and readable on a telephone."""

from collections.abc import Sequence

from agents.core.finding import PATHS, TINY, Direction, Finding, Mark, Suspect, expected, number
from agents.core.incident import Alert, foremost, rank
from agents.core.parts import Marked
from agents.core.state import Run
from bot import duration
from bot.views.blocks import Json, context, header, listed, section, shorten
from bot.views.clickable import NOTHING, Clickable
from bot.views.links import further
from bot.views.message import Message
from bot.views.mrkdwn import cut, date, escape, inline, named
from bot.views.report_buttons import controls

WORDS: dict[Direction, str] = {
    "above": "is too high", "below": "is too low", "missing": "has no data", "changed": "has changed", "failed": "could not be looked at",
}
"""What is wrong, behind the name of what was measured."""

PAST: dict[Direction, str] = {**WORDS, "above": "was too high", "below": "was too low", "missing": "had no data", "changed": "had changed"}
"""The same of what is over."""

ARROWS: dict[Direction, str] = {
    "above": ":arrow_up:", "below": ":arrow_down:", "missing": ":black_square_for_stop:", "changed": ":twisted_rightwards_arrows:",
    "failed": ":electric_plug:",
}

MOST = 1_000
"""Beyond this a multiple says nothing more."""

OTHERS, EVIDENCE, IMPACT = 6, 4, 6
"""So many further findings, lines of evidence and places downstream are shown; of the rest there is a count."""

SEVERE, MILD = rank("high"), rank("medium")
"""From the worst to the first it is red, to the second orange, and behind that blue."""

MARKED = {
    Mark.LEARN: ":white_check_mark: *Expected*, says {}: this is normal from now on.",
    Mark.EXCLUDE: ":white_check_mark: *Expected*, says {}: an exception, which is left out of what is normal.",
    Mark.FALSE_ALARM: ":no_bell: *A false alarm*, says {}: it counts against the monitor.",
}


def report(run: Run, allowed: Clickable = NOTHING, chart: Sequence[Json] = ()) -> Message:
    """The findings of the incident as they stand: the worst in full, the others as lines. `chart` is shown of what goes on."""
    alerts = tuple(run.signals.values())
    first = foremost(alerts)
    if first is None or first.finding is None:
        raise ValueError(f"{run.run_id} has no finding.")
    firing = sum(alert.status == "firing" for alert in alerts)
    title = _title(first, first.finding, firing)
    parts = _open(run, first.finding, chart) if firing else _over(run, first.finding)
    others = [alert for alert in alerts if alert is not first]
    small = context(_small(run, first.finding, len(alerts)))
    links = further((link for alert in alerts for link in alert.links), allowed)
    blocks = (header(title), *parts, *_others(others, firing), *((context(links),) if links else ()), small, *controls(run))
    return Message(inline(f"{title}. {deviation(first.finding) if firing else ''}".rstrip(), 300), blocks)


def proposal(run: Run) -> Message:
    """A lower sensitivity, in the thread of the false alarm that was one too many."""
    text = next((mark.advice for mark in run.marks if mark.advice), "")
    lines = "\n".join(inline(line, 600) for line in text.splitlines()[:4])
    return Message(cut(lines, 300), (section(f":control_knobs: *Too many false alarms*\n{lines}"),))


def _title(alert: Alert, finding: Finding, firing: int) -> str:
    name = f"{finding.measure} of {shorten(finding.subject, 80)}"
    if not firing:
        return f"Resolved: {name}"
    more = f", and {firing - 1:,} more" if firing > 1 else ""
    return f"{shorten(alert.severity, 20).strip().capitalize() or 'Finding'}: {name} {_wrong(finding)}{more}"


def _wrong(finding: Finding) -> str:
    """What is wrong, behind the name of what was measured."""
    if finding.limit is not None and not off_by(finding):
        return "nears its limit"
    return WORDS[finding.direction]


def _open(run: Run, finding: Finding, chart: Sequence[Json]) -> list[Json]:
    """What goes on: first the numbers, then the picture, then why and what to do about it."""
    alert = foremost(run.signals.values())
    numbers = f"{colour(alert.severity if alert else '')} {deviation(finding)}\n:clock3: *Since* {date(finding.since)}"
    blocks = [section(numbers), *chart]
    if finding.why.strip():
        blocks.append(section(f"*Why it fired*\n{inline(finding.why, 500)}"))
    if finding.suspects:
        blocks.append(section(_cause(finding.suspects)))
    effects = [line for line in (_impact(finding.impact), _proposed(finding.action)) if line]
    if effects:
        blocks.append(section("\n".join(effects)))
    if said := _said(run):
        blocks.append(section("\n".join(said)))
    return blocks


def _over(run: Run, finding: Finding) -> list[Json]:
    """What is over: how long it took and why, in few words."""
    ended = [alert.ended for alert in run.signals.values() if alert.ended]
    since = min((alert.finding.since for alert in run.signals.values() if alert.finding), default=finding.since)
    lasted = f" after {duration.show(max(ended) - since)}" if ended and max(ended) > since else ""
    closing = next((mark for mark in reversed(run.marks) if mark.mark.closes), None)
    first = foremost(run.signals.values())
    why = _mark(closing) if closing else f":white_check_mark: *{inline(first.over if first else '', 300) or 'It is back to normal.'}*"
    worst = (first and first.peak) or finding
    was = f"It was {deviation(worst)}" if worst.observed is not None else f"It {PAST[worst.direction]}."
    looked = [":mag: It was looked into: see the thread."] if run.turns else []
    acknowledged = [_mark(mark, over=True) for mark in run.marks if mark.mark is Mark.ACKNOWLEDGED][-1:]
    return [section("\n".join((why, f"Over{lasted}. {was}", *acknowledged, *looked)))]


def deviation(finding: Finding) -> str:
    """What was observed against what was expected, and how far it is off."""
    range_, wrong = expected(finding), ARROWS[finding.direction]
    if finding.observed is None:
        said = WORDS[finding.direction].removeprefix("is ").capitalize()
        return f"{wrong} *{said}*{f', expected {inline(range_, 80)}' if range_ else ''}"
    observed = inline(number(finding.observed, finding.unit), 60)
    if finding.limit is not None:
        return f"{wrong} *{observed} now*, limit {inline(number(finding.limit, finding.unit), 80)}{_share(finding.observed, finding.limit)}"
    off = off_by(finding)
    return f"{wrong} *{observed}*{f', expected {inline(range_, 80)}' if range_ else ''}{f' · *{off}*' if off else ''}"


def off_by(finding: Finding) -> str:
    """How far it is from the nearest end of what was expected: in percent, or as a multiple; empty where that says nothing."""
    observed, low, high = finding.observed, finding.low, finding.high
    if observed is None:
        return ""
    if high is not None and observed > high:
        if high > TINY and observed >= 3 * high:
            return f"{observed / high:,.3g} times as much" if observed <= MOST * high else f"more than {MOST:,} times as much"
        return f"{100 * (observed - high) / abs(high):.0f} % above" if abs(high) > TINY else "above"
    if low is not None and observed < low:
        return f"{100 * (low - observed) / abs(low):.0f} % below" if abs(low) > TINY else "below"
    return ""


def _share(observed: float, limit: float) -> str:
    """How much of a limit is taken; empty where that says nothing."""
    return f" · *{100 * observed / limit:.0f} % of it*" if limit > TINY and 0 <= observed <= MOST * limit else ""


def _cause(suspects: Sequence[Suspect]) -> str:
    first, *others = suspects[:PATHS]
    lines = [f"*Probable cause* · {_suspect(first)}"]
    if len(first.path) > 1:
        lines.append(inline(" → ".join(first.path), 300))
    lines += [f"• {inline(line, 200)}" for line in first.evidence[:EVIDENCE]]
    for other in others:
        evidence = f": {inline(other.evidence[0], 120)}" if other.evidence else ""
        lines.append(f"_or_ {_suspect(other)}{evidence}")
    return "\n".join(lines)


def _suspect(suspect: Suspect) -> str:
    grounding = f" ({inline(suspect.grounding, 40)})" if suspect.grounding.strip() else ""
    return f"{_code(suspect.node, 120)}{grounding}"


def _impact(impact: Sequence[str]) -> str:
    if not impact:
        return ""
    more = f" and {len(impact) - IMPACT:,} more" if len(impact) > IMPACT else ""
    return f"*Downstream* · {', '.join(inline(one, 80) for one in impact[:IMPACT])}{more}"


def _proposed(action: str) -> str:
    return f"*Proposed* · {inline(action, 500)}" if action.strip() else ""


def _others(alerts: Sequence[Alert], firing: int) -> tuple[Json, ...]:
    """The further findings of the incident, a line each: what goes on before what is over."""
    found = sorted(
        (alert for alert in alerts if alert.finding), key=lambda one: (one.status != "firing", rank(one.severity), -_score(one))
    )
    if not firing or not found:
        return ()
    rows = [[(_line(alert), "strike" if alert.status == "resolved" else "")] for alert in found[:OTHERS]]
    if len(found) > OTHERS:
        rows.append([(f"and {len(found) - OTHERS:,} more", "italic")])
    return (listed(f"{len(found):,} more of this incident", rows),)


def _line(alert: Alert) -> str:
    finding = alert.finding
    if finding is None:
        return shorten(alert.title, 150)
    name = shorten(" ".join(f"{finding.measure} of {finding.subject}".split()), 110)
    if finding.observed is None:
        return f"{name} {WORDS[finding.direction]}"
    off = off_by(finding)
    return f"{name}: {number(finding.observed, finding.unit)[:60]}{f', {off}' if off else ''}"


def _score(alert: Alert) -> float:
    return alert.finding.score if alert.finding else 0.0


def _said(run: Run) -> list[str]:
    """Who looks after it, and until when it is silent."""
    made = [_mark(mark) for mark in run.marks if mark.mark is Mark.ACKNOWLEDGED][-1:]
    made += [_mark(mark) for mark in run.marks[-1:] if mark.mark is Mark.SNOOZED]
    if run.trigger.quiet and not run.quiet:
        made.append(f":mag: It {'is being' if run.conclusion is None else 'was'} looked into: see the thread.")
    return made


def _mark(marked: Marked, *, over: bool = False) -> str:
    name = f"*{named(marked.actor, marked.name)}*"
    match marked.mark:
        case Mark.ACKNOWLEDGED:
            return f":eyes: {name} {'looked after it' if over else 'looks after it, since ' + date(marked.at)}"
        case Mark.SNOOZED:
            return f":zzz: Silent until {date(marked.until or marked.at)}, says {name}"
    return MARKED[marked.mark].format(name)


def _small(run: Run, finding: Finding, alerts: int) -> str:
    heard = sum(alert.count for alert in run.signals.values())
    parts = [f"*Owner* {inline(finding.owner, 80)}" if finding.owner.strip() else "", f"monitor {inline(finding.monitor, 80)}"]
    parts += [f"told {heard:,} times" if heard > alerts else "", escape(run.run_id)]
    return " · ".join(part for part in parts if part)


def colour(severity: str) -> str:
    """The sign of how bad it is."""
    return ":red_circle:" if rank(severity) <= SEVERE else ":large_orange_circle:" if rank(severity) <= MILD else ":large_blue_circle:"


def _code(text: str, limit: int) -> str:
    """A name in fixed width."""
    return f"`{inline(text.replace('`', '´'), limit) or ' '}`"
