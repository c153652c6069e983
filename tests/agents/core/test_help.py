"""A question in words: the run waits, what somebody writes is the answer, and nothing runs."""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.actions import AskModel, Record
from agents.core.answers import Choice, chosen
from agents.core.approval import Refusal, admit
from agents.core.calls import CallState
from agents.core.ids import ask_id
from agents.core.plan import plan
from agents.core.policy import Autonomy
from agents.core.state import AskKind
from tests.agents.core.histories import A1, A2, C1, RUN, after, call, later, proposed
from tests.agents.core.test_decide import RULES, next_of
from tests.world import ALICE, ASK, BOB, DANA, NOON, voter

QUESTION = {"question": "Which cluster?", "to": "asker"}
WAITS = plan(proposed(call(1, "ask_human", **QUESTION)), (), RULES, NOON, ()).run
WRITES = e.InputReceived("k2", "Dana", "The blue one.")


def test_the_run_waits_for_words_and_asks_nobody_else() -> None:
    assert WAITS.calls[C1].state is CallState.LISTENING
    assert (WAITS.asks[A1].kind, WAITS.asks[A1].detail, WAITS.asks[A1].approvers) == (AskKind.HELP, "Which cluster?", ())
    assert WAITS.waiting
    assert next_of(WAITS, now=later(days=30)) == ()


def test_what_somebody_writes_is_the_answer() -> None:
    told = after(WAITS, WRITES, actor=DANA)
    assert next_of(told) == (Record(e.HelpGiven(A1, C1, "ask_human", "Dana"), "call:c1"),)
    run = plan(told, (), RULES, NOON, ()).run
    assert (run.asks[A1].state, run.asks[A1].decided_name) == ("replied", "Dana")
    assert run.calls[C1].result == "Dana has answered. What they wrote follows as a message."
    assert [said.text for said in run.turns[-1].said] == ["The blue one."]
    assert AskModel(2, "smart") in plan(told, (), RULES, NOON, ()).begin


@pytest.mark.parametrize(("to", "approvers"), [("operators", ("role:operators",)), ("asker", ()), ("anybody", ())])
def test_whom_it_is_for(to: str, approvers: tuple[str, ...]) -> None:
    run = plan(proposed(call(1, "ask_human", question="?", to=to)), (), RULES, NOON, ()).run
    assert run.asks[A1].approvers == approvers


DECIDE = replace(ASK, name="decide", asks=False, unsure_below=0.7)


@pytest.mark.parametrize(("confidence", "asks"), [
    (0.7, False), (1, False), (0.69, True), (0, True), (True, True), ("high", True), (None, True),
])
def test_a_decision_that_is_not_sure_is_a_question_to_the_operators(confidence: object, asks: bool) -> None:
    rules = replace(RULES, tools={"decide": DECIDE})
    run = plan(proposed(call(1, "decide", severity="sev2", confidence=confidence)), (), rules, NOON, ()).run
    assert (run.calls[C1].state is CallState.LISTENING) == asks
    if asks:
        assert run.asks[A1].detail == f"decide: not sure enough.\nseverity: sev2\nconfidence: {confidence}"
        assert run.asks[A1].approvers == ("role:operators",)


def test_where_no_rule_names_anybody_it_is_for_the_role() -> None:
    run = plan(proposed(call(1, "ask_human", question="?", to="operators")), (), replace(RULES, approvals=()), NOON, ()).run
    assert run.asks[A1].approvers == ("role:operators",)


def test_two_questions_of_one_turn_have_numbers_of_their_own() -> None:
    both = proposed(call(1, "ask_human", question="One?"), call(2, "ask_human", question="Two?"))
    run = plan(both, (), RULES, NOON, ()).run
    assert {ask: run.asks[ask].detail for ask in run.asks} == {A1: "One?", A2: "Two?"}


def test_an_agent_in_shadow_asks_as_well_because_nothing_runs() -> None:
    run = plan(proposed(call(1, "ask_human", **QUESTION)), (), replace(RULES, autonomy=Autonomy.SHADOW), NOON, ()).run
    assert run.calls[C1].state is CallState.LISTENING


def test_a_reply_is_a_message_of_whoever_wrote_it() -> None:
    alice = voter(ALICE)
    assert admit(WAITS, WAITS.asks[A1], alice, "reply", NOON) is None
    assert chosen(WAITS, WAITS.asks[A1], Choice("reply", alice, " Blue. "), RULES, NOON) == (
        e.InputReceived(f"reply:{A1}", "Alice", "Blue."),
    )
    nothing = chosen(WAITS, WAITS.asks[A1], Choice("reply", alice, "  "), RULES, NOON)
    assert isinstance(nothing, Refusal)


def test_guests_reply_in_the_thread_or_not_at_all() -> None:
    refused = admit(WAITS, WAITS.asks[A1], replace(voter(BOB), is_guest=True), "reply", NOON)
    assert refused is not None
    assert refused.code == "guest"
    assert admit(WAITS, WAITS.asks[A1], voter(BOB), "approve", NOON) is not None


def test_stopping_the_run_withdraws_the_question() -> None:
    run = after(WAITS, e.RunStopped("Bob"), actor=BOB)
    assert run.asks[ask_id(RUN, 1)].state == "withdrawn"
    assert run.conclusion == (e.Outcome.STOPPED, "Stopped by Bob.")
