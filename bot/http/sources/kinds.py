"""The kinds of webhooks, by what the configuration calls them."""

from collections.abc import Callable, Mapping

from bot.config_webhooks import FieldsConfig, WebhookConfig
from bot.http.sources.alertmanager import ALERTMANAGER
from bot.http.sources.call import Kind
from bot.http.sources.github import GITHUB
from bot.http.sources.grafana import grafana
from bot.http.sources.pagerduty import PAGERDUTY
from bot.http.sources.plain import plain
from bot.http.sources.sentry import SENTRY
from bot.http.sources.standard import standard

KINDS: Mapping[str, Callable[[WebhookConfig], Kind]] = {
    "alertmanager": lambda hook: ALERTMANAGER,
    "grafana": lambda hook: grafana(hook.timestamp_header),
    "pagerduty": lambda hook: PAGERDUTY,
    "sentry": lambda hook: SENTRY,
    "github": lambda hook: GITHUB,
    "standard": lambda hook: standard(hook.fields or FieldsConfig(), hook.resolved),
    "plain": lambda hook: plain(hook.signature, hook.fields or FieldsConfig(), hook.resolved),
}
