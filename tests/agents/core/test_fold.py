"""A run is a fold of its events: what each does, and what cannot follow."""

import pytest

from agents.core import events as e
from agents.core.calls import OVER, TRANSITIONS, CallState
from agents.core.errors import IllegalTransition
from agents.core.fold import apply, fold
from agents.core.ids import CallId, GrantId, RunId, ask_id
from agents.core.state import Feedback, Run
from tests.agents.core.histories import (
    A1,
    A2,
    C1,
    GRANT,
    RUN,
    VOTE,
    after,
    answered,
    asked,
    asks,
    begins,
    call,
    judged,
    later,
    proposed,
    started,
    waiting,
)
from tests.world import ALICE, BOB, NOON

D = e.Decision
S = CallState

CUT, DOUBT = e.CallInterrupted(C1, "write", "It broke."), e.DoubtRaised(A2, C1, "write", "It broke.", ("role:operators",))


def resolved(choice: str) -> e.DoubtResolved:
    return e.DoubtResolved(A2, C1, "write", choice, "Bob")  # type: ignore[arg-type]  # one of the three choices


def run_in(state: CallState) -> Run:
    """A run whose first call stands here."""
    approved = after(waiting(), VOTE, GRANT, actor=ALICE)
    running = after(approved, begins())
    cut = after(running, CUT)
    doubted = after(cut, DOUBT)
    return {
        S.PROPOSED: proposed(call()),
        S.READY: after(proposed(call()), judged(D.ALLOW)),
        S.TO_ASK: after(proposed(call()), judged(D.ASK)),
        S.ASKED: waiting(),
        S.APPROVED: approved,
        S.VOID: after(waiting(), e.ApprovalVoided(A1, C1, "write", "It moved.")),
        S.LISTENING: after(proposed(call()), judged(D.ALLOW), e.HelpAsked(A1, C1, "write", "Which one?")),
        S.STARTED: running,
        S.INTERRUPTED: cut,
        S.DOUBTED: doubted,
        S.FINISHED: after(running, e.ToolFinished(C1, "write", "ok")),
        S.FAILED: after(running, e.ToolFailed(C1, "write", "404")),
        S.REJECTED: after(proposed(call()), e.CallRejected(C1, "write", "no such tool")),
        S.DENIED: after(proposed(call()), judged(D.DENY)),
        S.SIMULATED: after(proposed(call()), judged(D.SIMULATE)),
        S.REFUSED: after(waiting(), e.ApprovalDenied(A1, C1, "write", "Bob", "too late")),
        S.EXPIRED: after(waiting(), e.ApprovalExpired(A1, C1, "write")),
        S.CONFIRMED: after(doubted, resolved("happened")),
        S.ABANDONED: after(doubted, resolved("abandon")),
    }[state]


VERBS: dict[str, e.Event] = {
    "call_rejected": e.CallRejected(C1, "write", "no such tool"),
    **{f"call_judged:{decision}": judged(decision) for decision in D},
    "approval_asked": asks(3),
    "grant_lapsed": e.GrantLapsed(GrantId("run-x.g1"), C1, "write", "it is over"),
    "rights_checked": e.RightsChecked(C1, "write"),
    "call_edited": e.CallEdited(A1, C1, "write", "Bob", {"x": 2}),
    "vote_cast": VOTE,
    "vote_withdrawn": e.VoteWithdrawn(A1, C1, "write", ALICE, "Alice"),
    "approval_reminded": e.ApprovalReminded(A1, C1, "write"),
    "approval_escalated": e.ApprovalEscalated(A1, C1, "write"),
    "approval_granted": GRANT,
    "approval_denied": e.ApprovalDenied(A1, C1, "write", "Bob", ""),
    "approval_expired": e.ApprovalExpired(A1, C1, "write"),
    "approval_voided": e.ApprovalVoided(A1, C1, "write", "It moved."),
    "tool_started": begins(),
    "tool_started:again": begins(attempt=2),
    "tool_finished": e.ToolFinished(C1, "write", "ok"),
    "tool_failed": e.ToolFailed(C1, "write", "404"),
    "call_interrupted": CUT,
    "probe_answered:happened": e.ProbeAnswered(C1, "write", True),
    "probe_answered:not": e.ProbeAnswered(C1, "write", False),
    "help_asked": e.HelpAsked(ask_id(RUN, 5), C1, "write", "Which one?"),
    "help_given": e.HelpGiven(A1, C1, "write", "Bob"),
    "doubt_raised": e.DoubtRaised(ask_id(RUN, 4), C1, "write", "It broke.", ()),
    **{f"doubt_resolved:{choice}": resolved(choice) for choice in ("happened", "retry", "abandon")},
}


def test_every_state_and_verb_of_the_table_is_tried() -> None:
    assert {verb for _, verb in TRANSITIONS} == VERBS.keys()
    assert {state for state, _ in TRANSITIONS} | OVER == set(CallState)
    assert not {state for state, _ in TRANSITIONS} & OVER


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("verb", VERBS)
def test_only_what_the_table_holds_can_follow(state: CallState, verb: str) -> None:
    run = run_in(state)
    assert run.calls[C1].state is state
    if (state, verb) in TRANSITIONS:
        assert after(run, VERBS[verb]).calls[C1].state is TRANSITIONS[state, verb]
    else:
        with pytest.raises(IllegalTransition):
            after(run, VERBS[verb])


def test_an_effect_begins_only_behind_a_verdict_or_an_approval() -> None:
    assert {state for (state, verb), to in TRANSITIONS.items() if to is S.STARTED} == {S.READY, S.APPROVED, S.INTERRUPTED}
    assert {state for (state, verb), to in TRANSITIONS.items() if to is S.APPROVED} == {S.ASKED, S.APPROVED}
    assert TRANSITIONS[S.APPROVED, "rights_checked"] is S.APPROVED


def test_what_over_calls_tell_the_model() -> None:
    told = {state: run_in(state).calls[C1].result for state in OVER}
    assert told[S.REFUSED] == "Denied by Bob: too late"
    assert "not denied" in told[S.EXPIRED]
    assert "outcome is unknown" in told[S.ABANDONED]
    assert "Bob confirmed that it happened" in told[S.CONFIRMED]
    assert all(told.values())
    assert len(set(told.values())) == len(told)


def test_a_history_begins_with_its_start() -> None:
    with pytest.raises(IllegalTransition, match="at least its first event"):
        fold([])
    with pytest.raises(IllegalTransition, match="not with run_started"):
        fold([e.Recorded(RUN, 1, NOON, ALICE, "triage", asked())])
    row = e.Recorded(RUN, 2, NOON, ALICE, "triage", asked())
    with pytest.raises(IllegalTransition, match="is at event 1; event 3"):
        apply(started(), e.Recorded(RunId(RUN), 3, NOON, ALICE, "triage", asked()))
    run = apply(started(), row)
    again = e.RunStarted("triage", run.trigger, "Do it.")
    with pytest.raises(IllegalTransition, match="has started"):
        after(run, again)


def test_nothing_follows_the_end_but_a_refused_click_and_what_people_think_of_it() -> None:
    run = after(proposed(), e.RunFinished(e.Outcome.ANSWERED))
    with pytest.raises(IllegalTransition, match="is over"):
        after(run, asked())
    assert after(run, e.ClickRefused(A1, "closed")).over
    rated = after(run, e.FeedbackGiven("Bob", False, "wrong service"), actor=BOB)
    assert (rated.over, rated.feedback) == (True, (Feedback(BOB, "Bob", False, "wrong service"),))


def test_the_model_answers_only_what_it_was_asked() -> None:
    with pytest.raises(IllegalTransition, match="did not ask the model"):
        after(started(), answered("Hello."))
    with pytest.raises(IllegalTransition, match="did not ask the model"):
        after(started(), asked(), answered("Hello."), answered("Hello again."))
    with pytest.raises(IllegalTransition, match="these ids already"):
        after(proposed(call()), judged(D.DENY), asked(), answered("", call()))


def test_calls_and_questions_that_do_not_exist() -> None:
    with pytest.raises(IllegalTransition, match="unknown"):
        after(started(), e.ToolFinished(CallId("c9"), "write", "ok"))
    with pytest.raises(IllegalTransition, match="already asked"):
        after(run_in(S.VOID), asks(1))
    with pytest.raises(IllegalTransition, match="no open question"):
        after(run_in(S.DOUBTED), e.DoubtResolved(A1, C1, "write", "happened", "Bob"))
    with pytest.raises(IllegalTransition, match="no open question"):
        after(started(), e.LimitAnswered(A2, e.Limit.STEPS, "raise", "Bob"))


def test_a_request_that_is_asked_again_keeps_what_was_said() -> None:
    run = after(started(), asked(), e.InputReceived("k2", "Bob", "And hurry."), asked())
    assert [said.text for said in run.turns[0].said] == ["Do it.", "And hurry."]
    assert len(run.turns) == 1
    assert run.newest is None
    assert run.text == "Do it."


def test_an_answer_cut_by_the_length_limit_is_put_together() -> None:
    cut = e.Stop.LENGTH
    run = after(started(), asked(), answered("One ", stop=cut), asked(), answered("two ", stop=cut))
    assert run.answer is None
    assert run.conclusion is None
    assert after(run, asked(), answered("three.")).answer == "One two three."
    with_calls = after(proposed(call()), judged(D.DENY), asked(), answered("Fine."))
    assert with_calls.answer == "Fine."


def test_somebody_who_speaks_while_the_model_writes_keeps_the_run_open() -> None:
    run = after(started(), asked(), e.InputReceived("k2", "Bob", "Wait!"), answered("Done."))
    assert run.answer is None
    assert [said.text for said in run.unread] == ["Wait!"]


def test_time_spent_waiting_is_told_apart() -> None:
    run = after(waiting(), VOTE, at=later(hours=2))
    assert run.waited.total_seconds() == 7200
    run = after(run, GRANT, at=later(hours=2))
    assert after(run, begins(), at=later(hours=5)).waited.total_seconds() == 7200


def test_a_probe_that_cannot_tell_is_not_asked_twice() -> None:
    run = after(run_in(S.INTERRUPTED), e.ProbeAnswered(C1, "write", None))
    assert run.calls[C1].probed


def test_success_resets_the_breaker_for_that_call_alone() -> None:
    calls = (call(1, "read", x=1), call(2, "read", x=2))
    run = after(proposed(*calls), judged(D.ALLOW, 1, "read"), judged(D.ALLOW, 2, "read"), begins(1, tool="read"), begins(2, tool="read"))
    run = after(run, e.ToolFailed(C1, "read", "404"), e.ToolFinished(CallId("c2"), "read", "ok"))
    assert run.failures == {'read {"x":1}': 1}
