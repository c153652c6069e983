"""What the promise machine plays on: one run, the law and the people of the moment, and what really happened."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.actions import Action, PostMessage, RunTool, UpdateMessage
from agents.core.approval import Voter, digest, rule_changed, rule_for
from agents.core.calls import Call, CallState
from agents.core.decide import UNSETTLED
from agents.core.fold import apply
from agents.core.grants import Grant
from agents.core.ids import SYSTEM, ActorId, GrantId
from agents.core.plan import plan, recorded
from agents.core.policy import Autonomy, Rules
from agents.core.state import Run
from agents.core.switches import Halt
from agents.core.tool import Effect
from tests.agents.core.histories import started
from tests.world import AGENT, ALICE, BOB, NOON, SPECS, voter

OTHERS = ActorId("T1/U_CAROL")


class Stage:
    """One run and everything around it. Whatever begins is checked at the moment when it begins."""

    def __init__(self, autonomy: Autonomy, *, tainted: bool, required: int) -> None:
        approvals = tuple(replace(rule, required=required, remind=timedelta(hours=1), escalate="#leads") for rule in AGENT.approvals)
        self.law = Rules({**SPECS, "keyed": replace(SPECS["keyed"], grantable=False)}, lambda tool, arguments: None, autonomy, approvals)
        self.run: Run = started(tainted=tainted)
        self.now: datetime = NOON
        self.version = 1
        """Of what previews show."""
        self.operators = {ALICE, BOB, OTHERS}
        self.flying: dict[str, Action] = {}
        self.effects: list[tuple[str, str]] = []
        """(call, question or grant) of each effect that was had."""
        self.approved: dict[str, str] = {}
        """The digest that was approved, by question."""
        self.grants: dict[GrantId, Grant] = {}
        self.met: Counter[str] = Counter()
        """How often what matters was met."""
        self.turn_crank()

    def person(self, actor: ActorId) -> Voter:
        """Somebody as they are now."""
        return voter(actor, *(["operators", "admins"] if actor in self.operators else []))

    @property
    def rules(self) -> Rules:
        """The law of the moment, with the grants that hold."""
        return replace(self.law, grants=tuple(grant for grant in self.grants.values() if grant.live(self.now)))

    def learn(self, *events: e.Event, actor: ActorId = SYSTEM) -> None:
        """These events happened."""
        for event in events:
            self.run = apply(self.run, recorded(self.run, e.Fact(event, actor, self.now)))
            self._keep(event, actor)

    def turn_crank(self) -> None:
        """Decide, and begin what is to begin. Messages arrive at once."""
        planned = plan(self.run, (), self.rules, self.now, self.flying)
        if self.law.halt and self.run.conclusion is None:
            assert all(isinstance(fact.event, e.PostStarted) for fact in planned.facts)
            assert all(isinstance(action, PostMessage | UpdateMessage) for action in planned.begin)
        self.run = planned.run
        for fact in planned.facts:
            self._keep(fact.event, SYSTEM)
        for action in planned.begin:
            if isinstance(action, PostMessage | UpdateMessage):
                self.learn(e.PostFinished(action.post, "1.2", self.run.showing(action.post)))
                continue
            self.flying[action.key] = action
            if isinstance(action, RunTool) and action.attempt == 1:
                self._check_beginning(action)

    def halt(self) -> None:
        """Freeze the agent, or let it go on."""
        self.law = replace(self.law, halt=None if self.law.halt else Halt("triage", BOB, "Bob", "", self.now))
        self.turn_crank()

    def _keep(self, event: e.Event, actor: ActorId) -> None:
        self.met[event.kind] += 1
        if isinstance(event, e.GrantGiven):
            assert self.run.asks[event.ask_id].state == "granted"
            assert self.run.calls[event.call_id].grantable
            self.grants[event.grant_id] = Grant(
                event.grant_id, "triage", event.tool, event.digest, event.arguments, actor, event.name, self.now, event.until, event.uses,
                event.uses, free=event.free,
            )
        if isinstance(event, e.CallJudged) and self.run.tainted and event.effect is Effect.EXTERNAL:
            assert event.decision not in (e.Decision.ALLOW, e.Decision.NOTIFY)
        if isinstance(event, e.CallJudged) and event.grant:
            grant = self.grants[GrantId(event.grant)]
            assert grant.left > 0
            self.grants[grant.grant_id] = replace(grant, left=grant.left - 1)

    def _check_beginning(self, action: RunTool) -> None:
        """An effect begins: it was let run by policy, or by people who may, in exactly this form."""
        call = self.run.calls[action.call_id]
        assert self.law.halt is None
        assert not self.run.stopped_by
        spec = self.law.tools[call.tool]
        assert call.digest == spec.digest
        assert self.law.autonomy is not Autonomy.SHADOW or call.effect is Effect.NONE
        assert call.effect is Effect.NONE or not self._twins(call)
        self.met["asked" if call.decision is e.Decision.ASK else "a grant" if call.grant else "let run"] += 1
        if call.decision is e.Decision.ASK:
            ask = self.run.asks[call.ask_id]  # type: ignore[index]  # it was asked
            assert ask.state == "granted"
            assert ask.expires_at is not None
            assert self.now < ask.expires_at
            assert not spec.preview or (ask.decided_at is not None and self.now - ask.decided_at <= timedelta(minutes=10))
            assert rule_changed(ask, rule_for(call.tool, self.law.approvals)) is None
            self.met["granted and looked up" if call.checked_at else "granted"] += 1
            self.met["two people"] += ask.required == 2
            assert self.approved[ask.ask_id] == digest(spec, call.arguments, self.run.agent, ask.fingerprint)
            assert len({vote.actor for vote in ask.votes}) >= ask.required
            assert all(vote.actor in self.operators or self._just_now(ask.decided_at, call.checked_at) for vote in ask.votes)
        else:
            assert call.decision in (e.Decision.ALLOW, e.Decision.NOTIFY)
            assert not call.edits
            if call.grant:
                grant = self.grants[GrantId(call.grant)]
                assert grant.live(self.now)
                assert grant.by not in call.askers
                assert spec.grantable
                assert rule_for(call.tool, self.law.approvals).required == 1
                assert call.arguments.keys() <= {*grant.arguments, *(grant.free or ())}
                assert replace(grant, left=1).covers(self.run.agent, call.tool, spec.digest, call.arguments)
                assert grant.by in self.operators or self._just_now(call.checked_at)

    def _twins(self, call: Call) -> list[Call]:
        """Calls that would do the same, and whose outcome is not known."""
        same = [one for one in self.run.calls.values() if one != call and (one.tool, one.arguments) == (call.tool, call.arguments)]
        return [one for one in same if one.state in (*UNSETTLED, CallState.ABANDONED)]

    def _just_now(self, *moments: datetime | None) -> bool:
        return any(moment is not None and self.now - moment <= timedelta(minutes=1) for moment in moments)
