"""Who may decide, on what, until when."""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import (
    CHOICES,
    ApprovalRule,
    Refusal,
    Voter,
    admit,
    approve,
    digest,
    may_decide,
    may_stop,
    question,
    rule_changed,
    rule_for,
)
from agents.core.ids import ActorId, local_person
from agents.core.state import AskKind
from agents.core.switches import Halt
from tests.agents.core.histories import A1, A2, C1, after, answered, asked, asks, begins, call, judged, later, proposed, started, waiting
from tests.world import ALICE, BOB, DANA, NOON, WRITE, voter

OPERATOR = voter(ALICE, "operators")
HALT = Halt("", BOB, "Bob", "a leak", NOON)


def code(refusal: Refusal | None) -> str | None:
    """Why somebody may not; None where they may."""
    return refusal.code if refusal else None


@pytest.mark.parametrize(
    ("who", "choice", "code"),
    [
        (OPERATOR, "approve", None),
        (OPERATOR, "deny", None),
        (OPERATOR, "raise", "choice"),
        (voter(ALICE), "approve", "approver"),
        (voter(DANA, "operators"), "approve", "initiator"),
        (voter(DANA), "deny", None),
        (replace(OPERATOR, is_bot=True), "approve", "bot"),
        (replace(OPERATOR, is_guest=True), "approve", "guest"),
        (replace(OPERATOR, is_deactivated=True), "approve", "deactivated"),
        (replace(OPERATOR, is_foreign=True), "approve", "foreign"),
        (replace(OPERATOR, is_unknown=True), "approve", "unknown"),
        (replace(OPERATOR, team="T2"), "approve", "foreign"),
        (Voter(local_person("root"), "root", "root", "local", is_local=True), "approve", None),
    ],
)
def test_who_is_admitted(who: Voter, choice: str, code: str | None) -> None:
    run = waiting()
    refusal = admit(run, run.asks[A1], who, choice, NOON)
    assert (refusal and refusal.code) == code


def test_who_is_a_member() -> None:
    assert OPERATOR.is_member
    assert not replace(OPERATOR, is_guest=True).is_member


def test_in_time_by_our_clock() -> None:
    run = waiting()
    assert admit(run, run.asks[A1], OPERATOR, "approve", later(hours=3, minutes=59)) is None
    late = admit(run, run.asks[A1], OPERATOR, "approve", later(hours=4))
    assert late is not None
    assert late.code == "expired"
    assert "neither approved nor denied" in late.text


def test_nothing_is_decided_of_a_run_that_is_over() -> None:
    run = after(waiting(), e.RunFinished(e.Outcome.STOPPED))
    refusal = admit(run, run.asks[A1], OPERATOR, "approve", NOON)
    assert refusal is not None
    assert refusal.code == "closed"


def test_what_was_decided_stays_decided() -> None:
    run = after(waiting(), e.ApprovalDenied(A1, C1, "write", "Bob", "no"))
    refusal = admit(run, run.asks[A1], OPERATOR, "approve", NOON)
    assert refusal is not None
    assert refusal.text == "This was already decided: denied by Bob."
    void = after(waiting(), e.ApprovalVoided(A1, C1, "write", "It moved."))
    again = admit(void, void.asks[A1], OPERATOR, "approve", NOON)
    assert again is not None
    assert again.text == "This was already decided: void."


def test_an_empty_list_admits_nobody() -> None:
    run = waiting(approvers=())
    for who in (OPERATOR, Voter(local_person("root"), "root", "root", "local", is_local=True)):
        refusal = admit(run, run.asks[A1], who, "approve", NOON)
        assert refusal is not None
        assert "names no approvers" in refusal.text


def test_by_id_by_role_and_by_full_id() -> None:
    assert may_decide(("U_ALICE",), voter(ALICE))
    assert may_decide((ALICE,), voter(ALICE))
    assert may_decide(("role:operators",), OPERATOR)
    assert not may_decide(("operators",), OPERATOR)
    assert not may_decide(("role:admins",), OPERATOR)


def test_the_initiator_where_that_is_allowed() -> None:
    run = waiting()
    ask = replace(run.asks[A1], allow_initiator=True)
    assert admit(run, ask, voter(DANA, "operators"), "approve", NOON) is None


def test_two_people_are_two_people() -> None:
    run = waiting(required=2)
    ask, proposal = run.asks[A1], run.calls[C1]
    first = approve(run, ask, proposal, OPERATOR, "d", "")
    assert first == (e.VoteCast(A1, C1, "write", "Alice"),)
    run = after(run, *first, actor=ALICE)
    again = admit(run, run.asks[A1], OPERATOR, "approve", NOON)
    assert again is not None
    assert again.code == "twice"
    second = approve(run, run.asks[A1], proposal, voter(BOB, "operators"), "d", "")
    assert second[-1] == e.ApprovalGranted(A1, C1, "write", (ALICE, BOB))


def test_what_moved_is_void() -> None:
    run = waiting()
    assert approve(run, run.asks[A1], run.calls[C1], OPERATOR, "other", "It moved.") == (e.ApprovalVoided(A1, C1, "write", "It moved."),)


@pytest.mark.parametrize(
    ("who", "choice", "code"),
    [
        (voter(DANA), "finish", None),  # who asked for it may end it
        (voter(DANA), "stop", None),
        (voter(DANA), "raise", "role"),
        (voter(BOB), "stop", "role"),
        (OPERATOR, "raise", None),
        (replace(OPERATOR, is_guest=True), "finish", "guest"),
    ],
)
def test_who_may_answer_for_a_limit(who: Voter, choice: str, code: str | None) -> None:
    run = after(started(), e.LimitReached(A1, e.Limit.STEPS, "25 turns"))
    refusal = admit(run, run.asks[A1], who, choice, NOON)
    assert (refusal and refusal.code) == code


def test_nothing_is_decided_while_the_agent_is_halted() -> None:
    run = waiting()
    refusal = admit(run, run.asks[A1], OPERATOR, "approve", NOON, HALT)
    assert refusal is not None
    assert (refusal.code, "Bob has halted every agent" in refusal.text) == ("halted", True)


def test_guests_and_strangers_where_the_rule_lets_them() -> None:
    run = waiting()
    ask = replace(run.asks[A1], allow_guests=True, allow_foreign=True, approvers=("role:operators", "U_EVE"))
    assert admit(run, ask, replace(OPERATOR, is_guest=True), "approve", NOON) is None
    assert admit(run, ask, Voter(ActorId("T2/U_EVE"), "U_EVE", "Eve", "T2", is_foreign=True), "approve", NOON) is None
    asked_for = replace(ApprovalRule("*", ("role:operators",)), allow_guests=True)
    assert rule_changed(run.asks[A1], asked_for) is not None


def test_who_may_grant() -> None:
    run = waiting()
    assert admit(run, run.asks[A1], OPERATOR, "grant", NOON) is None
    assert code(admit(run, replace(run.asks[A1], required=2), OPERATOR, "grant", NOON)) == "grant"
    single = after(proposed(call()), replace(judged(e.Decision.ASK), grantable=False), asks())
    assert code(admit(single, single.asks[A1], OPERATOR, "grant", NOON)) == "grant"
    assert code(admit(run, run.asks[A1], voter(BOB), "grant", NOON)) == "approver"


def test_whoever_has_voted_may_still_change_the_call() -> None:
    run = after(waiting(required=2), e.VoteCast(A1, C1, "write", "Alice"), actor=ALICE)
    assert code(admit(run, run.asks[A1], OPERATOR, "approve", NOON)) == "twice"
    assert admit(run, run.asks[A1], OPERATOR, "edit", NOON) is None


def test_who_may_stop_a_run_and_who_may_take_it_over() -> None:
    run = waiting()
    assert may_stop(run, voter(DANA)) is None
    assert code(may_stop(run, voter(DANA), takes_over=True)) == "role"
    assert code(may_stop(run, voter(BOB))) == "role"
    assert may_stop(run, OPERATOR, takes_over=True) is None
    stopped = after(run, e.RunStopped("Alice"), actor=ALICE)
    assert code(may_stop(stopped, OPERATOR)) == "closed"
    assert code(may_stop(after(stopped, e.RunFinished(e.Outcome.STOPPED)), OPERATOR)) == "closed"


def test_whoever_told_the_run_what_to_do_before_it_asked_is_an_initiator_too() -> None:
    told = after(started(), e.InputReceived("k2", "Alice", "roll it back"), actor=ALICE)
    run = after(told, asked(), answered("", call()), judged(e.Decision.ASK), asks())
    refusal = admit(run, run.asks[A1], OPERATOR, "approve", NOON)
    assert refusal is not None
    assert refusal.code == "initiator"
    spoke_later = after(waiting(), e.InputReceived("k3", "Alice", "I look at it"), actor=ALICE)
    assert admit(spoke_later, spoke_later.asks[A1], OPERATOR, "approve", NOON) is None


def test_whoever_holds_the_machine_can_settle_a_doubt_that_names_nobody() -> None:
    run = after(proposed(call()), judged(e.Decision.ALLOW), begins(), e.CallInterrupted(C1, "write", "It broke."))
    run = after(run, e.DoubtRaised(A1, C1, "write", "It broke.", ()))
    local = Voter(local_person("root"), "root", "root", "local", is_local=True)
    assert admit(run, run.asks[A1], local, "abandon", NOON) is None
    assert admit(run, run.asks[A1], OPERATOR, "abandon", NOON) is not None


def test_a_rule_that_changed_is_told() -> None:
    ask = waiting().asks[A1]
    assert rule_changed(ask, ApprovalRule("*", ("role:operators",))) is None
    assert rule_changed(ask, ApprovalRule("*", ("role:directors",))) is not None


def test_at_the_terminal_the_workspace_is_not_asked_for() -> None:
    run = after(started(terminal=True), e.LimitReached(A1, e.Limit.STEPS, "25 turns"))
    local = Voter(ActorId("local/root"), "root", "root", "local", level=Level.ADMIN, is_local=True)
    assert admit(run, run.asks[A1], local, "raise", NOON) is None


def test_the_first_rule_that_names_the_tool() -> None:
    rules = (ApprovalRule("*", ("role:any",)), ApprovalRule("write", ("role:ops",)), ApprovalRule("write", ()))
    assert rule_for("write", rules).approvers == ("role:ops",)
    assert rule_for("other", rules).approvers == ("role:any",)
    assert rule_for("other", rules[1:]).approvers == ()


def test_the_digest_holds_everything_that_was_approved() -> None:
    digests = {
        digest(WRITE, {"x": 1}, "triage", "f"),
        digest(WRITE, {"x": 2}, "triage", "f"),
        digest(WRITE, {"x": 1}, "other", "f"),
        digest(WRITE, {"x": 1}, "triage", "g"),
        digest(replace(WRITE, digest="new"), {"x": 1}, "triage", "f"),
        digest(replace(WRITE, name="write2"), {"x": 1}, "triage", "f"),
    }
    assert len(digests) == 6
    assert digest(WRITE, {"a": 1, "b": 2}, "t", "f") == digest(WRITE, {"b": 2, "a": 1}, "t", "f")


def test_the_question_says_what_it_replaces() -> None:
    run = after(waiting(), e.ApprovalVoided(A1, C1, "write", "It moved."))
    ask = question(run, run.calls[C1], WRITE, ApprovalRule("*", ("U_BOB",)), ("after", "f2"), NOON)
    assert (ask.ask_id, ask.supersedes, ask.fingerprint, ask.expires_at) == (A2, A1, "f2", later(hours=4))


def test_every_kind_of_question_has_choices() -> None:
    assert CHOICES.keys() == set(AskKind)
    assert asked().step == 1
    assert after(proposed(call()), judged(e.Decision.ASK)).calls[C1].ask_id is None
