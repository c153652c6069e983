"""Those who work with a bot that is killed: they decide what waits, and stop, halt, resume and undo."""

import asyncio
from dataclasses import dataclass

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Refusal, Voter
from agents.core.calls import Call
from agents.core.ids import ActorId, CallId, run_id_for
from agents.core.state import Ask, AskKind, Run
from agents.dispatch import Embedded
from agents.runs import Runs
from agents.standing import Standing
from agents.switchboard import Switchboard
from tests.crash.outside import FusedJournal, Lines, effect
from tests.crash.stories import ALICE, BOB, TERMS, Story

FIRST = CallId("c1")


class Directory:
    """Everybody is a member of the workspace, and may do everything but decide."""

    async def voter(self, actor: ActorId) -> Voter:
        """The person."""
        team, _, user = actor.partition("/")
        return Voter(actor, user, user.removeprefix("U_").title(), team, level=Level.ADMIN)


@dataclass
class People:
    """What they see of the bot, and of the world outside it."""

    story: Story
    runs: Runs
    switchboard: Switchboard
    standing: Standing
    dispatcher: Embedded
    journal: FusedJournal
    effects: Lines
    broken: Lines
    """What they saw that should not be."""

    async def play(self, writes: int) -> None:
        """Start the runs, or find them started, and do what is to be done until all of them are over.

        `writes` is how many writes of the journal they wait for before they stop or halt.
        """
        before = await self._begun() if self.standing.switches.halts else None
        meanwhile = asyncio.create_task(self._meanwhile(writes))
        await self.runs.recover()
        for run_id, trigger, text in zip(self.story.runs, self.story.runs.values(), self.story.scripts, strict=True):
            assert await self.runs.start(trigger, text, "triage") == run_id
        await self.dispatcher.settled()
        if before is not None:
            await self._resume(before)
            await self.dispatcher.settled()
        while not await self._over():
            await self.dispatcher.settled()
        if not self.journal.reached:
            meanwhile.cancel()
        await asyncio.wait([meanwhile])  # what has begun comes to its end
        if not meanwhile.cancelled():
            meanwhile.result()

    async def _over(self) -> bool:
        """Do whatever there is to do now; whether there is nothing left."""
        runs = [await self.runs.see(run_id) for run_id in self.story.runs]
        for run in (*runs, *[undone for run in runs if run.over and (undone := await self._undo(run))]):
            for ask in run.open_asks:
                await self._decide(run, ask)
            if not run.over:
                return False
        return not self.standing.switches.halts

    async def _undo(self, run: Run) -> Run | None:
        """The run that takes back what this one did first, begun if need be."""
        if not self.story.undoes or run.calls[FIRST].undo_until is None:
            return None
        own = run_id_for(f"undo:{run.run_id}.{FIRST}")
        if not await self.journal.read(own):
            assert not isinstance(await self.runs.undo(run.run_id, FIRST, ALICE), Refusal)
            await self.dispatcher.settled()
        return await self.runs.see(own)

    async def _decide(self, run: Run, ask: Ask) -> None:
        call = run.calls[ask.call_id or FIRST]
        first, second = (BOB, ALICE) if run.trigger.actor == ALICE else (ALICE, BOB)
        while await self.runs.tick(ask.ask_id):
            await self.dispatcher.settled()
        if ask.kind is AskKind.DOUBT:
            happened = effect(call.tool, f"{run.run_id}.{call.call_id}", call.arguments) in self.effects.read()
            await self.runs.answer(ask.ask_id, "happened" if happened else "retry", first)
        elif ask.kind is AskKind.LIMIT:
            await self.runs.answer(ask.ask_id, "raise", first)
        else:
            await self._choose(ask, call, second if any(vote.actor == first for vote in ask.votes) else first)

    async def _choose(self, ask: Ask, call: Call, voter: ActorId) -> None:
        match call.arguments.get("do"):
            case "edit":
                changed = {"x": call.arguments["x"] * 10, "do": "approve"}
                await self.runs.answer(ask.ask_id, "edit", voter, arguments=changed)
            case "grant":
                await self.runs.answer(ask.ask_id, "grant", voter, terms=TERMS)
            case _:
                await self.runs.answer(ask.ask_id, "approve", voter)

    async def _meanwhile(self, writes: int) -> None:
        """Stop or halt as soon as so much was written."""
        if not self.story.meanwhile:
            return
        await self.journal.written(writes)
        if self.story.meanwhile == "stop":
            for run_id in self.story.runs:
                await self.runs.stop(run_id, ALICE)
        elif not self.standing.switches.halts:
            await self.switchboard.halt("triage", ALICE, "to look at it")
            await self.journal.settled()  # what was decided before it was halted is written down yet
            before = await self._begun()
            await self.dispatcher.settled()
            await self._resume(before)

    async def _resume(self, before: int) -> None:
        """End the halt; nothing may have begun since there was so much."""
        if before != (after := await self._begun()):
            self.broken.add(f"while it was halted, {after - before} things began")
        await self.switchboard.resume("triage", ALICE)

    async def _begun(self) -> int:
        """How much was begun so far."""
        rows = [row for run_id in self.story.runs for row in await self.journal.read(run_id)]
        return sum(isinstance(row.event, e.ToolStarted | e.ModelAsked) for row in rows)
