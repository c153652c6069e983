"""Recorded answers in the tools' place: which one a call gets, and that nothing real is called."""

from agents.ports import Done, Failed, Unknown
from tests.tools.declared import World
from tests.tools.outside import Outside
from tests.tools.sources import opened
from tests.tools.test_decision import GOOD, ITEM
from tools.net import Net
from tools.replay import NOTHING, Recorded, Replay
from tools.toolbox import Toolbox

WHY = {"service": "checkout", "reason": "slow"}


async def test_the_first_that_fits_counts_and_nothing_is_called(net: Net, outside: Outside) -> None:
    world = World(net, outside)
    tools = Toolbox([world.restart(name="restart", effect="internal", risk="low"), world.status(name="status", risk="low")], str)
    replay = Replay(tools, (
        Recorded("status", "well", {"service": "^checkout$"}, after="restart"),
        Recorded("st*", "slow", {"*": "CHECKOUT"}),
        Recorded("status", "no answer", {"service": "web"}, outcome="failed"),
        Recorded("restart", "lost", {"service": "web"}, outcome="unknown"),
    ))
    assert replay.specs() == tools.specs()
    assert replay.complete("restart", WHY) == {**WHY, "count": 1}
    assert replay.invalid("status", {}) == tools.invalid("status", {})

    async def asked(tool: str, service: str) -> Done | Failed | Unknown:
        return await replay.run(tool, {**WHY, "service": service} if tool == "restart" else {"service": service}, key="k")

    assert await asked("status", "checkout") == Done("slow")
    assert await asked("status", "catalog") == Done(NOTHING)
    assert await asked("status", "web") == Failed("no answer")
    assert await asked("restart", "web") == Unknown("lost")
    assert await asked("status", "checkout") == Done("well")  # it may have happened
    assert await asked("restart", "checkout") == Done("Done.")
    assert (await replay.preview("restart", WHY)) == (await replay.preview("restart", {}))
    assert await replay.probe("restart", WHY, key="k") is None
    assert outside.requests == []


async def test_a_decision_is_taken_as_ever() -> None:
    async with opened(ITEM) as tools:
        replay = Replay(tools, (Recorded("*", "made up"),))
        assert await replay.run("assess", GOOD, key="k") == Done("It is recorded.")
