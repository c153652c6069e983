"""What the edges may do with runs: start one, say something to it, answer its questions. Each appends to the journal and wakes."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.core import events as e
from agents.core.approval import Refusal, Voter, admit, approve, digest, rule_changed, rule_for
from agents.core.errors import JournalConflict, NotFound
from agents.core.fold import fold
from agents.core.ids import SYSTEM, ActorId, AskId, CallId, RunId, run_id_for, run_of
from agents.core.state import Ask, AskKind, Run
from agents.core.trigger import Source, Trigger
from agents.ports import Clock, Directory, Dispatcher, Journal, Preview, Toolbox
from agents.spec import RulesFor


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision was recorded."""

    run_id: RunId
    text: str
    """One sentence for the person: what happens now."""


class Runs:
    """The only door to runs. It executes nothing itself."""

    def __init__(
        self, *, journal: Journal, dispatcher: Dispatcher, directory: Directory, toolbox: Toolbox, rules_for: RulesFor, clock: Clock
    ) -> None:
        self._journal = journal
        self._dispatcher = dispatcher
        self._directory = directory
        self._toolbox = toolbox
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
        if await self._journal.read(own):
            self._dispatcher.wake(own)
            return own
        last = await self._journal.last_in_thread(trigger.place) if trigger.place else None
        if last is None:
            return await self.start(trigger, text, agent) if agent else None
        return await self._say(last, trigger, text)

    async def _say(self, run_id: RunId, trigger: Trigger, text: str) -> RunId:
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

    async def answer(self, ask_id: AskId, choice: str, actor: ActorId, reason: str = "") -> Answered | Refusal:
        """A person's choice on a question. Who they are and what they may is asked now; a refusal is recorded as well.

        Raises NotFound, and IllegalTransition never: what cannot follow is refused.
        """
        voter = await self._directory.voter(actor)
        seen: Preview | None = None
        while True:
            run = await self.see(run_of(ask_id))
            ask = run.asks.get(ask_id)
            if ask is None:
                raise NotFound(f"{run.run_id} has no question {ask_id}.")
            refusal = admit(run, ask, voter, choice, self._clock())
            if refusal and (actor, ask_id, refusal.code) in run.refused:
                return refusal  # it is in the record already; a flood of clicks must not hold up the one that counts
            if not refusal and choice == "approve":
                seen = seen or await self._preview(run, ask)
            events = (e.ClickRefused(ask_id, refusal.code),) if refusal else self._chosen(run, ask, choice, voter, reason, seen)
            try:
                await self._append(run.run_id, events, actor, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            finally:
                self._dispatcher.wake(run.run_id, urgent=True)  # also where the caller is cancelled: what was written goes on
            return refusal or Answered(run.run_id, _said(events[-1], ask))

    async def expire(self, ask_id: AskId) -> bool:
        """Close a question whose time is up. False where it was decided before, or has time left."""
        while True:
            run = await self.see(run_of(ask_id))
            ask = run.asks.get(ask_id)
            if ask is None or not ask.open or ask.expires_at is None or ask.call_id is None or self._clock() < ask.expires_at:
                return False
            expired = e.ApprovalExpired(ask_id, ask.call_id, run.calls[ask.call_id].tool)
            try:
                await self._append(run.run_id, (expired,), SYSTEM, after=run.seq, agent=run.agent)
            except JournalConflict:
                continue
            self._dispatcher.wake(run.run_id)
            return True

    async def see(self, run_id: RunId) -> Run:
        """The run as it stands. Raises NotFound."""
        recorded = await self._journal.read(run_id)
        if not recorded:
            raise NotFound(f"There is no run {run_id}. `countersign runs` lists them.")
        return fold(recorded)

    async def recover(self) -> int:
        """Wake every run that is not over; how many there are. Starting is recovering."""
        runs = await self._journal.open_runs()
        for run_id in runs:
            self._dispatcher.wake(run_id)
        return len(runs)

    async def _preview(self, run: Run, ask: Ask) -> Preview:
        """What the call would act on now."""
        call = run.calls[ask.call_id or CallId("")]
        spec = self._rules_for(run.agent).tools.get(call.tool)
        return await self._toolbox.preview(call.tool, call.arguments) if spec and spec.preview else Preview("", "")

    def _chosen(self, run: Run, ask: Ask, choice: str, voter: Voter, reason: str, seen: Preview | None) -> tuple[e.Event, ...]:
        """What an admitted choice makes. `seen` is the preview as it is now, for an approval."""
        if ask.limit is not None:
            return (e.LimitAnswered(ask.ask_id, ask.limit, choice, voter.name),)  # type: ignore[arg-type]  # admit has checked it
        call = run.calls[ask.call_id or CallId("")]
        if ask.kind is AskKind.DOUBT:
            return (e.DoubtResolved(ask.ask_id, call.call_id, call.tool, choice, voter.name),)  # type: ignore[arg-type]  # likewise
        if choice == "deny":
            return (e.ApprovalDenied(ask.ask_id, call.call_id, call.tool, voter.name, reason.strip()),)
        rules = self._rules_for(run.agent)
        spec = rules.tools.get(call.tool)
        if spec is None or seen is None:
            return approve(run, ask, call, voter, "", f"{call.tool} was taken away from this agent.")
        if changed := rule_changed(ask, rule_for(call.tool, rules.approvals)):
            return approve(run, ask, call, voter, "", changed)
        fresh = digest(spec, call.arguments, run.agent, seen.fingerprint)
        moved = seen.fingerprint != ask.fingerprint
        return approve(run, ask, call, voter, fresh, "The target has changed since this was asked." if moved else "The tool has changed.")

    async def _append(self, run_id: RunId, events: Sequence[e.Event], actor: ActorId, *, after: int, agent: str) -> None:
        now = self._clock()
        await self._journal.append(run_id, [e.Fact(event, actor, now) for event in events], after=after, agent=agent)


def _said(event: e.Event, ask: Ask) -> str:
    match event:
        case e.ApprovalGranted():
            return "Approved. It runs now."
        case e.VoteCast():
            return f"Your approval counts: {len(ask.votes) + 1} of {ask.required}."
        case e.ApprovalVoided(why=why):
            return f"It did not run. {why} A new card follows."
        case e.ApprovalDenied():
            return "Denied. It does not run, and the agent reads why."
        case e.DoubtResolved(choice="retry"):
            return "Noted: it did not happen. It is asked anew before it runs again."
        case _:
            return "Noted. The run goes on."
