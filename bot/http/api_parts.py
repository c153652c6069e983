"""What stands behind the API, beside what every endpoint may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.clients import Clients
from agents.core.trigger import Place
from agents.ports import Uses
from agents.standing import Standing
from bot.config_api import ApiConfig
from bot.listeners.waiting import Waiting
from bot.news import News
from bot.seen import Seen
from bot.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Api:
    """Everything that the API may use."""

    clients: Clients
    standing: Standing
    visibility: Visibility
    seen: Seen
    waiting: Waiting
    news: News
    uses: Uses
    config: ApiConfig
    redact: Callable[[str], str]
    """What is written is written so; a request that comes again is compared with that."""
    place: Callable[[str], Awaitable[Place]]
    """Where a run opens its thread, by the channel's name or id. Raises SurfaceError where the bot sees no such channel."""
