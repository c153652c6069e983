"""Tells the channels in which something waits of a halt, and of its end: one message each, which is changed when it is over."""

import asyncio

from agents.core import events as e
from agents.core.ids import CONTROL
from agents.core.switches import Halt, Told
from agents.ledger import AuditQuery, Ledger
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.notices import Notices
from bot.views.halts import halted, lifted
from bot.views.message import Message
from bot.views.mrkdwn import named

EVENT_TYPE = "countersign_halt"
"""The type of the metadata by which a message is found again after a crash."""


class Announcer:
    """Compares what was told with what there is to tell. It keeps nothing itself: whatever a crash cut off is caught up with."""

    def __init__(self, *, notices: Notices, standing: Standing, switchboard: Switchboard, ledger: Ledger) -> None:
        self._notices = notices
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
        ts = await self._notices.post(channel, halted(halt), f"{halt.scope}/{halt.at.isoformat()}", halt.at)
        await self._switchboard.told(halt.scope, channel, ts, lifted=False)

    async def _take_back(self, told: Told) -> None:
        """Change the message of a halt that is over."""
        if told.ts:
            await self._notices.change(told.channel, told.ts, await self._end_of(told.scope))
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
