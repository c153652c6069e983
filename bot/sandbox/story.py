"""The demo: one incident from the first complaint to the answer, with a changed call and a power cut in the middle, then an alert,
then data that drift.

Everything in it is the real thing over the wire: the bot runs in a process of its own, people act through the sandbox's page API, and
each step checks what it tells.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.bot_process import BotProcess, Say, StoryFailed
from bot.sandbox.story_alert import AlertAct
from bot.sandbox.story_drift import DriftAct
from bot.sandbox.visitor import BOT, Message, SandboxError, Visitor, is_answer, is_open_card, words_of

CHANNEL = "C01INCIDENTS"
DANA, ALICE, BOB = "U01DANA", "U01ALICE", "U01BOB"

REASON = "INC-7: checkout has been slow since its last deploy, so it goes back to the version before."
"""What Bob writes for the agent's reason."""

WIDTH = 160
"""Characters of a quoted line at most."""

@dataclass
class Story:
    """The incident."""

    url: str
    """Where the sandbox is."""
    session: aiohttp.ClientSession
    bot: BotProcess
    say: Say
    pace: float = 0.0
    """Seconds between two steps, so that a person can read along. Where none does, model and company do not take their time either."""

    def __post_init__(self) -> None:
        self.dana = Visitor(self.session, self.url, DANA)
        self.alice = self.dana.as_(ALICE)
        self.bob = self.dana.as_(BOB)

    async def play(self) -> None:
        """Tell it from beginning to end. Raises StoryFailed."""
        began = time.monotonic()
        try:
            if not self.pace:
                await self._hurry()
            await self._bot_starts()
            ts = await self._dana_reports()
            card = await self._agent_proposes(ts)
            await asyncio.sleep(2 * self.pace)
            await self._dana_may_not_approve(ts, card)
            await asyncio.sleep(self.pace)
            card = await self._bob_changes_it(ts, card)
            await asyncio.sleep(self.pace)
            await self._power_is_cut(ts)
            await asyncio.sleep(self.pace)
            await self._alice_approves(ts, card)
            await self._agent_answers(ts)
            await asyncio.sleep(2 * self.pace)
            await self._trail_is_there(ts)
            await asyncio.sleep(self.pace)
            drift = DriftAct(self.url, self.session, self.say, self.bob, self.pace)
            await drift.begin()
            await AlertAct(self.url, self.session, self.bot, self.say, self.bob, self.pace).play()
            await drift.play()
        except SandboxError as error:
            raise StoryFailed(str(error)) from error
        self.say("step", f"The end, after {time.monotonic() - began:.0f} seconds.")

    async def connected(self) -> None:
        """Wait until the workspace sees the bot. Raises StoryFailed."""
        for _ in range(400):
            if (await self.dana.state())["bot_connected"]:
                return
            if self.bot.ended():
                break
            await asyncio.sleep(0.05)
        raise StoryFailed("The bot did not connect to the workspace; its log says why.")

    async def _hurry(self) -> None:
        for path, body in (("model/settings", {"pace": 0}), ("company/settings", {"rollback_settles": 0})):
            async with self.session.post(f"{self.url}/{path}", json=body) as response:
                if response.status != 200:
                    raise StoryFailed(f"{path} answered {response.status}: {await response.text()}")

    async def _bot_starts(self) -> None:
        self.say("step", "The bot starts: countersign serve")
        await self.bot.start()
        await self.connected()
        self.say("ok", "It is connected to the workspace Acme over Socket Mode.")

    async def _dana_reports(self) -> str:
        text = "@countersign checkout is slow, customers are complaining"
        self.say("step", "Dana writes in #incidents")
        self.say("quote", text)
        began = time.monotonic()
        ts = await self.dana.post(CHANNEL, text)
        await self.dana.see(CHANNEL, ts, "a sign of life", lambda m: m["user"] == BOT)
        self.say("ok", f"A sign of life after {time.monotonic() - began:.1f} s. The agent reads metrics, deploys and the runbook.")
        return ts

    async def _agent_proposes(self, ts: str) -> Message:
        card = await self.dana.see(CHANNEL, ts, "an approval card", is_open_card, seconds=30)
        self.say("step", "It proposes a rollback. That is a high risk, so it asks for a countersignature:")
        self._quote(between(words_of(card), "", "Risk:"))
        await self._effects(0)
        self.say("ok", "Nothing has been changed. The card waits.")
        return card

    async def _dana_may_not_approve(self, ts: str, card: Message) -> None:
        self.say("step", "Dana clicks Approve on her own request")
        await self.dana.click(CHANNEL, card, "approve")
        note = await self.dana.see(CHANNEL, ts, "a private explanation", lambda m: bool(m["ephemeral"]))
        self.say("quote", f"(only she sees this) {words_of(note)}")
        await self._effects(0)

    async def _bob_changes_it(self, ts: str, card: Message) -> Message:
        """He writes another reason; the card that asks about the changed call."""
        self.say("step", "Bob, an operator, clicks Edit: the reason should name the incident")
        await self.bob.click(CHANNEL, card, "edit")
        await self.bob.submit(await self._dialog_of(self.bob), {"argument:reason": {"argument:reason": {"value": REASON}}})
        changed = await self.dana.see(CHANNEL, ts, "the card of the changed call", lambda m: is_open_card(m) and m["ts"] != card["ts"])
        await self.dana.see(CHANNEL, ts, "the end of the first card", lambda m: m["ts"] == card["ts"] and not is_open_card(m))
        self.say("ok", "The first card is superseded and has no buttons any more. A new one asks about exactly this:")
        self._quote(between(words_of(changed), "Exactly this", "What it would act on"))
        await self._effects(0)
        return changed

    async def _power_is_cut(self, ts: str) -> None:
        self.say("step", "The power is cut: kill -9, and the bot is started again")
        await self.bot.kill()
        await self.bot.start()
        await self.connected()
        cards = [m for m in await self.dana.thread(CHANNEL, ts) if is_open_card(m)]
        if len(cards) != 1:
            raise StoryFailed(f"There are {len(cards)} open cards in the thread, and there should be the one from before.")
        self.say("ok", "It is back. The same card still waits, and there is no second one.")

    async def _alice_approves(self, ts: str, card: Message) -> None:
        self.say("step", "Alice, an operator too, clicks Approve on the card from before the power cut")
        began = time.monotonic()
        await self.alice.click(CHANNEL, card, "approve")
        decided = await self.dana.see(CHANNEL, ts, "the card's outcome", lambda m: m["ts"] == card["ts"] and not is_open_card(m))
        self.say("ok", f"After {time.monotonic() - began:.1f} s everybody sees the outcome, and the buttons are gone.")
        self.say("quote", next((line for line in words_of(decided).splitlines() if "Alice" in line), decided["text"]))

    async def _agent_answers(self, ts: str) -> None:
        answer = await self.dana.see(CHANNEL, ts, "the answer", is_answer, seconds=40)
        await self._effects(1)
        self.say("step", "The rollback ran, once. The agent checked the metric and answers:")
        self._quote([*between(words_of(answer), "", "What it rests on"), *between(words_of(answer), "What people decided", "triage ·")])

    async def _trail_is_there(self, ts: str) -> None:
        self.say("step", "Alice asks for the trail: /ops audit tool rollback_service")
        await self.alice.command(CHANNEL, "/ops audit tool rollback_service")
        for _ in range(200):
            trail = [m for m in await self.alice.channel(CHANNEL) if m["ephemeral"] and "rollback_service" in words_of(m)]
            if trail:
                break
            await asyncio.sleep(0.05)
        else:
            raise StoryFailed("The audit trail did not come.")
        self._quote(words_of(trail[-1]).splitlines()[:14])
        thread = [message for message in await self.dana.thread(CHANNEL, ts) if message["user"] == BOT and not message["ephemeral"]]
        self.say("ok", f"The whole incident took {len(thread)} messages of the bot, all in one thread.")

    def _quote(self, lines: list[str]) -> None:
        for line in lines:
            self.say("quote", line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…")

    async def _dialog_of(self, person: Visitor) -> dict[str, Any]:
        """The dialog that opens for somebody."""
        for _ in range(200):
            if views := await person.views():
                return views[-1]
            await asyncio.sleep(0.05)
        raise StoryFailed("The dialog did not open.")

    async def _effects(self, wanted: int) -> None:
        """Ask the company itself what really happened."""
        async with self.session.get(f"{self.url}/company/effects") as response:
            effects: dict[str, Any] = await response.json()
        if effects["count"] != wanted:
            raise StoryFailed(f"The company carried out {effects['count']} effects where there should be {wanted}: {effects}")


def between(words: str, first: str, behind: str) -> list[str]:
    """The lines from the one that begins with `first` to the one before that which begins with `behind`."""
    lines = words.splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(first)), 0)
    end = next((number for number, line in enumerate(lines) if line.startswith(behind) and number > begin), len(lines))
    return lines[begin:end]
