"""What stands behind the HTTP endpoints. They turn a request into something that these do, and nothing more."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from agents.ledger import Ledger
from agents.ports import Clock, Directory, Inbox, Journal
from agents.runs import Runs
from agents.spec import AgentSpec
from agents.switchboard import Switchboard


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
