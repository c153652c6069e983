"""PagerDuty's webhooks, version 3: https://developer.pagerduty.com/docs/webhooks-overview and, for signatures,
https://developer.pagerduty.com/docs/verifying-webhook-signatures. Several signatures stand in one header while a secret is changed.
"""

from datetime import datetime

from bot.http.sources.call import (
    Arrival,
    Call,
    Kind,
    Unsigned,
    alert,
    hmac_sha256,
    inner,
    labels_of,
    mapping,
    needed,
    object_of,
    same,
    words,
)

SIGNATURES = 10
"""So many in one header are looked at."""


def verify(call: Call, secret: str, now: datetime) -> None:
    """Raises Unsigned."""
    wanted = f"v1={hmac_sha256(secret.encode(), call.raw).hex()}"
    given = call.one("x-pagerduty-signature").split(",")[:SIGNATURES]
    if not any([same(one.strip(), wanted) for one in given]):
        raise Unsigned("It is not signed with this webhook's secret.")


def read(call: Call) -> Arrival:
    """An incident of PagerDuty is one alert. Raises Malformed."""
    event = mapping(object_of(call), "event")
    key, kind = needed(event, "id"), needed(event, "event_type")
    if not kind.startswith("incident.") or inner(event, "data", "type") != "incident":
        return Arrival(key)
    data = mapping(event, "data")
    service, began = words(inner(data, "service", "summary")), words(data.get("created_at"))
    labels = {
        "service": service, "urgency": words(data.get("urgency")), "priority": words(inner(data, "priority", "summary")),
        "number": words(data.get("number")), "event": kind,
    }
    over = kind == "incident.resolved" or data.get("status") == "resolved"
    return Arrival(key, (alert(
        needed(data, "id"), "resolved" if over else "firing", needed(data, "title"),
        severity=labels["priority"] or labels["urgency"], labels=labels_of(labels),
        links=(data.get("html_url"), inner(data, "service", "html_url")),
        began=f"{began}/{words(event.get('occurred_at'))}" if kind == "incident.reopened" else began,
    ),))


PAGERDUTY = Kind("PagerDuty", verify, read)
