"""When a run has used up what it may."""

import pytest

from agents.core import events as e
from agents.core.budget import Limits, reached
from agents.core.plan import plan
from agents.core.policy import Rules
from tests.agents.core.histories import C1, after, answered, asked, begins, call, judged, later, proposed, started
from tests.world import NOON, SPECS


@pytest.mark.parametrize(
    ("limits", "limit", "words"),
    [
        (Limits(steps=1), e.Limit.STEPS, "1 of 1 turns of the model"),
        (Limits(tokens=15), e.Limit.TOKENS, "15 of 15 tokens"),
        (Limits(cost=0.01), e.Limit.COST, "0.01 of 0.01 US dollars"),
    ],
)
def test_figures_in_words(limits: Limits, limit: e.Limit, words: str) -> None:
    run = after(started(), asked(), answered("", call()), judged(e.Decision.DENY))
    assert reached(run, Limits(), NOON) is None
    assert reached(run, limits, NOON) == (limit, f"It has used {words}.")


def test_what_is_not_a_figure() -> None:
    down = after(started(), asked(), e.ModelFailed("overloaded"))
    assert reached(down, Limits(), NOON) == (e.Limit.MODEL, "The model could not be reached: overloaded")
    clumsy = after(proposed(call(1), call(2)), e.CallRejected(C1, "write", "x"))
    assert reached(clumsy, Limits(), NOON) is None
    clumsy = after(clumsy, e.CallRejected(call(2).call_id, "write", "x"))
    assert reached(clumsy, Limits(), NOON) == (e.Limit.MALFORMED, "The model wrote 2 calls in a row that do not fit their tools.")
    stubborn = proposed(*(call(i, "read") for i in (1, 2, 3)))
    for i in (1, 2, 3):
        failed = e.ToolFailed(call(i).call_id, "read", "404")
        stubborn = after(stubborn, judged(e.Decision.ALLOW, i, "read"), begins(i, tool="read"), failed)
    assert reached(stubborn, Limits(), later(hours=1)) == (e.Limit.BREAKER, "The same call of read came to nothing 3 times.")


def test_actions_that_follow_one_another_are_written_together() -> None:
    run = proposed(call(1, "read"), call(2, "nothing"), terminal=True)
    planned = plan(run, (), Rules(SPECS, lambda tool, arguments: None), NOON, ("call:c1",))
    assert [f.event.kind for f in planned.facts] == ["call_rejected"]
