"""Sentry's integration platform: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/.

Which resource it is stands in a header that is not signed; the body's own shape decides.
"""

from datetime import datetime
from typing import Any

from agents.core.incident import Signal
from bot.http.sources.call import (
    Arrival,
    Call,
    Kind,
    Unsigned,
    alert,
    body_key,
    hmac_sha256,
    inner,
    labels_of,
    mapping,
    needed,
    object_of,
    same,
    words,
)

BEGINS = frozenset({"created", "unresolved"})
ENDS = frozenset({"resolved", "archived", "ignored"})
"""Actions on an issue that say something of its state; the others, such as `assigned`, do not."""


def verify(call: Call, secret: str, now: datetime) -> None:
    """Raises Unsigned."""
    if not same(call.one("sentry-hook-signature"), hmac_sha256(secret.encode(), call.raw).hex()):
        raise Unsigned("It is not signed with this integration's client secret.")


def read(call: Call) -> Arrival:
    """An issue, the event that set off an alert rule, or a metric alert. Raises Malformed."""
    body = object_of(call)
    action, data = needed(body, "action"), mapping(body, "data")
    signal: Signal | None = None
    if isinstance(data.get("metric_alert"), dict):
        signal = _metric(action, data)
    elif isinstance(data.get("event"), dict):
        signal = _event(data["event"], words(data.get("triggered_rule")))
    elif isinstance(data.get("issue"), dict) and action in BEGINS | ENDS:
        signal = _issue(action, data["issue"])
    return Arrival(body_key(call), (signal,) if signal else ())


def _issue(action: str, issue: dict[str, Any]) -> Signal:
    own = {"issue": issue.get("shortId"), "level": issue.get("level"), "platform": issue.get("platform")}
    labels = {"project": inner(issue, "project", "slug"), **own}
    return alert(
        f"issue:{needed(issue, 'id')}", "firing" if action in BEGINS else "resolved", needed(issue, "title"), severity=issue.get("level"),
        labels=labels_of(labels), links=(issue.get("web_url"), issue.get("permalink")), text=issue.get("culprit"),
    )


def _event(event: dict[str, Any], rule: str) -> Signal:
    pairs = event.get("tags")
    tags = {pair[0]: pair[1] for pair in pairs if _is_pair(pair)} if isinstance(pairs, list) else {}
    text = "\n".join(filter(None, (f"Rule: {rule}" if rule else "", words(event.get("culprit")), words(event.get("message"), 2000))))
    return alert(
        f"issue:{needed(event, 'issue_id')}", "firing", needed(event, "title"), severity=event.get("level"),
        labels=labels_of({"rule": rule, "level": event.get("level")}, tags), links=(event.get("web_url"),), text=text,
    )


def _metric(action: str, data: dict[str, Any]) -> Signal:
    metric = data["metric_alert"]
    rule = words(inner(metric, "alert_rule", "name"))
    title = words(data.get("description_title")) or words(metric.get("title")) or rule
    return alert(
        f"metric:{needed(metric, 'id')}", "resolved" if action == "resolved" else "firing", title,
        severity="" if action == "resolved" else action, links=(data.get("web_url"),), text=data.get("description_text"),
        labels=labels_of({"rule": rule, "environment": inner(metric, "alert_rule", "environment")}),
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


SENTRY = Kind("Sentry", verify, read)
