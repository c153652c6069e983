"""GitHub: https://docs.github.com/en/webhooks/webhook-events-and-payloads and, for signatures,
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries.

Neither the event's name nor the id of the delivery is signed. The name only says where in the body to look; the key is the body's own.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from agents.core.incident import Signal, Status
from bot.http.sources.call import (
    Arrival,
    Call,
    Kind,
    Malformed,
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

FAILED = frozenset({"failure", "timed_out", "startup_failure", "error"})
ALERT_ENDS = frozenset({"fixed", "dismissed", "auto_dismissed", "resolved", "closed_by_user"})
ALERT_BEGINS = frozenset({"created", "reopened", "auto_reopened", "reintroduced", "reopened_by_user", "appeared_in_branch"})

Body = Mapping[str, Any]


def verify(call: Call, secret: str, now: datetime) -> None:
    """Raises Unsigned."""
    if not same(call.one("x-hub-signature-256"), f"sha256={hmac_sha256(secret.encode(), call.raw).hex()}"):
        raise Unsigned("It is not signed with this webhook's secret.")


def read(call: Call) -> Arrival:
    """What an event says of an issue, a workflow, a deployment or a security alert. Raises Malformed."""
    body, key = object_of(call), body_key(call)
    event = call.perhaps("x-github-event")
    if not event:
        raise Malformed("It needs a header X-GitHub-Event.")
    reader = READERS.get(event)
    signal = reader(body, needed(body, "repository", "full_name")) if reader else None
    return Arrival(key, (signal,) if signal else ())


def _issue(body: Body, repository: str) -> Signal | None:
    states: dict[str, Status] = {"opened": "firing", "reopened": "firing", "closed": "resolved"}
    status, issue = states.get(needed(body, "action")), mapping(body, "issue")
    if status is None:
        return None
    began = issue.get("updated_at") if body["action"] == "reopened" else issue.get("created_at")
    given = issue.get("labels")
    names = [words(inner(one, "name"), 60) for one in given] if isinstance(given, list) else []
    labels = {"repository": repository, "event": "issues", "labels": ", ".join(names), "author": inner(issue, "user", "login")}
    return alert(
        f"{repository}#{needed(issue, 'number')}", status, needed(issue, "title"), began=began,
        labels=labels_of(labels), links=(issue.get("html_url"),), text=issue.get("body"),
    )


def _workflow(body: Body, repository: str) -> Signal | None:
    run = mapping(body, "workflow_run")
    status = _ended(words(run.get("conclusion"))) if body.get("action") == "completed" else None
    if status is None:
        return None
    branch, name = words(run.get("head_branch")), needed(run, "name")
    labels = {"repository": repository, "event": "workflow_run", "workflow": name, "branch": branch, "commit": run.get("head_sha")}
    return alert(
        f"{repository}/workflow/{needed(run, 'workflow_id')}/{branch}", status, f"{name} on {branch}: {words(run.get('conclusion'))}",
        severity="error" if status == "firing" else "", began=f"{words(run.get('id'))}/{words(run.get('run_attempt'))}",
        labels=labels_of(labels), links=(run.get("html_url"),), text=inner(run, "head_commit", "message"),
    )


def _deployment(body: Body, repository: str) -> Signal | None:
    state = mapping(body, "deployment_status")
    status = _ended(words(state.get("state")))
    if status is None:
        return None
    environment, ref = words(state.get("environment")), inner(body, "deployment", "ref")
    return alert(
        f"{repository}/deployment/{environment}", status, f"Deployment of {repository} to {environment}: {words(state.get('state'))}",
        severity="error" if status == "firing" else "", began=inner(body, "deployment", "id"), text=state.get("description"),
        labels=labels_of({"repository": repository, "event": "deployment_status", "environment": environment, "ref": ref}),
        links=(state.get("log_url"), state.get("target_url"), state.get("environment_url")),
    )


def _security(event: str) -> Callable[[Body, str], Signal | None]:
    def read_alert(body: Body, repository: str) -> Signal | None:
        action, found = needed(body, "action"), mapping(body, "alert")
        if action not in ALERT_BEGINS | ALERT_ENDS:
            return None
        advisory, rule = inner(found, "security_advisory"), inner(found, "rule")
        titles = (inner(advisory, "summary"), inner(rule, "description"), found.get("secret_type_display_name"), event)
        title = next(filter(None, map(words, titles)))
        severity = words(inner(advisory, "severity")) or words(inner(rule, "security_severity_level")) or words(inner(rule, "severity"))
        return alert(
            f"{repository}/{event}/{needed(found, 'number')}", "firing" if action in ALERT_BEGINS else "resolved", title,
            severity=severity or ("critical" if event.startswith("secret") else ""), links=(found.get("html_url"),),
            labels=labels_of({"repository": repository, "event": event, "package": inner(found, "dependency", "package", "name")}),
            text=inner(advisory, "description"),
        )

    return read_alert


def _ended(conclusion: str) -> Status | None:
    """How it stands; None where that is not known yet, or where it was called off."""
    return "firing" if conclusion in FAILED else "resolved" if conclusion == "success" else None


READERS: Mapping[str, Callable[[Body, str], Signal | None]] = {
    "issues": _issue,
    "workflow_run": _workflow,
    "deployment_status": _deployment,
    **{event: _security(event) for event in ("dependabot_alert", "code_scanning_alert", "secret_scanning_alert")},
}
"""By the event's name. Every other event is acknowledged, and nothing comes of it."""

GITHUB = Kind("GitHub", verify, read)
