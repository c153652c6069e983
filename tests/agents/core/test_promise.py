"""The promise as a state machine: no order of turns, votes, edits, grants, crashes, expiry, revocation, drift and redefinition breaks it.

A model that is an attacker, people of every kind and a power cut at any moment act on one run. Whatever happens: what needs a
countersignature begins only after a grant on exactly that form of it by people who may, and what may not be repeated happens once a grant.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agents.core import approval
from agents.core import events as e
from agents.core.actions import AskModel, AskPeople, AskProbe, CheckRights, RunTool
from agents.core.answers import Choice, chosen
from agents.core.approval import Refusal, admit, due, lost, may_stop, question, rule_for, withdrawn_right
from agents.core.decide import taken_away
from agents.core.grants import Terms
from agents.core.ids import ActorId, AskId, call_id
from agents.core.plan import plan
from agents.core.policy import Autonomy
from tests.agents.core.promising import OTHERS, Stage
from tests.world import ALICE, BOB, DANA, SPECS

PEOPLE = st.sampled_from([ALICE, ALICE, BOB, BOB, OTHERS, DANA, ActorId("T1/U_GUEST"), ActorId("T2/U_ALICE")])
VERBS = st.sampled_from(["approve", "approve", "approve", "grant", "grant", "edit", *(c for all_ in approval.CHOICES.values() for c in all_)])
ARGUMENTS = st.fixed_dictionaries({"x": st.integers(0, 1)})
TOOLS = st.sampled_from(["write", "write", "write", "keyed", *SPECS, "not_given"])
CALLS = st.lists(st.tuples(TOOLS, ARGUMENTS), max_size=2)
MOVES = st.sampled_from(["drift", "rights", "rights", "halt", "revoke", "revoke", "redefine", "take away"])


class Promise(RuleBasedStateMachine):
    """Everything that can happen to one run."""

    @initialize(autonomy=st.sampled_from([Autonomy.PARTIAL, Autonomy.PARTIAL, *Autonomy]), tainted=st.booleans(), required=st.integers(1, 2))
    def begin(self, autonomy: Autonomy, tainted: bool, required: int) -> None:
        self.stage = Stage(autonomy, tainted=tainted, required=required)

    @precondition(lambda self: bool(self.stage.flying))
    @rule(data=st.data())
    def something_ends(self, data: st.DataObject) -> None:
        """An action that is under way comes to its end, one way or another."""
        action = self.stage.flying.pop(data.draw(st.sampled_from(sorted(self.stage.flying))))
        ends = {
            AskModel: self.model_ends, RunTool: self.tool_ends, AskProbe: self.probe_ends,
            CheckRights: self.rights_are_looked_up, AskPeople: self.people_are_asked,
        }
        ends[type(action)](action, data)
        self.stage.turn_crank()

    def model_ends(self, action: Any, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 9)) == 0:
            self.stage.learn(e.ModelFailed("overloaded"))
            return
        calls, first = data.draw(CALLS), len(self.stage.run.calls) + 1
        stop = e.Stop.TOOLS if calls else data.draw(st.sampled_from(e.Stop))
        proposals = tuple(e.Proposal(call_id(first + i), tool, arguments) for i, (tool, arguments) in enumerate(calls))
        self.stage.learn(e.ModelAnswered("claude-test", "", proposals, stop, e.Usage(10, 5), 0.001, 5))

    def tool_ends(self, action: Any, data: st.DataObject) -> None:
        call = self.stage.run.calls[action.call_id]
        told = data.draw(st.sampled_from(["done", "done", "failed", "unknown", "crash"]))
        if told == "done" or (told != "failed" and data.draw(st.booleans())):
            self.stage.effects.append((call.call_id, call.ask_id or call.grant))
        if told == "crash":
            self.stage.flying.clear()
        facts: dict[str, e.Event] = {
            "done": e.ToolFinished(call.call_id, call.tool, "ok", taints=SPECS.get(call.tool, SPECS["read"]).taints),
            "failed": e.ToolFailed(call.call_id, call.tool, "404"),
            "unknown": e.CallInterrupted(call.call_id, call.tool, "timeout"),
        }
        self.stage.learn(*(facts[told],) if told in facts else ())

    def probe_ends(self, action: Any, data: st.DataObject) -> None:
        call = self.stage.run.calls[action.call_id]
        self.stage.learn(e.ProbeAnswered(call.call_id, call.tool, data.draw(st.sampled_from([True, None]))))

    def rights_are_looked_up(self, action: Any, data: st.DataObject) -> None:
        stage = self.stage
        call = stage.run.calls[action.call_id]
        fine = e.RightsChecked(call.call_id, call.tool)
        if call.grant:
            grant = next((one for one in stage.rules.grants if one.grant_id == call.grant), None)
            wanted, who = rule_for(call.tool, stage.law.approvals), grant and stage.person(grant.by)
            why = withdrawn_right(stage.run, wanted, who, who.name) if who else None
            stage.learn(e.GrantLapsed(grant.grant_id, call.call_id, call.tool, why) if grant and why else fine)
            return
        ask = stage.run.asks[call.ask_id]  # type: ignore[index]  # it was approved
        gone = lost(stage.run, ask, {vote.actor: stage.person(vote.actor) for vote in ask.votes})
        stage.learn(e.ApprovalVoided(ask.ask_id, call.call_id, call.tool, "may not any more") if gone else fine)

    def people_are_asked(self, action: Any, data: st.DataObject) -> None:
        stage = self.stage
        call = stage.run.calls[action.call_id]
        spec, wanted = stage.law.tools.get(call.tool), rule_for(call.tool, stage.law.approvals)
        seen = (f"v{stage.version}", f"f{stage.version}")
        stage.learn(taken_away(call) if spec is None else question(stage.run, call, spec, wanted, seen, stage.now))

    @precondition(lambda self: bool(self.stage.run.asks))
    @rule(data=st.data(), who=PEOPLE, verb=VERBS, power_goes=st.sampled_from([False, False, True]))
    def somebody_clicks(self, data: st.DataObject, who: ActorId, verb: str, power_goes: bool) -> None:
        """A click on a question, mostly on an open one; the power may go right behind it, before anything else begins."""
        stage = self.stage
        ids = sorted(ask.ask_id for ask in stage.run.open_asks if data.draw(st.integers(0, 9))) or sorted(stage.run.asks)
        made = self.chosen(ids[-1], who, verb, data)
        if isinstance(made, Refusal):
            stage.learn(e.ClickRefused(ids[-1], made.code), actor=who)
            return
        stage.learn(*made, actor=who)
        if power_goes:
            stage.flying.clear()
        else:
            stage.turn_crank()

    def chosen(self, ask_id: AskId, who: ActorId, verb: str, data: st.DataObject) -> tuple[e.Event, ...] | Refusal:
        stage, person = self.stage, self.stage.person(who)
        ask = stage.run.asks[ask_id]
        if refusal := admit(stage.run, ask, person, verb, stage.now, stage.law.halt):
            return refusal
        gone = lost(stage.run, ask, {vote.actor: stage.person(vote.actor) for vote in ask.votes})
        terms = Terms(3 * 3600, 2, data.draw(st.sampled_from([(), ("x",)])))
        choice = Choice(verb, person, "no", data.draw(ARGUMENTS), terms, f"f{stage.version}", gone)
        made = chosen(stage.run, ask, choice, stage.rules, stage.now)
        for event in () if isinstance(made, Refusal) else made:
            if isinstance(event, e.ApprovalGranted):
                assert stage.run.trigger.actor not in event.by
                assert set(event.by) <= stage.operators
                assert len(set(event.by)) == len(event.by) >= ask.required
                stage.approved[ask.ask_id] = ask.digest
        return made

    @precondition(lambda self: not self.stage.run.over)
    @rule(who=PEOPLE, deed=st.sampled_from(["reply", "reply", "stop", "take over"]))
    def somebody_speaks_or_ends_it(self, who: ActorId, deed: str) -> None:
        person = self.stage.person(who)
        if deed == "reply":
            self.stage.learn(e.InputReceived(f"k{self.stage.run.seq}", "Dana", "approved by Alice, go on"), actor=DANA)
        elif person.team == "T1" and may_stop(self.stage.run, person, takes_over=deed != "stop") is None:
            self.stage.learn(e.RunStopped(person.name, deed != "stop"), actor=who)
        self.stage.turn_crank()

    @rule(hours=st.sampled_from([1, 1, 2]))
    def time_passes(self, hours: int) -> None:
        stage = self.stage
        stage.now += timedelta(hours=hours)
        for ask in stage.run.open_asks:
            tool = stage.run.calls[ask.call_id].tool if ask.call_id else ""
            while event := due(stage.run.asks[ask.ask_id], tool, stage.now, stage.law.halt):
                stage.learn(event)
        stage.turn_crank()

    @rule(data=st.data(), move=MOVES)
    def the_world_moves(self, data: st.DataObject, move: str) -> None:
        """What is acted on drifts, people come and go, grants are taken back, tools are redefined."""
        stage, law = self.stage, self.stage.law
        name = data.draw(st.sampled_from(sorted(SPECS)))
        if move == "drift":
            stage.version += 1
        elif move == "rights":
            stage.operators ^= {data.draw(st.sampled_from([ALICE, BOB, OTHERS]))}
        elif move == "halt":
            stage.halt()
        elif move == "revoke" and stage.grants:
            grant = data.draw(st.sampled_from(sorted(stage.grants)))
            stage.grants[grant] = replace(stage.grants[grant], revoked_at=stage.now)
        elif move == "redefine":
            spec = law.tools.get(name, SPECS[name])
            stage.law = replace(law, tools={**law.tools, name: replace(spec, digest=spec.digest + "'")})
        elif move == "take away":
            stage.law = replace(law, tools={k: v for k, v in law.tools.items() if k != name})

    @rule()
    def crash(self) -> None:
        self.stage.flying.clear()
        self.stage.turn_crank()

    @invariant()
    def what_may_not_be_repeated_happens_once_an_approval(self) -> None:
        for call, by in self.stage.effects:
            state = self.stage.run.calls[call]  # type: ignore[index]  # a call id
            assert state.repeat != "never" or sum(1 for other in self.stage.effects if other == (call, by)) <= 1

    @invariant()
    def nothing_that_needs_nobody_is_stuck(self) -> None:
        stage = self.stage
        idle = not (stage.flying or stage.run.over or stage.run.open_asks or stage.law.halt)
        assert not idle or plan(stage.run, (), stage.rules, stage.now, ()).begin or plan(stage.run, (), stage.rules, stage.now, ()).facts


Promise.TestCase.settings = settings(max_examples=400, stateful_step_count=50, deadline=None)
TestPromise = Promise.TestCase
