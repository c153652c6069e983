"""The whole product where Slack calls the bot: no app-level token, no connection of Socket Mode."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp

from agents.core import events as e
from bot.sandbox.events_http import SIGNING_SECRET, signature
from bot.sandbox.visitor import words_of
from bot.serve import Bot
from tests.bot.http.raw import ask, request
from tests.whole.town import INCIDENTS, Town, settled


@asynccontextmanager
async def called(town: Town) -> AsyncIterator[Bot]:
    """A bot whose address the workspace knows."""
    settings = replace(town.settings, slack_app_token="")  # so the signing secret decides
    async with replace(town, settings=settings).bot() as bot:
        await town.post("page/request_url", {"url": f"{bot.url}/slack/events"})
        yield bot


async def test_from_a_mention_to_an_effect_over_http(acme: Town) -> None:
    async with called(acme) as bot:
        ts = await acme.mention("checkout is slow, customers are complaining")
        card = await acme.card(ts)
        assert await acme.effects() == []
        await acme.alice.click(INCIDENTS, card, "approve")
        assert "recovered" in words_of(await acme.answer(ts))
        await settled(bot)
        assert len(await acme.effects()) == 1
        await acme.alice.command(INCIDENTS, "/ops runs")
        await _said(acme, "newest first")
        async with aiohttp.ClientSession(bot.url) as client, client.get("/readyz") as ready:
            parts = {"database": "ok", "slack": "ok", "model": "ok", "scheduler": "ok", "intake": "ok", "monitors": "ok"}
            assert (ready.status, await ready.json()) == (200, {"status": "ok", "parts": parts})


async def test_a_dialog_says_what_is_wrong_over_http(acme: Town) -> None:
    async with called(acme) as bot:
        ts = await acme.mention("checkout is slow")
        card = await acme.card(ts)
        await acme.alice.click(INCIDENTS, card, "edit")
        view = await _dialog(acme)
        reason = next(block["block_id"] for block in view["blocks"] if block["type"] == "input" and "reason" in block["block_id"])
        typed = {"type": "plain_text_input", "value": "x"}
        complaints = await acme.alice.submit(view, {reason: {reason: typed}})
        assert "at least" in complaints[reason]
        await settled(bot)
        assert await acme.effects() == []
    assert not any(isinstance(row.event, e.CallEdited) for row in await acme.events())


async def test_one_event_delivered_four_times_and_lost_on_the_way_back_is_one_run(acme: Town) -> None:
    await acme.post("page/faults", {"drop_acks": 1, "redelivery_seconds": 0.05, "duplicate_events": 3})
    async with called(acme) as bot:
        ts = await acme.mention("status of payments")
        await acme.answer(ts)
        await asyncio.sleep(0.3)
        await settled(bot)
    assert await acme.runs() == 1


async def test_one_signed_request_a_hundred_times_and_across_a_restart_is_one_run(acme: Town) -> None:
    event = {"type": "app_mention", "user": "U01DANA", "text": "<@U01BOT> status of payments", "ts": "1.1", "channel": INCIDENTS}
    body = json.dumps({"type": "event_callback", "team_id": "T01SANDBOX", "event_id": "Ev01", "event": event}).encode()
    at = str(int(time.time()))
    once = request(
        "/slack/events", "POST", body, content_type="application/json", x_slack_request_timestamp=at,
        x_slack_signature=signature(SIGNING_SECRET, at, body.decode()),
    )
    for _ in range(2):
        async with called(acme) as bot:
            assert {(await reply).status for reply in asyncio.as_completed([ask(bot.url, once) for _ in range(100)])} == {200}
            await settled(bot)
    assert await acme.runs() == 1


async def test_requests_that_are_not_slacks_are_in_the_audit(acme: Town) -> None:
    async with called(acme) as bot:
        for _ in range(3):
            assert (await ask(bot.url, request("/slack/events", "POST", b"{}", content_type="application/json"))).status == 401
    (refused,) = [row.event for row in await acme.events() if isinstance(row.event, e.RequestsRefused)]
    assert refused.counts == {"/slack/events 401: Not signed by Slack.": 3}
    assert refused.addresses == "127.0.0.1"


async def _said(town: Town, words: str) -> None:
    for _ in range(300):
        if any(words in words_of(message) for message in await town.alice.channel(INCIDENTS)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{words} was not said")


async def _dialog(town: Town) -> dict[str, Any]:
    for _ in range(300):
        if views := await town.alice.views():
            return views[-1]
        await asyncio.sleep(0.02)
    raise AssertionError("no modal was opened")
