"""People's hand on runs: stop, take over, undo, rate; and on everything: halt, resume, take a grant back."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Refusal
from agents.core.charges import Charge
from agents.core.errors import JournalTampered, NotFound
from agents.core.grants import Grant, Terms
from agents.core.ids import CONTROL, CallId, GrantId, RunId, person
from agents.core.policy import Autonomy
from agents.core.state import Run
from agents.core.tool import Undo
from agents.core.trigger import Source
from agents.ports import Done
from agents.runs import Answered
from agents.standing import Standing
from agents.switchboard import Switchboard
from tests.memory import grants_of
from tests.world import AGENT, ALICE, BOB, DANA, MILD, TEAM, Bot, ScriptedModel, World, says, the_ask, voter

C1 = CallId("c1")
WRITE_X = says("May I?", ("write", {"x": 1}))


class Book:
    """The grants, as the switchboard looks them up."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def grants(self, *, limit: int = 100) -> tuple[object, ...]:
        return tuple(grants_of(self._world.journal))

    async def live_grants(self, now: datetime) -> tuple[object, ...]:
        return ()


class Unreadable:
    """Grants of which one was changed."""

    async def live_grants(self, now: datetime) -> tuple[Grant, ...]:
        raise JournalTampered("The journal was changed.")

    async def charges(self, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
        return ()


def switchboard(world: World, bot: Bot) -> Switchboard:
    """The switches of this world; Carol is its admin, Alice and Bob are operators."""
    world.directory.known[CAROL] = voter(CAROL, "admins")
    return Switchboard(
        journal=world.journal, standing=world.standing, ledger=Book(world), directory=world.directory,  # type: ignore[arg-type]
        wake_all=bot.runs.recover, agents=("triage",), clock=world.clock,
    )


CAROL = person(TEAM, "U_CAROL")


@asynccontextmanager
async def waiting() -> AsyncIterator[tuple[World, Bot, Run]]:
    """A run that waits for a countersignature."""
    world = World(ScriptedModel(WRITE_X, says("Done.")))
    async with world.running() as bot:
        yield world, bot, await bot.ask()


async def test_a_stop_ends_a_waiting_run_at_once() -> None:
    async with waiting() as (world, bot, run):
        ask = the_ask(run)
        assert isinstance(await bot.runs.stop(run.run_id, BOB), Answered)
        run = await bot.settled(run.run_id)
        assert (run.outcome, run.reason, run.asks[ask].state) == (e.Outcome.STOPPED, "Stopped by Bob.", "withdrawn")
        assert world.surface.thread[f"card:{ask}"] == "withdrawn/0"
        late = await bot.runs.answer(ask, "approve", ALICE)
        assert isinstance(late, Refusal)
        assert world.toolbox.effects == []
        assert isinstance(await bot.runs.stop(run.run_id, BOB), Refusal)


async def test_a_stop_lets_the_effect_under_way_come_to_its_end() -> None:
    async with waiting() as (world, bot, run):
        world.toolbox.gate = asyncio.Event()
        world.toolbox.begun.clear()
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        await asyncio.wait_for(world.toolbox.begun.wait(), 5)
        await bot.runs.stop(run.run_id, DANA)
        await asyncio.sleep(0.01)
        assert not (await bot.runs.see(run.run_id)).over
        world.toolbox.gate.set()
        run = await bot.settled(run.run_id)
        assert (run.outcome, run.calls[C1].result) == (e.Outcome.STOPPED, "write ok")
        assert len(world.model.prompts) == 1


async def test_whoever_takes_over_gets_the_case() -> None:
    async with waiting() as (_, bot, run):
        assert isinstance(await bot.runs.stop(run.run_id, DANA, takes_over=True), Refusal)
        await bot.runs.stop(run.run_id, BOB, takes_over=True)
        run = await bot.settled(run.run_id)
        assert (run.outcome, run.reason) == (e.Outcome.HANDED_OVER, "Bob took it over.")


UNDOABLE = replace(MILD, undo=Undo("mild", {"to": "{result.before}"}, timedelta(minutes=30)))


@asynccontextmanager
async def done() -> AsyncIterator[tuple[World, Bot, Run]]:
    """A run that did something without asking, which can be undone."""
    world = World(ScriptedModel(says("I do it.", ("mild", {"to": 12})), says("Done.")))
    world.agents["triage"] = replace(AGENT, autonomy=Autonomy.FULL)
    world.toolbox.define(UNDOABLE)
    world.toolbox.results["mild"] = deque([Done('{"before": 11}')])
    async with world.running() as bot:
        yield world, bot, await bot.ask()


async def test_an_undo_is_a_call_of_its_own_under_policy_and_happens_once() -> None:
    async with done() as (world, bot, run):
        undone = await bot.runs.undo(run.run_id, C1, BOB)
        assert isinstance(undone, Answered)
        own = await bot.settled(undone.run_id)
        assert (own.trigger.source, own.trigger.continues, own.over) == (Source.UNDO, run.run_id, True)
        assert [arguments for _, arguments, _ in world.toolbox.effects] == [{"to": 12}, {"to": 11}]
        assert [event.rules for event in world.events(own.run_id, "call_judged")] == [("full autonomy, medium risk",)]
        again = await bot.runs.undo(run.run_id, C1, ALICE)
        assert isinstance(again, Refusal)
        assert len(world.model.prompts) == 2


async def test_an_undo_waits_for_approval_where_policy_asks() -> None:
    async with done() as (world, bot, run):
        world.agents["triage"] = replace(AGENT, autonomy=Autonomy.SUPERVISED)
        undone = await bot.runs.undo(run.run_id, C1, BOB)
        assert isinstance(undone, Answered)
        own = await bot.settled(undone.run_id)
        assert isinstance(await bot.runs.answer(the_ask(own), "approve", BOB), Refusal)
        await bot.runs.answer(the_ask(own), "approve", ALICE)
        own = await bot.settled(undone.run_id)
        assert own.answer == "Done: mild."


async def test_an_undo_has_its_time_and_its_people() -> None:
    async with done() as (world, bot, run):
        assert isinstance(await bot.runs.undo(run.run_id, C1, DANA), Refusal)
        with pytest.raises(NotFound):
            await bot.runs.undo(run.run_id, CallId("c9"), BOB)
        world.clock.pass_(minutes=31)
        late = await bot.runs.undo(run.run_id, C1, BOB)
        assert isinstance(late, Refusal)
        assert late.code == "expired"


async def test_what_people_think_of_a_run_is_kept_after_its_end() -> None:
    async with done() as (world, bot, run):
        await bot.runs.feedback(run.run_id, DANA, good=False, note=" wrong service ")
        run = await bot.runs.see(run.run_id)
        assert [(one.name, one.good, one.note) for one in run.feedback] == [("Dana", False, "wrong service")]
        again = await bot.runs.feedback(run.run_id, DANA, good=False, note="wrong service")
        assert isinstance(again, Answered)
        assert again.text == "Thank you. That is kept already."
        await bot.runs.feedback(run.run_id, DANA, good=True)
        assert [one.good for one in (await bot.runs.see(run.run_id)).feedback] == [False, True]
        world.directory.known[BOB] = replace(voter(BOB), is_guest=True)
        assert isinstance(await bot.runs.feedback(run.run_id, BOB, good=True), Refusal)


async def test_a_halt_freezes_until_somebody_resumes_it_also_over_a_restart() -> None:
    async with waiting() as (world, bot, run):
        switches = switchboard(world, bot)
        assert isinstance(await switches.halt("", DANA), Refusal)
        assert "is halted" in str(await switches.halt("", BOB, "a leak"))
        assert isinstance(await switches.halt("", BOB), Refusal)
        refused = await bot.runs.answer(the_ask(run), "approve", ALICE)
        assert isinstance(refused, Refusal)
        assert refused.code == "halted"
    world._standing = None
    async with world.running() as bot:
        await bot.runs.recover()
        switches = switchboard(world, bot)
        new = await bot.ask(key="k2")
        assert (new.steps, new.over) == (0, False)
        assert isinstance(await switches.resume("", BOB), Refusal)
        assert "goes on" in str(await switches.resume("", CAROL))
        assert isinstance(await switches.resume("", CAROL), Refusal)
        assert (await bot.settled(new.run_id)).over
        assert isinstance(await bot.runs.answer(the_ask(run), "approve", ALICE), Answered)
    assert [row.event.kind for row in world.journal.rows[CONTROL]] == ["halted", "resumed"]


async def test_a_halt_of_one_agent_is_not_a_halt_of_all() -> None:
    async with waiting() as (world, bot, _):
        switches = switchboard(world, bot)
        with pytest.raises(NotFound, match="There is no agent nobody"):
            await switches.halt("nobody", BOB)
        await switches.halt("triage", BOB)
        await switches.halt("", BOB)
        assert "still halted: triage" in str(await switches.resume("", CAROL))
        assert world.standing.halt_of("other") is None
        await switches.told("triage", "C1", "1.2", lifted=False)
        assert world.standing.switches.told["triage", "C1"].ts == "1.2"


async def test_a_resume_that_comes_late_does_not_end_a_halt_that_began_after_it() -> None:
    async with waiting() as (world, bot, _):
        switches = switchboard(world, bot)
        await switches.halt("", BOB)
        clicked = world.clock()
        assert "goes on" in str(await switches.resume("", CAROL, asked_at=clicked))
        world.clock.pass_(minutes=1)
        await switches.halt("", BOB)
        late = await switches.resume("", CAROL, asked_at=clicked)
        assert isinstance(late, Refusal)
        assert late.text.startswith("Every agent was halted again after that")
        assert world.standing.halt_of("triage") is not None


async def test_a_grant_that_was_taken_back_asks_again() -> None:
    async with waiting() as (world, bot, run):
        switches = switchboard(world, bot)
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 5, ()))
        run = await bot.settled(run.run_id)
        grant = GrantId(run.asks[next(iter(run.asks))].grant)
        with pytest.raises(NotFound):
            await switches.revoke(GrantId("run-x.g1"), ALICE)
        assert isinstance(await switches.revoke(grant, DANA), Refusal)
        assert "asks again" in str(await switches.revoke(grant, BOB))
        assert isinstance(await switches.revoke(grant, BOB), Refusal)
        world.model.script.extend([WRITE_X, says("Done.")])
        assert the_ask(await bot.ask(key="k2"))
        assert len(world.toolbox.effects) == 1


async def test_switches_are_written_down_under_the_one_id_of_whoever_used_them() -> None:
    lent = person("E1", "U_ALICE")
    async with waiting() as (world, bot, run):
        switches = switchboard(world, bot)
        world.directory.known[ALICE] = voter(ALICE, "operators")
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 5, ()))
        grant = GrantId((await bot.settled(run.run_id)).asks[the_ask(run)].grant)
        world.directory.known[lent] = replace(voter(ALICE, "operators"), level=Level.VIEWER)
        assert "asks again" in str(await switches.revoke(grant, lent))  # her own, whatever her level
        world.directory.known[lent] = voter(ALICE, "admins")
        await switches.halt("", lent)
        await switches.resume("", lent)
        assert [row.actor for row in world.journal.rows[CONTROL]] == [ALICE] * 3


async def test_a_halt_counts_also_where_the_grants_cannot_be_read() -> None:
    async with waiting() as (world, bot, run):
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 5, ()))
        await bot.settled(run.run_id)
        standing = Standing(world.journal, Unreadable(), world.clock)
        world._standing = standing
        assert "is halted" in str(await switchboard(world, bot).halt("", BOB))
        assert standing.halt_of("triage") is not None
        assert standing.grants("triage") == ()


async def test_the_stream_of_switches_is_no_run() -> None:
    async with waiting() as (world, bot, _):
        await switchboard(world, bot).halt("", BOB)
        with pytest.raises(NotFound):
            await bot.runs.see(RunId(CONTROL))
        with pytest.raises(NotFound):
            await bot.runs.stop(CONTROL, BOB)
