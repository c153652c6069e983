"""What Prometheus itself sees: alerts of its rules, and targets."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agents.ports import Done, Failed
from tools.cutting import fitting
from tools.operation import Arguments, Use
from tools.prometheus_answers import Prometheus
from tools.series import number
from tools.series_text import labelled
from tools.times import iso, long

MOST_ALERTS = 40
"""Alerts that are listed."""

MOST_TARGETS = 30
"""Targets that are listed."""

MAX_ANNOTATION = 300
"""Characters of an annotation."""


async def list_alerts(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """Alerts that are active, the newest first."""
    answer = await prometheus.ask("alerts", ())
    if isinstance(answer, Failed):
        return answer
    active = answer.content.get("alerts") if isinstance(answer.content, dict) else None
    alerts = [one for one in active or () if isinstance(one, dict)]
    words = arguments["words"].lower().split()
    wanted = [one for one in alerts if arguments["state"] in ("all", one.get("state")) and all(word in str(one).lower() for word in words)]
    states = Counter(str(one.get("state")) for one in alerts)
    counted = ", ".join(f"{states[state]} {state}" for state in ("firing", "pending") if states[state]) or "none"
    lines = [f"Active alerts: {counted}. {len(wanted)} asked for{':' if wanted else '.'}"]
    wanted.sort(key=lambda one: str(one.get("activeAt")), reverse=True)
    for one in wanted[:MOST_ALERTS]:
        lines += _alert(one, prometheus.clock())
    if len(wanted) > MOST_ALERTS:
        lines.append(f"{len(wanted) - MOST_ALERTS} more are left out; narrow it with words.")
    return Done(answer.told("\n".join(lines)))


async def list_targets(prometheus: Prometheus, arguments: Arguments, use: Use) -> Done | Failed:
    """Jobs by how many of their targets are up, and the targets that are not."""
    answer = await prometheus.ask("targets", [("state", "active")])
    if isinstance(answer, Failed):
        return answer
    active = answer.content.get("activeTargets") if isinstance(answer.content, dict) else None
    targets = [one for one in active or () if isinstance(one, dict) and arguments["job"] in ("", _job(one))]
    if not targets:
        return Done(answer.told("There are no such targets."))
    up = Counter(_job(one) for one in targets if one.get("health") == "up")
    every = Counter(_job(one) for one in targets)
    down = [one for one in targets if one.get("health") != "up"]
    down.sort(key=lambda one: str(one.get("health")) != "down")
    lines = [f"{job}: {up[job]} of {count} up" for job, count in sorted(every.items(), key=lambda pair: (up[pair[0]] == pair[1], pair[0]))]
    left_out = [f"{len(lines) - MOST_TARGETS} more jobs are left out."] if len(lines) > MOST_TARGETS else []
    lines = [*lines[:MOST_TARGETS], *left_out]
    lines += [f"  {labelled(one.get('labels') or {})} {one.get('health')}: {_why(one)}" for one in down[:MOST_TARGETS]]
    if len(down) > MOST_TARGETS:
        lines.append(f"  {len(down) - MOST_TARGETS} more are not up; narrow it with job.")
    return Done(answer.told("\n".join(lines)))


def _alert(one: Mapping[str, Any], now: datetime) -> list[str]:
    labels = {str(name): str(value) for name, value in (one.get("labels") or {}).items()}
    name = labels.pop("alertname", "(no name)")
    try:
        value = number(float(str(one.get("value"))))
    except ValueError:
        value = str(one.get("value"))
    line = f"- {name} {labelled(labels)} {one.get('state')} {_since(str(one.get('activeAt')), now)}, value {value}"
    notes = one.get("annotations") or {}
    return [line, *(f"    {key}: {fitting(str(text), MAX_ANNOTATION)}" for key, text in sorted(notes.items()))]


def _since(text: str, now: datetime) -> str:
    try:
        time = datetime.fromisoformat(text)
        return f"since {iso(time)} ({long((now - time).total_seconds())})"
    except (ValueError, TypeError):
        return f"since {text}"


def _job(one: Mapping[str, Any]) -> str:
    return str((one.get("labels") or {}).get("job") or one.get("scrapePool") or "")


def _why(one: Mapping[str, Any]) -> str:
    error = str(one.get("lastError") or "no scrape yet")[:300]
    return f"{error} (last scrape {one.get('lastScrape', 'unknown')})"
