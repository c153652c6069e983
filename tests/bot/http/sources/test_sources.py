"""Every kind of webhook: what its vendor sends is understood, and nothing counts that is not signed as the vendor signs."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.incident import Signal
from bot.config_webhooks import FieldsConfig, WebhookConfig
from bot.http.sources.call import Arrival, Call, Kind, Malformed, Unsigned
from bot.http.sources.kinds import KINDS
from tests.bot.http.sources import payloads as p
from tests.world import NOON

NOW = NOON.timestamp()


def kind_of(name: str) -> Kind:
    return KINDS[p.CONFIGS[name].kind](p.CONFIGS[name])


def call(name: str, body: Any, **more: str) -> Call:
    raw = body if isinstance(body, bytes) else p.raw(body)
    headers = p.signed(name, raw, NOW) | {key.replace("_", "-"): value for key, value in more.items()}
    return Call(raw, tuple(headers.items()))


def read(name: str, body: Any, **more: str) -> Arrival:
    return kind_of(name).read(call(name, body, **more))


def one(name: str, body: Any, **more: str) -> Signal:
    (signal,) = read(name, body, **more).signals
    return signal


@pytest.mark.parametrize("name", p.CONFIGS)
def test_what_the_vendor_signs_is_believed_and_nothing_else(name: str) -> None:
    kind, good = kind_of(name), call(name, p.BODIES[name])
    secret = p.secret_of(name)
    kind.verify(good, secret, NOON)
    others = [
        Call(good.raw, ()),
        Call(good.raw, (*good.headers, *good.headers)),
        Call(good.raw, tuple((header, "é\udcff") for header, _ in good.headers)),
        Call(good.raw, tuple((header, "") for header, _ in good.headers)),
        Call(good.raw, tuple(p.signed(name, good.raw, NOW, secret="another").items())),
    ]
    if "authorization" not in dict(good.headers):
        others.append(replace(good, raw=good.raw + b" "))
    for bad in others:
        with pytest.raises(Unsigned):
            kind.verify(bad, secret, NOON)


@pytest.mark.parametrize("name", ["standard", "hmac", "timed"])
@pytest.mark.parametrize("age", [-301, 301, 10**9])
def test_a_signed_time_has_to_be_ours(name: str, age: int) -> None:
    raw = p.raw(p.BODIES[name])
    old = Call(raw, tuple(p.signed(name, raw, NOW - age if age < 10**9 else 0).items()))
    with pytest.raises(Unsigned, match="differs by more than 5 minutes"):
        kind_of(name).verify(old, p.secret_of(name), NOON)


@pytest.mark.parametrize("given_as", ["Basic b3BzOmEtc2VjcmV0LW9mLXRoZS13ZWJob29r", "bearer a-secret-of-the-webhook"])
def test_a_secret_may_be_a_password_or_a_token(given_as: str) -> None:
    for name in ("alertmanager", "grafana", "plain"):
        kind_of(name).verify(Call(b"{}", (("authorization", given_as),)), p.SECRET, NOON)
    for bad in (given_as[:-1], f"Digest {given_as}", "Basic !", "Basic"):
        with pytest.raises(Unsigned):
            kind_of("alertmanager").verify(Call(b"{}", (("authorization", bad),)), p.SECRET, NOON)


def test_alertmanager() -> None:
    assert read("alertmanager", p.ALERTMANAGER).group == '{}:{alertname="HighLatency"}'
    signal = one("alertmanager", p.ALERTMANAGER)
    assert (signal.fingerprint, signal.status, signal.severity) == ("c1f0b2d3e4a5b6c7", "firing", "critical")
    assert signal.title == "HighLatency: checkout is slow"
    assert signal.text == "p95 is 2.3 s\nhttps://wiki.test/latency"
    assert signal.labels["service"] == "checkout"
    assert signal.links == ("https://wiki.test/latency", "http://prometheus.test/graph?g0.expr=x")
    over = one("alertmanager", {**p.ALERTMANAGER, "alerts": [{**p.ALERTMANAGER["alerts"][0], "status": "resolved"}]})
    assert (over.status, over.began, over.fingerprint) == ("resolved", signal.began, signal.fingerprint)
    assert over.key != signal.key


def test_grafana() -> None:
    signal = one("grafana", p.GRAFANA)
    assert (signal.title, signal.status) == ("High memory usage: Low memory", "firing")
    assert "value=44.23" in signal.text
    assert signal.links[1] == "https://play.grafana.test/d/1"


def test_pagerduty() -> None:
    signal = one("pagerduty", p.PAGERDUTY)
    assert read("pagerduty", p.PAGERDUTY).key == "01BWJQWW6T7AZ4W0U8K5V5X6YZ"
    assert (signal.fingerprint, signal.status, signal.severity) == ("PGR0VU2", "firing", "p1")
    assert signal.labels == {"service": "API Service", "urgency": "high", "priority": "P1", "number": "2", "event": "incident.triggered"}
    event = p.PAGERDUTY["event"]
    assert one("pagerduty", {"event": {**event, "event_type": "incident.resolved"}}).status == "resolved"
    assert one("pagerduty", {"event": {**event, "event_type": "incident.reopened"}}).began != signal.began
    assert read("pagerduty", {"event": {"id": "1", "event_type": "pagey.ping", "data": {"type": "ping"}}}).signals == ()


def test_sentry() -> None:
    issue, event, metric = one("sentry", p.SENTRY), one("sentry", p.SENTRY_EVENT), one("sentry", p.SENTRY_METRIC)
    assert issue.fingerprint == event.fingerprint == "issue:1170820242"
    assert (issue.labels["project"], event.labels["environment"], event.labels["rule"]) == ("ipe", "prod", "Very Important Alert Rule!")
    assert (metric.fingerprint, metric.title, metric.severity) == ("metric:4", "Critical: Errors in checkout", "critical")
    for body in (p.SENTRY, p.SENTRY_METRIC):
        assert one("sentry", {**body, "action": "resolved"}).status == "resolved"
    assert read("sentry", {**p.SENTRY, "action": "assigned"}).signals == ()
    assert read("sentry", {"action": "created", "data": {"installation": {"uuid": "1"}}}).signals == ()


@pytest.mark.parametrize(("event", "body", "end", "fingerprint", "severity"), [
    ("workflow_run", p.GITHUB, {"workflow_run": {**p.GITHUB["workflow_run"], "conclusion": "success"}},
     "octo-org/octo-repo/workflow/159038/main", "error"),
    ("issues", p.GITHUB_ISSUE, {"action": "closed"}, "octo-org/octo-repo#73", ""),
    ("deployment_status", p.GITHUB_DEPLOYMENT, {"deployment_status": {"state": "success", "environment": "production"}},
     "octo-org/octo-repo/deployment/production", "error"),
    ("dependabot_alert", p.GITHUB_DEPENDABOT, {"action": "fixed"}, "octo-org/octo-repo/dependabot_alert/2", "high"),
])
def test_github(event: str, body: dict[str, Any], end: dict[str, Any], fingerprint: str, severity: str) -> None:
    signal = one("github", body, x_github_event=event)
    assert (signal.fingerprint, signal.status, signal.severity) == (fingerprint, "firing", severity)
    assert one("github", {**body, **end}, x_github_event=event).status == "resolved"
    assert signal.links
    assert read("github", body, x_github_event="ping").signals == ()


def test_what_github_says_of_no_state_is_no_alert() -> None:
    cancelled = {**p.GITHUB, "workflow_run": {**p.GITHUB["workflow_run"], "conclusion": "cancelled"}}
    assert read("github", cancelled).signals == ()
    assert read("github", {**p.GITHUB_ISSUE, "action": "labeled"}, x_github_event="issues").signals == ()
    pending = {**p.GITHUB_DEPLOYMENT, "deployment_status": {"state": "pending"}}
    assert read("github", pending, x_github_event="deployment_status").signals == ()
    assert read("github", {**p.GITHUB_DEPENDABOT, "action": "assigned"}, x_github_event="dependabot_alert").signals == ()


def test_an_id_that_is_not_signed_makes_no_second_delivery() -> None:
    assert read("github", p.GITHUB, x_github_delivery="another").key == read("github", p.GITHUB).key
    assert read("sentry", p.SENTRY, request_id="another").key == read("sentry", p.SENTRY).key


def test_standard_webhooks() -> None:
    signal = one("standard", p.STANDARD)
    assert read("standard", p.STANDARD).key == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert (signal.title, signal.status, signal.severity, signal.labels) == ("Certificate expires", "firing", "high", {"host": "shop.test"})
    assert one("standard", {**p.STANDARD, "type": "check.recovered"}).status == "resolved"
    assert one("standard", {"type": "user.created", "data": []}).title == "user.created"


def test_plain() -> None:
    signal = one("plain", p.PLAIN)
    assert (signal.title, signal.status, signal.severity, signal.text) == ("Disk is full", "firing", "critical", "98 %")
    assert read("plain", p.PLAIN).key == "evt-1"
    assert one("plain", {**p.PLAIN, "status": "OK"}) == replace(signal, status="resolved")
    hook = WebhookConfig(
        kind="plain", secret_env="X", fields=FieldsConfig(title="check.name", status="check.state"), resolved=("fine",), **p.TARGET
    )
    mapped = KINDS["plain"](hook).read(call("plain", {"check": {"name": "Disk", "state": "fine"}}))
    assert (mapped.signals[0].title, mapped.signals[0].status) == ("Disk", "resolved")


def test_whatever_is_in_it_stays_within_bounds() -> None:
    labels = {f"label {n}": "x" * 9999 for n in range(99)}
    big = {**p.PLAIN, "title": "t\0" * 999, "labels": labels, "text": "\ud800" * 9999, "link": "javascript:alert(1)", "severity": ["x"]}
    signal = one("plain", big)
    assert len(signal.title) <= 300
    assert "\0" not in signal.title
    assert (len(signal.labels), max(map(len, signal.labels.values()))) == (40, 300)
    assert signal.text == "?" * 4000
    assert (signal.links, signal.severity) == ((), "")
    many = {**p.ALERTMANAGER, "alerts": p.ALERTMANAGER["alerts"] * 1500}
    assert len(read("alertmanager", many).signals) == 1000


KEYS = st.text(max_size=8) | st.sampled_from(["alerts", "event", "data", "labels", "issue"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12,
)


@pytest.mark.parametrize("name", p.CONFIGS)
@given(value=JSON)
def test_any_body_is_understood_or_malformed(name: str, value: Any) -> None:
    for body in (value, _spoilt(p.BODIES[name], value)):
        for event in ("issues", "workflow_run", "deployment_status", "dependabot_alert"):
            with suppress(Malformed):
                assert isinstance(read(name, body, x_github_event=event), Arrival)


def _spoilt(body: dict[str, Any], value: Any) -> dict[str, Any]:
    """The body with this value in place of each of its parts, deep down."""
    return {key: _spoilt(inner, value) if isinstance(inner, dict) else value for key, inner in body.items()}


@pytest.mark.parametrize("body", [
    b"", b"{", b"\xff{}", b"[]", b"null", b'{"a": NaN}', b"[" * 9000, b'{"a":' * 99 + b"1" + b"}" * 99, b"{}",
])
@pytest.mark.parametrize("name", p.CONFIGS)
def test_what_is_no_object_of_its_kind_is_malformed(name: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        kind_of(name).read(call(name, body))
