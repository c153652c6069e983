"""Alerts over HTTP, the whole bot: a delivery opens a thread, its run answers there, and what is resolved shows, over any crash."""

import asyncio
import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from agents.core import events as e
from agents.core.fold import fold
from agents.core.incident import counted
from agents.core.state import Run
from agents.ports import Delivery
from bot.build import open_store
from bot.config_webhooks import TargetConfig, WebhookConfig
from bot.sandbox.visitor import Message, words_of
from bot.serve import Bot
from tests.bot.http.sources import payloads as p
from tests.whole.town import Town, key_of, settled

ALERTS = "C01ALERTS"
HOOK = WebhookConfig(
    kind="alertmanager", secret_env="ALERTS_SECRET", group_by=("alertname",), default=TargetConfig(agent="triage", channel="#alerts")
)


def hooked(town: Town) -> Town:
    """The town with a webhook of Alertmanager."""
    settings = replace(town.settings, environ={**town.settings.environ, "ALERTS_SECRET": p.SECRET})
    return replace(town, settings=settings, config=replace(town.config, webhooks={"alerts": HOOK}))


def body(status: str = "firing", *services: str) -> dict[str, Any]:
    """A delivery that tells of these services."""
    made = copy.deepcopy(p.ALERTMANAGER)
    (first,) = made["alerts"]
    made["alerts"] = [
        {**first, "status": status, "fingerprint": f"f-{name}", "labels": {**first["labels"], "service": name}}
        for name in services or ("checkout",)
    ]
    return made


async def send(bot: Bot, what: dict[str, Any], name: str = "alerts") -> int:
    raw = p.raw(what)
    async with aiohttp.ClientSession() as client, client.post(
        f"{bot.url}/webhooks/{name}", data=raw, headers=p.signed("alertmanager", raw, 0)
    ) as answer:
        return answer.status


async def opening(town: Town, words: str) -> Message:
    """The message of the bot's in #alerts, once it says this."""
    for _ in range(500):
        found = [message for message in await town.dana.channel(ALERTS) if key_of(message).endswith("/opening")]
        assert len(found) < 2
        if found and words in words_of(found[0]):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"{words} was not said")


async def the_run(town: Town) -> Run:
    """The only run that there is."""
    rows = await town.events()
    runs = {row.run_id for row in rows if isinstance(row.event, e.RunStarted)}
    (run_id,) = runs
    return fold(sorted((row for row in rows if row.run_id == run_id), key=lambda row: row.seq))


async def test_from_an_alert_to_its_end(acme: Town) -> None:
    town = hooked(acme)
    await town.scene("HighLatency", {"say": "The pool of the database is exhausted."})
    async with town.bot() as bot:
        assert await send(bot, body()) == 202
        first = await opening(town, "Firing")
        assert "HighLatency: checkout is slow" in str(first["blocks"])
        answer = await town.dana.see(ALERTS, first["ts"], "the answer", lambda m: "/answer:" in key_of(m))
        assert "exhausted" in words_of(answer)
        await settled(bot)
        assert await send(bot, body("resolved")) == 202
        assert (await opening(town, "Resolved"))["ts"] == first["ts"]
        await settled(bot)
    run = await the_run(town)
    assert (run.over, run.resolved, run.tainted, counted(run.signals)) == (True, True, True, "0/1/2")


async def test_one_delivery_a_hundred_times_and_over_a_restart_is_one_run(acme: Town) -> None:
    town = hooked(acme)
    await town.scene("HighLatency", {"say": "I see."})
    async with town.bot() as bot:
        statuses = await asyncio.gather(*(send(bot, body()) for _ in range(100)))
        assert sorted(set(statuses)) == [200, 202]
        assert statuses.count(202) == 1
        await opening(town, "Firing")
        await settled(bot)
    async with town.bot() as bot:
        assert await send(bot, body()) == 200
        await settled(bot)
    assert counted((await the_run(town)).signals) == "1/1/1"


async def test_what_was_acknowledged_before_the_power_went_is_dealt_with_at_the_next_start(acme: Town) -> None:
    town = hooked(acme)
    await town.scene("HighLatency", {"say": "I see."})
    signal = {
        "fingerprint": "f-checkout", "status": "firing", "title": "HighLatency: checkout is slow", "severity": "critical", "labels": {},
        "links": [], "text": "", "began": "1", "key": "alerts/f-checkout/1/firing",
    }
    kept = {"webhook": "alerts", "from": "Alertmanager", "group": "g", "signals": [signal]}
    async with open_store(town.settings, str) as store:
        assert await store.inbox.receive(Delivery("webhook/alerts:1", "webhook", kept, datetime.now(UTC)))
    for _ in range(2):
        async with town.bot() as bot:
            await opening(town, "Firing")
            await settled(bot)
    assert counted((await the_run(town)).signals) == "1/1/1"


async def test_a_storm_is_one_thread_with_a_count(acme: Town) -> None:
    town = hooked(acme)
    await town.scene("HighLatency", {"say": "I see."})
    async with town.bot() as bot:
        names = [f"service-{n}" for n in range(200)]
        statuses = await asyncio.gather(*(send(bot, body("firing", *names[n:n + 10])) for n in range(0, 200, 10)))
        assert set(statuses) == {202}
        first = await opening(town, "200 of 200 alerts")
        assert "and 190 more" in words_of(first)
        assert "team=ops" in words_of(first)
        await send(bot, body("resolved", *names))
        await opening(town, "all 200 alerts")
        await settled(bot)
    assert counted((await the_run(town)).signals) == "0/200/400"
