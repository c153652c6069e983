"""Somebody whom the directory knows under one id counts once, whatever workspace of their organisation a click names."""

from dataclasses import replace

from agents.core.approval import ApprovalRule, Refusal
from agents.core.ids import person
from tests.world import AGENT, ALICE, BOB, ScriptedModel, World, says, the_ask, voter

LENT = person("E1", "U_ALICE")
"""Alice, as a click calls her that was made in another workspace of her organisation."""


async def test_one_person_of_an_organisation_counts_once() -> None:
    rule = ApprovalRule("*", ("role:operators",), required=2)
    world = World(model=ScriptedModel(says("", ("write", {"a": 1}))), agents={"triage": replace(AGENT, approvals=(rule,))})
    world.directory.known[LENT] = voter(ALICE, "operators")
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.answer(the_ask(run), "approve", LENT)
        again = await bot.runs.answer(the_ask(run), "approve", ALICE)
        assert isinstance(again, Refusal)
        assert again.code == "twice"
        assert [vote.actor for vote in (await bot.settled(run.run_id)).asks[the_ask(run)].votes] == [ALICE]
        await bot.runs.answer(the_ask(run), "approve", BOB)
        await bot.settled(run.run_id)
        assert len(world.toolbox.effects) == 1


async def test_whoever_stops_or_rates_a_run_is_written_down_under_that_id() -> None:
    world = World(model=ScriptedModel(says("", ("write", {"a": 1}))))
    world.directory.known[LENT] = voter(ALICE, "operators")
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.stop(run.run_id, LENT)
        await bot.runs.feedback(run.run_id, LENT, good=True)
        rows = world.journal.rows[run.run_id]
        assert {row.actor for row in rows if row.event.kind in ("run_stopped", "feedback_given")} == {ALICE}
