"""What a case expects of a run: each expectation is held against runs that do it, and runs that do not."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from agents.core import events as e
from agents.core.ids import AskId, call_id
from agents.core.state import Run
from agents.core.terms import Decision
from agents.core.tool import Effect, Repeat, Risk
from agents.evaluate import Expected, judge
from tests.agents.core.histories import RUN, after, started

EXPECTED = TypeAdapter(Expected)


def did(*turns: tuple[str, list[tuple[str, dict[str, Any]]]], asked: int = 0) -> Run:
    """A run of these turns, each with what was said and called. Tools that begin with `do_` have an effect; all of them run.

    `asked` is the number of the call about which people were asked in words; it waits for them.
    """
    events: list[e.Event] = []
    number = 0
    for step, (text, calls) in enumerate(turns, 1):
        proposals = tuple(e.Proposal(call_id(number + place), tool, arguments) for place, (tool, arguments) in enumerate(calls, 1))
        events += [e.ModelAsked(step, ""), e.ModelAnswered("", text, proposals, e.Stop.TOOLS if calls else e.Stop.END, e.Usage(), 0, 0)]
        for proposal in proposals:
            effect = Effect.INTERNAL if proposal.tool.startswith("do_") else Effect.NONE
            judged = e.CallJudged(proposal.call_id, proposal.tool, Decision.ALLOW, ("",), Risk.LOW, effect, Repeat.FREE)
            number += 1
            events.append(judged)
            if number == asked:
                events.append(e.HelpAsked(AskId(f"{RUN}.a1"), proposal.call_id, proposal.tool, "?", ()))
            else:
                events.append(e.ToolStarted(proposal.call_id, proposal.tool, "k"))
                events.append(e.ToolFinished(proposal.call_id, proposal.tool, "x"))
    return after(started(), *events)


LOOK = ("I look.", [("metrics_range", {"query": "p95"}), ("logs_query", {})])
DECIDE = ("So it is.", [("assess", {"severity": "sev2", "owner": "Team Basket", "confidence": 0.9})])
ACT = ("I propose this.", [("do_rollback", {"service": "checkout", "to_version": "1"})])
AGAIN: tuple[str, list[tuple[str, dict[str, Any]]]] = ("Did it help?", [("metrics_query", {})])
END = ("It helped: 180 ms.", list[tuple[str, dict[str, Any]]]())
STEP = {"tool": "do_rollback", "arguments": {"service": "^checkout$"}}
DECIDED = {"assess": {"severity": "sev[12]", "owner": "basket"}}
ALL = {"read": ["metrics_*", "logs_query"], "decides": DECIDED, "proposes": [STEP], "checks": ["metrics_*"], "says": ["180 ms"]}


def judged(run: Run, **expected: Any) -> tuple[str, ...]:
    return judge(run, EXPECTED.validate_python(expected))


def test_a_run_that_does_all_of_it_passes() -> None:
    assert judged(did(LOOK, DECIDE, ACT, AGAIN, END), **ALL) == ()


@pytest.mark.parametrize(("run", "expected", "reason"), [
    (did(DECIDE, LOOK, ACT, AGAIN, END), ALL | {"read": ["metrics_*"]}, "did not read metrics_* first"),
    (did((LOOK[0], [*LOOK[1], *ACT[1]]), END), {"read": ["logs_query"], "proposes": [STEP]}, "did not read logs_query first"),
    (did(LOOK, ACT, DECIDE, AGAIN, END), ALL, "did not decide with assess before it proposed or ended"),
    (did(LOOK, END), {"decides": DECIDED}, "did not decide with assess before it proposed or ended"),
    (did(LOOK, DECIDE, END), {"decides": {"assess": {"severity": "sev1"}}}, "assess: severity is 'sev2', expected /sev1/"),
    (did(LOOK, DECIDE, END), {"decides": {"assess": {"cause": "."}}}, "assess: cause is None, expected /./"),
    (did(LOOK, END), {"proposes": [STEP]}, "did not propose do_rollback(service=/^checkout$/)"),
    (did(LOOK, ACT, ACT, END), {"proposes": [STEP]}, "proposed do_rollback(service=/^checkout$/) 2 times"),
    (did(LOOK, ACT, END), {}, "proposed do_rollback(service=checkout, to_version=1)"),
    (did(LOOK, ACT, END), {"proposes": [STEP], "checks": ["metrics_*"]}, "did not read metrics_* again after the step had run"),
    (did(LOOK, AGAIN, END), {"checks": ["metrics_*"]}, "did not read metrics_* again after the step had run"),
    (did(LOOK, END), {"hands_over": True}, "did not hand over to people"),
    (did(LOOK, DECIDE, asked=3), {}, "handed over to people"),
    (did(LOOK, END), {"says": ["ticket"]}, "did not say /ticket/"),
    (did(LOOK, END), {"never_says": ["HELPED"]}, "said /HELPED/"),
    (did(LOOK, END), {"never": [{"tool": "logs_*"}]}, "asked for logs_*, which it must not"),
])
def test_what_is_otherwise_is_told(run: Run, expected: dict[str, Any], reason: str) -> None:
    assert judged(run, **expected) == (reason,)


def test_what_does_not_matter_does_not_count() -> None:
    assert judged(did(LOOK, ("A ticket.", [("do_ticket", {})]), END), may=["do_ticket"], read=["logs_query"]) == ()
    assert judged(did(LOOK, DECIDE, asked=3), hands_over=None) == ()
    assert judged(did(LOOK, DECIDE, asked=3), hands_over=True) == ()


def test_a_call_that_was_sent_back_proposes_nothing() -> None:
    proposal = e.Proposal(call_id(1), "do_rollback", {})
    run = after(
        started(), e.ModelAsked(1, ""), e.ModelAnswered("", "", (proposal,), e.Stop.TOOLS, e.Usage(), 0, 0),
        e.CallRejected(call_id(1), "do_rollback", "service is missing"),
    )
    assert judged(run) == ()
    assert judged(run, never=[{"tool": "do_*"}]) == ("asked for do_*, which it must not",)


@pytest.mark.parametrize("wrong", [{"says": ["("]}, {"proposes": [{"tool": "x", "arguments": {"a": "["}}]}, {"say": ["x"]}])
def test_expectations_with_mistakes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EXPECTED.validate_python(wrong)
