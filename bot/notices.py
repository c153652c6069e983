"""Messages in channels that belong to no run: each is posted once, is found again after a crash, and is changed when it is over."""

import logging
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.trigger import Place
from bot.found import found, marked
from bot.outbound import Outbound, Urgency
from bot.trouble import EXPECTED
from bot.views.message import UNLINKED, Message

log = logging.getLogger(__name__)


class Notices:
    """Posts and changes them. `event_type` is the type of the metadata by which a message is found again."""

    def __init__(
        self, *, posting: AsyncWebClient, reading: AsyncWebClient, outbound: Outbound, bot_user: str, event_type: str, what: str
    ) -> None:
        """`posting` must not retry by itself: a message that may have arrived is looked for before it is sent again."""
        self._posting = posting
        self._reading = reading
        self._outbound = outbound
        self._bot_user = bot_user
        self._event_type = event_type
        self._what = what

    async def post(self, channel: str, message: Message, key: str, since: datetime) -> str:
        """The timestamp id of the message with this key, which cannot be older than `since`; empty where it cannot be posted."""
        async def call() -> AsyncSlackResponse:
            return await self._posting.chat_postMessage(
                channel=channel, text=message.text, blocks=list(message.blocks), **UNLINKED,
                metadata=marked(key, self._event_type),
            )

        async def standing() -> str | None:
            return await self._standing_in(channel, key, since)

        what = f"chat.postMessage of {self._what}"
        try:
            return await self._outbound.send(channel, call, urgency=Urgency.DECISION, what=what, search=standing, search_first=True)
        except SurfaceError as error:
            log.warning("%s could not be told of %s (%s): %s", channel, self._what, key, error)
            return ""

    async def find(self, channel: str, key: str, since: datetime) -> str:
        """The timestamp id of the message with this key that stands there already; empty where none does, or nobody can tell."""
        try:
            return await self._standing_in(channel, key, since) or ""
        except EXPECTED as error:
            log.warning("What %s was told of %s (%s) could not be looked up: %s", channel, self._what, key, error)
            return ""

    async def change(self, channel: str, ts: str, message: Message) -> None:
        """Make the message say this."""
        async def call() -> AsyncSlackResponse:
            return await self._posting.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=list(message.blocks), **UNLINKED
            )

        try:
            await self._outbound.send(channel, call, urgency=Urgency.DECISION, what=f"chat.update of {self._what}", message=ts)
        except SurfaceError as error:
            log.warning("%s could not be told how %s goes on: %s", channel, self._what, error)

    async def _standing_in(self, channel: str, key: str, since: datetime) -> str | None:
        """The message with this key that stands in the channel already; None where none does."""
        return await found(self._reading, Place("", channel, ""), key, since, self._bot_user, self._event_type)
