"""Right before a call begins: is there one that does the same, may its agent still do this, may it be repeated?"""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.actions import Record, RunTool
from agents.core.ids import ask_id
from agents.core.policy import Autonomy
from agents.core.tool import Effect, Repeat
from tests.agents.core.histories import A1, C1, GRANT, RUN, VOTE, after, asks, begins, call, judged, proposed
from tests.agents.core.test_decide import APPROVED_DIGEST, RULES, D, next_of
from tests.world import ALICE, WRITE


def test_of_two_calls_that_would_do_the_same_the_second_waits() -> None:
    run = after(proposed(call(1), call(2)), judged(D.ALLOW, 1), judged(D.ALLOW, 2))
    assert next_of(run) == (RunTool(C1, 1, "call:c1"),)
    doubted = after(run, begins(), e.CallInterrupted(C1, "write", "It broke."), e.DoubtRaised(A1, C1, "write", "It broke.", ("U_BOB",)))
    assert next_of(doubted) == ()
    abandoned = after(doubted, e.DoubtResolved(A1, C1, "write", "abandon", "Bob"))
    (action,) = next_of(abandoned)
    assert isinstance(action, Record)
    assert isinstance(action.event, e.CallRejected)
    happened = after(doubted, e.DoubtResolved(A1, C1, "write", "happened", "Bob"))
    assert next_of(happened) == (RunTool(call(2).call_id, 1, "call:c2"),)


def test_of_two_approved_calls_that_would_do_the_same_the_second_waits_as_well() -> None:
    run = after(proposed(call(1), call(2)), judged(D.ASK, 1), judged(D.ASK, 2))
    for number in (1, 2):
        ask, one = ask_id(RUN, number), call(number).call_id
        question = replace(asks(number, digest=APPROVED_DIGEST), call_id=one)
        run = after(run, question, replace(VOTE, ask_id=ask, call_id=one), replace(GRANT, ask_id=ask, call_id=one), actor=ALICE)
    assert next_of(run) == (RunTool(C1, 1, "call:c1"),)


@pytest.mark.parametrize(
    ("freedom", "effect", "why"),
    [(Autonomy.SHADOW, Effect.EXTERNAL, "(shadow)"), (Autonomy.SUPERVISED, Effect.INTERNAL, "(supervised autonomy, low risk)")],
)
def test_what_ran_by_itself_does_not_run_once_its_agent_has_less_freedom(freedom: Autonomy, effect: Effect, why: str) -> None:
    run = after(proposed(call()), judged(D.ALLOW, effect=effect))
    (action,) = next_of(run, replace(RULES, autonomy=freedom))
    assert isinstance(action, Record)
    assert isinstance(action.event, e.CallRejected)
    assert why in action.event.error
    read = after(proposed(call()), judged(D.ALLOW, effect=Effect.NONE))
    assert next_of(read, replace(RULES, autonomy=freedom)) == (RunTool(C1, 1, "call:c1"),)


def test_what_was_never_to_be_repeated_is_not_although_its_tool_may_be_by_now() -> None:
    run = after(proposed(call()), judged(D.ALLOW), begins(), e.CallInterrupted(C1, "write", "It broke."))
    (action,) = next_of(run, replace(RULES, tools={"write": replace(WRITE, repeat=Repeat.FREE)}))
    assert isinstance(action, Record)
    assert isinstance(action.event, e.DoubtRaised)
