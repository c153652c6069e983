"""The API of a whole bot, over restarts: a run is started once, and followed without a gap."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from agents.core import events as e
from agents.core.approval import Refusal
from agents.core.fold import fold
from agents.core.ids import local_person
from bot.serve import Bot
from bot.tokens import hashed
from tests.bot.test_callbacks import ALLOWED, SECRET, Receiver, genuine, receiver
from tests.whole.town import INCIDENTS, Town

__all__ = ("receiver",)

SECRETS = {"ci": "cs_" + "c" * 43, "board": "cs_" + "b" * 43}
SLOW = {"agent": "triage", "prompt": "checkout is slow", "idempotency_key": "alert-1"}


async def let_in(bot: Bot) -> None:
    """A program that starts runs, and one that reads."""
    for name, role in (("ci", "operator"), ("board", "viewer")):
        made = e.TokenMade(name, hashed(SECRETS[name]), role, "")
        assert not isinstance(await bot.engine.switchboard.let_in(made, local_person("root")), Refusal)


async def call(place: Town, bot: Bot, method: str, path: str, who: str, body: Any = None) -> tuple[int, Any]:
    """The status and the answer."""
    headers = {"Authorization": f"Bearer {SECRETS[who]}"}
    async with place.session.request(method, bot.url + path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def stream(place: Town, bot: Bot, run: str, behind: int, kept: list[tuple[int, str]]) -> None:
    """Keep what the stream tells until it ends, or the bot does."""
    headers = {"Authorization": f"Bearer {SECRETS['board']}", "Last-Event-ID": str(behind)}
    async with place.session.get(f"{bot.url}/v1/runs/{run}/events", headers=headers) as answer:
        assert answer.status == 200
        number = 0
        async for line in answer.content:
            name, _, value = line.decode().strip().partition(": ")
            if name == "id":
                number = int(value)
            elif name == "data":
                kept.append((number, json.loads(value)["kind"]))


@pytest.mark.slow
async def test_a_run_is_started_once_and_followed_over_a_restart(acme: Town) -> None:
    kept: list[tuple[int, str]] = []
    async with acme.bot() as bot:
        await let_in(bot)
        answers = await asyncio.gather(*(call(acme, bot, "POST", "/v1/runs", "ci", SLOW) for _ in range(50)))
        (run,) = {answer["id"] for _, answer in answers}
        following = asyncio.create_task(stream(acme, bot, run, 0, kept))
        _, waiting = await call(acme, bot, "POST", "/v1/runs", "ci", {**SLOW, "wait": 20})
        assert (waiting["state"], waiting["gates"][0]["subject"]) == ("waiting", "rollback_service")
    await asyncio.wait_for(following, 5)  # the bot's end ends it
    half = len(kept)
    assert half > 3
    async with acme.bot() as bot:
        answers = await asyncio.gather(*(call(acme, bot, "POST", "/v1/runs", "ci", SLOW) for _ in range(50)))
        assert {(status, answer["id"]) for status, answer in answers} == {(200, run)}
        following = asyncio.create_task(stream(acme, bot, run, kept[-1][0], kept))
        approved = await bot.engine.runs.answer(waiting["gates"][0]["id"], "approve", local_person("root"))
        assert not isinstance(approved, Refusal)
        await asyncio.wait_for(following, 20)
        status, over = await call(acme, bot, "GET", f"/v1/runs/{run}", "board")
        assert (status, over["outcome"], "recovered" in over["output"]) == (200, "answered", True)
        assert len(await acme.effects()) == 1
    assert len(kept) > half
    events = await acme.events(run)
    assert kept == [(row.seq, row.event.kind) for row in events if row.seq <= kept[-1][0]]
    assert kept[-1][1] == "run_finished"
    assert await acme.runs() == 1


@pytest.mark.slow
async def test_a_run_of_the_api_speaks_in_its_channel_and_is_decided_there(acme: Town) -> None:
    async with acme.bot() as bot:
        await let_in(bot)
        status, run = await call(acme, bot, "POST", "/v1/runs", "ci", {**SLOW, "channel": "incidents", "wait": 20})
        assert (status, run["thread"]["channel"], run["state"]) == (201, INCIDENTS, "waiting")
        ts = run["thread"]["thread_ts"]
        await acme.alice.click(INCIDENTS, await acme.card(ts), "approve")
        await acme.answer(ts)
        assert fold(await acme.events(run["id"])).asks[run["gates"][0]["id"]].decided_by == "T01SANDBOX/U01ALICE"


@pytest.mark.slow
async def test_the_end_of_a_run_is_brought_to_its_callback(acme: Town, receiver: Receiver) -> None:
    town = replace(acme, config=replace(acme.config, api=ALLOWED, callback_secret=SECRET))
    async with town.bot() as bot:
        await let_in(bot)
        asked = {"agent": "triage", "prompt": "status of web", "callback_url": receiver.url, "wait": 20}
        status, run = await call(town, bot, "POST", "/v1/runs", "ci", asked)
        assert (status, run["state"]) == (201, "over")
        for _ in range(100):
            if receiver.got:
                break
            await asyncio.sleep(0.1)
    ((headers, body),) = receiver.got
    assert genuine(headers, body)
    assert json.loads(body)["data"]["output"] == run["output"]
