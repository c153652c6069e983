"""What `webhooks:` may say, and how its mistakes are told."""

from pathlib import Path

import pytest

from agents.core.incident import Signal
from bot.config_webhooks import TargetConfig
from tests.bot.configured import ENVIRON, GOOD, mistakes, read

HOOKS = """webhooks:
  alerts:
    kind: alertmanager
    secret_env: ALERTS_SECRET
    group_by: [alertname, service]
    routes:
      - {when: {severity: [critical], labels: {team: ops}, status: [firing]}, agent: triage, channel: "#incidents"}
      - {when: {labels: {team: [web, shop]}}, drop: true}
    default: {agent: watcher, channel: "#alerts"}
"""
WITH = {**ENVIRON, "ALERTS_SECRET": "hush-alerts"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_route_that_holds_counts() -> None:
    config = read(GOOD + HOOKS, WITH)
    hook = config.webhooks["alerts"]
    assert hook.target(Signal("a", "firing", "t", "CRITICAL", {"team": "ops"})) == TargetConfig(agent="triage", channel="#incidents")
    assert hook.target(Signal("a", "firing", "t", "critical", {"team": "web"})) is None
    other = TargetConfig(agent="watcher", channel="#alerts")
    assert hook.target(Signal("a", "firing", "t", "info", {"team": "ops"})) == other
    assert hook.target(Signal("a", "resolved", "t", "critical", {"team": "ops"})) == other
    assert hook.taints
    assert hook.channels == ("#incidents", "#alerts")
    assert "hush-alerts" in config.secrets
    assert "hush" not in repr(config)


@pytest.mark.parametrize(("old", "new", "mistake"), [
    ("kind: alertmanager", "kind: alertmanger", 'c.yaml:36  webhooks.alerts.kind: "alertmanger" is not among alertmanager, grafana, '
     'pagerduty, sentry, github, standard, plain; did you mean "alertmanager"?'),
    ("secret_env: ALERTS_SECRET", "secret_env: OTHER", "c.yaml:37  webhooks.alerts.secret_env: the environment has no OTHER; "
     "set it to this webhook's secret"),
    ("agent: watcher, channel", "agent: wacher, channel", 'c.yaml:42  webhooks.alerts.default.agent: there is no agent "wacher"; '
     'did you mean "watcher"?'),
    ("drop: true", "drop: true, agent: triage", "c.yaml:41  webhooks.alerts.routes[1]: a route takes agent and channel, or drop: true"),
    ("severity: [critical]", "severities: [critical]", "c.yaml:40  webhooks.alerts.routes[0].when.severities: there is no such key; "
     'did you mean "severity"?'),
    ("  alerts:\n", "  Alerts:\n", 'c.yaml:35  webhooks.Alerts: "Alerts" is no name; write lower-case letters, digits, - and _'),
    ("    default:", "    resolved: [ok]\n    default:", "c.yaml:35  webhooks.alerts: resolved is for the kind plain or standard; "
     "alertmanager has a format of its own"),
    ("agent: triage, channel: \"#incidents\"", "agent: tirage, channel: \"#incidents\"",
     'c.yaml:40  webhooks.alerts.routes[0].agent: there is no agent "tirage"; did you mean "triage"?'),
])
def test_mistakes_are_told_with_line_and_path(old: str, new: str, mistake: str) -> None:
    assert mistakes(GOOD + HOOKS.replace(old, new), WITH) == [mistake]


def test_a_section_that_makes_no_sense() -> None:
    assert mistakes(GOOD + "webhooks: [alerts]\n", WITH) == ["c.yaml:34  webhooks: has to be a mapping of names"]
    nothing = "webhooks:\n  alerts: {kind: plain, secret_env: ALERTS_SECRET}\n"
    assert mistakes(GOOD + nothing, WITH) == [
        "c.yaml:35  webhooks.alerts: has neither routes nor a default, so nothing would come of what is sent there"
    ]
