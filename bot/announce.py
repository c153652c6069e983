"""Tells the channels in which something waits of a halt, and of its end: one message each, which is changed when it is over."""

import asyncio
import logging

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core import events as e
from agents.core.errors import SurfaceError
from agents.core.ids import CONTROL
from agents.core.switches import Halt, Told
from agents.ledger import AuditQuery, Ledger
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.marked import find_marked, mark
from bot.outbound import Outbound, Urgency
from bot.views.halts import halted, lifted
from bot.views.message import Message
from bot.views.mrkdwn import named

log = logging.getLogger(__name__)

EVENT_TYPE = "countersign_halt"
"""The type of the metadata by which a message is found again after a crash."""


class Announcer:
    """Compares what was told with what there is to tell. It keeps nothing itself: whatever a crash cut off is caught up with."""

    def __init__(
        self, *, posting: AsyncWebClient, reading: AsyncWebClient, outbound: Outbound, bot_user: str, standing: Standing,
        switchboard: Switchboard, ledger: Ledger,
    ) -> None:
        """`posting` must not retry by itself: a message that may have arrived is looked for before it is sent again."""
        self._posting = posting
        self._reading = reading
        self._outbound = outbound
        self._bot_user = bot_user
        self._standing = standing
        self._switchboard = switchboard
        self._ledger = ledger
        self._one_at_a_time = asyncio.Lock()

    async def catch_up(self) -> None:
        """Tell what has not been told. Call it at the start, after each change, and from time to time while something is halted."""
        async with self._one_at_a_time, asyncio.TaskGroup() as telling:  # a channel that cannot be reached holds up no other
            switches = self._standing.switches
            for halt in switches.halts.values():
                for place in await self._ledger.open_places(halt.scope or None):
                    if (halt.scope, place.channel) not in switches.told:
                        telling.create_task(self._tell(halt, place.channel))
            for told in switches.told.values():
                if told.scope not in switches.halts and not told.lifted:
                    telling.create_task(self._take_back(told))

    async def _tell(self, halt: Halt, channel: str) -> None:
        key = f"{halt.scope}/{halt.at.isoformat()}"
        message = halted(halt)

        async def call() -> AsyncSlackResponse:
            return await self._posting.chat_postMessage(
                channel=channel, text=message.text, blocks=list(message.blocks), unfurl_links=False, unfurl_media=False,
                metadata=mark(EVENT_TYPE, key),
            )

        async def standing() -> str | None:
            return await find_marked(self._reading, self._bot_user, channel, EVENT_TYPE, key, halt.at)

        ts = ""
        try:
            ts = await self._outbound.send(
                channel, call, urgency=Urgency.DECISION, what="chat.postMessage of a halt", search=standing, search_first=True
            )
        except SurfaceError as error:
            log.warning("%s could not be told of the halt of %s: %s", channel, halt.what, error)
        await self._switchboard.told(halt.scope, channel, ts, lifted=False)

    async def _take_back(self, told: Told) -> None:
        """Change the message of a halt that is over."""
        if told.ts:
            message = await self._end_of(told.scope)

            async def call() -> AsyncSlackResponse:
                return await self._posting.chat_update(
                    channel=told.channel, ts=told.ts, text=message.text, blocks=list(message.blocks)
                )

            try:
                what = "chat.update of a halt"
                await self._outbound.send(told.channel, call, urgency=Urgency.DECISION, what=what, message=told.ts)
            except SurfaceError as error:
                log.warning("%s could not be told that %s goes on: %s", told.channel, told.scope or "every agent", error)
        await self._switchboard.told(told.scope, told.channel, told.ts, lifted=True)

    async def _end_of(self, scope: str) -> Message:
        """What is said of the newest halt of this scope, which is over."""
        by, at, halt = "Somebody", None, None
        cursor: int | None = None
        while halt is None:
            page = await self._ledger.audit(AuditQuery(run_id=CONTROL, before=cursor))
            for row in page.events:
                match row.event:
                    case e.Resumed(scope=ended, name=name) if ended == scope and at is None:
                        by, at = named(row.actor, name), row.at
                    case e.Halted(scope=begun, name=name, reason=reason) if begun == scope and at and halt is None:
                        halt = Halt(scope, row.actor, name, reason, row.at)
            cursor = page.next
            if cursor is None:
                break
        return lifted(halt, scope, by, at)
