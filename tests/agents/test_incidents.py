"""Alerts become runs: one for each incident, however often, in whatever order and over whatever crash they arrive."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.fold import fold
from agents.core.ids import RunId
from agents.core.incident import Signal, counted
from agents.core.trigger import Place, Source, Trigger
from tests.world import DANA, TEAM, Bot, ScriptedModel, World, says

PLACE = Place(TEAM, "C1", "")


def cause(incident: str = "alerts:x") -> Trigger:
    return Trigger(Source.WEBHOOK, "alerts:1", DANA, "Alertmanager (alerts)", PLACE, tainted=True, incident=incident)


def signal(name: str = "a", status: Any = "firing", began: str = "1", key: str = "") -> Signal:
    return Signal(name, status, f"Slow {name}", "critical", {"team": "ops"}, began=began, key=key or f"{name}/{began}/{status}")


async def alert(bot: Bot, *signals: Signal) -> RunId | None:
    return await bot.incidents.alert(cause(), signals, "Slow", "triage")


async def test_what_belongs_to_an_open_incident_joins_its_run() -> None:
    world = World(ScriptedModel(says("It is the disk."), says("It is over.")))
    async with world.running() as bot:
        first = await alert(bot, signal())
        assert first is not None
        run = await bot.settled(first)
        assert (run.outcome, run.answer, world.surface.posted[0]) == (e.Outcome.ANSWERED, "It is the disk.", "opening")
        assert await alert(bot, signal("b"), signal()) == first
        run = await bot.settled(first)
        assert (counted(run.signals), len(world.model.prompts)) == ("2/2/2", 1)
        assert world.surface.thread["opening"] == "over/2/2/2"


async def test_a_closed_incident_that_fires_again_is_a_new_run_and_what_is_late_is_not() -> None:
    world = World()
    async with world.running() as bot:
        first = await alert(bot, signal())
        assert first is not None
        await bot.settled(first)
        assert await alert(bot, signal(status="resolved")) == first
        assert (await bot.settled(first)).resolved
        assert world.surface.thread["opening"] == "over/0/1/2"
        assert await alert(bot, signal(key="late")) == first
        assert await alert(bot, signal("c", "resolved")) == first
        second = await alert(bot, signal(began="2"))
        assert second not in (None, first)
        assert await alert(bot, signal()) == second  # the old delivery once more
        assert second is not None
        assert len((await bot.settled(second)).signals) == 1
        assert (await bot.settled(second)).signals["a"].count == 1


async def test_where_it_is_wanted_the_end_is_summed_up_once_and_over_a_crash() -> None:
    world = World(ScriptedModel(says("It was the disk."), says("It is well again.")))
    async with world.running() as bot:
        first = await alert(bot, signal())
        assert first is not None
        await bot.settled(first)
        await alert(bot, signal(status="resolved"))  # written down, and then the power goes
    async with world.running() as bot:
        for _ in range(3):
            assert await bot.incidents.alert(cause(), (signal(status="resolved"),), "Slow", "triage", sum_up=True) == first
        await bot.dispatcher.settled()
    (second,) = set(world.journal.rows) - {first}
    run = fold(world.journal.rows[second])
    assert (run.answer, run.trigger.continues, run.trigger.place and run.trigger.place.thread_ts) == (
        "It is well again.", first, world.surface.thread and fold(world.journal.rows[first]).posts["opening"].ts,
    )
    assert "All alerts of this incident are resolved now." in str(world.model.prompts[-1].messages[-1])
    assert len(world.model.prompts) == 2


async def test_what_is_over_begins_nothing() -> None:
    world = World()
    async with world.running() as bot:
        assert await alert(bot, signal(status="resolved")) is None
    assert world.journal.rows == {}


async def test_the_model_reads_what_has_changed_at_its_next_turn_once() -> None:
    world = World(ScriptedModel(says("I look.", ("read", {})), says("All is well.")))
    world.toolbox.gate = asyncio.Event()
    async with world.running() as bot:
        run_id = await alert(bot, *(signal(str(n)) for n in range(12)))
        assert run_id is not None
        await world.toolbox.begun.wait()
        for n in range(3):
            await alert(bot, signal(str(n), "resolved"))
        await alert(bot, signal("new"))
        world.toolbox.gate.set()
        run = await bot.settled(run_id)
    first, second = (prompt.messages[-1].texts for prompt in world.model.prompts)
    assert first[0] == '<message from="Alertmanager (alerts)">\nSlow\n</message>'
    assert "12 alerts firing:" in first[1]
    (news,) = second
    assert news.startswith('<message from="Alertmanager (alerts)">\n1 alert firing:')
    assert "3 alerts resolved:" in news
    assert "Of the 13 alerts of this incident, 10 are firing." in news
    assert run.tainted


@pytest.mark.parametrize("at_once", [2, 30])
async def test_deliveries_that_race_make_one_run(at_once: int) -> None:
    world = World()
    async with world.running() as bot:
        found = await asyncio.gather(*(alert(bot, signal(str(n))) for n in range(at_once)))
        assert len(set(found)) == 1
        assert len(world.journal.rows) == 1
        run = await bot.settled(found[0] or RunId(""))
        assert counted(run.signals) == f"{at_once}/{at_once}/{at_once}"


async def test_after_a_crash_the_message_is_brought_up_to_date() -> None:
    world = World()
    async with world.running() as bot:
        run_id = await alert(bot, signal())
        assert run_id is not None
        run = await bot.settled(run_id)
        over = e.SignalReceived("k", "a", "resolved", "Slow a", "critical", {}, (), "")
    await world.journal.append(run_id, [e.Fact(over, DANA, world.clock())], after=run.seq, agent="triage")
    assert world.surface.thread["opening"] == "over/1/1/1"
    async with world.running() as bot:
        assert await bot.runs.recover() == 0
        await bot.settled(run_id)
    assert world.surface.thread["opening"] == "over/0/1/2"


async def _deliver(bot: Bot, deliveries: Sequence[Sequence[Signal]]) -> None:
    await asyncio.gather(*(bot.incidents.alert(cause(), signals, "Slow", "triage") for signals in deliveries))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), twice=st.integers(0, 60))
async def test_a_storm_in_any_order_with_repetitions_is_one_run_with_the_right_counts(seed: int, twice: int) -> None:
    random = Random(seed)  # noqa: S311 - it makes an order
    names = [str(n) for n in range(100)]
    ended = set(random.sample(names, random.randint(0, 100)))
    storm = [signal(name) for name in names] + [signal(name, "resolved") for name in ended]
    storm += random.choices(storm, k=twice)
    random.shuffle(storm)
    first = signal("begin")
    world = World(ScriptedModel())
    world.toolbox.gate = asyncio.Event()
    world.model = ScriptedModel(says("I look.", ("read", {})))
    async with world.running() as bot:
        assert await alert(bot, first)
        await world.toolbox.begun.wait()
        cuts = sorted(random.sample(range(len(storm)), min(8, len(storm))))
        await _deliver(bot, [storm[a:b] for a, b in zip([0, *cuts], [*cuts, len(storm)], strict=True)])
        (run_id,) = world.journal.rows
        world.toolbox.gate.set()
        run = await bot.settled(run_id)
    assert {name for name, one in run.signals.items() if one.status == "resolved"} == ended
    assert counted(run.signals) == f"{101 - len(ended)}/101/{101 + len(ended)}"
