"""Incidents: what alerts and monitors tell becomes a run each. As `Runs` does, this appends to the journal and wakes."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from agents.core import events as e
from agents.core.approval import Refusal
from agents.core.errors import JournalConflict, NotFound
from agents.core.finding import Mark
from agents.core.ids import ActorId, RunId, run_id_for
from agents.core.incident import Signal, first_key, is_late, previous_of
from agents.core.signals import received, summary
from agents.core.state import Run
from agents.core.trigger import Trigger
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




class Incidents:
    """The door for alerts and findings. Of one incident there is at most one run that is not over."""

    def __init__(
        self, *, runs: Runs, journal: Journal, dispatcher: Dispatcher, directory: Directory, standing: Standing, clock: Clock
    ) -> None:
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
        """What a person says of the findings of an incident; the same once more counts once. Raises NotFound."""
        voter = await self._directory.voter(actor)
        if not voter.is_member:
            return Refusal("role", "Only full members of this workspace can say what findings mean.")
        while True:
            run = await self._runs.see(run_id)
            if not run.signals:
                raise NotFound(f"{run_id} has no findings.")
            if run.marks and (run.marks[-1].mark, run.marks[-1].actor, run.marks[-1].until) == (mark, voter.actor, until):
                return Answered(run_id, "That is noted already.")
            if run.resolved and mark in (Mark.ACKNOWLEDGED, Mark.SNOOZED):
                return Refusal("closed", "It is over already.")
            try:
                await self._append(run_id, (e.FindingMarked(mark, voter.name, until),), voter.actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            self._dispatcher.wake(run_id)
            return Answered(run_id, MARKED[mark])

    async def _append(self, run_id: RunId, events: Sequence[e.Event], actor: ActorId, *, after: int, agent: str) -> None:
        now = self._clock()
        self._standing.note(await self._journal.append(run_id, [e.Fact(event, actor, now) for event in events], after=after, agent=agent))
