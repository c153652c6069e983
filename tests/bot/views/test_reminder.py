from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import ActorId, CallId
from agents.core.state import Run
from bot.views.approval import escalation
from bot.views.reminder import reminder
from tests.bot.views.made import (
    ALICE,
    ASK,
    BOB,
    DANA,
    HOSTILE,
    MENTIONS,
    NOON,
    asked,
    buttons,
    called,
    check,
    drawn,
    judged,
    mrkdwn_of,
    run_of,
    started,
    turn,
)

CALL, TOOL = CallId("c1"), "restart_service"
DENIED: tuple[e.Event, ActorId] = e.ApprovalDenied(ASK, CALL, TOOL, "Bob Lindqvist", "Not now"), BOB


def reminded(*more: e.Event | tuple[e.Event, ActorId], text: str = "checkout is slow", required: int = 1) -> Run:
    """A run whose question was told again, everywhere."""
    question = replace(
        asked(required=required), remind_at=NOON + timedelta(minutes=30), escalate_at=NOON + timedelta(hours=1), escalate_to="#ops-leads"
    )
    told = e.ApprovalReminded(ASK, CALL, TOOL), e.ApprovalEscalated(ASK, CALL, TOOL)
    return run_of(started(text), *turn(text, (TOOL, {"note": text})), judged(), question, *told, *more)


def test_a_reminder_calls_those_who_may_decide_and_says_how_long_there_is() -> None:
    run = reminded()
    shown = check(reminder(run, run.asks[ASK], MENTIONS))
    assert drawn(shown.blocks) == snapshot("""\
SECTION :bell: `restart_service` still waits for a decision of operators (<@U01ALICE> <!subteam^S01OPS>). There is 3h
   30m left. It expires <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC>, which is not a denial.
BUTTONS [Review and approve](review, primary) [Deny](deny, danger) [Details](details)\
""")
    assert called(shown) == {"U01ALICE", "S01OPS"}
    assert [name for name, _ in buttons(shown.blocks)] == ["review", "deny", "details"]


def test_a_reminder_spares_whoever_has_approved_or_may_not() -> None:
    run = reminded((e.VoteCast(ASK, CALL, TOOL, "Alice"), ALICE), required=2)
    both = {"operators": f"<@{ALICE.rpartition('/')[2]}> <@{DANA.rpartition('/')[2]}> <@U01BOB>"}
    assert called(check(reminder(run, run.asks[ASK], both))) == {"U01BOB"}


def test_an_escalation_says_why_it_is_there_and_is_decided_from_there() -> None:
    run = reminded()
    shown = check(escalation(run, run.asks[ASK], MENTIONS, "https://acme.slack.com/archives/C01/p1001"))
    said = mrkdwn_of(list(shown.blocks))
    assert said[0].startswith("*Why this is here:* nobody has decided it since <!date^")
    assert "<https://acme.slack.com/archives/C01/p1001|There it stands>" in said[0]
    assert [name for name, _ in buttons(shown.blocks)][:2] == ["approve", "deny"]
    assert "It stands in <#C01> as well" in mrkdwn_of(list(escalation(run, run.asks[ASK], MENTIONS).blocks))[0]


def test_both_show_the_outcome_and_call_nobody() -> None:
    run = reminded(DENIED)
    for shown in (check(reminder(run, run.asks[ASK], MENTIONS)), check(escalation(run, run.asks[ASK], MENTIONS))):
        assert "*Denied* by Bob Lindqvist" in "\n".join(mrkdwn_of(list(shown.blocks)))
        assert called(shown) == set()
        assert buttons(shown.blocks) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_in_their_place(text: str) -> None:
    denied = e.ApprovalDenied(ASK, CALL, TOOL, text, text), BOB
    for run in (reminded(text=text), reminded(denied, text=text)):
        check(reminder(run, run.asks[ASK], {}))
        check(escalation(run, run.asks[ASK], {}))
