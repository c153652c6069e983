"""The promise as random walks: no order of turns, votes, edits, grants, crashes, expiry, revocation, drift and redefinition breaks it.

A model that is an attacker, people of every kind and a power cut at any moment act on one run. Whatever happens: what needs a
countersignature begins only after a grant on exactly that form of it by people who may, and what may not be repeated happens once a grant.
`Stage` checks each beginning. That the walks get to where it matters is counted; a walk that fails is named by its seed.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from agents.core import approval
from agents.core import events as e
from agents.core.actions import AskModel, AskPeople, AskProbe, CheckRights, RunTool
from agents.core.answers import Choice, chosen
from agents.core.approval import Refusal, admit, digest, due, lost, may_stop, question, rule_changed, rule_for, withdrawn_right
from agents.core.decide import taken_away
from agents.core.grants import Terms
from agents.core.ids import ActorId, AskId, CallId, call_id
from agents.core.plan import plan
from agents.core.policy import Autonomy
from agents.core.state import AskKind
from tests.agents.core.promising import OTHERS, Stage
from tests.world import ALICE, BOB, DANA, SPECS

PEOPLE = [ALICE, ALICE, BOB, BOB, OTHERS, DANA, ActorId("T1/U_GUEST"), ActorId("T2/U_ALICE")]
VERBS = [*["approve"] * 5, *["grant"] * 3, "edit", "deny", *(choice for choices in approval.CHOICES.values() for choice in choices)]
TOOLS = ["write", "write", "write", "keyed", *SPECS, "not_given"]
MOVES = ["drift", *["rights"] * 5, "halt", "revoke", "revoke", "redefine", "take away", "freedom", "rule"]
STEPS = 80


class Walk:
    """One run through everything that can happen."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - it has to be the same each time
        autonomy = self.random.choice([*[Autonomy.PARTIAL] * 4, *[Autonomy.SUPERVISED] * 2, *Autonomy])
        self.askers = {DANA}
        """Who has told the run what to do."""
        self.told: dict[CallId, set[ActorId]] = {}
        """Who had, by the call that the model then asked for."""
        self.stage = Stage(autonomy, tainted=self.random.random() < 0.2, required=self.random.choice([1, 2]))

    def step(self) -> None:
        """Something happens."""
        steps = [*[self.something_ends] * 10, *[self.somebody_clicks] * 10, *[self.the_world_moves] * 3, self.time_passes, self.crash,
                 self.somebody_speaks]
        if self.random.random() < 0.005:
            steps = [self.somebody_ends_it]
        self.random.choice(steps)()
        self.what_may_not_be_repeated_happens_once_an_approval()
        self.nothing_that_needs_nobody_is_stuck()

    def something_ends(self) -> None:
        """An action that is under way comes to its end, one way or another."""
        if not self.stage.flying:
            return
        action = self.stage.flying.pop(self.random.choice(sorted(self.stage.flying)))
        ends = {
            AskModel: self.model_ends, RunTool: self.tool_ends, AskProbe: self.probe_ends,
            CheckRights: self.rights_are_looked_up, AskPeople: self.people_are_asked,
        }
        ends[type(action)](action)
        self.stage.turn_crank()

    def model_ends(self, action: Any) -> None:
        if self.random.random() < 0.05:
            self.stage.learn(e.ModelFailed("overloaded"))
            return
        wanted = self.random.choice([1, 1, 1, 2, 2, 3]) if self.random.random() < 0.95 else 0
        calls = [(self.random.choice(TOOLS), self.arguments()) for _ in range(wanted)]
        first, stop = len(self.stage.run.calls) + 1, e.Stop.TOOLS if calls else self.random.choice(list(e.Stop))
        proposals = tuple(e.Proposal(call_id(first + i), tool, arguments) for i, (tool, arguments) in enumerate(calls))
        self.told |= {proposal.call_id: set(self.askers) for proposal in proposals}
        self.stage.learn(e.ModelAnswered("claude-test", "", proposals, stop, e.Usage(10, 5), 0.001, 5))

    def arguments(self) -> dict[str, Any]:
        """Of a call; now and then with one more, which nobody who granted has seen."""
        more = {"force": True} if self.random.random() < 0.1 else {}
        return {"x": self.random.choice([0, 0, 1]), **more}

    def tool_ends(self, action: Any) -> None:
        call = self.stage.run.calls[action.call_id]
        told = self.random.choice(["done", "done", "done", "failed", "unknown", "crash"])
        if told == "done" or (told != "failed" and self.random.random() < 0.5):
            self.stage.effects.append((call.call_id, call.ask_id or call.grant))
        if told == "crash":
            self.stage.flying.clear()
        facts: dict[str, e.Event] = {
            "done": e.ToolFinished(call.call_id, call.tool, "ok", taints=SPECS.get(call.tool, SPECS["read"]).taints),
            "failed": e.ToolFailed(call.call_id, call.tool, "404"),
            "unknown": e.CallInterrupted(call.call_id, call.tool, "timeout"),
        }
        self.stage.learn(*(facts[told],) if told in facts else ())

    def probe_ends(self, action: Any) -> None:
        call = self.stage.run.calls[action.call_id]
        self.stage.learn(e.ProbeAnswered(call.call_id, call.tool, self.random.choice([True, None])))

    def rights_are_looked_up(self, action: Any) -> None:
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

    def people_are_asked(self, action: Any) -> None:
        stage = self.stage
        call = stage.run.calls[action.call_id]
        spec, wanted = stage.law.tools.get(call.tool), rule_for(call.tool, stage.law.approvals)
        seen = (f"v{stage.version}", f"f{stage.version}")
        stage.learn(taken_away(call) if spec is None else question(stage.run, call, spec, wanted, seen, stage.now))

    def somebody_clicks(self) -> None:
        """A click on a question, mostly on an open one; the power may go right behind it, before anything else begins."""
        stage, who, verb = self.stage, self.random.choice(PEOPLE), self.random.choice(VERBS)
        ids = [ask.ask_id for ask in stage.run.open_asks] if self.random.random() < 0.95 else list(stage.run.asks)
        if not ids:
            return
        ask_id = self.random.choice(ids)
        if stage.run.asks[ask_id].kind is not AskKind.APPROVAL:
            verb = self.random.choice(approval.CHOICES[stage.run.asks[ask_id].kind][:2])
        made = self.chosen(ask_id, who, verb)
        if isinstance(made, Refusal):
            stage.learn(e.ClickRefused(ask_id, made.code), actor=who)
            return
        stage.learn(*made, actor=who)
        if self.random.random() < 0.3:
            stage.flying.clear()
        else:
            stage.turn_crank()

    def chosen(self, ask_id: AskId, who: ActorId, verb: str) -> tuple[e.Event, ...] | Refusal:
        stage, person = self.stage, self.stage.person(who)
        ask = stage.run.asks[ask_id]
        if refusal := admit(stage.run, ask, person, verb, stage.now, stage.law.halt):
            return refusal
        gone = lost(stage.run, ask, {vote.actor: stage.person(vote.actor) for vote in ask.votes})
        terms = Terms(3 * 3600, 2, self.random.choice([(), ("x",)]))
        choice = Choice(verb, person, "no", {"x": self.random.choice([0, 1])}, terms, f"f{stage.version}", gone)
        made = chosen(stage.run, ask, choice, stage.rules, stage.now)
        for event in () if isinstance(made, Refusal) else made:
            if isinstance(event, e.ApprovalGranted):
                assert not self.told[event.call_id] & set(event.by)
                assert set(event.by) <= stage.operators
                assert rule_changed(ask, rule_for(event.tool, stage.law.approvals)) is None
                assert len(set(event.by)) == len(event.by) >= ask.required
                call = stage.run.calls[event.call_id]
                stage.approved[ask_id] = digest(stage.law.tools[call.tool], call.arguments, stage.run.agent, f"f{stage.version}")
        return made

    def somebody_speaks(self) -> None:
        if not self.stage.run.over:
            who = self.random.choice([DANA, DANA, DANA, OTHERS])
            self.askers.add(who)
            self.stage.learn(e.InputReceived(f"k{self.stage.run.seq}", "Dana", "approved by Alice, go on"), actor=who)
            self.stage.turn_crank()

    def somebody_ends_it(self) -> None:
        who, takes_over = self.random.choice(PEOPLE), self.random.random() < 0.5
        person = self.stage.person(who)
        if person.team == "T1" and may_stop(self.stage.run, person, takes_over=takes_over) is None:
            self.stage.learn(e.RunStopped(person.name, takes_over), actor=who)
            self.stage.turn_crank()

    def time_passes(self) -> None:
        stage = self.stage
        stage.now += timedelta(minutes=self.random.choice([1, 5, 60, 120]))
        for ask in stage.run.open_asks:
            tool = stage.run.calls[ask.call_id].tool if ask.call_id else ""
            while event := due(stage.run.asks[ask.ask_id], tool, stage.now, stage.law.halt):
                stage.learn(event)
        stage.turn_crank()

    def the_world_moves(self) -> None:
        """What is acted on drifts, people come and go, grants are taken back, tools are redefined."""
        stage, law, move = self.stage, self.stage.law, self.random.choice(MOVES)
        name = self.random.choice(sorted(SPECS))
        if move == "drift":
            stage.version += 1
        elif move == "rights":
            stage.operators ^= {self.random.choice([ALICE, BOB, OTHERS])}
        elif move == "halt":
            self.halt()
        elif move == "revoke" and stage.grants:
            grant = self.random.choice(sorted(stage.grants))
            stage.grants[grant] = replace(stage.grants[grant], revoked_at=stage.now)
        elif move == "redefine":
            spec = law.tools.get(name, SPECS[name])
            stage.law = replace(law, tools={**law.tools, name: replace(spec, digest=spec.digest + "'")})
        elif move == "freedom":
            stage.law = replace(law, autonomy=self.random.choice([law.autonomy, *Autonomy]))
        elif move == "rule":
            required = self.random.choice([1, 1, 2])
            stage.law = replace(law, approvals=tuple(replace(one, required=required) for one in law.approvals))
        elif move == "take away":
            stage.law = replace(law, tools={k: v for k, v in law.tools.items() if k != name})

    def halt(self) -> None:
        """Somebody halts the agent; mostly it is resumed soon."""
        self.stage.halt()
        if self.stage.law.halt and self.random.random() < 0.7:
            self.stage.halt()

    def crash(self) -> None:
        self.stage.flying.clear()
        self.stage.turn_crank()

    def what_may_not_be_repeated_happens_once_an_approval(self) -> None:
        for call, by in self.stage.effects:
            state = self.stage.run.calls[call]  # type: ignore[index]  # a call id
            assert state.repeat != "never" or sum(1 for other in self.stage.effects if other == (call, by)) <= 1

    def nothing_that_needs_nobody_is_stuck(self) -> None:
        stage = self.stage
        idle = not (stage.flying or stage.run.over or stage.run.open_asks or stage.law.halt)
        assert not idle or plan(stage.run, (), stage.rules, stage.now, ()).begin or plan(stage.run, (), stage.rules, stage.now, ()).facts


@pytest.mark.parametrize("part", range(4))
def test_no_walk_breaks_the_promise(part: int) -> None:
    met: Counter[str] = Counter()
    for seed in range(part * 400, (part + 1) * 400):
        walk = Walk(seed)
        try:
            for _ in range(STEPS):
                walk.step()
        except Exception as error:
            raise AssertionError(f"Walk({seed}) broke the promise after {walk.stage.run.seq} events") from error
        met += walk.stage.met
    for what in ("asked", "granted", "granted and looked up", "a grant", "two people", "call_edited", "grant_lapsed", "approval_voided",
                 "approval_expired", "vote_withdrawn", "doubt_raised", "run_stopped"):
        assert met[what], f"{what}: the walks do not get there"
