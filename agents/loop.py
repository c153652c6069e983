"""The loop: decide, write down, act, write down; again until the run is over or waits for people."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from random import Random

from agents.core import events as e
from agents.core.actions import Action, AskModel, AskPeople, AskProbe, CheckRights, PostMessage, RunTool, UpdateMessage
from agents.core.approval import lost, question, rule_for, withdrawn_right
from agents.core.calls import Call
from agents.core.decide import taken_away
from agents.core.errors import GrantGone, JournalConflict, JournalError, JournalTampered, JournalVersion, ModelUnavailable, SurfaceError
from agents.core.fold import fold
from agents.core.ids import SYSTEM, AskId, GrantId, RunId, call_id, idempotency_key
from agents.core.plan import plan
from agents.core.state import Post, Run
from agents.core.tool import Effect
from agents.ports import Caller, Clock, Directory, Done, Failed, Journal, Model, Posted, Preview, Surface, Toolbox
from agents.privacy import Veil
from agents.prompt import Rendered, build
from agents.spec import AgentSpec, RulesFor
from agents.standing import Standing

log = logging.getLogger(__name__)

AGAIN = 2.0
"""Seconds until a journal that could not be written is tried again."""

EARLIER = 5
"""How many finished runs of a thread the model is shown before the present one."""


class Drive:
    """One run while it is driven: what of it is under way in this process."""

    def __init__(self, run_id: RunId) -> None:
        self.run_id = run_id
        self.under_way: set[str] = set()
        """Keys of the actions that have begun and not ended."""
        self.learnt: list[e.Fact] = []
        """What ended actions have told and the journal does not hold yet."""
        self.stale = False
        """Whether somebody else has appended to the run."""
        self.news = asyncio.Event()
        self.earlier: tuple[Run, ...] | None = None
        """The finished runs that this one continues, oldest first; None until they are read."""
        self.rendered = Rendered()
        """What of the prompt does not change any more."""
        self.veil: Veil | None = None
        """What hides personal data in it; None until the model is asked."""

    def nudge(self) -> None:
        """Somebody else appended to the run: read on."""
        self.stale = True
        self.news.set()

    def finish(self, key: str, facts: tuple[e.Fact, ...]) -> None:
        """An action has ended with these facts."""
        self.under_way.discard(key)
        self.learnt.extend(facts)
        self.news.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and nothing new is known."""
        return not (self.under_way or self.learnt or self.stale)


class Loop:
    """Moves runs forward. Everything it knows of a run is in the journal; what it holds beside that can be thrown away."""

    def __init__(
        self, *, journal: Journal, model: Model, toolbox: Toolbox, surface: Surface, directory: Directory, standing: Standing,
        agents: Mapping[str, AgentSpec], rules_for: RulesFor, clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, random: Random | None = None,
        drives: Callable[[Run], bool] = lambda run: True,
    ) -> None:
        """`drives` says which runs are this process's to drive; it leaves the others as they are."""
        self._drives = drives
        self._journal = journal
        self._model = model
        self._toolbox = toolbox
        self._surface = surface
        self._directory = directory
        self._standing = standing
        self._agents = agents
        self._rules_for = rules_for
        self._clock = clock
        self._sleep = sleep
        self._random = random or Random()  # noqa: S311 - it spreads retries and guards nothing
        self.draining = False
        """Whether nothing new is begun: what is under way is brought to its end and written down."""

    async def advance(self, drive: Drive) -> Run:
        """Move a run forward until it is over or waits for people. Raises JournalError, IllegalTransition."""
        run = fold(await self._journal.read(drive.run_id))
        async with asyncio.TaskGroup() as tasks:
            while self._drives(run):
                drive.news.clear()
                run, begin = await self._write(run, drive)
                self._surface.moved(run)
                for action in begin:
                    drive.under_way.add(action.key)
                    tasks.create_task(self._act(run, action, drive), name=f"{run.run_id} {action.key}")
                if drive.idle:
                    return run
                await drive.news.wait()
        return run

    async def _write(self, run: Run, drive: Drive) -> tuple[Run, tuple[Action, ...]]:
        """Write down what was learnt, what follows, and what is about to begin; all of it in one transaction."""
        while True:
            if drive.stale:
                drive.stale = False
                run = fold(await self._journal.read(run.run_id, after=run.seq), run)
            learnt = tuple(drive.learnt)
            planned = plan(run, learnt, self._rules_for(run.agent), self._clock(), drive.under_way, draining=self.draining)
            try:
                with self._standing.meter.reserved(planned.facts):
                    written = await self._journal.append(run.run_id, planned.facts, after=run.seq, agent=run.agent) if planned.facts else ()
            except JournalConflict as error:
                if isinstance(error, GrantGone):
                    await self._standing.refresh()
                drive.stale = True
                continue
            except (JournalTampered, JournalVersion):
                raise
            except JournalError as error:  # what is under way goes on, what was learnt is kept: a full disk passes
                log.error("%s cannot be written down just now: %s", run.run_id, error)
                await self._sleep(AGAIN)
                drive.stale = True
                continue
            del drive.learnt[: len(learnt)]
            self._standing.note(written)
            as_planned = all(row.event is fact.event for row, fact in zip(written, planned.facts, strict=True))
            return planned.run if as_planned else fold(written, run), planned.begin  # what was redacted counts as it was written

    async def _act(self, run: Run, action: Action, drive: Drive) -> None:
        try:
            event = await self._perform(run, action, drive)
        except Exception as error:  # a task's outermost edge: a defect becomes a fact of the run, never a lost run
            log.exception("%s: %s broke", run.run_id, action.key)
            event = _broken(run, action, error)
        drive.finish(action.key, (e.Fact(event, SYSTEM, self._clock()),))

    async def _perform(self, run: Run, action: Action, drive: Drive) -> e.Event:
        match action:
            case AskModel(step=step):
                return await self._ask_model(run, step, drive)
            case RunTool(call_id=call_id, attempt=attempt):
                return await self._run_tool(run, run.calls[call_id], attempt)
            case AskProbe(call_id=call_id):
                call = run.calls[call_id]
                happened = await self._toolbox.probe(call.tool, call.arguments, key=idempotency_key(run.run_id, call_id))
                return e.ProbeAnswered(call_id, call.tool, happened)
            case CheckRights(call_id=call_id):
                return await self._check_rights(run, run.calls[call_id])
            case AskPeople(call_id=call_id):
                return await self._ask_people(run, run.calls[call_id])
            case PostMessage(post=post, search=search):
                return await self._post(run, post, self._surface.post(run, post, search=search))
            case UpdateMessage(post=post):
                return await self._post(run, post, self._surface.update(run, post))
        raise TypeError(f"{action} is no effect.")

    async def _ask_model(self, run: Run, step: int, drive: Drive) -> e.Event:
        spec = self._agents.get(run.agent)
        if spec is None:
            return e.ModelFailed(f"The agent {run.agent} is not in the configuration any more.")
        self._surface.progress(run, "Thinking" if step == 1 else "Reading the results")
        if drive.earlier is None:
            drive.earlier = await self._earlier(run)
        tools = tuple(self._rules_for(run.agent).tools.values())
        veil = drive.veil = drive.veil or Veil(spec.privacy)
        *earlier, shown = veil.over((*drive.earlier, run))
        began = self._clock()
        try:
            answer = await self._model.ask(build(shown, earlier, spec, tools, drive.rendered), on_text=partial(self._surface.say, run))
        except ModelUnavailable as error:
            return e.ModelFailed(str(error))
        ms = int((self._clock() - began).total_seconds() * 1000)
        first, known = len(run.calls) + 1, self._toolbox.specs()
        calls = tuple(
            e.Proposal(call_id(first + i), c.tool, self._toolbox.complete(c.tool, veil.arguments(c, known.get(c.tool))), c.malformed)
            for i, c in enumerate(answer.calls)
        )
        return e.ModelAnswered(answer.model, answer.text, calls, answer.stop, answer.usage, answer.cost, ms, answer.thinking)

    async def _earlier(self, run: Run) -> tuple[Run, ...]:
        """The finished runs that this one continues, oldest first."""
        runs: list[Run] = []
        before = run.trigger.continues
        while before is not None and len(runs) < EARLIER:
            runs.append(fold(await self._journal.read(before)))
            before = runs[-1].trigger.continues
        return tuple(reversed(runs))

    async def _run_tool(self, run: Run, call: Call, attempt: int) -> e.Event:
        if attempt > 1:
            await self._sleep(self._random.uniform(0, 2 ** (attempt - 1)))
        if why := self._called_off(run, call):
            return e.CallInterrupted(call.call_id, call.tool, why) if attempt > 1 else e.ToolFailed(call.call_id, call.tool, why)
        self._surface.progress(run, call.tool)
        began = self._clock()
        caller = replace(_caller(run), called_off=partial(self._called_off, run, call))
        outcome = await self._toolbox.run(call.tool, call.arguments, key=idempotency_key(run.run_id, call.call_id), caller=caller)
        ms = int((self._clock() - began).total_seconds() * 1000)
        match outcome:
            case Done(text, taints):
                return e.ToolFinished(call.call_id, call.tool, text, ms, taints)
            case Failed(text, taints) if attempt > 1 and call.effect is not Effect.NONE:
                why = f"Attempt {attempt} failed, which says nothing of the first: {text}"
                return e.CallInterrupted(call.call_id, call.tool, why, taints)
            case Failed(text, taints):
                return e.ToolFailed(call.call_id, call.tool, text, ms, taints)
            case unknown:
                return e.CallInterrupted(call.call_id, call.tool, unknown.why, unknown.taints)

    def _called_off(self, run: Run, call: Call) -> str:
        """Why a call that was written down as begun does not leave any more: a halt came in between, or its grant went. Else empty."""
        rules = self._rules_for(run.agent)
        if rules.halt is not None:
            return f"{rules.halt.name} halted {rules.halt.what} before this left, so it did not."
        if call.grant and all(grant.grant_id != call.grant for grant in rules.grants):
            return f"The grant {call.grant} ended before this left, so it did not."
        return ""

    async def _ask_people(self, run: Run, call: Call) -> e.Event:
        rules = self._rules_for(run.agent)
        spec = rules.tools.get(call.tool)
        if spec is None:
            return taken_away(call)
        preview = await self._toolbox.preview(call.tool, call.arguments) if spec.preview else Preview("", "")
        rule = rule_for(call.tool, rules.approvals)
        return question(run, call, spec, rule, (preview.text, preview.fingerprint), self._clock())

    async def _check_rights(self, run: Run, call: Call) -> e.Event:
        """Whether whoever let this call run still may, as the directory knows them now."""
        if grant := next((one for one in self._rules_for(run.agent).grants if one.grant_id == call.grant), None):
            rule, voter = rule_for(call.tool, self._rules_for(run.agent).approvals), await self._directory.voter(grant.by)
            why = withdrawn_right(run, rule, voter, grant.name)
            lapsed = e.GrantLapsed(grant.grant_id, call.call_id, call.tool, why or "")
            return lapsed if why else e.RightsChecked(call.call_id, call.tool)
        if call.ask_id is None or call.grant:
            return e.RightsChecked(call.call_id, call.tool)  # decide looks at the grants anew
        ask = run.asks[call.ask_id]
        voters = {vote.actor: await self._directory.voter(vote.actor) for vote in ask.votes}
        for vote in lost(run, ask, voters):
            why = withdrawn_right(run, ask, voters[vote.actor], vote.name)
            return e.ApprovalVoided(ask.ask_id, call.call_id, call.tool, why or "")
        return e.RightsChecked(call.call_id, call.tool)

    async def _post(self, run: Run, post: str, sending: Awaitable[Posted]) -> e.Event:
        try:
            posted = await sending
        except SurfaceError as error:
            return _unposted(run, post, str(error))
        return e.PostFinished(post, posted.ts, posted.shows, "", posted.channel, posted.picture, posted.drawn)


def _caller(run: Run) -> Caller:
    return Caller(run.run_id, run.agent, run.trigger.place, run.trigger.actor, run.tainted)


def _unposted(run: Run, post: str, why: str) -> e.Event:
    """A message that cannot be delivered is not tried for ever: what it would have said is in the journal."""
    known = run.posts.get(post) or Post()
    return e.PostFinished(post, known.ts or "", run.showing(post), why, known.channel, known.picture, known.drawn)


def _broken(run: Run, action: Action, error: Exception) -> e.Event:
    """What a defect in an adapter means for the run. An effect that broke may have happened."""
    why = f"{type(error).__name__}: {error}"
    match action:
        case RunTool(call_id=call_id):
            return e.CallInterrupted(call_id, run.calls[call_id].tool, why, taints=True)  # nobody knows whose words are in it
        case AskProbe(call_id=call_id):
            return e.ProbeAnswered(call_id, run.calls[call_id].tool, None, why)
        case AskModel():
            return e.ModelFailed(why)
        case CheckRights(call_id=call_id) if (call := run.calls[call_id]).grant:
            return e.GrantLapsed(GrantId(call.grant), call_id, call.tool, f"whoever gave it could not be looked up: {why}")
        case CheckRights(call_id=call_id):
            call = run.calls[call_id]
            return e.ApprovalVoided(AskId(call.ask_id or ""), call_id, call.tool, f"Whoever approved it could not be looked up: {why}")
        case AskPeople(call_id=call_id):
            return e.CallRejected(call_id, run.calls[call_id].tool, f"People could not be asked about it: {why}")
        case PostMessage(post=post) | UpdateMessage(post=post):
            return _unposted(run, post, why)
    raise error
