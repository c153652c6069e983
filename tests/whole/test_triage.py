"""Incident triage, whole: from an alert to the summary, a second one that remembers the first, thin evidence, and a power cut."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agents.core import events as e
from agents.core.events import Recorded
from bot.sandbox.bot_process import BotProcess, StoryFailed
from bot.sandbox.story_alert import SECRET
from bot.sandbox.visitor import Message, button_of, words_of
from tests.whole.test_power_cuts import again, killable
from tests.whole.town import BOT, Town, key_of, settled

ALERTS = "C01ALERTS"
READ = ["list_deploys", "logs_query", "memory_search", "metrics_range", "metrics_range", "runbooks_read"]
"""What is read side by side before anything is said."""


def alert(status: str = "firing", name: str = "HighLatency", service: str = "checkout", began: str = "") -> dict[str, Any]:
    """A delivery of Alertmanager with one alert."""
    labels = {"alertname": name, "service": service, "severity": "critical"}
    one = {
        "status": status, "labels": labels, "annotations": {"summary": f"{service} is not well"}, "fingerprint": f"{name}-{service}",
        "startsAt": began or datetime.now(UTC).isoformat(), "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
    }
    return {
        "version": "4", "groupKey": "g", "truncatedAlerts": 0, "status": status, "receiver": "countersign", "groupLabels": {},
        "commonLabels": labels, "commonAnnotations": {}, "externalURL": "", "alerts": [one],
    }


async def address(bot: BotProcess) -> str:
    """Where a bot in a process of its own listens, once it does."""
    for _ in range(200):
        with suppress(StoryFailed):
            return bot.address()
        await asyncio.sleep(0.05)
    raise AssertionError("It does not listen.")


async def send(url: str, body: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as client, client.post(
        f"{url}/webhooks/alerts", json=body, headers={"Authorization": f"Bearer {SECRET}"}
    ) as answer:
        assert answer.status in (200, 202), await answer.text()


async def opened(town: Town, number: int = 1) -> Message:
    """The message that opens the thread of the newest of so many incidents."""
    for _ in range(500):
        found = [message for message in await town.dana.channel(ALERTS) if key_of(message).endswith("/opening")]
        if len(found) == number:
            return found[-1]
        await asyncio.sleep(0.02)
    raise AssertionError(f"There are not {number} incidents.")


async def card_of(town: Town, ts: str) -> Message:
    return await town.dana.see(ALERTS, ts, "a card", lambda m: button_of(m, "approve") is not None)


async def answer_of(town: Town, ts: str, words: str) -> str:
    return words_of(await town.dana.see(ALERTS, ts, words, lambda m: "/answer:" in key_of(m) and words in words_of(m)))


async def solved(town: Town, url: str, number: int = 1) -> tuple[str, str]:
    """From the alert to the agent's answer, with one approval; the thread, and what stood on the card."""
    await send(url, alert())
    ts = (await opened(town, number))["ts"]
    card = await card_of(town, ts)
    await town.alice.click(ALERTS, card, "approve")
    await answer_of(town, ts, "has recovered")
    return ts, words_of(card)


def called(rows: list[Recorded]) -> list[list[str]]:
    """The tools that were asked for, turn by turn."""
    return [sorted(call.tool for call in row.event.calls) for row in rows if isinstance(row.event, e.ModelAnswered)]


async def test_from_the_alert_to_the_summary(acme: Town) -> None:
    async with acme.bot() as bot:
        ts, card = await solved(acme, bot.url)
        assert "sev2, Team Basket, 90 % sure" in card
        assert "checkout.md:1 > Checkout: slow or failing" in card
        await settled(bot)
        assert called(await acme.events()) == [
            READ, ["assess"], ["rollback_service"], ["metrics_query", "metrics_query"], ["memory_store"], [],
        ]
        assert Counter(key_of(m).partition("/")[2].partition(":")[0] for m in await _said(acme, ts)) == {
            "opening": 1, "progress": 1, "card": 1, "answer": 1,
        }
        over = alert("resolved", began=await began(acme))
        await send(bot.url, over)
        await send(bot.url, over)  # Alertmanager says it twice
        summary = await answer_of(acme, ts, "Summary")
        await settled(bot)
        assert "The rollback to 2026.11.18-3 helped" in summary
    assert len(await acme.effects()) == 1
    assert await acme.runs() == 2
    assert [key_of(m).partition("/")[2].partition(":")[0] for m in await _said(acme, ts)].count("answer") == 2
    [assessed] = [call for row in await acme.events() if isinstance(row.event, e.ModelAnswered) for call in row.event.calls
                  if call.tool == "assess"]
    assert (assessed.arguments["severity"], assessed.arguments["owner"], assessed.arguments["confidence"]) == ("sev2", "Team Basket", 0.9)


async def test_the_next_incident_of_its_kind_finds_the_first(acme: Town) -> None:
    async with acme.bot() as bot:
        first, _ = await solved(acme, bot.url)
        await settled(bot)
        await send(bot.url, alert("resolved", began=await began(acme)))
        await answer_of(acme, first, "Summary")
        await settled(bot)
        await acme.post("company/reset", {})
        ts, card = await solved(acme, bot.url, 2)
        await settled(bot)
        assert "95 % sure" in card
        assert "It has happened before (m1): HighLatency at checkout: p95 0.1" in card
        assert (await opened(acme, 2))["ts"] == ts
    assert len(await acme.effects()) == 1  # since the company was reset


async def test_thin_evidence_goes_to_people_with_what_there_is_and_nothing_is_proposed(acme: Town) -> None:
    async with acme.bot() as bot:
        await send(bot.url, alert(name="PaymentsDeclined", service="payments"))
        ts = (await opened(acme))["ts"]
        asked = await acme.dana.see(ALERTS, ts, "a question", lambda m: "not sure enough" in words_of(m))
        words = words_of(asked)
        assert "confidence: 0.35" in words
        assert "What would settle it" in words
        assert "logs_query" in words  # what it rests on
        await settled(bot)
        await acme.alice.post(ALERTS, "The provider had an outage, it is over. Leave it.", ts)
        answer = await answer_of(acme, ts, "is with people now")
        assert "The provider had an outage" in answer
        await settled(bot)
    assert await acme.effects() == []
    assert called(await acme.events()) == [[*READ[:3], "metrics_range", "metrics_range", "runbooks_read"], ["assess"], []]


@pytest.mark.slow
async def test_a_power_cut_behind_the_assessment_and_one_in_the_rollback_repeat_nothing(tmp_path: Path) -> None:
    async with killable(tmp_path) as (place, bot):
        await send(await address(bot), alert())
        ts = (await opened(place))["ts"]
        card = await card_of(place, ts)
        await again(place, bot)
        await place.post("company/faults", {"path": "rollback", "status": "hang", "seconds": 1})
        await place.alice.click(ALERTS, card, "approve")
        await place.dana.see(ALERTS, ts, "the outcome", lambda m: m["ts"] == card["ts"] and button_of(m, "approve") is None)
        await again(place, bot)
        await answer_of(place, ts, "has recovered")
        await send(await address(bot), alert("resolved", began=await began(place)))
        await answer_of(place, ts, "Summary")
        await bot.kill()
        assert len(await place.effects()) == 1
        rows = await place.events()
        assert called([row for row in rows if row.run_id == rows[0].run_id])[:3] == [READ, ["assess"], ["rollback_service"]]
        finished = Counter(row.event.tool for row in rows if isinstance(row.event, e.ToolFinished))
        assert (finished["assess"], finished["rollback_service"], finished["memory_store"]) == (1, 1, 1)
        keys = [key_of(m) for m in await _said(place, ts)]
        assert len(keys) == len(set(keys))


async def _said(town: Town, ts: str) -> list[Message]:
    return [m for m in await town.dana.thread(ALERTS, ts) if m["user"] == BOT and not m["ephemeral"]]


async def began(town: Town) -> str:
    """When the newest alert began, as its source said."""
    return next(row.event.began for row in reversed(await town.events()) if isinstance(row.event, e.SignalReceived))
