"""What stands behind the HTTP endpoints. They turn a request into something that these do, and nothing more."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from agents.ledger import Ledger
from agents.ports import Clock, Directory, Inbox, Journal
from agents.runs import Runs
from agents.spec import AgentSpec
from agents.switchboard import Switchboard
from bot.config_http import HttpConfig
from bot.config_webhooks import WebhookConfig
from bot.http.api_parts import Api
from bot.http.refusals import Refusals
from bot.listeners.desk import Desk
from bot.slack import Command, Slack


@dataclass(frozen=True, slots=True)
class SlackEndpoint:
    """Where Slack calls, in HTTP mode."""

    slack: Slack
    command: Command
    secret: str = field(repr=False)
    """What Slack signs its requests with; never empty."""
    desk: Desk


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook and what its calls are signed with."""

    config: WebhookConfig
    secret: str = field(repr=False)
    """Never empty."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Everything that endpoints may use."""

    runs: Runs
    switchboard: Switchboard
    ledger: Ledger
    journal: Journal
    inbox: Inbox
    directory: Directory
    agents: Mapping[str, AgentSpec]
    clock: Clock
    ready: Mapping[str, Callable[[], Awaitable[str | None]]]
    """What has to be well for the bot to work, by name: each says why it is not, or None."""
    desk: Desk
    """What arrives goes to it through `intake.take`."""
    refusals: Refusals
    limits: HttpConfig = field(default_factory=HttpConfig)
    slack: SlackEndpoint | None = None
    """None where Slack is reached over Socket Mode."""
    hooks: frozenset[str] = frozenset()
    """The names of the webhooks that there are."""
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    """What is configured under `webhooks:`."""
    api: Api | None = None
    """What the API may use beside; None where it is not served."""
