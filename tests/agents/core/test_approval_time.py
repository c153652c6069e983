"""What time makes of questions, votes of people who left, and grants that are bounded."""

from dataclasses import replace
from datetime import timedelta

from agents.core import events as e
from agents.core.approval import ApprovalRule, allow, approve, due, lost, question, withdrawn_right
from agents.core.grants import LONGEST, MOST, Terms, grant_of
from agents.core.ids import run_of
from tests.agents.core.histories import A1, C1, after, asks, call, judged, later, proposed, started, waiting
from tests.agents.core.test_approval import HALT, OPERATOR
from tests.world import ALICE, BOB, NOON, WRITE, voter


def test_what_time_alone_makes_of_a_question() -> None:
    plain = waiting().asks[A1]
    ask = replace(plain, remind_at=later(minutes=30), escalate_at=later(hours=1), escalate_to="#ops-leads")
    assert due(ask, "write", later(minutes=29), None) is None
    assert due(ask, "write", later(minutes=30), None) == e.ApprovalReminded(A1, C1, "write")
    assert due(replace(ask, reminded=True), "write", later(minutes=59), None) is None
    assert due(ask, "write", later(hours=1), None) == e.ApprovalEscalated(A1, C1, "write")
    assert due(replace(ask, escalated=True), "write", later(hours=1), None) == e.ApprovalReminded(A1, C1, "write")
    assert due(ask, "write", later(hours=1), HALT) is None
    assert due(ask, "write", later(hours=4), HALT) == e.ApprovalExpired(A1, C1, "write")
    assert due(replace(ask, state="granted"), "write", later(hours=4), None) is None
    limit = after(started(), e.LimitReached(A1, e.Limit.STEPS, "25 turns")).asks[A1]
    assert due(limit, "", later(days=9), None) is None


def test_when_a_question_is_shown_in_a_second_channel() -> None:
    rule = ApprovalRule("*", ("U_BOB",), expires=timedelta(hours=4))
    assert rule.escalates is None
    assert replace(rule, escalate="#leads").escalates == timedelta(hours=2)
    assert replace(rule, escalate="#leads", remind=timedelta(minutes=30)).escalates == timedelta(hours=1)
    assert replace(rule, escalate="#leads", escalate_after=timedelta(minutes=5)).escalates == timedelta(minutes=5)
    run = after(proposed(call()), judged(e.Decision.ASK))
    full = replace(rule, escalate="#leads", remind=timedelta(minutes=30))
    asked_with = question(run, run.calls[C1], WRITE, full, ("", ""), NOON)
    assert (asked_with.remind_at, asked_with.escalate_at, asked_with.escalate_to) == (later(minutes=30), later(hours=1), "#leads")


def test_a_vote_of_somebody_who_lost_the_right_does_not_count() -> None:
    run = after(waiting(required=2), e.VoteCast(A1, C1, "write", "Alice"), actor=ALICE)
    ask, proposal = run.asks[A1], run.calls[C1]
    assert lost(run, ask, {ALICE: OPERATOR}) == ()
    gone = lost(run, ask, {ALICE: voter(ALICE)})
    assert [vote.actor for vote in gone] == [ALICE]
    events = approve(run, ask, proposal, voter(BOB, "operators"), "d", "", gone)
    assert events == (e.VoteWithdrawn(A1, C1, "write", ALICE, "Alice"), e.VoteCast(A1, C1, "write", "Bob"))
    assert "could not be looked up" in (withdrawn_right(run, ask, replace(OPERATOR, is_unknown=True), "Alice") or "")
    assert withdrawn_right(run, ask, replace(OPERATOR, is_deactivated=True), "Alice") == "Alice may not approve this any more."
    assert withdrawn_right(run, ApprovalRule("*", ("role:operators",)), OPERATOR, "Alice") is None


def test_a_grant_is_bounded_whatever_is_asked_for() -> None:
    run = after(proposed(call(service="checkout", reason="slow")), judged(e.Decision.ASK), asks())
    given = allow(run, run.calls[C1], run.asks[A1], "Alice", Terms(10**9, 10**9, ("service", "nothing")), NOON)
    assert (given.arguments, given.uses, given.until) == ({"service": "checkout"}, MOST, NOON + timedelta(seconds=LONGEST))
    assert given.grant_id == f"{run.run_id}.g1"
    assert run_of(given.grant_id) == run.run_id
    assert allow(run, run.calls[C1], run.asks[A1], "Alice", Terms(60, 0, ()), NOON).uses == 1


def test_what_was_given_is_a_grant_with_all_its_uses() -> None:
    run = after(proposed(call(service="checkout", reason="slow")), judged(e.Decision.ASK), asks())
    given = allow(run, run.calls[C1], run.asks[A1], "Alice", Terms(60, 3, ("service",)), NOON)
    grant = grant_of(e.Recorded(run.run_id, 7, NOON, ALICE, "triage", given), given)
    assert (grant.by, grant.agent, grant.left, grant.free, grant.live(NOON)) == (ALICE, "triage", 3, ("reason",), True)
    assert grant.covers("triage", "write", "", {"service": "checkout", "reason": "again"})
