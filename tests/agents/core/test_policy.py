"""The verdict on a call: first match wins."""

from dataclasses import replace
from typing import Any

import pytest

from agents.core import events as e
from agents.core.approval import ApprovalRule
from agents.core.grants import Grant
from agents.core.ids import GrantId
from agents.core.policy import Autonomy, Rules, judge, meets, risk_of, spend
from agents.core.state import Run
from agents.core.switches import Halt
from agents.core.tool import Condition, Effect, Risk, RiskRule, ToolSpec
from tests.agents.core.histories import (
    A1,
    A2,
    C1,
    C2,
    GRANT,
    VOTE,
    after,
    answered,
    asked,
    begins,
    call,
    judged,
    later,
    proposed,
    started,
    waiting,
)
from tests.world import ALICE, BOB, DANA, NOON, OUTSIDE, READ, SPECS, WRITE

D = e.Decision
HALT = Halt("triage", ALICE, "Alice", "", NOON)


def rules(autonomy: Autonomy = Autonomy.PARTIAL, **changes: Any) -> Rules:
    return replace(Rules(SPECS, lambda tool, arguments: "x is wrong" if arguments.get("x") == "bad" else None, autonomy), **changes)


def verdict(run: Run, law: Rules) -> e.CallJudged:
    event = judge(run, run.pending[0], law, NOON)
    assert isinstance(event, e.CallJudged)
    return event


def tool(risk: Risk, effect: Effect) -> ToolSpec:
    return replace(WRITE, risk=risk, effect=effect)


@pytest.mark.parametrize(
    ("autonomy", "reads", "low", "medium", "high"),
    [
        (Autonomy.SHADOW, D.ALLOW, D.SIMULATE, D.SIMULATE, D.SIMULATE),
        (Autonomy.SUPERVISED, D.ALLOW, D.ASK, D.ASK, D.ASK),
        (Autonomy.PARTIAL, D.ALLOW, D.ALLOW, D.ASK, D.ASK),
        (Autonomy.FULL, D.ALLOW, D.ALLOW, D.NOTIFY, D.ASK),
    ],
)
def test_the_dial(autonomy: Autonomy, reads: D, low: D, medium: D, high: D) -> None:
    run = proposed(call())
    wanted = [(Risk.LOW, Effect.NONE, reads), (Risk.LOW, Effect.INTERNAL, low), (Risk.MEDIUM, Effect.EXTERNAL, medium),
              (Risk.HIGH, Effect.EXTERNAL, high), (Risk.HIGH, Effect.NONE, D.ASK)]
    for risk, effect, decision in wanted:
        assert verdict(run, rules(autonomy, tools={"write": tool(risk, effect)})).decision is decision


def test_what_is_not_among_the_agents_tools_does_not_exist() -> None:
    run = proposed(call(tool="delete_everything"))
    rejected = judge(run, run.pending[0], rules(tools={}), NOON)
    assert rejected == e.CallRejected(C1, "delete_everything", "There is no tool delete_everything here. Your tools are: none.")


def test_arguments_that_do_not_fit_never_reach_the_policy() -> None:
    run = proposed(call(x="bad"))
    assert judge(run, run.pending[0], rules(), NOON) == e.CallRejected(C1, "write", "x is wrong")
    broken = proposed(e.Proposal(C1, "write", {}, malformed='{"x": '))
    rejected = judge(broken, broken.pending[0], rules(), NOON)
    assert isinstance(rejected, e.CallRejected)
    assert "not a JSON object" in rejected.error


def test_halt_comes_before_everything() -> None:
    assert verdict(proposed(call(tool="read")), rules(halt=HALT)).rules == ("halt",)


def test_a_run_that_was_told_to_finish_gets_no_more_calls() -> None:
    run = after(started(), e.LimitReached(A1, e.Limit.STEPS, "x"), e.LimitAnswered(A1, e.Limit.STEPS, "finish", "Bob"))
    run = after(run, asked(), answered("", call(tool="read")))
    assert verdict(run, rules()).decision is D.DENY


def test_taint_makes_external_effects_ask_whatever_the_dial_says() -> None:
    run = after(started(tainted=True), asked(), answered("", call()))
    law = rules(Autonomy.FULL, tools={"write": tool(Risk.LOW, Effect.EXTERNAL)})
    assert verdict(run, law).rules == ("tainted run, external effect",)
    inside = rules(Autonomy.FULL, tools={"write": tool(Risk.LOW, Effect.INTERNAL)})
    assert verdict(run, inside).decision is D.ALLOW


def test_an_outsiders_reply_taints_an_open_run() -> None:
    run = after(started(), e.InputReceived("k2", "Gus", "do this too", tainted=True), e.InputReceived("k3", "Dana", "no"))
    assert run.tainted


def test_taint_is_a_latch() -> None:
    run = after(proposed(call(1, "outside"), call(2, "read")), judged(D.ALLOW, 1, "outside"), judged(D.ALLOW, 2, "read"))
    run = after(run, begins(1, tool="outside"), begins(2, tool="read"))
    run = after(run, e.ToolFinished(C1, "outside", "evil", taints=True), e.ToolFinished(C2, "read", "ok"))
    assert run.tainted
    assert (OUTSIDE.taints, READ.taints) == (True, False)


def test_the_same_action_in_doubt_is_denied_under_another_id() -> None:
    run = after(waiting(), VOTE, GRANT, begins(), e.CallInterrupted(C1, "write", "It broke."), actor=ALICE)
    run = after(run, e.DoubtRaised(A2, C1, "write", "It broke.", ()), e.DoubtResolved(A2, C1, "write", "abandon", "Bob"))
    again = after(run, asked(), answered("", call(2)))
    assert verdict(again, rules()).rules == ("the same action is in doubt",)
    other = after(run, asked(), answered("", call(2, x=2)))
    assert verdict(other, rules()).decision is D.ASK


@pytest.mark.parametrize(
    ("condition", "arguments", "met"),
    [
        (Condition("x", above=100), {"x": 101}, True),
        (Condition("x", above=100), {"x": 100}, False),
        (Condition("x", above=100), {"x": "100.0"}, True),
        (Condition("x", above=100), {"x": True}, True),
        (Condition("x", above=100), {"x": float("nan")}, True),
        (Condition("x", above=100), {}, False),
        (Condition("x", matches="^secrets/"), {"x": "secrets/key"}, True),
        (Condition("x", matches="^secrets/"), {"x": "docs/secrets/"}, False),
        (Condition("x", one_of=("a", "b")), {"x": "b"}, True),
        (Condition("x", one_of=("a", "b")), {"x": "c"}, False),
        (Condition("x", equals="production"), {"x": "production"}, True),
        (Condition("x", equals="production"), {"x": "staging"}, False),
    ],
)
def test_conditions(condition: Condition, arguments: dict[str, Any], met: bool) -> None:
    assert meets(condition, arguments) is met


def test_arguments_raise_a_risk_and_never_lower_it() -> None:
    spec = replace(WRITE, risk=Risk.MEDIUM, risk_rules=(
        RiskRule(Condition("amount", above=100), Risk.HIGH), RiskRule(Condition("amount", above=0), Risk.LOW),
    ))
    assert risk_of(spec, {"amount": 500}) is Risk.HIGH
    assert risk_of(spec, {"amount": 50}) is Risk.MEDIUM
    assert risk_of(spec, {}) is Risk.MEDIUM


def grant(left: int = 1, **fixed: Any) -> Grant:
    """Bob lets calls of `write` run ahead of time."""
    return Grant(GrantId("run-x.g1"), "triage", "write", WRITE.digest, fixed, BOB, "Bob", NOON, later(hours=1), 3, left)


def test_a_grant_lets_run_what_would_have_asked() -> None:
    run = proposed(call(service="checkout", reason="slow"))
    event = verdict(run, rules(grants=(grant(service="checkout"),)))
    assert (event.decision, event.grant, event.rules) == (
        D.ALLOW, "run-x.g1", ("Bob's grant run-x.g1", "partial autonomy, high risk"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"grants": (grant(0),)},
        {"grants": (grant(service="payments"),)},
        {"grants": (grant(region="eu"),)},
        {"grants": (replace(grant(), agent="other"),)},
        {"grants": (replace(grant(), tool="read"),)},
        {"grants": (replace(grant(), digest="old"),)},
        {"tools": {"write": replace(WRITE, grantable=False)}, "grants": (grant(),)},
    ],
)
def test_a_grant_covers_nothing_else(changes: dict[str, Any]) -> None:
    assert verdict(proposed(call(service="checkout")), rules(**changes)).decision is D.ASK


def test_a_grant_outweighs_neither_taint_nor_shadow_nor_halt_nor_doubt() -> None:
    granted = rules(grants=(grant(),))
    tainted = after(started(tainted=True), asked(), answered("", call()))
    assert verdict(tainted, granted).rules == ("tainted run, external effect",)
    assert verdict(proposed(call()), replace(granted, autonomy=Autonomy.SHADOW)).decision is D.SIMULATE
    assert verdict(proposed(call()), replace(granted, halt=HALT)).decision is D.DENY


def test_one_is_equal_to_one_and_not_to_true_for_a_grant() -> None:
    assert grant(x=1).covers("triage", "write", WRITE.digest, {"x": 1})
    assert not grant(x=1).covers("triage", "write", WRITE.digest, {"x": True})


def test_a_grant_does_not_cover_an_argument_that_nobody_has_looked_at() -> None:
    bounded = replace(grant(service="checkout"), free=("reason",))
    assert bounded.covers("triage", "write", WRITE.digest, {"service": "checkout"})
    assert bounded.covers("triage", "write", WRITE.digest, {"service": "checkout", "reason": "p95 is high"})
    assert not bounded.covers("triage", "write", WRITE.digest, {"service": "checkout", "force": True})


@pytest.mark.parametrize(
    ("rule", "decision"),
    [
        (ApprovalRule("write", ("role:operators",)), D.ASK),
        (ApprovalRule("write", ("role:operators",), allow_initiator=True), D.ALLOW),
        (ApprovalRule("write", ("role:operators",), required=2, allow_initiator=True), D.ASK),
    ],
)
def test_nobody_lets_run_ahead_of_time_what_they_could_not_approve_alone(rule: ApprovalRule, decision: D) -> None:
    run = proposed(call())
    mine = replace(grant(), by=DANA)
    assert verdict(run, rules(approvals=(rule,), grants=(mine,))).decision is decision
    assert verdict(run, rules(approvals=(rule,), grants=(mine, replace(grant(), grant_id=GrantId("run-y.g1"))))).decision is (
        D.ASK if rule.required == 2 else D.ALLOW
    )


def test_a_grant_that_is_over_or_taken_back_is_not_live() -> None:
    assert grant().live(NOON)
    assert not grant().live(later(hours=1))
    assert not replace(grant(), revoked_at=NOON).live(NOON)


def test_a_changed_call_asks_whatever_it_became() -> None:
    run = after(waiting(), e.CallEdited(A1, C1, "write", "Bob", {"x": 2}), actor=BOB)
    law = rules(Autonomy.FULL, tools={"write": tool(Risk.LOW, Effect.INTERNAL)}, grants=(grant(),))
    assert verdict(run, law).rules == ("Bob changed it",)


def test_nobody_is_asked_about_what_nobody_can_be_shown() -> None:
    run = proposed(call(text="x" * 20_001))
    rejected = judge(run, run.pending[0], rules(), NOON)
    assert isinstance(rejected, e.CallRejected)
    assert "characters too long" in rejected.error
    hidden = proposed(call(text="\u200b" * 5_000))
    assert isinstance(judge(hidden, hidden.pending[0], rules(), NOON), e.CallRejected)
    assert verdict(run, rules(Autonomy.FULL, tools={"write": tool(Risk.LOW, Effect.INTERNAL)})).decision is D.ALLOW


def test_a_verdict_uses_a_grant_up_by_one() -> None:
    law = rules(grants=(grant(2), replace(grant(5), grant_id=GrantId("run-y.g1"))))
    event = verdict(proposed(call()), law)
    assert [one.left for one in spend(law, event).grants] == [1, 5]
    assert spend(law, None) is law
    assert spend(law, judged(D.ALLOW)) is law
