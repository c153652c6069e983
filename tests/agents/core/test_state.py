"""What a run is: how it ends, what its messages show, what people changed in it."""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.calls import CallState, Edit
from agents.core.errors import IllegalTransition
from agents.core.fold_questions import ROWS
from agents.core.ids import CallId, GrantId, ask_id
from agents.core.state import Run
from tests.agents.core.histories import (
    A1,
    A2,
    C1,
    C2,
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
from tests.world import ALICE, BOB, DANA, NOON

D = e.Decision


def test_how_a_run_concludes() -> None:
    limit = e.LimitReached(A1, e.Limit.MODEL, "down")
    down = after(started(), asked(), e.ModelFailed("overloaded"), limit)
    assert down.conclusion is None
    stopped = after(down, e.LimitAnswered(A1, e.Limit.MODEL, "stop", "Bob"))
    assert stopped.conclusion == (e.Outcome.STOPPED, "Stopped by Bob.")
    finished = after(down, e.LimitAnswered(A1, e.Limit.MODEL, "finish", "Bob"))
    assert finished.conclusion == (e.Outcome.FAILED, "The model could not be reached: overloaded")
    raised = after(down, e.LimitAnswered(A1, e.Limit.MODEL, "raise", "Bob"))
    assert (raised.conclusion, raised.raised, raised.model_error) == (None, {e.Limit.MODEL: 0}, "")
    refused = after(started(), asked(), answered("", stop=e.Stop.REFUSAL))
    assert refused.conclusion == (e.Outcome.FAILED, "The model declined to answer this.")
    assert after(started(), asked(), answered("Hello.")).conclusion == (e.Outcome.ANSWERED, "")
    told = after(proposed(), e.LimitReached(A1, e.Limit.STEPS, "25 turns"), e.LimitAnswered(A1, e.Limit.STEPS, "finish", "Bob"))
    assert told.showing("progress") == "over"
    limited = after(proposed(call()), judged(D.DENY), e.LimitReached(A1, e.Limit.STEPS, "25 turns"))
    told = after(limited, e.LimitAnswered(A1, e.Limit.STEPS, "finish", "Bob"))
    assert told.conclusion is None
    stubborn = after(told, asked(), answered("", e.Proposal(CallId("c2"), "write", {})))
    assert stubborn.conclusion == (e.Outcome.FAILED, "The model was told to finish and did not.")


def test_what_messages_show() -> None:
    run = waiting()
    assert run.showing(f"card:{A1}") == "open/0"
    assert after(run, VOTE).showing(f"card:{A1}") == "open/1"
    assert run.showing("progress") == "open"
    assert run.showing("answer") == "open"
    posted = after(run, e.PostStarted("progress"))
    assert posted.posts["progress"].ts is None
    assert after(posted, e.PostFinished("progress", "1.2", "open")).posts["progress"].ts == "1.2"


def asked_about(number: int, supersedes: str | None = None) -> e.ApprovalAsked:
    """The question with this number, about the call with this number."""
    return e.ApprovalAsked(
        ask_id(RUN, number), CallId(f"c{number}"), "write", "d", "", "", ("role:operators",), 1, later(hours=4), supersedes=supersedes  # type: ignore[arg-type]
    )


def test_calls_of_one_turn_stand_in_one_message_up_to_its_rows() -> None:
    numbers = range(1, ROWS + 3)
    run = after(proposed(*(call(n, x=n) for n in numbers)), *(judged(D.ASK, n) for n in numbers), *(asked_about(n) for n in numbers))
    leaders = {ask.stands_in for ask in run.asks.values()}
    assert leaders == {A1, ask_id(RUN, ROWS + 1)}
    assert len(run.on_card(A1)) == ROWS
    assert run.showing(f"card:{A1}") == " ".join(["open/0"] * ROWS)
    assert run.on_card(A2) == ()


def test_nothing_joins_a_message_that_people_have_seen() -> None:
    run = after(proposed(call(1), call(2, x=2)), judged(D.ASK, 1), judged(D.ALLOW, 2), asked_about(1), e.PostStarted(f"card:{A1}"))
    late = after(run, e.GrantLapsed(GrantId("run-x.g1"), CallId("c2"), "write", "it was taken back"), asked_about(2))
    assert late.on_card(A1) == (late.asks[A1],)
    assert late.on_card(A2) == (late.asks[A2],)


def test_a_question_that_replaces_another_stands_alone() -> None:
    run = after(proposed(call(1), call(2, x=2)), judged(D.ASK, 1), judged(D.ASK, 2), asked_about(1), asked_about(2))
    run = after(run, e.ApprovalVoided(A1, C1, "write", "It moved."))
    again = after(run, e.ApprovalAsked(ask_id(RUN, 3), C1, "write", "d", "", "", (), 1, later(hours=4), supersedes=A1))
    assert again.on_card(ask_id(RUN, 3)) == (again.asks[ask_id(RUN, 3)],)
    assert again.showing(f"card:{A1}") == "void/0 open/0"


def test_an_edit_supersedes_the_question_and_is_remembered() -> None:
    run = after(waiting(), e.CallEdited(A1, C1, "write", "Bob", {"x": 2}), actor=BOB)
    changed = run.calls[C1]
    assert (changed.state, changed.arguments, changed.proposed) == (CallState.PROPOSED, {"x": 2}, {})
    assert changed.edits == (Edit(BOB, "Bob", {}, {"x": 2}),)
    assert (run.asks[A1].state, run.asks[A1].decided_name) == ("superseded", "Bob")
    assert call().arguments == run.calls[C1].proposed


def test_a_stop_withdraws_questions_and_leaves_doubts() -> None:
    stopped = after(waiting(), e.RunStopped("Bob"), actor=BOB)
    assert (stopped.asks[A1].state, stopped.conclusion) == ("withdrawn", (e.Outcome.STOPPED, "Stopped by Bob."))
    cut = after(waiting(), VOTE, GRANT, begins(), e.CallInterrupted(C1, "write", "x"), e.DoubtRaised(A2, C1, "write", "x", ()), actor=ALICE)
    assert after(cut, e.RunStopped("Bob"), actor=BOB).asks[A2].open
    taken = after(waiting(), e.RunStopped("Bob", takes_over=True), actor=BOB)
    assert taken.conclusion == (e.Outcome.HANDED_OVER, "Bob took it over.")


def test_what_a_card_shows_after_its_call_came_to_its_end() -> None:
    run = after(waiting(), VOTE, GRANT, begins(), e.ToolFinished(C1, "write", "ok"), actor=ALICE)
    assert run.showing(f"card:{A1}") == "granted/1/finished"
    assert run.showing(f"escalation:{A1}") == "granted/1/finished"


def test_votes_reminders_and_grants_are_kept_with_the_question() -> None:
    run = after(waiting(required=2), VOTE, e.ApprovalReminded(A1, C1, "write"), e.ApprovalEscalated(A1, C1, "write"), actor=ALICE)
    assert (len(run.asks[A1].votes), run.asks[A1].reminded, run.asks[A1].escalated) == (1, True, True)
    run = after(run, e.VoteWithdrawn(A1, C1, "write", ALICE, "Alice"))
    assert run.asks[A1].votes == ()
    given = e.GrantGiven(GrantId(f"{RUN}.g1"), A1, C1, "write", "d", {}, later(hours=1), 3, "Bob")
    run = after(run, given)
    assert (run.grants, run.asks[A1].grant) == (1, f"{RUN}.g1")


def by_hand(*calls: e.Proposal) -> Run:
    """A run whose calls a person gave."""
    return after(started("Undo it."), e.CallsGiven(calls), actor=DANA)


def test_a_run_by_hand_answers_with_what_became_of_its_calls() -> None:
    run = by_hand(call())
    assert run.by_hand
    assert (run.unread, run.answer) == ((), None)
    assert run.calls[C1].askers == {DANA}
    done = after(run, judged(D.ALLOW), begins(), e.ToolFinished(C1, "write", "back to 11"))
    assert (done.answer, done.conclusion) == ("Done: write.", (e.Outcome.ANSWERED, ""))
    assert "did not happen (denied by policy)" in (after(run, judged(D.DENY)).answer or "")
    spoken = after(done, e.InputReceived("k2", "Bob", "and now?"))
    assert spoken.answer is None
    with pytest.raises(IllegalTransition, match="under way"):
        after(run, e.CallsGiven((call(2),)))


def test_until_when_a_call_can_be_undone() -> None:
    run = after(proposed(call()), replace(judged(D.NOTIFY), undo=60), begins())
    assert run.calls[C1].undo_until is None
    assert after(run, e.ToolFinished(C1, "write", "ok"), at=NOON).calls[C1].undo_until == later(minutes=1)
    assert run.turn_of(C1) is run.turns[0]
    assert run.turn_of(C2) is None
    assert asked() == e.ModelAsked(1, "smart")
    assert asks().ask_id == A1
    assert answered("x").text == "x"
