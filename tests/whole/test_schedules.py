"""Schedules of a whole bot: its runs speak in their channel, the next bot goes on, and `/readyz` says how time is kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from agents.core import events as e
from agents.core.ids import CONTROL, local_person
from agents.schedules import Schedule
from bot.sandbox.visitor import Message, words_of
from scheduler.timetable import Every
from tests.whole.town import INCIDENTS, Town, key_of, settled

pytestmark = pytest.mark.slow

ROOT = local_person("root")
FAST = Schedule("pulse", Every(timedelta(seconds=2)), "triage", "How are all services?", "#incidents")


def with_schedule(place: Town, schedule: Schedule) -> Town:
    """The same town with this schedule."""
    return replace(place, config=replace(place.config, schedules={schedule.name: schedule}))


async def openings(place: Town, most: int = 1) -> list[Message]:
    """The messages in #incidents with which runs of schedules began, once there is one."""
    for _ in range(400):
        found = [m for m in await place.dana.channel(INCIDENTS) if "/opening" in key_of(m)]
        if len(found) >= most:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("No run began.")


async def test_its_run_opens_a_thread_and_answers_there_and_the_next_bot_goes_on(acme: Town) -> None:
    place = with_schedule(acme, FAST)
    async with place.bot():
        first = (await openings(place))[0]
        assert "Scheduled: pulse, due " in words_of(first)
        await place.answer(first["ts"])
    async with place.bot() as bot, aiohttp.ClientSession(bot.url) as client:
        await openings(place, 2)
        async with client.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["parts"]["scheduler"]) == (200, "ok")
    started = [row.event.trigger.dedupe_key for row in await place.events() if isinstance(row.event, e.RunStarted)]
    assert len(started) == len(set(started)) >= 2


async def test_a_schedule_whose_channel_is_nowhere_waits_and_says_so(acme: Town) -> None:
    place = with_schedule(acme, replace(FAST, channel="#nowhere"))
    async with place.bot() as bot:
        for _ in range(100):
            [entry] = await bot.engine.calendar.entries()
            if entry.trouble:
                break
            await asyncio.sleep(0.1)
        assert entry.trouble.startswith("The bot sees no channel #nowhere.")
    assert await place.runs() == 0


async def test_what_an_operator_wants_is_done_by_the_next_bot_once(acme: Town) -> None:
    place = with_schedule(acme, replace(FAST, times=Every(timedelta(days=900)), channel=""))
    async with place.bot() as bot:
        assert isinstance(await bot.engine.switchboard.schedule("run", "pulse", ROOT), str)
    for _ in range(2):
        async with place.bot() as bot:
            await asyncio.sleep(1.2)
            await settled(bot)
    [run] = [row.event for row in await place.events() if isinstance(row.event, e.RunStarted)]
    assert run.trigger.actor == ROOT
    assert [row.event.kind for row in await place.events(CONTROL)] == ["schedule_called"]
