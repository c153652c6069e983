"""Between the word that a call begins and the call itself: what people do to everything right then counts."""

from collections import deque
from collections.abc import Sequence

from agents.core import events as e
from agents.core.calls import CallState
from agents.core.grants import Terms
from agents.core.ids import CONTROL, CallId, GrantId, RunId
from agents.ports import Unknown
from tests.agents.test_people_override import C1, CAROL, WRITE_X, switchboard
from tests.memory import MemoryJournal
from tests.world import ALICE, BOB, ScriptedModel, World, says, the_ask


class Interfering(MemoryJournal):
    """Something that people do is written down right behind the beginning of a call, before it leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.event: e.Event | None = None
        self.begins = (C1, 1)

    async def append(self, run_id: RunId, facts: Sequence[e.Fact], *, after: int, agent: str) -> tuple[e.Recorded, ...]:
        written = await super().append(run_id, facts, after=after, agent=agent)
        begun = any((fact.event.call_id, fact.event.attempt) == self.begins for fact in facts if isinstance(fact.event, e.ToolStarted))
        if begun and self.world and (event := self.event):
            self.event = None
            await super().append(CONTROL, [e.Fact(event, BOB, self.world.clock())], after=len(self.rows.get(CONTROL, ())), agent="")
            await self.world.standing.refresh()
        return written


async def test_what_was_written_down_as_begun_does_not_leave_once_everything_is_halted() -> None:
    journal = Interfering()
    world = World(ScriptedModel(WRITE_X, says("Done.")), journal=journal)
    journal.world, journal.event = world, e.Halted("", "Bob")
    async with world.running() as bot:
        run = await bot.ask()
        await bot.runs.answer(the_ask(run), "approve", ALICE)
        run = await bot.settled(run.run_id)
        assert world.toolbox.effects == []
        assert (run.calls[C1].state, run.calls[C1].result) == (
            CallState.FAILED, "Bob halted every agent before this left, so it did not."
        )


async def test_what_may_be_repeated_is_not_while_everything_is_halted() -> None:
    journal = Interfering()
    world = World(ScriptedModel(says("Reading.", ("read", {})), says("Done.")), journal=journal)
    world.toolbox.results["read"] = deque([Unknown("timeout")])
    journal.world, journal.event, journal.begins = world, e.Halted("", "Bob"), (C1, 2)
    async with world.running() as bot:
        run = await bot.ask()
        assert run.calls[C1].state is CallState.INTERRUPTED
        await switchboard(world, bot).resume("", CAROL)
        assert (await bot.settled(run.run_id)).calls[C1].state is CallState.FINISHED


async def test_what_a_grant_let_begin_does_not_leave_once_it_was_taken_back() -> None:
    journal = Interfering()
    world = World(ScriptedModel(WRITE_X, WRITE_X, says("Done.")), journal=journal)
    async with world.running() as bot:
        run = await bot.ask()
        grant = GrantId(f"{run.run_id}.g1")
        journal.world, journal.event, journal.begins = world, e.GrantRevoked(grant, "write", "Bob"), (CallId("c2"), 1)
        await bot.runs.answer(the_ask(run), "grant", ALICE, terms=Terms(3600, 5, ()))
        run = await bot.settled(run.run_id)
    assert len(world.toolbox.effects) == 1
    assert run.calls[CallId("c2")].result == f"The grant {grant} ended before this left, so it did not."
