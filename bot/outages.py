"""Writes down which tools and hosts do not answer, and tells the channels of the runs that are affected: one message each."""

import asyncio
from collections.abc import Mapping

from agents.core.ids import CONTROL
from agents.core.switches import Outage, OutageTold
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot.notices import Notices
from bot.views.outages import answers_again, does_not_answer
from tools.breakers import Breakers, Open

EVENT_TYPE = "countersign_outage"
"""The type of the metadata by which a message is found again after a crash."""


class Outages:
    """Compares the breakers of this process with what is written down, and that with what was told. Whatever a crash cut off is
    caught up with; what was open in the process before is closed, because this one knows nothing of it."""

    def __init__(self, *, breakers: Breakers, notices: Notices, standing: Standing, switchboard: Switchboard) -> None:
        self._breakers = breakers
        self._notices = notices
        self._standing = standing
        self._switchboard = switchboard
        self._one_at_a_time = asyncio.Lock()

    async def catch_up(self) -> None:
        """Write down what has changed, and tell it. Call it at the start and from time to time."""
        async with self._one_at_a_time:
            opened = self._breakers.open()
            await self._write_down(opened)
            async with asyncio.TaskGroup() as telling:  # a channel that cannot be reached holds up no other
                switches = self._standing.switches
                for what, one in opened.items():
                    for channel in one.channels:
                        if (what, channel) not in switches.outages_told:
                            telling.create_task(self._begin(switches.outages[what], channel))
                for told in switches.outages_told.values():
                    outage = switches.outages[told.what]
                    if told.shows != ("outage" if outage.open else "end"):
                        telling.create_task(self._tell(outage, told))

    async def _write_down(self, opened: Mapping[str, Open]) -> None:
        known = self._standing.switches.open_outages
        for what in sorted(opened.keys() - known):
            await self._switchboard.breaker_opened(what, opened[what].since, opened[what].why)
        for what in sorted(known - opened.keys()):
            await self._switchboard.breaker_closed(what, self._breakers.ended(what))

    async def _begin(self, outage: Outage, channel: str) -> None:
        """Tell a channel that has not been told. That it is about to be told is written down first: the message has to be changed later."""
        await self._switchboard.breaker_told(outage.what, channel, "nothing")
        await self._tell(outage, OutageTold(outage.what, channel, "nothing", ""))

    async def _tell(self, outage: Outage, told: OutageTold) -> None:
        """Make the message say how it stands by now: that it does not answer, or that it does again."""
        message, ts = does_not_answer(outage) if outage.open else answers_again(outage), told.ts
        key = f"{CONTROL}/{outage.what}/{outage.opened_at.isoformat()}"
        if told.shows == "nothing" and outage.open:
            ts = await self._notices.post(told.channel, message, key, outage.opened_at)
        elif told.shows == "nothing":  # a crash came while it was posted
            ts = await self._notices.find(told.channel, key, outage.opened_at)
        if ts and (told.shows != "nothing" or not outage.open):
            await self._notices.change(told.channel, ts, message)
        await self._switchboard.breaker_told(outage.what, told.channel, "outage" if outage.open else "end", ts)
