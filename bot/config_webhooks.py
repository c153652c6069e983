"""The shape of `webhooks:` in the configuration: who may call, what its alerts have in common, and whom they are for."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter, model_validator

from agents.core.incident import Signal
from bot.config_mistakes import checked, nearest, quoted
from bot.config_shape import Name, SecondChannel, Shape, Text
from bot.config_source import Source

KindName = Literal["alertmanager", "grafana", "pagerduty", "sentry", "github", "standard", "plain"]


class WhenConfig(Shape):
    """What an alert has to be; what is left out may be anything."""

    severity: tuple[str, ...] = ()
    """One of these, in any case."""
    status: tuple[Literal["firing", "resolved"], ...] = ()
    labels: Mapping[str, str | tuple[str, ...]] = {}
    """Each of them, with this value or one of these."""

    def holds(self, signal: Signal) -> bool:
        """Whether an alert is so."""
        if self.severity and signal.severity.lower() not in {one.lower() for one in self.severity}:
            return False
        if self.status and signal.status not in self.status:
            return False
        return all(
            signal.labels.get(name) in ((wanted,) if isinstance(wanted, str) else wanted) for name, wanted in self.labels.items()
        )


class TargetConfig(Shape):
    """Whom an incident is for, where it is the first of it that arrives."""

    agent: Text
    channel: SecondChannel
    """Where its thread is opened: `#name` or an id."""


class RouteConfig(Shape):
    """One way that alerts take: the first that holds counts."""

    when: WhenConfig = WhenConfig()
    agent: Text | None = None
    channel: SecondChannel | None = None
    drop: bool = False
    """Such alerts are acknowledged, and nothing comes of them."""

    @model_validator(mode="after")
    def _whole(self) -> "RouteConfig":
        if self.drop == (self.agent is not None or self.channel is not None) or (self.agent is None) != (self.channel is None):
            raise ValueError("a route takes agent and channel, or drop: true")
        return self

    @property
    def target(self) -> TargetConfig | None:
        """None where it drops."""
        return TargetConfig(agent=self.agent, channel=self.channel) if self.agent and self.channel else None


class SignatureConfig(Shape):
    """How a plain webhook is signed: HMAC-SHA256 over the body."""

    header: Text
    prefix: str = ""
    """What stands before the signature, such as `sha256=`."""
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: Text | None = None
    """A header with the time in seconds since 1970, which is signed with a full stop before the body, and may differ by five minutes."""


class FieldsConfig(Shape):
    """Where in a body each part stands: names with full stops between them, such as `alert.name`."""

    title: Text = "title"
    text: Text = "text"
    severity: Text = "severity"
    status: Text = "status"
    fingerprint: Text = "fingerprint"
    labels: Text = "labels"
    link: Text = "link"
    id: Text = "id"
    """What a delivery is known by when it comes again; where there is none, the whole body is."""


class WebhookConfig(Shape):
    """One webhook, served at `/webhooks/NAME`."""

    kind: KindName
    secret_env: Text
    """The environment variable that holds its secret."""
    group_by: tuple[Text, ...] = ()
    """Labels: alerts with the same values are one incident. Empty for the source's own groups, or else each alert for itself."""
    routes: tuple[RouteConfig, ...] = ()
    default: TargetConfig | Literal["drop"] = "drop"
    """Where no route holds."""
    sum_up: bool = False
    """Whether the agent is asked once more, in the thread, when the last alert is resolved after its run was over."""
    taints: bool = True
    """Whether outsiders could have written what is sent here."""
    signature: SignatureConfig | None = None
    """Of kind plain; None where the secret is sent as a bearer token."""
    fields: FieldsConfig | None = None
    """Of the kinds plain and standard."""
    resolved: tuple[str, ...] = ("resolved", "ok", "closed", "recovered", "success")
    """Of the same: the words of `status` for what is over, in any case."""
    timestamp_header: Text | None = None
    """Of kind grafana: the header with the time that Grafana signs as well, as its contact point names it."""

    @model_validator(mode="after")
    def _fits(self) -> "WebhookConfig":
        any_shape = ("plain", "standard")
        kinds = {"signature": ("plain",), "fields": any_shape, "resolved": any_shape, "timestamp_header": ("grafana",)}
        for key, allowed in kinds.items():
            if key in self.model_fields_set and self.kind not in allowed:
                raise ValueError(f"{key} is for the kind {' or '.join(allowed)}; {self.kind} has a format of its own")
        return self

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that it names."""
        default = None if self.default == "drop" else self.default.channel
        return tuple(dict.fromkeys(filter(None, (*(route.channel for route in self.routes), default))))

    def target(self, signal: Signal) -> TargetConfig | None:
        """Whom an alert is for; None where nothing comes of it."""
        for route in self.routes:
            if route.when.holds(signal):
                return route.target
        return None if self.default == "drop" else self.default


_NAME: TypeAdapter[str] = TypeAdapter(Name)
_WEBHOOK: TypeAdapter[WebhookConfig] = TypeAdapter(WebhookConfig)


def read_webhooks(
    source: Source, content: dict[str, Any], environ: Mapping[str, str], agents: Mapping[str, object]
) -> dict[str, WebhookConfig]:
    """The section, each entry by itself; every mistake is noted."""
    entries = content.get("webhooks")
    if entries is None:
        return {}
    if not isinstance(entries, dict):
        source.wrong(("webhooks",), "has to be a mapping of names")
        return {}
    read: dict[str, WebhookConfig] = {}
    for name, value in entries.items():
        where = ("webhooks", name)
        checked(_NAME, name, source, where)
        hook = checked(_WEBHOOK, value, source, where)
        if hook is None:
            continue
        read[name] = hook
        if not environ.get(hook.secret_env):
            source.wrong((*where, "secret_env"), f"the environment has no {hook.secret_env}; set it to this webhook's secret")
        if not hook.routes and hook.default == "drop":
            source.wrong(where, "has neither routes nor a default, so nothing would come of what is sent there")
        for number, route in enumerate(hook.routes):
            _check_agent(source, (*where, "routes", number, "agent"), route.agent, agents)
        if isinstance(hook.default, TargetConfig):
            _check_agent(source, (*where, "default", "agent"), hook.default.agent, agents)
    return read


def _check_agent(source: Source, where: tuple[str | int, ...], agent: str | None, agents: Mapping[str, object]) -> None:
    if agent is not None and agent not in agents:
        source.wrong(where, f"there is no agent {quoted(agent)}{nearest(agent, agents)}")
