"""The message that opens the thread of a run which nobody's message started: an alert, a time that has come, a call of the API."""

from collections.abc import Sequence

from agents.core.incident import Alert, foremost, shared, worst
from agents.core.state import Run
from agents.core.trigger import Source
from bot.views.blocks import Json, bullets, context, header, quote, section, shorten
from bot.views.clickable import NOTHING, Clickable
from bot.views.digest import digest
from bot.views.links import further
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline, visible
from bot.views.report import report

TITLES = {Source.WEBHOOK: "Alert", Source.SCHEDULE: "Scheduled", Source.API: "Request"}
"""What the message begins with, by what caused the run."""

LISTED = 10
"""So many alerts of an incident are listed."""


def opening(run: Run, allowed: Clickable = NOTHING, chart: Sequence[Json] = ()) -> Message:
    """The cause in its own words, quoted; what the agent does stands in the thread. Of an incident also how its alerts stand now.

    `chart` is for the report of a finding.
    """
    if foremost(run.signals.values()):
        return report(run, allowed, chart)
    if run.trigger.quiet:
        return digest(run, allowed)
    small = context(f"{escape(run.agent)} · {inline(run.trigger.actor_name, 80)} · {escape(run.run_id)}")
    if run.signals:
        return _incident(run, small, allowed)
    first, _, rest = run.text.strip().partition("\n")
    title = f"{TITLES.get(run.trigger.source, 'Run')}: {first}"
    body: tuple[Json, ...] = (quote(rest.strip(), 2000),) if rest.strip() else ()
    return Message(inline(title, 300), (header(title), *body, small))


def _incident(run: Run, small: Json, allowed: Clickable) -> Message:
    alerts = tuple(run.signals.values())
    firing = [alert for alert in alerts if alert.status == "firing"]
    first = worst(alerts) or alerts[0]
    title = f"{'Alert' if firing else 'Resolved'}: {first.title}"
    facts = [_state(len(firing), len(alerts))]
    if first.severity:
        facts.append(f"*Severity:* {inline(first.severity, 40)}")
    heard = sum(alert.count for alert in alerts)
    if heard > len(alerts):
        facts.append(f"*Heard of:* {heard:,} times")
    body: list[Json] = [section(" · ".join(facts))]
    if labels := ", ".join(f"{name}={value}" for name, value in shared(alerts).items()):
        body.append(context(f"*In common:* {inline(labels, 600)}"))
    if len(alerts) > 1:
        body.append(bullets(_lines(alerts)))
    elif first.text:
        body.append(quote(first.text, 1000))
    if links := further((link for alert in alerts for link in alert.links), allowed):
        body.append(context(links))
    return Message(inline(title, 300), (header(title), *body, small))


def _state(firing: int, all_of_them: int) -> str:
    if not firing:
        return ":white_check_mark: *Resolved*" if all_of_them == 1 else f":white_check_mark: *Resolved:* all {all_of_them:,} alerts"
    return ":rotating_light: *Firing*" if all_of_them == 1 else f":rotating_light: *Firing:* {firing:,} of {all_of_them:,} alerts"


def _lines(alerts: tuple[Alert, ...]) -> list[str]:
    """What fires first, each alert on a line."""
    order = sorted(alerts, key=lambda alert: alert.status != "firing")
    lines = [f"{'resolved: ' if alert.status == 'resolved' else ''}{_named(alert)}" for alert in order[:LISTED]]
    return [*lines, f"and {len(order) - LISTED:,} more"] if len(order) > LISTED else lines


def _named(alert: Alert) -> str:
    severity = f"[{shorten(alert.severity, 40)}] " if alert.severity else ""
    return " ".join(visible(f"{severity}{shorten(alert.title, 150)}").split()) or "an alert without a title"
