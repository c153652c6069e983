"""Asking again, against a real server."""

import asyncio
from random import Random

import pytest
from aiohttp import web

from tests.tools.outside import Answer, Outside, dawdle, hang_up
from tools.asking import retried
from tools.net import Lost, Net, NotSent, Request, Response


class Slept(list[float]):
    """The pauses that were made, without making them."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def read(outside: Outside, timeout: float = 5.0) -> Request:
    return Request("GET", outside.url, reads=True, timeout=timeout)


@pytest.mark.parametrize("fault", [web.Response(status=503), web.Response(status=429), web.Response(status=408), hang_up])
async def test_what_may_pass_is_tried_three_times(net: Net, outside: Outside, fault: Answer | web.Response) -> None:
    slept = Slept()
    outside.says(fault, fault, Outside.fine)
    answer = await retried(net, read(outside), sleep=slept, random=Random(1))  # noqa: S311
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert len(outside.asked) == 3
    assert 0.5 <= slept[0] < 0.75
    assert 1 <= slept[1] < 1.5
    outside.says(fault)
    answer = await retried(net, read(outside), sleep=slept)
    assert not isinstance(answer, Response) or answer.status >= 400
    assert len(outside.asked) == 6


async def test_what_was_refused_is_not_tried_again(net: Net, outside: Outside) -> None:
    outside.says(web.Response(status=404))
    answer = await retried(net, read(outside))
    assert isinstance(answer, Response)
    assert (answer.status, len(outside.asked)) == (404, 1)


async def test_who_asks_for_a_pause_gets_it_and_who_asks_for_a_long_one_is_told_to_the_caller(net: Net, outside: Outside) -> None:
    slept = Slept()
    outside.says(web.Response(status=503, headers={"Retry-After": "3"}), Outside.fine)
    await retried(net, read(outside, 9), sleep=slept)
    assert 3 <= slept[0] <= 4.5
    outside.says(web.Response(status=503, headers={"Retry-After": "60"}), Outside.fine)
    answer = await retried(net, read(outside, 300), sleep=slept)
    assert isinstance(answer, Response)
    assert (answer.status, len(slept)) == (503, 1)


async def test_a_pause_that_the_request_has_no_time_for_is_not_made(net: Net, outside: Outside) -> None:
    slept = Slept()
    outside.says(web.Response(status=503, headers={"Retry-After": "3"}), Outside.fine)
    answer = await retried(net, read(outside, 2), sleep=slept)
    assert isinstance(answer, Response)
    assert (answer.status, slept) == (503, [])


async def test_all_attempts_together_take_no_longer_than_the_request_may(net: Net, outside: Outside) -> None:
    began = asyncio.get_running_loop().time()
    outside.says(web.Response(status=503), dawdle)
    answer = await retried(net, read(outside, 1.2))
    assert isinstance(answer, Lost)
    assert asyncio.get_running_loop().time() - began < 1.4
    assert len(outside.asked) == 2
    assert isinstance(await retried(net, Request("GET", "http://127.0.0.1:1/", timeout=0.2)), NotSent)


async def test_who_calls_says_what_may_be_repeated(net: Net, outside: Outside) -> None:
    outside.says(web.Response(status=503))
    await retried(net, read(outside), again=lambda _: False)
    assert len(outside.asked) == 1
