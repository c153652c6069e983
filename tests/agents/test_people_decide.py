"""What people do to approvals beside yes and no: two of them, edits, grants, rights that are lost, reminders."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from agents.core import events as e
from agents.core.approval import ApprovalRule, Refusal
from agents.core.calls import CallState
from agents.core.grants import Terms
from agents.core.ids import CallId
from agents.core.state import Run
from agents.ports import Answer
from agents.runs import Answered
from tests.memory import grants_of
from tests.world import AGENT, ALICE, BOB, DANA, Bot, ScriptedModel, World, says, the_ask, voter

C1 = CallId("c1")
WRITE_X: Answer = says("May I?", ("write", {"x": 1}))


@asynccontextmanager
async def asked(*script: Answer, **rule: Any) -> AsyncIterator[tuple[World, Bot, Run]]:
    """A run that waits for a countersignature under this rule."""
    world = World(ScriptedModel(*(script or (WRITE_X, says("Done.")))))
    world.agents["triage"] = replace(AGENT, approvals=(ApprovalRule("*", ("role:operators",), **rule),))
    async with world.running() as bot:
        yield world, bot, await bot.ask()


async def test_two_people_have_to_approve() -> None:
    async with asked(required=2) as (world, bot, run):
        first = await bot.runs.answer(the_ask(run), "approve", ALICE)
        assert isinstance(first, Answered)
        assert first.text == "Your approval counts: 1 of 2."
        run = await bot.settled(run.run_id)
        assert world.toolbox.effects == []
        assert world.surface.thread[f"card:{the_ask(run)}"] == "open/1"
        await bot.runs.answer(the_ask(run), "approve", BOB)
        run = await bot.settled(run.run_id)
        assert len(world.toolbox.effects) == 1
        assert run.over


async def test_a_vote_of_somebody_who_left_does_not_count() -> None:
    async with asked(required=2) as (world, bot, run):
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        world.directory.known[ALICE] = voter(ALICE)
        second = await bot.runs.answer(the_ask(run), "approve", BOB)
        assert isinstance(second, Answered)
        assert second.text == "Your approval counts: 1 of 2."
        run = await bot.settled(run.run_id)
        assert [vote.name for vote in run.asks[the_ask(run)].votes] == ["Bob"]
        assert world.toolbox.effects == []


async def test_earlier_votes_that_cannot_be_looked_up_hold_the_decision_up() -> None:
    async with asked(required=2) as (world, bot, run):
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        world.directory.known[ALICE] = replace(voter(ALICE), is_unknown=True)
        second = await bot.runs.answer(the_ask(run), "approve", BOB)
        assert isinstance(second, Refusal)
        assert second.code == "unknown"
        del world.directory.known[ALICE]
        assert isinstance(await bot.runs.answer(the_ask(run), "approve", BOB), Answered)


async def test_an_approval_that_waits_is_looked_up_again_before_it_runs() -> None:
    world = World(ScriptedModel(WRITE_X, says("Done.")))
    async with world.running() as bot:
        run = await bot.ask()
        ask = the_ask(run)
        bot.dispatcher._loop.draining = True  # the bot is about to end
        await bot.runs.answer(ask, "approve", ALICE)
    world.clock.pass_(minutes=5)
    world.directory.known[ALICE] = voter(ALICE)
    async with world.running() as bot:
        await bot.runs.recover()
        run = await bot.settled(run.run_id)
        assert world.toolbox.effects == []
        assert (run.asks[ask].state, run.asks[ask].reason) == ("void", "Alice may not approve this any more.")
        await bot.runs.answer(the_ask(run), "approve", BOB)
        await bot.settled(run.run_id)
    assert len(world.toolbox.effects) == 1


async def test_an_edited_call_is_asked_about_anew_and_runs_as_it_was_changed() -> None:
    async with asked() as (world, bot, run):
        first = the_ask(run)
        changed = await bot.runs.answer(first, "edit", BOB, arguments={"x": 2})
        assert isinstance(changed, Answered)
        run = await bot.settled(run.run_id)
        second = the_ask(run)
        assert (run.asks[first].state, run.asks[second].supersedes) == ("superseded", first)
        assert run.asks[first].digest != run.asks[second].digest
        late = await bot.runs.answer(first, "approve", ALICE)
        assert isinstance(late, Refusal)
        assert late.text == "This was already decided: superseded by Bob."
        await bot.runs.answer(second, "approve", BOB)
        run = await bot.settled(run.run_id)
    assert [arguments for _, arguments, _ in world.toolbox.effects] == [{"x": 2}]
    told = world.model.prompts[-1].messages
    assert told[1].calls[0][2] == {"x": 1}  # the model reads what it wrote itself
    assert told[2].results[0][1].startswith('Bob changed the call\'s arguments before it was decided. They are now: {"x":2}\n<output')


async def test_an_edit_that_does_not_fit_changes_nothing() -> None:
    async with asked() as (_, bot, run):
        for arguments in ({"x": "bad"}, {"x": 1}):
            refused = await bot.runs.answer(the_ask(run), "edit", BOB, arguments=arguments)
            assert isinstance(refused, Refusal)
            assert refused.code == "arguments"
        stranger = await bot.runs.answer(the_ask(run), "edit", DANA, arguments={"x": 2})
        assert isinstance(stranger, Refusal)
        assert stranger.code == "initiator"
        assert the_ask(await bot.settled(run.run_id)) == the_ask(run)


async def test_a_grant_lets_its_kind_of_call_run_so_often_and_no_more() -> None:
    first = says("May I?", ("write", {"x": 1, "y": 1}))
    again = says("Again.", ("write", {"x": 1}), ("write", {"x": 1, "y": 2}), ("write", {"x": 1, "force": True}))
    async with asked(first, again, says("Other.", ("write", {"x": 2})), says("Done.")) as (world, bot, run):
        granted = await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 2, ("x",)))
        assert isinstance(granted, Answered)
        run = await bot.settled(run.run_id)
        assert [arguments for _, arguments, _ in world.toolbox.effects] == [{"x": 1, "y": 1}, {"x": 1}, {"x": 1, "y": 2}]
        assert run.calls[CallId("c4")].state is CallState.ASKED  # nobody has looked at what `force` does
        (grant,) = grants_of(world.journal)
        assert (grant.left, grant.by, grant.arguments) == (0, ALICE, {"x": 1})
        used = [event.rules for event in world.events(run.run_id, "call_judged") if event.grant]
        assert used == [(f"Alice's grant {grant.grant_id}", "partial autonomy, high risk")] * 2


async def test_a_grant_is_over_when_its_time_is() -> None:
    async with asked(WRITE_X, says("Again.", ("write", {"x": 2})), says("Done.")) as (world, bot, run):
        world.toolbox.gate = None
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(60, 5, ()))
        await bot.settled(run.run_id)
        world.clock.pass_(minutes=2)
        world.model.script.extend([says("May I?", ("write", {"x": 9})), says("Done.")])
        other = await bot.ask(key="k2")
        assert the_ask(other)
        assert len(world.toolbox.effects) == 2


async def test_a_grant_of_somebody_who_left_does_not_count() -> None:
    async with asked(WRITE_X, says("Done.")) as (world, bot, run):
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 5, ()))
        await bot.settled(run.run_id)
        world.directory.known[ALICE] = voter(ALICE)
        world.model.script.extend([WRITE_X, says("Done.")])
        other = await bot.ask(key="k2")
        assert the_ask(other)
        assert len(world.toolbox.effects) == 1
        (lapsed,) = world.events(other.run_id, "grant_lapsed")
        assert lapsed.why == "Alice may not approve this any more."


async def test_a_grant_that_another_process_used_up_is_looked_at_anew() -> None:
    async with asked(WRITE_X, says("Done.")) as (world, bot, run):
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 1, ()))
        run = await bot.settled(run.run_id)
        grant = run.asks[next(iter(run.asks))].grant
        stale = world.standing._grants[grant]  # type: ignore[index]  # a grant's id
        world.model.script.extend([WRITE_X, says("Done."), WRITE_X, says("Done.")])
        await bot.ask(key="k2")
        world.standing._grants[grant] = stale  # type: ignore[index]  # as a second process would still have it
        third = await bot.ask(key="k3")
        assert the_ask(third)
        assert len(world.toolbox.effects) == 2


async def test_a_reminder_then_a_second_channel_then_the_end_each_once() -> None:
    async with asked(remind=timedelta(minutes=30), escalate="#leads") as (world, bot, run):
        ask = the_ask(run)
        assert not await bot.runs.tick(ask)
        kinds = []
        for _ in range(8):
            world.clock.pass_(minutes=31)
            while await bot.runs.tick(ask):
                await bot.settled(run.run_id)
        run = await bot.settled(run.run_id)
        kinds = [event.kind for event in world.events(run.run_id) if event.kind.startswith("approval_")]
        assert kinds == ["approval_asked", "approval_reminded", "approval_escalated", "approval_expired"]
        assert world.surface.posted.count(f"reminder:{ask}") == world.surface.posted.count(f"escalation:{ask}") == 1
        assert world.surface.thread[f"escalation:{ask}"] == "expired/0"
        assert e.Outcome.ANSWERED is run.outcome
