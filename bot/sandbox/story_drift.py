"""The demo's third act: the shop changes a table, a monitor sees what becomes of it, and the report names the cause."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from bot.sandbox.bot_process import Say, StoryFailed
from bot.sandbox.story_alert import own_words
from bot.sandbox.visitor import BOT, Message, Visitor, is_answer, is_open_card, words_of

DATA, DANA, CAROL = "C01DATA", "U01DANA", "U01CAROL"

CAUSE = "Probable cause · shop.raw_orders"
"""What the report has to say: the lineage leads from what is wrong to the table that was changed."""


@dataclass
class DriftAct:
    """One drift from the change that causes it to the numbers that are back."""

    url: str
    """Where the sandbox is."""
    session: aiohttp.ClientSession
    say: Say
    bob: Visitor
    pace: float

    async def begin(self) -> None:
        """The shop's team changes its table, while others look elsewhere, and once the monitors know what is usual. Raises StoryFailed."""
        await self._watching()
        async with self.session.post(f"{self.url}/company/pipeline/shop") as response:
            if response.status != 200:
                raise StoryFailed(f"The shop could not be changed: {await response.text()}")

    async def play(self) -> None:
        """Tell it. Raises StoryFailed."""
        self.say("step", "Third act. The shop's team has moved the amount of an order to another column, and told nobody")
        report = await self._report(lambda words: "null_rate(amount)" in words, "a report about orders without an amount")
        report = await self._report(lambda words: CAUSE in words, "the cause in the report", seconds=60)
        await self._one_message()
        self.say("ok", "Two monitors have seen it, each its part: one incident, one message in #data, with a chart and the cause:")
        self._quote(until(words_of(report), "Acknowledge"))
        await asyncio.sleep(2 * self.pace)
        self.say("step", "Dana clicks Investigate")
        await self.bob.as_(DANA).click(DATA, report, "finding_investigate")
        card = await self.bob.see(DATA, report["ts"], "an approval card", is_open_card, seconds=60)
        self.say("ok", "The agent has followed the lineage, measured at the cause, and proposes a patch of one line:")
        self._quote(own_words(card, 5))
        await asyncio.sleep(self.pace)
        self.say("step", "Bob, an operator, clicks Approve")
        await self.bob.click(DATA, card, "approve")
        answer = await self.bob.see(DATA, report["ts"], "the answer", is_answer, seconds=60)
        self._quote(words_of(answer).splitlines()[:2])
        await self._patched()
        self.say("step", "The monitor looks on. Once the numbers have stayed where they belong, the report says so")
        await self._report(lambda words: words.startswith("Resolved"), "the end of the report", seconds=120)
        self.say("ok", "Resolved, by the numbers and not by a click.")

    async def _watching(self) -> None:
        """Wait until no monitor still reads its past."""
        carol, end = self.bob.as_(CAROL), time.monotonic() + 120
        while time.monotonic() < end:
            await carol.command(DATA, "/ops monitors")
            await asyncio.sleep(1)
            told = [words_of(m) for m in await carol.channel(DATA) if m["ephemeral"] and "monitors" in words_of(m)]
            if told and "begins" not in told[-1]:
                return
        raise StoryFailed("The monitors of #data have not read their past within two minutes; the bot's log says why.")

    async def _patched(self) -> None:
        """Ask the company itself what really happened."""
        async with self.session.get(f"{self.url}/company/pipeline/patches") as response:
            told = await response.json()
        if told["count"] != 1:
            raise StoryFailed(f"The pipeline was patched {told['count']} times where it should be once: {told}")

    async def _report(self, wanted: Callable[[str], bool], what: str, seconds: float = 90) -> Message:
        """The message in #data of which this holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [m for m in await self.bob.channel(DATA) if m["user"] == BOT and not m["ephemeral"] and wanted(words_of(m))]
            if found:
                return found[0]
            await asyncio.sleep(0.1)
        raise StoryFailed(f"{what[0].upper()}{what[1:]} did not come to #data.")

    async def _one_message(self) -> None:
        """Whatever was found is told in one message."""
        found = [m for m in await self.bob.channel(DATA) if m["user"] == BOT and not m["ephemeral"]]
        if len(found) != 1:
            raise StoryFailed(f"There are {len(found)} messages in #data for what has one cause.")

    def _quote(self, lines: list[str]) -> None:
        for line in lines:
            self.say("quote", line)


def until(words: str, last: str) -> list[str]:
    """The lines before the one that is this."""
    lines = words.splitlines()
    return lines[:lines.index(last)] if last in lines else lines
