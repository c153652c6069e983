"""Who may say what of a finding."""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.finding import Mark
from agents.core.marking import may_investigate, may_mark
from tests.agents.core.test_finding import found, signal
from tests.world import ALICE, DANA, voter

MEMBER = replace(voter(DANA), level=Level.VIEWER)
OPERATOR = replace(voter(ALICE), level=Level.OPERATOR)


def code(run_events: tuple[e.Event, ...], who: Voter, mark: Mark) -> str | None:
    refusal = may_mark(found(*run_events), who, mark)
    return refusal.code if refusal else None


@pytest.mark.parametrize("mark", list(Mark))
def test_members_may_say_what_it_is_and_operators_what_is_usual(mark: Mark) -> None:
    assert code((), MEMBER, mark) == ("role" if mark is Mark.LEARN else None)
    assert code((), OPERATOR, mark) is None
    assert may_investigate(MEMBER) is None


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (replace(MEMBER, is_guest=True), "role"), (replace(MEMBER, is_foreign=True), "role"), (replace(MEMBER, is_unknown=True), "unknown"),
        (replace(MEMBER, level=Level.NOBODY), "role"),
    ],
)  # fmt: skip
def test_others_may_not(who: Voter, why: str) -> None:
    assert code((), who, Mark.ACKNOWLEDGED) == why
    refusal = may_investigate(who)
    assert refusal is not None
    assert refusal.code == why
    assert may_mark(found(), replace(who, is_guest=False, is_foreign=False, is_unknown=False, level=Level.VIEWER), Mark.SNOOZED) is None


def test_what_is_over_can_still_be_called_a_false_alarm_and_nothing_else_after_that() -> None:
    over = (signal("resolved"),)
    assert code(over, MEMBER, Mark.ACKNOWLEDGED) == "closed"
    assert code(over, MEMBER, Mark.FALSE_ALARM) is None
    said = (*over, e.FindingMarked(Mark.FALSE_ALARM, "Alice"))
    assert code(said, OPERATOR, Mark.LEARN) == "closed"
    run = found(*said)
    again = replace(MEMBER, actor=run.marks[0].actor)
    assert may_mark(run, again, Mark.FALSE_ALARM) is None
    refusal = may_mark(run, MEMBER if MEMBER.actor != run.marks[0].actor else OPERATOR, Mark.EXCLUDE)
    assert refusal is not None
    assert refusal.text == "It is over: Alice has said that it was a false alarm."
