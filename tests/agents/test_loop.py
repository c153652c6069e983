"""Whole runs over fakes: from a trigger to an answer, through repetitions, limits and crashes."""

import asyncio
from collections import deque
from dataclasses import replace

from agents.core import events as e
from agents.core.budget import Limits
from agents.core.calls import CallState
from agents.core.ids import CallId
from agents.core.policy import Autonomy
from agents.core.trigger import Place
from agents.ports import Done, Failed, Unknown
from tests.world import AGENT, ALICE, DANA, SPECS, ScriptedModel, World, says, the_ask, trigger, unavailable

C1, C2 = CallId("c1"), CallId("c2")


async def test_reads_run_side_by_side_and_the_answer_is_posted_once() -> None:
    world = World(ScriptedModel(says("Looking.", ("read", {"x": 1}), ("read", {"x": 2}), ("outside", {})), says("All is well.")))
    async with world.running() as bot:
        run = await bot.ask()
    assert run.outcome is e.Outcome.ANSWERED
    assert run.answer == "All is well."
    assert world.toolbox.most_at_once == 3
    assert world.surface.posted == ["progress", "answer:2"]
    assert world.surface.thread == {"progress": "over", "answer:2": "open"}
    assert run.tainted


async def test_two_commits_an_iteration() -> None:
    world = World(ScriptedModel(*(says("More.", ("read", {"x": i})) for i in range(10)), says("Enough.")))
    async with world.running() as bot:
        await bot.ask(place=None)
    assert world.journal.appends == 1 + 1 + 2 * 10 + 1  # started; asked; each iteration; answered and finished


async def test_what_may_be_repeated_is_repeated_with_the_same_key() -> None:
    world = World(ScriptedModel(says("", ("keyed", {"x": 1})), says("Done.")), agents={"triage": replace(AGENT, autonomy=Autonomy.FULL)})
    world.toolbox.define(replace(SPECS["keyed"], risk=SPECS["read"].risk))
    world.toolbox.results["keyed"] = deque([Unknown("timeout"), Unknown("503"), Done("ok")])
    async with world.running() as bot:
        run = await bot.ask()
    assert [s.attempt for s in world.events(run.run_id, "tool_started")] == [1, 2, 3]
    assert {key for _, _, key in world.toolbox.effects} == {f"{run.run_id}.c1"}
    assert len(world.sleeps) == 2
    assert run.outcome is e.Outcome.ANSWERED


async def test_a_repetition_that_is_refused_says_nothing_of_the_first_attempt() -> None:
    world = World(ScriptedModel(says("", ("keyed", {"x": 1})), says("Done.")), agents={"triage": replace(AGENT, autonomy=Autonomy.FULL)})
    world.toolbox.define(replace(SPECS["keyed"], risk=SPECS["read"].risk))
    world.toolbox.results["keyed"] = deque([Unknown("timeout"), Failed("409 in progress"), Failed("409 in progress")])
    async with world.running() as bot:
        run = await bot.ask()
    assert run.calls[C1].state is CallState.DOUBTED


async def test_the_probe_is_asked_before_people_are() -> None:
    for happened, state in ((True, CallState.CONFIRMED), (False, CallState.FAILED), (None, CallState.DOUBTED)):
        world = World(ScriptedModel(says("", ("probed", {})), says("Done.")))
        world.toolbox.results["probed"] = deque([Unknown("timeout")])
        world.toolbox.happened = happened
        async with world.running() as bot:
            run = await bot.ask()
        assert run.calls[C1].state is state


async def test_the_same_failing_call_three_times_trips_the_breaker() -> None:
    world = World(ScriptedModel(*(says("Again.", ("read", {"x": 1})) for _ in range(9))))
    world.toolbox.results["read"] = deque([Failed("404")] * 9)
    async with world.running() as bot:
        run = await bot.ask()
        (ask,) = run.open_asks
        assert (ask.limit, run.steps) == (e.Limit.BREAKER, 3)
        await bot.runs.answer(ask.ask_id, "finish", DANA)
        run = await bot.settled(run.run_id)
    assert run.outcome is e.Outcome.FAILED  # it was told to finish and asked for a tool once more
    assert not world.model.prompts[-1].tools_allowed


async def test_limits_pause_and_ask() -> None:
    for limits, limit in ((Limits(steps=2), "steps"), (Limits(tokens=240), "tokens"), (Limits(cost=0.002), "cost")):
        world = World(ScriptedModel(*(says("More.", ("read", {"x": i})) for i in range(3)), says("Enough.")))
        world.agents["triage"] = replace(AGENT, limits=limits)
        async with world.running() as bot:
            run = await bot.ask()
            (ask,) = run.open_asks
            assert (ask.limit, run.steps) == (e.Limit(limit), 2)
            await bot.runs.answer(ask.ask_id, "raise", ALICE)
            run = await bot.settled(run.run_id)
            assert run.steps == 4
        assert run.outcome is e.Outcome.ANSWERED


async def test_time_spent_waiting_for_people_does_not_count() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Done.")))
    async with world.running() as bot:
        run = await bot.ask()
        world.clock.pass_(hours=3)
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
    assert run.outcome is e.Outcome.ANSWERED


async def test_a_model_that_is_down_pauses_the_run() -> None:
    world = World(ScriptedModel(unavailable(), says("Back.")))
    async with world.running() as bot:
        run = await bot.ask()
        (ask,) = run.open_asks
        assert ask.limit is e.Limit.MODEL
        await bot.runs.answer(ask.ask_id, "raise", ALICE)
        run = await bot.settled(run.run_id)
    assert run.answer == "Back."
    assert run.outcome is e.Outcome.ANSWERED


async def test_stop_ends_the_run_and_says_who_did_it() -> None:
    world = World(ScriptedModel(unavailable()))
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.answer(the_ask(run), "stop", DANA)
        run = await bot.settled(run.run_id)
    assert (run.outcome, run.reason) == (e.Outcome.STOPPED, "Stopped by Dana.")
    assert "answer:0" in world.surface.thread


async def test_malformed_arguments_are_returned_once_and_then_people_are_asked() -> None:
    bad = says("", ("read", {"x": "one"}))
    world = World(ScriptedModel(bad, says("", ("read", {"x": 1})), bad, bad))
    async with world.running() as bot:
        run = await bot.ask()
    (ask,) = run.open_asks
    assert ask.limit is e.Limit.MALFORMED
    assert run.steps == 4
    assert run.calls[C1].result == "x must be a number"


async def test_a_channel_that_cannot_be_posted_to_does_not_stop_the_run() -> None:
    world = World(ScriptedModel(says("All is well.")))
    world.surface.dead = {"progress", "answer:1"}
    async with world.running() as bot:
        run = await bot.ask()
    assert run.outcome is e.Outcome.ANSWERED
    assert [p.error for p in world.events(run.run_id, "post_finished")] == ["The channel is archived."] * 2


async def test_a_defect_in_a_tool_is_a_doubt_not_a_lost_run() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Done.")))
    world.toolbox.results["write"] = deque([RuntimeError("a defect")])
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
    assert [ask.kind for ask in run.open_asks] == ["doubt"]


async def test_medium_risk_runs_and_notifies_on_full_autonomy() -> None:
    world = World(ScriptedModel(says("", ("mild", {})), says("Done.")), agents={"triage": replace(AGENT, autonomy=Autonomy.FULL)})
    async with world.running() as bot:
        run = await bot.ask()
    assert "notice:c1" in world.surface.posted
    assert run.outcome is e.Outcome.ANSWERED


async def test_draining_begins_nothing_and_keeps_what_was_learnt() -> None:
    world = World(ScriptedModel(says("", ("read", {})), says("Never said.")))
    world.toolbox.gate = asyncio.Event()
    async with world.running() as bot:
        run_id = await bot.runs.start(trigger(), "Do it.", "triage")
        await world.toolbox.begun.wait()
        draining = asyncio.create_task(bot.dispatcher.drain(5))
        await asyncio.sleep(0)
        world.toolbox.gate.set()
        assert await draining
    assert world.events(run_id)[-1].kind == "tool_finished"
    assert len(world.model.prompts) == 1


async def test_at_most_so_many_runs_are_driven_at_once_and_urgent_ones_go_first() -> None:
    world = World(at_once=1)
    world.toolbox.gate = asyncio.Event()
    world.model.script.extend([says("", ("read", {})), *(says("Done.") for _ in range(4))])
    async with world.running() as bot:
        ids = [await bot.runs.start(trigger(f"k{i}", None), "Do it.", "triage") for i in range(4)]
        bot.dispatcher.wake(ids[3], urgent=True)
        world.toolbox.gate.set()
        await bot.dispatcher.settled()
        runs = [await bot.runs.see(i) for i in ids]
    assert all(run.over for run in runs)


async def test_a_person_who_acts_does_not_wait_for_runs_that_wait_for_slack() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("One."), says("Two.")), at_once=1)
    async with world.running() as bot:
        asked = await bot.ask()
        world.surface.held["progress"] = asyncio.Event()  # Slack is down: the next run hangs in its first message
        await bot.runs.start(trigger("k2", Place("T1", "C1", "200.1")), "Do it too.", "triage")
        await world.surface.begun["progress"].wait()
        await bot.runs.answer(the_ask(asked), "approve", ALICE)
        await asyncio.wait_for(world.toolbox.ran.wait(), 5)
        world.surface.held["progress"].set()
        assert (await bot.settled(asked.run_id)).over
