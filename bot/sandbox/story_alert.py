"""The demo's second act: an alert comes over HTTP, an agent looks into it, people approve, and the alert is resolved."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from bot.sandbox.bot_process import BotProcess, Say, StoryFailed
from bot.sandbox.visitor import BOT, Message, Visitor, is_answer, is_open_card, words_of

ALERTS = "C01ALERTS"
SECRET = "sandbox-alerts"  # noqa: S105 - it opens nothing but the sandbox
"""What the sandbox's Alertmanager sends along."""

SERVICE = "checkout"

WIDTH = 160
"""Characters of a quoted line at most."""


@dataclass
class AlertAct:
    """One alert from the delivery to the end."""

    url: str
    """Where the sandbox is."""
    session: aiohttp.ClientSession
    bot: BotProcess
    say: Say
    bob: Visitor
    pace: float

    async def play(self) -> None:
        """Tell it. Raises StoryFailed."""
        await self._checkout_is_deployed_again()
        began = datetime.now(UTC).isoformat(timespec="seconds")
        self.say("step", f"Second act. Alertmanager calls POST /webhooks/alerts: {SERVICE} is slow again. Twice, as it does when in doubt")
        for _ in range(2):
            await self._deliver("firing", began)
        opening = await self._opening("Alert: ")
        self.say("ok", "It was durable before it was answered, and both are one incident: one message in #alerts.")
        self._quote(words_of(opening).splitlines()[:3])
        card = await self.bob.see(ALERTS, opening["ts"], "an approval card", is_open_card, seconds=40)
        await asyncio.sleep(self.pace)
        self.say("step", "It has read metrics, logs, deploys, runbook and memory side by side, and says on one card what it takes it for:")
        self._quote(own_words(card, 3))
        await asyncio.sleep(self.pace)
        self.say("step", "Bob clicks Approve. The agent reads the same numbers again")
        await self.bob.click(ALERTS, card, "approve")
        answer = await self.bob.see(ALERTS, opening["ts"], "the answer", is_answer, seconds=40)
        self._quote(words_of(answer).splitlines()[:2])
        await asyncio.sleep(self.pace)
        self.say("step", "Alertmanager calls again: it is resolved")
        await self._deliver("resolved", began)
        await self._opening("Resolved: ")
        summary = await self.bob.see(
            ALERTS, opening["ts"], "the summary", lambda m: is_answer(m) and words_of(m).startswith("Summary"), seconds=40
        )
        self._quote(words_of(summary).splitlines()[:2])
        self.say("ok", "The message in #alerts says so, and the incident is closed.")

    async def _checkout_is_deployed_again(self) -> None:
        async with self.session.post(f"{self.url}/company/reset") as response:
            if response.status != 200:
                raise StoryFailed(f"The company could not be reset: {await response.text()}")
        if not self.pace:
            async with self.session.post(f"{self.url}/company/settings", json={"rollback_settles": 0}):
                pass

    async def _deliver(self, status: str, began: str) -> None:
        ends = datetime.now(UTC).isoformat(timespec="seconds") if status == "resolved" else "0001-01-01T00:00:00Z"
        alert = {
            "status": status, "fingerprint": "c0ffee0ddba11000", "startsAt": began, "endsAt": ends, "generatorURL": "",
            "labels": {"alertname": "HighLatency", "service": SERVICE, "severity": "critical"},
            "annotations": {"summary": f"{SERVICE} p95 is above 400 ms"},
        }
        body = {
            "version": "4", "groupKey": '{}:{alertname="HighLatency"}', "truncatedAlerts": 0, "status": status, "receiver": "countersign",
            "groupLabels": {"alertname": "HighLatency"}, "commonLabels": alert["labels"], "commonAnnotations": {}, "externalURL": "",
            "alerts": [alert],
        }
        address = f"{self.bot.address()}/webhooks/alerts"
        async with self.session.post(address, json=body, headers={"Authorization": f"Bearer {SECRET}"}) as response:
            if response.status not in (200, 202):
                raise StoryFailed(f"{address} answered {response.status}: {await response.text()}")

    async def _opening(self, title: str) -> Message:
        """The message in #alerts that stands for the incident, once its title begins so."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = [m for m in await self.bob.channel(ALERTS) if m["user"] == BOT and words_of(m).startswith(title)]
            if len(found) > 1:
                raise StoryFailed(f"There are {len(found)} messages for one incident.")
            if found:
                return found[0]
            await asyncio.sleep(0.05)
        raise StoryFailed(f"No message in #alerts begins with “{title.strip()}”.")

    def _quote(self, lines: list[str]) -> None:
        for line in lines:
            self.say("quote", line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…")


def own_words(card: Message, most: int) -> list[str]:
    """What the agent says on a card, in its first lines."""
    lines = [line for line in words_of(card).splitlines() if line.strip()]
    begin = next((number for number, line in enumerate(lines, 1) if line.startswith("The agent's own words")), 0)
    return lines[begin:begin + most]
