"""Durable before it is acknowledged: what a webhook hands on is stored, once, and dealt with."""

import asyncio

import pytest

from bot.http.intake import take
from bot.http.problem import Problem
from tests.bot.http.web import Web, web


async def post(made: Web, key: str, source: str = "alerts") -> int:
    """What a delivery with this key is answered."""
    return (await take(made.edge, source, key, "webhook", {"n": 1}, made.world.clock())).status_code


async def settled(made: Web) -> None:
    for _ in range(300):
        await asyncio.sleep(0.01)
        if not made.edge.desk.backlog().pending:
            return
    raise AssertionError("It is still under way.")


async def test_one_delivery_a_hundred_times_is_dealt_with_once() -> None:
    async with web() as made:
        answers = await asyncio.gather(*(post(made, "4711") for _ in range(100)))
        await settled(made)
        assert sorted(answers) == [200] * 99 + [202]
        assert await post(made, "4711") == 200
        assert await post(made, "4711", "other") == 202
        await settled(made)
    assert made.handled == ["alerts:4711", "other:4711"]


async def test_keys_of_any_kind_are_told_apart() -> None:
    async with web() as made:
        keys = ("", "a b", "\ud800", "é" * 500, "x" * 10_000, "x" * 10_001)
        assert [await post(made, key) for key in keys] == [202] * len(keys)
        assert [await post(made, key) for key in keys] == [200] * len(keys)
        assert all(len(key) < 220 and key.isascii() for key in made.inbox.kept)


async def test_what_cannot_be_written_down_is_not_acknowledged() -> None:
    async with web() as made:
        made.inbox.broken = True
        with pytest.raises(Problem) as told:
            await post(made, "4711")
        assert (told.value.status, told.value.headers) == (503, {"Retry-After": "5"})
        made.inbox.broken = False
        assert await post(made, "4711") == 202
        await settled(made)
    assert made.handled == ["alerts:4711"]


async def test_what_came_before_a_crash_and_again_after_it_is_dealt_with_once() -> None:
    async with web() as made:
        made.edge.desk.draining = True  # it is written down and acknowledged, and the bot ends before it is dealt with
        assert await post(made, "4711") == 202
        assert made.handled == []
        made.edge.desk.draining = False
        await made.edge.desk.replay()
        assert await post(made, "4711") == 200
        await settled(made)
    assert made.handled == ["alerts:4711"]
