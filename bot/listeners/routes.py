"""Which agent listens in which channel."""

import logging
from collections.abc import Collection, Mapping

from slack_sdk.web.async_client import AsyncWebClient

from bot.trouble import EXPECTED

log = logging.getLogger(__name__)

DIRECT = "dm"
"""The name of direct messages in the configuration."""
DEFAULT = "default"
"""The name of every channel that has no entry of its own."""


class Routes:
    """The configuration's channels, looked up by what Slack calls them."""

    def __init__(self, client: AsyncWebClient, channels: Mapping[str, str | None], agents: Collection[str]) -> None:
        """`channels` maps `#name`, a channel id, `dm` or `default` to the agent that answers mentions there; None is nobody."""
        self._client = client
        self._channels = channels
        self._only = next(iter(agents)) if len(agents) == 1 else None
        self._names: dict[str, str] = {}

    async def agent(self, channel: str, *, direct: bool) -> str | None:
        """The agent for this channel: its own, else the default one, else the only one there is; None where there is none."""
        own = [DIRECT] if direct else [channel, await self._name(channel)]
        for name in (*own, DEFAULT):
            if name in self._channels:
                return self._channels[name]
        return self._only

    async def advice(self, channel: str) -> str:
        """What to do where no agent listens, as mrkdwn for the person who tried."""
        return f"No agent listens in <#{channel}>. Whoever runs the bot can name one under `channels:` in its configuration."

    async def _name(self, channel: str) -> str:
        """`#name`, asked once. The id where Slack cannot be asked just now."""
        if channel not in self._names:
            if not any(name.startswith("#") for name in self._channels):
                return channel
            try:
                shape = (await self._client.conversations_info(channel=channel))["channel"]
            except EXPECTED as error:
                log.warning("Slack could not say what %s is called, so only its id and the default count: %s", channel, error)
                return channel
            self._names[channel] = f"#{shape.get('name') or channel}"
        return self._names[channel]
