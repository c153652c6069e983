"""Telling one person something, in private."""

import logging

from slack_sdk.web.async_client import AsyncWebClient

from bot.listeners.payloads import Where
from bot.trouble import EXPECTED
from bot.views.message import UNLINKED

log = logging.getLogger(__name__)


class Whisper:
    """Messages for one person. They are a courtesy: what cannot be said is logged and never holds anything up."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def __call__(self, where: Where | None, text: str) -> None:
        """Say this mrkdwn to the person alone: beside what they did, or where they did it on no channel, in the bot's messages."""
        if where is None:
            log.warning("Nobody could be told: %s", text)
            return
        try:
            if where.channel == where.user:
                await self._client.chat_postMessage(channel=where.user, text=text, **UNLINKED)
            else:
                await self._client.chat_postEphemeral(
                    channel=where.channel, user=where.user, thread_ts=where.thread_ts, text=text, parse="none"
                )
        except EXPECTED as error:
            log.warning("%s could not be told in %s: %s (%s)", where.user, where.channel, text, error)
