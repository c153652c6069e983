"""Which agent listens in which channel, and to what."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.errors import SurfaceError
from bot.trouble import EXPECTED, trouble_of
from bot.views.mrkdwn import escape
from bot.watching import Watch

log = logging.getLogger(__name__)

AGAIN = 2.0
"""Seconds until Slack is asked again after trouble that passes."""

DIRECT = "dm"
"""The name of direct messages in the configuration."""

MENTION = "mention"
"""What stands for mentions in the configuration; everything else is a watch."""


@dataclass(frozen=True, slots=True)
class Route:
    """What happens in one channel."""

    agent: str
    mentions: bool = True
    """Whether the agent answers where it is mentioned, or spoken to directly."""
    watches: tuple[Watch, ...] = ()
    """What it reacts to without being mentioned."""
    taints: bool = False
    """Whether outsiders could have written what is said there, whoever says it."""

    @classmethod
    def of(cls, agent: str, on: Iterable[str], *, taints: bool = False) -> "Route":
        """The route that the configuration writes. Raises ValueError where a watch cannot be read."""
        listed = tuple(on)
        return cls(agent, MENTION in listed, tuple(Watch.parse(one) for one in listed if one != MENTION), taints)


class Routes:
    """The configuration's channels, looked up by what Slack calls them."""

    def __init__(self, client: AsyncWebClient, channels: Mapping[str, Route], agents: Collection[str]) -> None:
        """`channels` maps `#name` or `dm` to what happens there. Where it names none, the only agent answers everywhere."""
        self._client = client
        self._channels = channels
        self._only = next(iter(agents)) if len(agents) == 1 else None
        self._names: dict[str, str] = {}
        self.watches = tuple(watch for route in channels.values() for watch in route.watches)
        """What is looked out for in any channel."""

    async def agent(self, channel: str, *, direct: bool) -> str | None:
        """The agent that answers people in this channel; None where none does."""
        if not self._channels:
            return self._only
        route = await self._route(channel, direct)
        return route.agent if route and route.mentions else None

    async def watcher(self, channel: str, text: str) -> str | None:
        """The agent that reacts to a message in which it is not mentioned; None where none does."""
        route = await self._route(channel, direct=False)
        return route.agent if route and any(watch.matches(text) for watch in route.watches) else None

    async def picked(self, channel: str) -> str | None:
        """The agent for a message that somebody has picked: the channel's own, or the only one that there is."""
        route = await self._route(channel, channel.startswith("D"))
        return route.agent if route else self._only

    async def called(self, channel: str) -> str:
        """What the channel is called, as `#name` or `dm`; empty where Slack does not say."""
        with contextlib.suppress(SurfaceError):
            return DIRECT if channel.startswith("D") else await self._name(channel)
        return ""

    async def taints(self, channel: str) -> bool:
        """Whether outsiders could have written what is said in this channel."""
        route = await self._route(channel, channel.startswith("D"))
        return route is not None and route.taints

    async def advice(self, channel: str) -> str:
        """What to do where no agent listens, as mrkdwn for the person who tried."""
        direct = channel.startswith("D")
        here = "to direct messages" if direct else f"in <#{channel}>"
        if route := await self._route(channel, direct):
            return f"{escape(route.agent)} reacts {here} only to messages that it watches for, and answers no mentions."
        return f"No agent listens {here}. Whoever runs the bot can name one under `channels:` in its configuration."

    async def _route(self, channel: str, direct: bool) -> Route | None:
        if not self._channels:
            return None
        return self._channels.get(DIRECT if direct else await self._name(channel))

    async def _name(self, channel: str) -> str:
        """`#name`, asked once, and as often as it takes where the trouble passes. Raises SurfaceError where it does not."""
        while channel not in self._names:
            try:
                shape = (await self._client.conversations_info(channel=channel))["channel"]
                self._names[channel] = f"#{shape.get('name') or channel}"
            except EXPECTED as error:
                trouble = trouble_of(error, f"to say what {channel} is called")
                log.warning("Slack could not say what %s is called: %s; it is asked again", channel, trouble.text)
                await asyncio.sleep(AGAIN if trouble.retry_after is None else trouble.retry_after)
        return self._names[channel]
