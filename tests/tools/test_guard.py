"""What stands before each call of a tool: how many may be under way at once, and the breakers of tools and hosts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from aiohttp import web

from agents.core.ids import ActorId, RunId
from agents.core.tool import Effect
from agents.core.trigger import Place
from agents.ports import TERMINAL, Caller, Done, Failed, Unknown
from tests.tools.outside import Outside, dawdle, hang_up
from tests.tools.test_toolbox import Told, spec
from tests.world import NOON, Clock
from tools.asking import retried
from tools.breakers import MOST, Breakers
from tools.guarded import GuardedNet
from tools.http import HttpToolConfig, build_tools
from tools.net import Net, Refused, Request, Response
from tools.redact import Redactor
from tools.tool import Bounds
from tools.toolbox import Toolbox

ONE = {"n": 1}


class Held(Told):
    """A tool whose calls stay under way until they are let go."""

    def __init__(self, bounds: Bounds, effect: Effect = Effect.EXTERNAL) -> None:
        super().__init__(spec=spec(effect), bounds=bounds)
        self.under_way = self.most = self.begun = 0
        self.gate = asyncio.Event()

    async def run(self, arguments: object, *, key: str, caller: Caller) -> Done | Failed | Unknown:
        self.begun += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
            return self.result if not isinstance(self.result, Exception) else Done("")
        finally:
            self.under_way -= 1


def boxed(*tools: Told, clock: Clock | None = None) -> Toolbox:
    return Toolbox(tools, Redactor(()), Breakers(clock or Clock(), random=Random(1)))  # noqa: S311


async def test_so_many_calls_at_once_and_the_others_wait_for_their_turn() -> None:
    tool = Held(Bounds(5, at_once=2))
    box = boxed(tool)
    async with asyncio.TaskGroup() as calls:
        results = [calls.create_task(box.run("told", ONE, key=f"k{n}")) for n in range(6)]
        await asyncio.sleep(0.01)
        assert tool.under_way == 2
        tool.gate.set()
    assert [task.result() for task in results] == [Done("fine")] * 6
    assert (tool.most, tool.begun) == (2, 6)


async def test_a_call_whose_turn_does_not_come_has_certainly_not_left() -> None:
    busy = Held(Bounds(30, at_once=1))
    box = boxed(busy)
    waits = asyncio.create_task(box.run("told", ONE, key="k1"))
    await asyncio.sleep(0)
    busy.bounds = Bounds(0.1, at_once=1)
    assert await box.run("told", ONE, key="k2") == Failed(
        "told is busy: 1 of its calls are under way, which is the most, and this one's turn did not come within 0.1 seconds. It did not "
        "leave. Try again later."
    )
    assert busy.begun == 1
    busy.gate.set()
    assert await waits == Done("fine")
    assert await box.run("told", ONE, key="k3") == Done("fine")


async def test_who_is_called_off_while_it_waits_does_not_leave() -> None:
    tool = Held(Bounds(5, at_once=1))
    box, halted = boxed(tool), ""
    async with asyncio.TaskGroup() as calls:
        calls.create_task(box.run("told", ONE, key="k1", caller=replace(TERMINAL, called_off=lambda: "never asked")))
        await asyncio.sleep(0)
        second = calls.create_task(box.run("told", ONE, key="k2", caller=replace(TERMINAL, called_off=lambda: halted)))
        await asyncio.sleep(0)
        halted = "Bob halted every agent before this left, so it did not."
        tool.gate.set()
    assert (second.result(), tool.begun) == (Failed(halted), 1)


@pytest.mark.parametrize(("result", "effect"), [
    (Unknown("timeout"), Effect.EXTERNAL), (Failed("500", outage=True), Effect.NONE), (TimeoutError(), Effect.NONE),
])  # fmt: skip
async def test_a_tool_that_does_not_answer_is_left_alone_and_closes_by_itself(result: object, effect: Effect) -> None:
    clock = Clock()
    tool = Told(spec=spec(effect), result=result, bounds=Bounds(0.05))  # type: ignore[arg-type]
    if isinstance(result, TimeoutError):
        tool.delay = 1
    box = boxed(tool, clock=clock)
    for _ in range(5):
        assert not isinstance(await box.run("told", ONE, key="k"), Done)
    tool.delay, tool.result = 0, Done("fine")
    refused = await box.run("told", ONE, key="k")
    assert isinstance(refused, Failed)
    assert refused.text.startswith("The tool told is not answering since 12:00 UTC (")
    assert "so nothing was sent. It is tried again at 12:00:1" in refused.text
    assert refused.outage is False
    clock.pass_(seconds=15)
    assert await box.run("told", ONE, key="k") == Done("fine")
    assert box.breakers.open() == {}
    assert box.breakers.ended("tool told") == "answered"


async def test_what_the_other_side_refuses_is_an_answer() -> None:
    tool = Told()
    box = boxed(tool)
    for n in range(20):
        tool.result = Failed("500", outage=True) if n % 5 != 4 else Failed("404 Not Found")
        await box.run("told", ONE, key="k")
        assert await box.run("told", {"n": "x"}, key="k") == Failed(box.invalid("told", {"n": "x"}) or "")
    assert box.breakers.open() == {}


async def test_a_trial_that_is_cut_off_is_left_to_the_next(net: Net) -> None:
    clock = Clock()
    tool = Held(Bounds(5), Effect.NONE)
    tool.result = Failed("500", outage=True)
    tool.gate.set()
    box = boxed(tool, clock=clock)
    for _ in range(5):
        await box.run("told", ONE, key="k")
    clock.pass_(seconds=15)
    tool.gate.clear()
    trial = asyncio.create_task(box.run("told", ONE, key="k"))
    await asyncio.sleep(0.01)
    second = await box.run("told", ONE, key="k")
    assert isinstance(second, Failed)
    assert "It is tried just now" in second.text
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    tool.gate.set()
    tool.result = Done("fine")
    assert await box.run("told", ONE, key="k") == Done("fine")


@asynccontextmanager
async def guarded(clock: Clock) -> AsyncIterator[tuple[GuardedNet, Breakers]]:
    breakers = Breakers(clock, random=Random(1))  # noqa: S311
    async with GuardedNet(breakers, hosts=("127.0.0.1",)) as net:
        yield net, breakers


@pytest.mark.parametrize(("fault", "why"), [
    (web.Response(status=503), "it answers 503"), (hang_up, "requests leave and no answer comes"),
    (dawdle, "requests leave and no answer comes"), (None, "it cannot be reached"),
])  # fmt: skip
async def test_a_host_that_does_not_answer_is_left_alone(outside: Outside, fault: object, why: str) -> None:
    clock = Clock()
    async with guarded(clock) as (net, breakers):
        request = Request("GET", outside.url if fault else "http://127.0.0.1:1/", reads=True, timeout=0.1)
        outside.says(fault)  # type: ignore[arg-type]
        for _ in range(5):
            assert not isinstance(await net.send(request), Refused)
        asked = len(outside.asked)
        refused = await net.send(request)
        assert isinstance(refused, Refused)
        host = request.url.removeprefix("http://").rstrip("/")
        assert refused.why.startswith(f"{host} is not answering since 12:00 UTC ({why}), so nothing was sent.")
        assert len(outside.asked) == asked
        assert {one.what: one.why for one in breakers.open().values()} == {f"host {host}": why}
        if fault is None:
            return
        clock.pass_(seconds=15)
        outside.says(web.Response(status=404))
        assert isinstance(await net.send(request), Response)  # it answers, whatever it says
        assert breakers.open() == {}


async def test_who_asks_again_does_not_ask_behind_an_open_breaker(outside: Outside) -> None:
    async with guarded(Clock()) as (net, _):
        outside.says(web.Response(status=503))
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        request = Request("GET", outside.url, reads=True)
        assert isinstance(await retried(net, request, sleep=sleep), Response)
        for _ in range(3):  # the fifth failure opens it, and the sixth request is not sent
            assert isinstance(await retried(net, request, sleep=sleep), Refused)
        assert (len(outside.asked), len(slept)) == (5, 4)


async def test_what_we_refuse_is_nobodys_fault() -> None:
    async with guarded(Clock()) as (net, breakers):
        for url in ("ftp://x/", "http://user@x/", "http://169.254.169.254/", "http://[::1", "http://tell everybody/"):
            for _ in range(6):
                await net.send(Request("GET", url))
        assert breakers.open() == {}


async def test_a_host_that_is_down_is_one_outage_and_not_one_for_each_of_its_tools(outside: Outside) -> None:
    clock = Clock()
    place = Place("T1", "C1", "1.1")
    async with guarded(clock) as (net, breakers):
        config = {
            "name": "restart", "description": "Restarts.", "timeout": 1,
            "http": {"method": "POST", "url": outside.url + "/restart", "body": {}}, "arguments": {},
        }  # fmt: skip
        box = Toolbox(build_tools([HttpToolConfig.model_validate(config)], net), Redactor(()), breakers)
        outside.says(web.Response(status=500))
        for n in range(5):
            caller = Caller(RunId("run-x"), "triage", replace(place, channel=f"C{n % 2}"), ActorId("T1/U1"))
            assert isinstance(await box.run("restart", {}, key="k", caller=caller), Unknown)
        refused = await box.run("restart", {}, key="k", caller=Caller(RunId("run-y"), "x", replace(place, channel="C9"), ActorId("T1/U1")))
        assert isinstance(refused, Failed)
        assert refused.text.startswith("The request did not leave: 127.0.0.1:")
        [(what, down)] = breakers.open().items()
        assert (what.partition(":")[0], down.since, set(down.channels)) == ("host 127.0.0.1", NOON, {"C0", "C1", "C9"})
        assert len(outside.asked) == 5


def test_what_is_as_good_as_new_is_forgotten() -> None:
    clock = Clock()
    breakers = Breakers(clock)
    for n in range(MOST):
        breakers.failed(f"host {n}", "down")
    clock.pass_(minutes=5)
    breakers.failed("host new", "down")
    assert len(breakers._breakers) == 1
    breakers.left("host nobody")
    breakers.answered("host nobody")
    for _ in range(5):
        breakers.failed("host new", "down")
    assert breakers.open().keys() == {"host new"}
    clock.pass_(hours=1)
    assert breakers.open() == {}
    assert breakers.ended("host new") == "forgotten"
    assert breakers.ended("host other") == "restarted"
    assert clock() - NOON > timedelta(hours=1)


async def test_whose_fault_it_is_and_who_wrote_the_words_are_two_things(net: Net, outside: Outside) -> None:
    config = {"name": "look", "description": "Looks.", "http": {"method": "GET", "url": outside.url}, "arguments": {}, "timeout": 1}
    box = Toolbox([*build_tools([HttpToolConfig.model_validate(config)], net), Told(result=Failed("no", taints=True))], Redactor(()))
    for answer, outage in ((web.Response(status=500), True), (web.Response(status=404), False), (hang_up, True)):
        outside.says(answer)
        result = await box.run("look", {}, key="k")
        assert isinstance(result, Failed)
        assert (result.outage, result.taints) == (outage, False)
    refused = await box.run("told", ONE, key="k")
    assert refused == Failed("no", taints=True)
