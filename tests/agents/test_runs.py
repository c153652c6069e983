"""What people do to runs: start them, speak to them, approve, deny, and say what became of a call in doubt."""

import asyncio
from collections import deque
from dataclasses import replace

from agents.core import events as e
from agents.core.approval import Refusal
from agents.core.calls import CallState
from agents.core.ids import CallId, RunId
from agents.core.state import Run
from agents.core.trigger import Place
from agents.ports import Unknown
from agents.runs import Answered
from tests.memory import MemoryJournal
from tests.world import AGENT, ALICE, BOB, DANA, SPECS, Bot, ScriptedModel, World, says, the_ask, trigger

C1, C2 = CallId("c1"), CallId("c2")


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
    assert world.surface.thread[f"card:{run.run_id}.a1"] == "granted/1/finished"


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
    assert {refused.code for refused in world.events(run.run_id, "click_refused")} == {"closed"}


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
        assert not await bot.runs.tick(ask)
        world.clock.pass_(hours=4)
        late = await bot.runs.answer(ask, "approve", ALICE)
        assert isinstance(late, Refusal)
        assert late.code == "expired"
        assert await bot.runs.tick(ask)
        run = await bot.settled(run.run_id)
    assert run.asks[ask].state == "expired"
    assert "not denied" in run.calls[C1].result
    assert world.toolbox.effects == []


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
        assert not await bot.runs.tick(the_ask(run))
        await bot.runs.answer(the_ask(run), "happened", BOB)
        run = await bot.settled(run.run_id)
    assert run.outcome is e.Outcome.ANSWERED
    assert "Bob confirmed that it happened" in run.calls[C1].result
    assert len(world.toolbox.effects) == 1


async def test_an_initiator_who_may_approve_may_also_say_what_became_of_it() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Noted.")))
    rule = replace(AGENT.approvals[0], approvers=("U_DANA",), allow_initiator=True)
    world.agents["triage"] = replace(AGENT, approvals=(rule,))
    world.toolbox.results["write"] = deque([Unknown("The connection broke.")])
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.answer(the_ask(run), "approve", DANA)
        run = await bot.settled(run.run_id)
        assert isinstance(await bot.runs.answer(the_ask(run), "happened", DANA), Answered)
        run = await bot.settled(run.run_id)
    assert run.over


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


async def test_a_message_that_comes_as_two_events_at_once_is_heard_once() -> None:
    """One mention is two events. Whoever comes second may look for the run before it is written, and for the thread's newest one after."""

    class Late(MemoryJournal):
        async def last_in_thread(self, place: Place) -> RunId | None:
            await first
            return await super().last_in_thread(place)

    world = World(journal=Late())
    async with world.running() as bot:
        first = asyncio.ensure_future(bot.runs.start(trigger(), "Look.", "triage"))
        assert await bot.runs.hear(trigger(), "Look.", "triage") == await first
        await bot.settled(await first)
    assert world.events(await first, "input_received") == []
    assert len(world.model.prompts) == 1


async def test_a_thread_without_a_run_is_none_of_our_business() -> None:
    world = World()
    async with world.running() as bot:
        assert await bot.runs.hear(trigger(), "Hello.", None) is None
        assert world.journal.rows == {}




async def test_a_card_that_was_posted_and_not_noted_shows_what_was_decided_meanwhile() -> None:
    world = World(ScriptedModel(says("May I?", ("write", {})), says("Understood.")))
    async with world.running() as bot:
        run = await bot.ask()
    rows = world.journal.rows[run.run_id]
    while not (isinstance(rows[-1].event, e.PostStarted) and rows[-1].event.post.startswith("card:")):
        rows.pop()  # the power went right after the card was posted
    async with world.running() as bot:
        await bot.runs.answer(the_ask(run), "deny", BOB)
        await bot.settled(run.run_id)
    assert world.surface.thread[f"card:{the_ask(run)}"] == "denied/0"
    assert len(world.surface.posted) == len(set(world.surface.posted))
