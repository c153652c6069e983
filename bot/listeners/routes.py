"""Which agent listens in which channel."""

import asyncio
import logging
from collections.abc import Collection, Mapping

from slack_sdk.web.async_client import AsyncWebClient

from bot.trouble import EXPECTED, trouble_of

log = logging.getLogger(__name__)

AGAIN = 2.0
"""Seconds until Slack is asked again after trouble that passes."""

DIRECT = "dm"
"""The name of direct messages in the configuration."""


class Routes:
    """The configuration's channels, looked up by what Slack calls them."""

    def __init__(self, client: AsyncWebClient, channels: Mapping[str, str], agents: Collection[str]) -> None:
        """`channels` maps `#name` or `dm` to the agent that answers there. Where it names none, the only agent answers everywhere."""
        self._client = client
        self._channels = channels
        self._everywhere = next(iter(agents)) if len(agents) == 1 and not channels else None
        self._names: dict[str, str] = {}

    async def agent(self, channel: str, *, direct: bool) -> str | None:
        """The agent for this channel; None where none listens."""
        if not self._channels:
            return self._everywhere
        return self._channels.get(DIRECT if direct else await self._name(channel))

    async def advice(self, channel: str) -> str:
        """What to do where no agent listens, as mrkdwn for the person who tried."""
        here = "to direct messages" if channel.startswith("D") else f"in <#{channel}>"
        return f"No agent listens {here}. Whoever runs the bot can name one under `channels:` in its configuration."

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
