"""What the edges may do with runs: start one, say something to it, answer its questions. Each appends to the journal and wakes."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.core import events as e
from agents.core.answers import Choice, chosen
from agents.core.approval import Refusal, admit, due, lost, may_stop
from agents.core.errors import JournalConflict, NotFound
from agents.core.fold import fold
from agents.core.grants import Terms
from agents.core.ids import CONTROL, SYSTEM, ActorId, AskId, CallId, RunId, run_id_for, run_of
from agents.core.ids import call_id as first_call
from agents.core.policy import Rules
from agents.core.state import Ask, Run
from agents.core.trigger import Source, Trigger
from agents.core.undoing import undoing
from agents.ports import Clock, Directory, Dispatcher, Journal, Preview, Toolbox
from agents.spec import RulesFor
from agents.standing import Standing


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision was recorded."""

    run_id: RunId
    text: str
    """One sentence for the person: what happens now."""


class Runs:
    """The only door to runs. It executes nothing itself."""

    def __init__(
        self, *, journal: Journal, dispatcher: Dispatcher, directory: Directory, toolbox: Toolbox, standing: Standing, rules_for: RulesFor,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._dispatcher = dispatcher
        self._directory = directory
        self._toolbox = toolbox
        self._standing = standing
        self._rules_for = rules_for
        self._clock = clock

    async def start(self, trigger: Trigger, text: str, agent: str) -> RunId:
        """The run of this trigger; a trigger that comes again finds the run that it started before."""
        run_id = run_id_for(trigger.dedupe_key)
        with contextlib.suppress(JournalConflict):
            await self._append(run_id, (e.RunStarted(agent, trigger, text),), trigger.actor, after=0, agent=agent)
        self._dispatcher.wake(run_id)
        return run_id

    async def hear(self, trigger: Trigger, text: str, agent: str | None) -> RunId | None:
        """A message in a thread: input to the open run there, or the continuation of a finished one, or a new run of `agent`.

        None where no run speaks in this thread and `agent` is None. A message that comes again changes nothing.
        """
        own = run_id_for(trigger.dedupe_key)
        last = await self._journal.last_in_thread(trigger.place) if trigger.place else None
        silent = last is None and trigger.place is not None  # then this message has started none either, and most are such
        if not silent and await self._journal.read(own):
            self._dispatcher.wake(own)
            return own
        if last is None:
            return await self.start(trigger, text, agent) if agent else None
        return await self.say(last, trigger, text)

    async def say(self, run_id: RunId, trigger: Trigger, text: str) -> RunId:
        """A message to this run: input while it is open, else the beginning of one that continues it. Raises NotFound."""
        while True:
            run = await self.see(run_id)
            if trigger.dedupe_key in run.inputs:
                return run_id
            if run.over or (run.conclusion is not None and run.conclusion[0] is not e.Outcome.ANSWERED):
                tainted = trigger.tainted or run.tainted
                return await self.start(replace(trigger, source=Source.THREAD_REPLY, continues=run_id, tainted=tainted), text, run.agent)
            heard = e.InputReceived(trigger.dedupe_key, trigger.actor_name, text, trigger.tainted)
            try:
                await self._append(run_id, (heard,), trigger.actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            self._dispatcher.wake(run_id, urgent=True)
            return run_id

    async def answer(
        self, ask_id: AskId, choice: str, actor: ActorId, reason: str = "",
        *, arguments: Mapping[str, Any] | None = None, terms: Terms | None = None,
    ) -> Answered | Refusal:
        """A person's choice on a question. Who they are and what they may is asked now; a refusal is recorded as well.

        `reason` is that of a denial, `arguments` are all those of an edited call, `terms` what a grant allows.
        Raises NotFound, and IllegalTransition never: what cannot follow is refused.
        """
        voter = await self._directory.voter(actor)
        actor = voter.actor
        seen: Preview | None = None
        while True:
            run = await self.see(run_of(ask_id))
            ask = run.asks.get(ask_id)
            if ask is None:
                raise NotFound(f"{run.run_id} has no question {ask_id}.")
            rules = self._rules_for(run.agent)
            made: tuple[e.Event, ...] | Refusal | None = admit(run, ask, voter, choice, self._clock(), rules.halt)
            if made is None and choice in ("approve", "grant"):
                seen = seen or await self._preview(run, ask)
            if made is None:
                preview = seen.fingerprint if seen else None
                made = await self._chosen(run, ask, Choice(choice, voter, reason, arguments, terms, preview), rules)
            if isinstance(made, Refusal) and (actor, ask_id, made.code) in run.refused:
                return made  # it is in the record already; a flood of clicks must not hold up the one that counts
            events = (e.ClickRefused(ask_id, made.code),) if isinstance(made, Refusal) else made
            try:
                await self._append(run.run_id, events, actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            finally:
                self._dispatcher.wake(run.run_id, urgent=True)  # also where the caller is cancelled: what was written goes on
            return made if isinstance(made, Refusal) else Answered(run.run_id, _said(events, ask))

    async def _chosen(self, run: Run, ask: Ask, choice: Choice, rules: Rules) -> tuple[e.Event, ...] | Refusal:
        """What an admitted choice makes; for an approval those who voted before are looked up again."""
        if choice.verb == "edit" and ask.call_id:
            tool = run.calls[ask.call_id].tool
            choice = replace(choice, arguments=self._toolbox.complete(tool, choice.arguments or {}))
        elif choice.verb == "approve" and ask.votes:
            voters = {vote.actor: await self._directory.voter(vote.actor) for vote in ask.votes}
            if any(voter.is_unknown for voter in voters.values()):
                return Refusal("unknown", "Whether those who approved before still may could not be looked up just now. Try again.")
            choice = replace(choice, gone=lost(run, ask, voters))
        return chosen(run, ask, choice, rules, self._clock())

    async def tick(self, ask_id: AskId) -> bool:
        """Do what is due for a question: end it, show it elsewhere, remind of it. False where nothing was."""
        while True:
            run = await self.see(run_of(ask_id))
            ask = run.asks.get(ask_id)
            halt = self._rules_for(run.agent).halt
            call = run.calls.get(ask.call_id) if ask and ask.call_id else None
            event = due(ask, call.tool, self._clock(), halt) if ask and call else None
            if event is None:
                return False
            try:
                await self._append(run.run_id, (event,), SYSTEM, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            self._dispatcher.wake(run.run_id)
            return True

    async def stop(self, run_id: RunId, actor: ActorId, *, takes_over: bool = False) -> Answered | Refusal:
        """End a run after the effect under way, or take it over. Raises NotFound."""
        voter = await self._directory.voter(actor)
        while True:
            run = await self.see(run_id)
            if refusal := may_stop(run, voter, takes_over=takes_over):
                return refusal
            try:
                await self._append(run_id, (e.RunStopped(voter.name, takes_over),), voter.actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            self._dispatcher.wake(run_id, urgent=True)
            return Answered(run_id, "It is yours now: the run begins nothing more." if takes_over else "Stopped: it begins nothing more.")

    async def undo(self, run_id: RunId, call_id: CallId, actor: ActorId) -> Answered | Refusal:
        """Take back what a call did, by a call of its own under policy, in a run of its own; once. Raises NotFound."""
        run, voter = await self.see(run_id), await self._directory.voter(actor)
        call = run.calls.get(call_id)
        if call is None:
            raise NotFound(f"{run_id} has no call {call_id}.")
        rules = self._rules_for(run.agent)
        undone = undoing(run, call, rules, voter, self._clock())
        if isinstance(undone, Refusal):
            return undone
        tool, arguments = undone
        key = f"undo:{run_id}.{call_id}"
        trigger = Trigger(
            Source.UNDO, key, voter.actor, voter.name, run.trigger.place, run.tainted, run_id, run.trigger.channel
        )
        given = e.CallsGiven((e.Proposal(first_call(1), tool, self._toolbox.complete(tool, arguments)),))
        started = e.RunStarted(run.agent, trigger, f"Undo {call.tool} of {run_id}.")
        own = run_id_for(key)
        try:
            await self._append(own, (started, given), voter.actor, after=0, agent=run.agent)
        except JournalConflict:
            return Refusal("closed", f"It is being undone already, by {own}.")
        self._dispatcher.wake(own, urgent=True)
        return Answered(own, f"Undoing {call.tool}. It is a call like any other: where policy asks, it waits for approval.")

    async def feedback(self, run_id: RunId, actor: ActorId, *, good: bool, note: str = "") -> Answered | Refusal:
        """What a person thinks of a run, a labelled case; the same once more, clicked or delivered, counts once. Raises NotFound."""
        voter = await self._directory.voter(actor)
        if not voter.is_member:
            return Refusal("role", "Only full members of this workspace can rate what agents do.")
        while True:
            run = await self.see(run_id)
            if any((one.actor, one.good, one.note) == (voter.actor, good, note.strip()) for one in run.feedback):
                return Answered(run_id, "Thank you. That is kept already.")
            try:
                await self._append(run_id, (e.FeedbackGiven(voter.name, good, note.strip()),), voter.actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            return Answered(run_id, "Thank you. It is kept as a labelled case.")

    async def see(self, run_id: RunId) -> Run:
        """The run as it stands. Raises NotFound."""
        recorded = await self._journal.read(run_id) if run_id != CONTROL else ()
        if not recorded:
            raise NotFound(f"There is no run {run_id}. `countersign runs` lists them.")
        return fold(recorded)

    async def recover(self) -> int:
        """Wake every run that is not over; how many there are. Starting is recovering."""
        runs = await self._journal.open_runs()
        for run_id in dict.fromkeys((*runs, *await self._journal.unshown())):
            self._dispatcher.wake(run_id)
        return len(runs)

    async def _preview(self, run: Run, ask: Ask) -> Preview:
        """What the call would act on now."""
        call = run.calls[ask.call_id or CallId("")]
        spec = self._rules_for(run.agent).tools.get(call.tool)
        return await self._toolbox.preview(call.tool, call.arguments) if spec and spec.preview else Preview("", "")

    async def _append(self, run_id: RunId, events: Sequence[e.Event], actor: ActorId, *, after: int, agent: str) -> None:
        now = self._clock()
        self._standing.note(await self._journal.append(run_id, [e.Fact(event, actor, now) for event in events], after=after, agent=agent))


def _said(events: tuple[e.Event, ...], ask: Ask) -> str:
    match events[-1]:
        case e.ApprovalGranted():
            return "Approved. It runs now."
        case e.GrantGiven(uses=uses, until=until, grant_id=grant):
            return f"Approved, and calls like it run without asking up to {uses} times until {until:%Y-%m-%d %H:%M} UTC ({grant})."
        case e.VoteCast():
            gone = sum(isinstance(event, e.VoteWithdrawn) for event in events)
            return f"Your approval counts: {len(ask.votes) - gone + 1} of {ask.required}."
        case e.CallEdited():
            return "Changed. It did not run: a new card asks about the changed call."
        case e.ApprovalVoided(why=why):
            return f"It did not run. {why} A new card follows."
        case e.ApprovalDenied():
            return "Denied. It does not run, and the agent reads why."
        case e.InputReceived():
            return "The agent reads it, and goes on."
        case e.DoubtResolved(choice="retry"):
            return "Noted: it did not happen. It is asked anew before it runs again."
        case _:
            return "Noted. The run goes on."
