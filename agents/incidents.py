"""Incidents: what alerts and monitors tell becomes a run each. As `Runs` does, this appends to the journal and wakes."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from agents.core import events as e
from agents.core.approval import Refusal, Voter
from agents.core.errors import JournalConflict, NotFound
from agents.core.finding import Mark
from agents.core.ids import ActorId, AskId, RunId, run_id_for
from agents.core.incident import Signal, first_key, is_late, previous_of
from agents.core.marking import may_investigate, may_mark
from agents.core.parts import Marked
from agents.core.signals import received, summary
from agents.core.state import Run
from agents.core.trigger import Source, Trigger
from agents.ports import Clock, Directory, Dispatcher, Journal
from agents.runs import Answered, Runs
from agents.standing import Standing

MARKED: Mapping[Mark, str] = {
    Mark.ACKNOWLEDGED: "Noted: you look after it. It stays open until the numbers are back.",
    Mark.SNOOZED: "Noted: nothing more is said of it until then.",
    Mark.LEARN: "Noted: this is normal from now on, and what was usual before is forgotten.",
    Mark.EXCLUDE: "Noted: an exception, which is left out of what is usual.",
    Mark.FALSE_ALARM: "Noted: a false alarm. It counts against the monitor.",
}
"""What a person is told of what they said."""

LOOK = (
    "Look into this: where does it come from, since when, what else does it reach, and what should be done about it? "
    "Say what each of your conclusions rests on, and how sure it is."
)
"""What an agent is asked where somebody wants to know more."""


Advise = Callable[[Run, datetime], Awaitable[str]]
"""What to say where this run is called a false alarm at this moment; empty for nothing."""


class Incidents:
    """The door for alerts and findings. Of one incident there is at most one run that is not over."""

    def __init__(
        self, *, runs: Runs, journal: Journal, dispatcher: Dispatcher, directory: Directory, standing: Standing, clock: Clock,
        advise: Advise | None = None,
    ) -> None:
        """`advise` says what follows where a run is one false alarm too many."""
        self._advise = advise
        self._runs = runs
        self._journal = journal
        self._dispatcher = dispatcher
        self._directory = directory
        self._standing = standing
        self._clock = clock

    async def alert(self, trigger: Trigger, signals: Sequence[Signal], text: str, agent: str, *, sum_up: bool = False) -> RunId | None:
        """What another system says of alerts of one incident: news to its run, or a new run of `agent` that is asked `text`.

        A new one begins where there is none, or where the last one is over and nothing of it fires any more; only what fires begins one,
        so None where all is resolved that nobody was told of. Each signal has its key, and counts once however often it is delivered.
        With `sum_up`, the agent is asked once more in the thread of a run that was over when the last alert was resolved.
        """
        while True:
            last = await self._journal.last_of_incident(trigger.incident)
            run = await self._runs.see(last) if last else None
            new = await self._unknown(run, signals)
            fires = any(one.status == "firing" and not (run and is_late(run.signals.get(one.fingerprint), one)) for one in new)
            if run is None and not fires:
                return None
            if run is None or (run.over and run.resolved and fires):
                began = replace(trigger, dedupe_key=first_key(trigger.incident, last or ""))
                run_id, after, agent_of = run_id_for(began.dedupe_key), 0, agent
                events: tuple[e.Event, ...] = (e.RunStarted(agent, began, text),)
            else:
                run_id, after, agent_of, events = run.run_id, run.seq, run.agent, ()
            events += tuple(received(signal, tainted=trigger.tainted) for signal in new)
            with contextlib.suppress(JournalConflict):
                if events:
                    await self._append(run_id, events, trigger.actor, after=after, agent=agent_of)
                self._dispatcher.wake(run_id)
                if sum_up and run is not None and (asked := summary(await self._runs.see(run_id), trigger)):
                    await self._runs.start(*asked, agent_of)
                return run_id

    async def _unknown(self, run: Run | None, signals: Sequence[Signal]) -> tuple[Signal, ...]:
        """Those that neither this run of an incident nor the one before it has heard of."""
        if run is None:
            return tuple({signal.key: signal for signal in signals}.values())
        known, before = run.inputs, previous_of(run.trigger)
        if before:
            known |= (await self._runs.see(RunId(before))).inputs
        return tuple({signal.key: signal for signal in signals if signal.key not in known}.values())

    async def mark(self, run_id: RunId, mark: Mark, actor: ActorId, *, until: datetime | None = None) -> Answered | Refusal:
        """What a person says of the findings of an incident; the same once more counts once, and a refusal is recorded.

        Raises NotFound.
        """
        voter = await self._directory.voter(actor)
        while True:
            run = await self._found(run_id)
            made = may_mark(run, voter, mark)
            if made is None and _is_said(run.marks, voter, mark, until):
                return Answered(run_id, "That is noted already.")
            if made is not None:
                await self._refuse(run, made, voter.actor)
                return made
            advice = await self._advise(run, self._clock()) if self._advise and mark is Mark.FALSE_ALARM else ""
            said = e.FindingMarked(mark, voter.name, until, advice)
            try:
                await self._append(run_id, (said,), voter.actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            self._dispatcher.wake(run_id)
            return Answered(run_id, MARKED[mark])

    async def investigate(self, run_id: RunId, actor: ActorId) -> Answered | Refusal:
        """Have an incident looked into, once: by its run, or where that is over by one that continues it. Raises NotFound."""
        voter = await self._directory.voter(actor)
        run = await self._found(run_id)
        if refusal := may_investigate(voter):
            await self._refuse(run, refusal, voter.actor)
            return refusal
        if run.turns or not (run.quiet or run.over):
            return Answered(run_id, "It was looked into already: see the thread. Write there to ask for more.")
        trigger = Trigger(
            Source.THREAD_REPLY, f"investigate:{run_id}", voter.actor, voter.name, run.trigger.place, channel=run.trigger.channel
        )
        made = await self._runs.say(run_id, trigger, LOOK)
        return Answered(made, "It is being looked into. The answer comes in the thread.")

    async def _found(self, run_id: RunId) -> Run:
        run = await self._runs.see(run_id)
        if not run.signals:
            raise NotFound(f"{run_id} has no findings.")
        return run

    async def _refuse(self, run: Run, refusal: Refusal, actor: ActorId) -> None:
        """Record it, once for each person and reason."""
        while (actor, _question(run.run_id), refusal.code) not in run.refused:
            with contextlib.suppress(JournalConflict):
                refused = e.ClickRefused(_question(run.run_id), refusal.code)
                return await self._append(run.run_id, (refused,), actor, after=run.seq, agent=run.agent)
            run = await self._runs.see(run.run_id)

    async def _append(self, run_id: RunId, events: Sequence[e.Event], actor: ActorId, *, after: int, agent: str) -> None:
        now = self._clock()
        self._standing.note(await self._journal.append(run_id, [e.Fact(event, actor, now) for event in events], after=after, agent=agent))


def _question(run_id: RunId) -> AskId:
    """What clicks on a report are refused on: it has no question of its own."""
    return AskId(f"{run_id}.finding")


def _is_said(marks: Sequence[Marked], voter: Voter, mark: Mark, until: datetime | None) -> bool:
    """Whether the newest word is the same, of the same person."""
    return bool(marks) and (marks[-1].mark, marks[-1].actor, marks[-1].until) == (mark, voter.actor, until)
