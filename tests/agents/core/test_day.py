"""What an agent may spend in a day, all its runs together: when it asks, who may raise it, and what ends the wait by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agents.core import events as e
from agents.core.access import Level
from agents.core.actions import AskModel, Record
from agents.core.approval import Voter, admit
from agents.core.budget import Day, Limits, Used, day_of, day_reached
from agents.core.charges import Charge, charge_of
from agents.core.decide import decide
from agents.core.plan import plan
from agents.core.policy import Rules, spend
from tests.agents.core.histories import A1, RUN, after, answered, asked, begins, judged, later, started
from tests.agents.core.test_decide import RULES
from tests.world import ALICE, BOB, DANA, NOON, READ, SPECS, voter

LAW = replace(RULES, limits=Limits(cost_per_day=20))
UP = replace(LAW, used=Used(spent=20.314))
LIMIT = e.LimitReached(A1, e.Limit.DAY, "triage has spent 20.31 of 20.00 US dollars today (UTC), all its runs together.")


def lifts(rules: Rules, **passed: float) -> list[e.Event]:
    """What a run that waits for its agent's day writes down under these rules."""
    run = after(started(terminal=True), LIMIT)
    return [fact.event for fact in plan(run, (), rules, later(**passed), ()).facts]


def test_no_turn_begins_once_it_is_used_up() -> None:
    run = started(terminal=True)
    assert decide(run, UP, NOON) == (Record(LIMIT, "limit"),)
    assert decide(run, replace(LAW, used=Used(spent=19.99)), NOON) == (AskModel(1, "smart"),)
    assert decide(run, replace(UP, limits=Limits()), NOON) == (AskModel(1, "smart"),)
    assert decide(after(run, LIMIT), UP, NOON) == ()
    finishing = after(run, LIMIT, e.LimitAnswered(A1, e.Limit.DAY, "finish", "Bob"))
    assert decide(finishing, UP, NOON) == (AskModel(1, "smart"),)
    assert decide(after(run, asked()), UP, NOON) == (AskModel(1, "smart"),)  # it left before: the same turn goes on


def test_raised_it_may_spend_as_much_again() -> None:
    raised = Used(spent=20.5, raised=20.314, raised_by="Carol")
    assert day_of(LAW.limits, raised) == Day(20.5, 40.314, "Carol")
    assert day_reached("triage", LAW.limits, raised) is None
    assert day_reached("triage", LAW.limits, replace(raised, spent=40.32)) == (
        e.Limit.DAY, "triage has spent 40.32 of 40.31 US dollars today (UTC), all its runs together."
    )
    assert day_of(Limits(), raised) is None


def test_what_ends_the_wait_by_itself() -> None:
    assert lifts(UP) == []
    raised = replace(LAW, used=Used(spent=20.5, raised=20.314, raised_by="Carol"))
    assert lifts(raised) == [e.LimitLifted(A1, e.Limit.DAY, "Carol has raised it, for all runs of the agent"), e.ModelAsked(1, "smart")]
    assert lifts(LAW, hours=12)[0] == e.LimitLifted(A1, e.Limit.DAY, "a new day has begun (UTC)")
    assert lifts(replace(UP, limits=Limits(cost_per_day=100)))[0] == e.LimitLifted(A1, e.Limit.DAY, "more is allowed by now")
    steps = after(started(terminal=True), e.LimitReached(A1, e.Limit.STEPS, "25 turns"))
    assert plan(steps, (), LAW, later(days=2), ()).facts == ()  # of no other limit


def test_a_lifted_question_is_closed_and_the_time_does_not_count() -> None:
    run = after(after(started(), LIMIT), e.LimitLifted(A1, e.Limit.DAY, "a new day has begun (UTC)"), at=later(hours=12))
    assert (run.asks[A1].state, run.asks[A1].reason, run.waited) == ("lifted", "a new day has begun (UTC)", timedelta(hours=12))


ADMIN = voter(BOB, "admins")


@pytest.mark.parametrize(
    ("who", "choice", "code"),
    [
        (ADMIN, "raise", None),
        (ADMIN, "stop", None),
        (replace(voter(ALICE, "operators"), level=Level.OPERATOR), "raise", "role"),
        (replace(voter(ALICE, "operators"), level=Level.OPERATOR), "finish", None),
        (voter(DANA), "raise", "role"),
        (voter(DANA), "stop", None),
        (voter(BOB), "finish", "role"),
    ],
)
def test_only_admins_raise_it(who: Voter, choice: str, code: str | None) -> None:
    run = after(started(), LIMIT)
    refusal = admit(run, run.asks[A1], who, choice, NOON)
    assert (refusal and refusal.code) == code
    if refusal and choice == "raise":
        assert refusal.text.startswith("Only admins may raise what an agent may spend in a day.")


def test_what_counts() -> None:
    def charge(event: e.Event) -> Charge | None:
        return charge_of(e.Recorded(RUN, 7, NOON, BOB, "triage", event))

    assert charge(begins()) == Charge("started", NOON, "triage", "write")
    assert charge(answered("Hello.")) == Charge("spent", NOON, "triage", cost=0.01)
    assert charge(e.LimitAnswered(A1, e.Limit.DAY, "raise", "Carol")) == Charge("raised", NOON, "triage", name="Carol")
    assert charge(e.LimitAnswered(A1, e.Limit.DAY, "stop", "Carol")) is None
    assert charge(e.LimitAnswered(A1, e.Limit.COST, "raise", "Carol")) is None


def test_calls_of_one_turn_that_may_run_count_for_one_another() -> None:
    limited = replace(READ, per_minute=2)
    rules = replace(RULES, tools={**SPECS, "read": limited}, used=Used({"read": 1, "write": 5}))
    for number, tool, count in ((1, "read", 2), (2, "mild", 2), (3, "gone", 2), (4, "read", 3)):
        rules = spend(rules, judged(e.Decision.ALLOW, number, tool))
        assert rules.used.calls == {"read": count, "write": 5}
    assert spend(rules, judged(e.Decision.ASK, 5, "read")) == rules
