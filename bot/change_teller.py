"""Tells admins, in a direct message to each, of a tool that is off because its MCP server describes it otherwise than was accepted."""

import asyncio
import logging
import time

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.switches import Change
from agents.core.trigger import Place
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.found import found, marked
from bot.outbound import Outbound, Urgency
from bot.people import People
from bot.trouble import EXPECTED, trouble_of
from bot.views.changes import changed

log = logging.getLogger(__name__)

EVENT_TYPE = "countersign_tool_changed"
"""The type of the metadata by which a message is found again after a crash."""

MOST = 20
"""Admins who are told."""

AGAIN = 60.0
"""Seconds until it is looked again whether there are admins who were not told."""


class ChangeTeller:
    """Compares who was told with who is to be told. It keeps nothing that it could not do without after a crash."""

    def __init__(
        self, *, posting: AsyncWebClient, reading: AsyncWebClient, outbound: Outbound, bot_user: str, standing: Standing,
        switchboard: Switchboard, people: People,
    ) -> None:
        """`posting` must not retry by itself: a message that may have arrived is looked for before it is sent again."""
        self._posting = posting
        self._reading = reading
        self._outbound = outbound
        self._bot_user = bot_user
        self._standing = standing
        self._switchboard = switchboard
        self._people = people
        self._looked: dict[tuple[str, str], float] = {}
        """When it was last seen to whom a change has to be told; by tool and digest."""
        self._one_at_a_time = asyncio.Lock()

    async def catch_up(self) -> None:
        """Tell what has not been told. Call it at the start and from time to time."""
        async with self._one_at_a_time:
            for change in tuple(self._standing.switches.changes.values()):
                seen = self._looked.get((change.tool, change.digest))
                if seen is None or time.monotonic() - seen > AGAIN:
                    await self._catch_up_with(change)
                    self._looked[change.tool, change.digest] = time.monotonic()

    async def _catch_up_with(self, change: Change) -> None:
        admins = (await self._people.admins())[:MOST]
        if not admins:
            log.warning("%s is off because its definition changed, and no role names an admin who could be told", change.tool)
        async with asyncio.TaskGroup() as telling:  # somebody who cannot be reached holds up nobody else
            for user in admins:
                if user not in change.told:
                    telling.create_task(self._tell(change, user))

    async def _tell(self, change: Change, user: str) -> None:
        key = f"{change.tool}/{change.digest}/{change.at.isoformat()}"
        message = changed(change)
        ts = ""
        try:
            channel = str((await self._reading.conversations_open(users=user))["channel"]["id"])

            async def call() -> AsyncSlackResponse:
                return await self._posting.chat_postMessage(
                    channel=channel, text=message.text, blocks=list(message.blocks), unfurl_links=False, unfurl_media=False,
                    metadata=marked(key, EVENT_TYPE),
                )

            async def standing() -> str | None:
                return await found(self._reading, Place("", channel, ""), key, change.at, self._bot_user, EVENT_TYPE)

            ts = await self._outbound.send(
                channel, call, urgency=Urgency.DECISION, what="chat.postMessage of a changed tool", search=standing, search_first=True
            )
        except SurfaceError as error:
            log.warning("%s could not be told that %s changed: %s", user, change.tool, error)
        except EXPECTED as error:
            try:
                trouble = trouble_of(error, "conversations.open")
            except SurfaceError as refused:
                log.warning("%s could not be told that %s changed: %s", user, change.tool, refused)
            else:
                log.info("%s is told later that %s changed: %s", user, change.tool, trouble.text)
                return
        await self._switchboard.change_told(change.tool, change.digest, user, ts)
