"""What each vendor sends, as its documentation shows it, and how it signs. The links are in `bot/http/sources`."""

import base64
import hashlib
import hmac
import json
from typing import Any

from bot.config_webhooks import SignatureConfig, WebhookConfig

SECRET = "a-secret-of-the-webhook"
STANDARD_SECRET = f"whsec_{base64.b64encode(SECRET.encode()).decode()}"

# https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
ALERTMANAGER: dict[str, Any] = {
    "version": "4", "groupKey": '{}:{alertname="HighLatency"}', "truncatedAlerts": 0, "status": "firing", "receiver": "countersign",
    "groupLabels": {"alertname": "HighLatency"}, "commonLabels": {"alertname": "HighLatency", "severity": "critical"},
    "commonAnnotations": {}, "externalURL": "http://alertmanager.test:9093",
    "alerts": [{
        "status": "firing", "labels": {"alertname": "HighLatency", "service": "checkout", "severity": "critical", "team": "ops"},
        "annotations": {"summary": "checkout is slow", "description": "p95 is 2.3 s", "runbook_url": "https://wiki.test/latency"},
        "startsAt": "2026-11-21T11:58:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.test/graph?g0.expr=x", "fingerprint": "c1f0b2d3e4a5b6c7",
    }],
}

# https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
GRAFANA: dict[str, Any] = {
    "receiver": "My Super Webhook", "status": "firing", "orgId": 1, "groupLabels": {"alertname": "High memory usage"},
    "commonLabels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"}, "commonAnnotations": {},
    "externalURL": "https://play.grafana.test", "version": "1", "groupKey": '{}:{alertname="High memory usage"}', "truncatedAlerts": 0,
    "title": "[FIRING:1]  (High memory usage blue us-1)", "state": "alerting", "message": "**Firing**",
    "alerts": [{
        "status": "firing", "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
        "annotations": {"description": "The system has high memory usage", "runbook_url": "https://myrunbook.test/1",
        "summary": "Low memory"},
        "startsAt": "2026-11-21T11:57:05Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://play.grafana.test/alerting/1afz29v7z/edit",
        "fingerprint": "c6eadffa33fcdf37", "silenceURL": "https://play.grafana.test/alerting/silence/new",
        "dashboardURL": "https://play.grafana.test/d/1",
        "panelURL": "", "values": {"B": 44.23943737541908, "C": 1}, "valueString": "[ var='B' labels={} value=44.23 ]",
    }],
}

# https://developer.pagerduty.com/docs/webhooks-overview
PAGERDUTY: dict[str, Any] = {"event": {
    "id": "01BWJQWW6T7AZ4W0U8K5V5X6YZ", "event_type": "incident.triggered", "resource_type": "incident",
    "occurred_at": "2026-11-21T11:59:00.123Z",
    "agent": {"html_url": "https://acme.pagerduty.test/users/PLH1HKV", "id": "PLH1HKV", "type": "user_reference",
    "summary": "Tenex Engineer"},
    "client": None,
    "data": {
        "id": "PGR0VU2", "type": "incident", "self": "https://api.pagerduty.test/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.test/incidents/PGR0VU2", "number": 2, "status": "triggered",
        "incident_key": "d3640fbd41094207a1c11e58e46b1662",
        "created_at": "2026-11-21T11:58:59Z", "title": "A little bump in the road", "urgency": "high", "priority": {"id": "PSO75BM",
        "summary": "P1"},
        "service": {"html_url": "https://acme.pagerduty.test/services/PF9KMXH", "id": "PF9KMXH", "summary": "API Service",
        "type": "service_reference"},
        "teams": [], "assignees": [], "escalation_policy": None, "conference_bridge": None, "resolve_reason": None,
    },
}}

# https://docs.sentry.io/organization/integrations/integration-platform/webhooks/issues/, …/issue-alerts/ and …/metric-alerts/
SENTRY: dict[str, Any] = {
    "action": "created", "installation": {"uuid": "24b516f4"}, "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    "data": {"issue": {
        "id": "1170820242", "shortId": "IPE-1", "title": "TypeError: Object [object Object] has no method 'x'",
        "culprit": "views/cart in pay",
        "level": "error", "status": "unresolved", "platform": "javascript", "project": {"id": "1", "name": "ipe", "slug": "ipe",
        "platform": "javascript"},
        "permalink": "https://sentry.test/issues/1170820242/", "web_url": "https://sentry.test/issues/1170820242/", "count": "1",
        "firstSeen": "2026-11-21T11:50:00.000Z",
    }},
}
SENTRY_EVENT: dict[str, Any] = {
    "action": "triggered", "installation": {"uuid": "24b516f4"}, "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    "data": {"triggered_rule": "Very Important Alert Rule!", "event": {
        "event_id": "e4874d664c3540c1a32eab185f12c5ab", "issue_id": "1170820242", "title": "ReferenceError: heck is not defined",
        "level": "error",
        "culprit": "?(<anonymous>)", "datetime": "2026-11-21T11:58:00.677Z", "web_url": "https://sentry.test/issues/1170820242/events/e48/",
        "tags": [["browser", "Chrome 75"], ["environment", "prod"]],
    }},
}
SENTRY_METRIC: dict[str, Any] = {
    "action": "critical", "installation": {"uuid": "24b516f4"}, "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    "data": {
        "metric_alert": {"id": "4", "identifier": "4", "alert_rule": {"id": "7", "name": "Errors in checkout", "environment": "prod"},
        "status": 20,
                         "date_started": "2026-11-21T11:50:00Z"},
        "description_text": "1000 events in the last 10 minutes", "description_title": "Critical: Errors in checkout",
        "web_url": "https://sentry.test/alerts/4/",
    },
}

# https://docs.github.com/en/webhooks/webhook-events-and-payloads
REPOSITORY = {"id": 1, "full_name": "octo-org/octo-repo", "name": "octo-repo", "private": False}
GITHUB: dict[str, Any] = {
    "action": "completed", "repository": REPOSITORY, "sender": {"login": "octocat"},
    "workflow_run": {
        "id": 289782451, "name": "Build", "workflow_id": 159038, "run_attempt": 1, "head_branch": "main", "head_sha": "3484a3f",
        "status": "completed", "conclusion": "failure", "html_url": "https://github.test/octo-org/octo-repo/actions/runs/289782451",
        "head_commit": {"message": "Faster checkout"},
    },
}
GITHUB_ISSUE: dict[str, Any] = {
    "action": "opened", "repository": REPOSITORY,
    "issue": {"number": 73, "title": "Spelling error", "body": "It is wrong.",
    "html_url": "https://github.test/octo-org/octo-repo/issues/73",
              "created_at": "2026-11-21T11:00:00Z", "updated_at": "2026-11-21T11:00:00Z", "user": {"login": "octocat"},
              "labels": [{"name": "bug"}]},
}
GITHUB_DEPLOYMENT: dict[str, Any] = {
    "action": "created", "repository": REPOSITORY, "deployment": {"id": 145988746, "ref": "main"},
    "deployment_status": {"state": "failure", "environment": "production", "description": "Out of disk", "log_url": "https://ci.test/1"},
}
GITHUB_DEPENDABOT: dict[str, Any] = {
    "action": "created", "repository": REPOSITORY,
    "alert": {"number": 2, "state": "open", "dependency": {"package": {"ecosystem": "pip", "name": "django"}},
              "security_advisory": {"summary": "Directory traversal", "description": "A flaw.", "severity": "high"},
              "html_url": "https://github.test/octo-org/octo-repo/security/dependabot/2"},
}

# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
STANDARD: dict[str, Any] = {
    "type": "check.failed", "timestamp": "2026-11-21T11:59:58.123Z",
    "data": {"title": "Certificate expires", "severity": "high", "labels": {"host": "shop.test"}, "link": "https://checks.test/1",
    "text": "In 3 days."},
}

PLAIN: dict[str, Any] = {
    "id": "evt-1", "title": "Disk is full", "severity": "critical", "status": "open", "labels": {"host": "db-1"}, "text": "98 %",
    "link": "https://x.test/1",
}

BODIES: dict[str, dict[str, Any]] = {
    "alertmanager": ALERTMANAGER, "grafana": GRAFANA, "pagerduty": PAGERDUTY, "sentry": SENTRY, "github": GITHUB, "standard": STANDARD,
    "plain": PLAIN, "hmac": PLAIN, "timed": GRAFANA,
}

TARGET: dict[str, Any] = {"default": {"agent": "triage", "channel": "C01ALERTS"}}
CONFIGS: dict[str, WebhookConfig] = {
    **{kind: WebhookConfig(kind=kind, secret_env="X", **TARGET) for kind in
       ("alertmanager", "grafana", "pagerduty", "sentry", "github", "standard", "plain")},
    "hmac": WebhookConfig(
        kind="plain", secret_env="X", signature=SignatureConfig(header="X-Signature", prefix="sha256=", timestamp_header="X-Time"), **TARGET
    ),
    "timed": WebhookConfig(kind="grafana", secret_env="X", timestamp_header="X-Grafana-Alerting-Timestamp", **TARGET),
}
"""Every kind, and the two that can be signed in another way, by the names of their webhooks."""


def secret_of(name: str) -> str:
    return STANDARD_SECRET if name == "standard" else SECRET


def signed(name: str, raw: bytes, now: float, *, secret: str = SECRET, message: str = "msg_p5jXN8AQM9LWM0D4loKWxJek") -> dict[str, str]:
    """The headers with which a vendor sends this body at this time."""
    def mac(*parts: bytes) -> "hmac.HMAC":
        return hmac.new(secret.encode(), b"".join(parts), hashlib.sha256)

    time = str(int(now))
    match name:
        case "alertmanager" | "plain":
            return {"authorization": f"Bearer {secret}"}
        case "grafana":
            return {"x-grafana-alerting-signature": mac(raw).hexdigest()}
        case "timed":
            signature = mac(time.encode(), b":", raw).hexdigest()
            return {"x-grafana-alerting-signature": signature, "x-grafana-alerting-timestamp": time}
        case "pagerduty":
            return {"x-pagerduty-signature": f"v1={'0' * 64},v1={mac(raw).hexdigest()}", "x-webhook-id": "PSX"}
        case "sentry":
            return {"sentry-hook-signature": mac(raw).hexdigest(), "sentry-hook-resource": "issue", "sentry-hook-timestamp": time,
            "request-id": "1"}
        case "github":
            return {"x-hub-signature-256": f"sha256={mac(raw).hexdigest()}", "x-github-event": "workflow_run",
            "x-github-delivery": "72d3162e"}
        case "standard":
            signature = base64.b64encode(mac(f"{message}.{time}.".encode(), raw).digest()).decode()
            return {"webhook-id": message, "webhook-timestamp": time, "webhook-signature": f"v1,AAAA v1,{signature}"}
        case "hmac":
            return {"x-signature": f"sha256={mac(time.encode(), b'.', raw).hexdigest()}", "x-time": time}
    raise ValueError(name)


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()
