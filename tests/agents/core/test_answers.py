"""What an admitted choice makes."""

from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core.answers import Choice, chosen
from agents.core.approval import ApprovalRule, Refusal, Voter
from agents.core.grants import Terms
from agents.core.ids import GrantId
from agents.core.state import Run
from tests.agents.core.histories import A1, A2, C1, RUN, VOTE, after, begins, call, judged, later, proposed, started, waiting
from tests.agents.core.test_decide import APPROVED_DIGEST, RULES
from tests.world import ALICE, BOB, NOON, voter

OPERATOR = voter(BOB, "operators")
OPEN = waiting(digest=APPROVED_DIGEST)


def made(verb: str, run: Run = OPEN, who: Voter = OPERATOR, **more: Any) -> tuple[e.Event, ...] | Refusal:
    return chosen(run, run.asks[A1], Choice(verb, who, preview="f-v1", **more), RULES, NOON)


def test_an_approval_and_a_denial() -> None:
    assert made("approve") == (e.VoteCast(A1, C1, "write", "Bob"), e.ApprovalGranted(A1, C1, "write", (BOB,)))
    assert made("deny", reason=" too late ") == (e.ApprovalDenied(A1, C1, "write", "Bob", "too late"),)


def test_what_moved_is_void_with_its_reason() -> None:
    def why(run: Run = OPEN, **changes: Any) -> str:
        rules = replace(RULES, **{name: value for name, value in changes.items() if name in ("tools", "approvals")})
        events = chosen(run, run.asks[A1], Choice("approve", OPERATOR, preview=changes.get("preview", "f-v1")), rules, NOON)
        assert isinstance(events, tuple)
        assert isinstance(events[0], e.ApprovalVoided)
        return events[0].why

    assert why(preview="f-v2") == "The target has changed since this was asked."
    assert why(waiting()) == "The tool has changed."
    assert "taken away" in why(tools={})
    assert "taken away" in why(preview=None)
    assert "Who may approve" in why(approvals=(ApprovalRule("*", ("U_BOB",)),))


def test_an_edit_has_to_fit_and_to_change_something() -> None:
    assert made("edit", arguments={"x": 2}) == (e.CallEdited(A1, C1, "write", "Bob", {"x": 2}),)
    unfit, same = made("edit", arguments={"x": "bad"}), made("edit", arguments={})
    assert isinstance(unfit, Refusal)
    assert isinstance(same, Refusal)
    assert (unfit.code, "x is wrong" in unfit.text, same.code) == ("arguments", True, "arguments")


def test_a_grant_comes_with_its_approval_or_not_at_all() -> None:
    events = made("grant", terms=Terms(3600, 3, ()))
    assert isinstance(events, tuple)
    assert events[-1] == e.GrantGiven(GrantId(f"{RUN}.g1"), A1, C1, "write", "", {}, later(hours=1), 3, "Bob", ())
    moved = chosen(OPEN, OPEN.asks[A1], Choice("grant", OPERATOR, preview="f-v2", terms=Terms(1, 1, ())), RULES, NOON)
    assert isinstance(moved, tuple)
    assert [event.kind for event in moved] == ["approval_voided"]


def test_earlier_votes_that_do_not_count_any_more() -> None:
    run = after(waiting(digest=APPROVED_DIGEST, required=2), VOTE, actor=ALICE)
    rules = replace(RULES, approvals=(replace(RULES.approvals[0], required=2),))
    choice = Choice("approve", OPERATOR, preview="f-v1", gone=run.asks[A1].votes)
    events = chosen(run, run.asks[A1], choice, rules, NOON)
    assert isinstance(events, tuple)
    assert [event.kind for event in events] == ["vote_withdrawn", "vote_cast"]


def test_doubts_and_limits() -> None:
    cut = after(proposed(call()), judged(e.Decision.ALLOW), begins(), e.CallInterrupted(C1, "write", "x"))
    doubted = after(cut, e.DoubtRaised(A1, C1, "write", "x", ("role:operators",)))
    assert made("happened", doubted) == (e.DoubtResolved(A1, C1, "write", "happened", "Bob"),)
    limited = after(started(), e.LimitReached(A1, e.Limit.STEPS, "25 turns"))
    assert made("raise", limited) == (e.LimitAnswered(A1, e.Limit.STEPS, "raise", "Bob"),)
    assert A2 != A1
