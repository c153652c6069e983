"""Prometheus Alertmanager, version 4 of its webhooks: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.

It signs nothing: `http_config.authorization` or `basic_auth` carries the secret. It says the whole group again whenever anything of it
changes, so a signal is known by its alert, its begin and its state.
"""

from datetime import datetime
from typing import Any

from agents.core.incident import Signal, Status
from bot.http.sources.call import (
    MOST,
    Arrival,
    Call,
    Kind,
    Malformed,
    alert,
    authorized,
    body_key,
    inner,
    labels_of,
    mapping,
    needed,
    object_of,
    words,
)

TITLES = ("summary", "title", "message")
TEXTS = ("description", "message", "runbook", "runbook_url")


def verify(call: Call, secret: str, now: datetime) -> None:
    """Raises Unsigned."""
    authorized(call, secret)


def read(call: Call) -> Arrival:
    """The alerts of the group. Raises Malformed."""
    body = object_of(call)
    return Arrival(body_key(call), signals_of(body), words(body.get("groupKey"), 1000))


def signals_of(body: dict[str, Any]) -> tuple[Signal, ...]:
    """The alerts of a body, whether Alertmanager or Grafana sent it. Raises Malformed."""
    alerts = body.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise Malformed("It has no list of alerts.")
    return tuple(_signal(one) for one in alerts[:MOST])


def _signal(one: Any) -> Signal:
    labels, annotations = mapping(one, "labels"), inner(one, "annotations")
    status, fingerprint = status_of(needed(one, "status")), needed(one, "fingerprint")
    name, began = words(labels.get("alertname")), words(inner(one, "startsAt"))
    summary = _first(annotations, TITLES)
    text = "\n".join(dict.fromkeys(filter(None, (words(inner(annotations, name), 2000) for name in TEXTS))))
    return alert(
        fingerprint, status, f"{name}: {summary}" if name and summary and name not in summary else summary or name,
        severity=labels.get("severity"), labels=labels_of(labels), text=_with_values(text, one), began=began,
        key=f"{fingerprint}/{began}/{status}",
        links=(inner(annotations, "runbook_url"), inner(one, "dashboardURL"), inner(one, "panelURL"), inner(one, "generatorURL")),
    )


def status_of(text: str) -> Status:
    """Raises Malformed for another one."""
    match text:
        case "firing":
            return "firing"
        case "resolved":
            return "resolved"
    raise Malformed("The status of an alert has to be firing or resolved.")


def _first(annotations: Any, names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := words(inner(annotations, name)))), "")


def _with_values(text: str, one: Any) -> str:
    """Grafana says what it measured; Alertmanager does not."""
    measured = words(inner(one, "valueString"), 500)
    return f"{text}\n{measured}".strip() if measured else text


ALERTMANAGER = Kind("Alertmanager", verify, read)
