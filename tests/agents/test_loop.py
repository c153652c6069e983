"""Whole runs over fakes: from a trigger to an answer, through approvals, doubts and limits."""

import asyncio
from collections import deque
from dataclasses import replace

from agents.core import events as e
from agents.core.approval import Refusal
from agents.core.budget import Limits
from agents.core.ids import AskId, CallId
from agents.core.policy import Autonomy
from agents.core.state import CallState, Run
from agents.ports import Done, Failed, Unknown
from agents.runs import Answered
from tests.world import AGENT, ALICE, BOB, DANA, SPECS, Bot, ScriptedModel, World, says, trigger, unavailable

C1, C2 = CallId("c1"), CallId("c2")


def the_ask(run: Run) -> AskId:
    (ask,) = run.open_asks
    return ask.ask_id


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


async def test_a_high_risk_call_waits_for_a_countersignature_and_runs_once() -> None:
    world = World(ScriptedModel(says("I propose this.", ("write", {"x": 1})), says("Done and checked.")))
    async with world.running() as bot:
        run = await bot.ask()
        assert [call.state for call in run.pending] == [CallState.ASKED]
        assert world.surface.posted == ["progress", f"card:{the_ask(run)}"]
        assert world.toolbox.effects == []
        answered = await bot.runs.answer(the_ask(run), "approve", ALICE)
        assert isinstance(answered, Answered)
        run = await bot.settled(run.run_id)
    assert run.outcome is e.Outcome.ANSWERED
    assert world.toolbox.effects == [("write", {"x": 1}, f"{run.run_id}.c1")]
    assert world.surface.thread[f"card:{run.run_id}.a1"] == "granted/1"


async def test_several_calls_of_one_turn_are_asked_about_side_by_side() -> None:
    proposals = [("write", {"x": x}) for x in range(5)]
    world = World(ScriptedModel(says("May I?", *proposals), says("Done.")))
    async with world.running() as bot:
        run = await bot.ask()
        assert [ask.ask_id for ask in run.open_asks] == [f"{run.run_id}.a{number}" for number in range(1, 6)]
        assert len({ask.call_id for ask in run.open_asks}) == 5
        await asyncio.gather(*(bot.runs.answer(ask.ask_id, "approve", ALICE) for ask in run.open_asks))
        run = await bot.settled(run.run_id)
    assert len(world.toolbox.effects) == 5
    assert run.over


async def test_denial_is_told_to_the_model_with_its_reason() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Understood.")))
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.answer(the_ask(run), "deny", BOB, "not during the sale")
        run = await bot.settled(run.run_id)
    assert run.calls[C1].result == "Denied by Bob: not during the sale"
    assert world.toolbox.effects == []
    assert "not during the sale" in str(world.model.prompts[-1].messages[-1])


async def test_who_may_not_decide_is_refused_and_recorded() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {}))))
    async with world.running() as bot:
        run = await bot.ask()
        refused = await bot.runs.answer(the_ask(run), "approve", DANA)
        assert isinstance(refused, Refusal)
        assert refused.code == "initiator"
        assert [r.code for r in world.events(run.run_id, "click_refused")] == ["initiator"]
        assert world.toolbox.effects == []


async def test_fifty_clicks_make_one_decision_and_one_effect() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Done.")))
    async with world.running() as bot:
        run = await bot.ask()
        clicks = [bot.runs.answer(the_ask(run), "approve" if i % 2 else "deny", (ALICE, BOB)[i % 3 == 0]) for i in range(50)]
        answers = await asyncio.gather(*clicks)
        run = await bot.settled(run.run_id)
    assert sum(isinstance(answer, Answered) for answer in answers) == 1
    decided = world.events(run.run_id, "approval_granted", "approval_denied")
    assert len(decided) == 1
    assert len(world.toolbox.effects) == isinstance(decided[0], e.ApprovalGranted)
    assert len(world.events(run.run_id, "click_refused")) == 49


async def test_a_target_that_moved_voids_the_approval_and_asks_anew() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Done.")))
    async with world.running() as bot:
        run = await bot.ask()
        first = the_ask(run)
        world.toolbox.state = "v2"
        answered = await bot.runs.answer(first, "approve", ALICE)
        assert isinstance(answered, Answered)
        assert "did not run" in answered.text
        run = await bot.settled(run.run_id)
        assert run.asks[first].state == "void"
        assert world.toolbox.effects == []
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
    assert len(world.toolbox.effects) == 1
    assert run.asks[first].state == "void"


async def test_a_tool_redefined_after_the_approval_does_not_run() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Done.")))
    async with world.running() as bot:
        run = await bot.ask()
    world.toolbox.define(replace(SPECS["write"], digest="another"))
    async with world.running() as bot:
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
        assert world.toolbox.effects == []
        assert the_ask(run) == f"{run.run_id}.a2"


async def test_expiry_is_by_our_clock_and_is_not_a_denial() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Nobody answered.")))
    async with world.running() as bot:
        run = await bot.ask()
        ask = the_ask(run)
        assert not await bot.runs.expire(ask)
        world.clock.pass_(hours=4)
        late = await bot.runs.answer(ask, "approve", ALICE)
        assert isinstance(late, Refusal)
        assert late.code == "expired"
        assert await bot.runs.expire(ask)
        run = await bot.settled(run.run_id)
    assert run.asks[ask].state == "expired"
    assert "not denied" in run.calls[C1].result
    assert world.toolbox.effects == []


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


async def in_doubt(world: World, bot: Bot) -> Run:
    world.toolbox.results["write"] = deque([Unknown("The connection broke.")])
    run = await bot.ask()
    await bot.runs.answer(the_ask(run), "approve", ALICE)
    return await bot.settled(run.run_id)


async def test_a_doubt_waits_for_a_person_without_end() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Noted.")))
    async with world.running() as bot:
        run = await in_doubt(world, bot)
        world.clock.pass_(days=30)
        assert not await bot.runs.expire(the_ask(run))
        await bot.runs.answer(the_ask(run), "happened", BOB)
        run = await bot.settled(run.run_id)
    assert run.outcome is e.Outcome.ANSWERED
    assert "Bob confirmed that it happened" in run.calls[C1].result
    assert len(world.toolbox.effects) == 1


async def test_a_retry_needs_a_new_approval() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Done.")))
    async with world.running() as bot:
        run = await in_doubt(world, bot)
        await bot.runs.answer(the_ask(run), "retry", BOB)
        run = await bot.settled(run.run_id)
        assert len(world.toolbox.effects) == 1
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
    assert len(world.toolbox.effects) == 2
    assert run.outcome is e.Outcome.ANSWERED


async def test_an_abandoned_action_cannot_come_back_under_another_id() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {"x": 1})), says("Again.", ("write", {"x": 1})), says("Sorry.")))
    async with world.running() as bot:
        run = await in_doubt(world, bot)
        await bot.runs.answer(the_ask(run), "abandon", BOB)
        run = await bot.settled(run.run_id)
    assert "outcome is unknown" in run.calls[C1].result
    assert run.calls[C2].rules == ("the same action is in doubt",)
    assert len(world.toolbox.effects) == 1


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
            await bot.runs.answer(ask.ask_id, "raise", DANA)
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
        await bot.runs.answer(ask.ask_id, "raise", DANA)
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


async def test_a_reply_in_the_thread_is_read_at_the_next_turn() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("I read that.")))
    async with world.running() as bot:
        run = await bot.ask()
        for _ in range(4):
            assert await bot.runs.hear(trigger("k2"), "Wait for Bob.", None) == run.run_id
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
    assert str(world.model.prompts[-1].messages).count("Wait for Bob.") == 1
    assert run.outcome is e.Outcome.ANSWERED


async def test_a_reply_that_comes_while_the_answer_is_posted_gets_an_answer_of_its_own() -> None:
    world = World(ScriptedModel(says("One."), says("Two.")))
    world.surface.held["answer:1"] = asyncio.Event()
    async with world.running() as bot:
        run_id = await bot.runs.start(trigger(), "First.", "triage")
        await world.surface.begun["answer:1"].wait()
        assert await bot.runs.hear(trigger("k2"), "Second.", None) == run_id
        world.surface.held["answer:1"].set()
        run = await bot.settled(run_id)
    assert run.answer == "Two."
    assert sorted(world.surface.posted) == ["answer:1", "answer:2", "progress"]
    assert run.over


async def test_a_reply_after_the_end_continues_from_the_finished_run() -> None:
    world = World(ScriptedModel(says("Checkout is well.")))
    async with world.running() as bot:
        first = await bot.ask("How is checkout?")
        second = await bot.runs.hear(trigger("k2"), "And payments?", None)
        assert second is not None
        run = await bot.settled(second)
        assert await bot.runs.hear(trigger("k2"), "And payments?", None) == second
        assert await bot.runs.hear(trigger("k1"), "How is checkout?", "triage") == first.run_id
    assert run.trigger.continues == first.run_id
    assert "Checkout is well." in str(world.model.prompts[-1].messages)


async def test_a_thread_without_a_run_is_none_of_our_business() -> None:
    world = World()
    async with world.running() as bot:
        assert await bot.runs.hear(trigger(), "Hello.", None) is None
        assert world.journal.rows == {}


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
