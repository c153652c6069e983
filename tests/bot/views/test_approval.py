from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import AskId, CallId
from bot.views.questions import card
from tests.bot.views.made import (
    ALICE,
    ASK,
    BOB,
    DANA,
    HOSTILE,
    MENTIONS,
    RUN,
    asked,
    buttons,
    check,
    drawn,
    judged,
    literal,
    mrkdwn_of,
    run_of,
    started,
    turn,
    waiting,
)

CALL, TOOL = CallId("c1"), "restart_service"


def test_the_open_card_tells_everything_that_a_decision_needs() -> None:
    run = run_of(
        started(), *turn("Looking.", ("query_metrics", {"service": "checkout"})),
        judged("query_metrics", e.Decision.ALLOW), e.ToolStarted(CALL, "query_metrics", "k"), e.ToolFinished(CALL, "query_metrics", "2 s"),
        *turn("A restart should help.", (TOOL, {"service": "checkout", "reason": "p95 <2 s> & rising"}), first=2),
        judged(TOOL, call="c2"), replace(asked(), call_id=CallId("c2")),
    )
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert shown.text == "Approval needed: restart_service (triage)"
    assert drawn(shown.blocks) == snapshot("""\
HEADER Approval needed: restart_service
SECTION *triage* was asked by <@U01DANA>:
QUOTE checkout is slow
SECTION *The agent's own words*
QUOTE A restart should help.
SECTION *What it has done so far*
LIST query_metrics(service: checkout): done
SECTION *Exactly this:* `restart_service` with
PREFORMATTED {
  "reason": "p95 <2 s> & rising",
  "service": "checkout"
}
SECTION *What it would act on*
PREFORMATTED version 12 -> 11
SECTION *Risk:* high, with an internal effect
*Why approval is needed:* partial autonomy, high risk
*If approved:* it runs once, exactly as shown. If what it would change moves first, nothing runs and a new card asks.
*If denied:* it does not run. The agent reads your reason and may propose something else.
SECTION *Who may decide:* operators (<@U01ALICE> <!subteam^S01OPS>), but not whoever asked for it; it takes one person.
*Expires* <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC>. That is not a denial.
BUTTONS [Approve](approve, primary) [Deny](deny, danger) [Details](details)
SMALL run-abcdefghij234567 · question a1 · fingerprint `dddddddddddd`\
""")


def test_buttons_have_fixed_names_and_the_question_as_value() -> None:
    run = run_of(*waiting())
    assert buttons(card(run, run.asks[ASK], MENTIONS).blocks) == [("approve", ASK), ("deny", ASK), ("details", ASK)]


def test_votes_are_counted_where_more_than_one_is_needed() -> None:
    run = run_of(*waiting(required=2), (e.VoteCast(ASK, CALL, TOOL, "Alice Moreau"), ALICE))
    said = "\n".join(mrkdwn_of(list(check(card(run, run.asks[ASK], MENTIONS)).blocks)))
    assert "it takes 2 different people" in said
    assert "*Approved so far:* 1 of 2: <@U01ALICE>" in said


def test_nobody_is_said_where_nobody_may_decide() -> None:
    run = run_of(*waiting(approvers=()))
    assert "nobody: the configuration names no approvers" in str(card(run, run.asks[ASK], MENTIONS).blocks)


@pytest.mark.parametrize(
    ("fact", "title", "words"),
    [
        (e.ApprovalDenied(ASK, CALL, TOOL, "Bob Lindqvist", "Not <!channel> now"), "Denied: restart_service", "*Denied* by <@U01BOB>"),
        (e.ApprovalExpired(ASK, CALL, TOOL), "Expired: restart_service", "neither approved nor denied"),
        (e.ApprovalVoided(ASK, CALL, TOOL, "The target has changed."), "Void: restart_service", "*Void* since"),
    ],
)
def test_each_outcome_has_its_own_words_and_no_buttons(fact: e.Event, title: str, words: str) -> None:
    run = run_of(*waiting(), (fact, BOB))
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert literal(shown.blocks[0]) == title
    assert words in "\n".join(mrkdwn_of(list(shown.blocks)))
    assert buttons(shown.blocks) == []


def test_a_granted_card_names_who_countersigned() -> None:
    run = run_of(*waiting(), (e.VoteCast(ASK, CALL, TOOL, "Alice Moreau"), ALICE), (e.ApprovalGranted(ASK, CALL, TOOL, (ALICE,)), ALICE))
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert literal(shown.blocks[0]) == "Approved: restart_service"
    assert "*Approved* by <@U01ALICE>" in mrkdwn_of(list(shown.blocks))[0]
    assert buttons(shown.blocks) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_others_wrote_gets_out_of_its_place(text: str) -> None:
    run = run_of(*waiting(text, {"note": text, text[:50]: [text]}, text, preview=text))
    shown = check(card(run, run.asks[ASK], {}))
    quiet = "\n".join(mrkdwn_of(list(shown.blocks)))
    assert "<@U01ALICE>" not in quiet
    assert "subteam" not in quiet
    denied = run_of(*waiting(text, {"note": text}, text, preview=text), (e.ApprovalDenied(ASK, CALL, TOOL, text, text), DANA))
    check(card(denied, denied.asks[ASK], {}))


def test_invisible_characters_in_arguments_are_written_out() -> None:
    run = run_of(*waiting(arguments={"path": "/safe\u202e\u200bgpj.exe"}))
    assert r"/safe\u202e\u200bgpj.exe" in literal(card(run, run.asks[ASK], MENTIONS).blocks)


def test_a_card_behind_a_doubt_says_what_was_said_of_it() -> None:
    doubted = (
        e.VoteCast(ASK, CALL, TOOL, "Alice Moreau"), e.ApprovalGranted(ASK, CALL, TOOL, (ALICE,)), e.ToolStarted(CALL, TOOL, "key"),
        e.CallInterrupted(CALL, TOOL, "No answer."), e.DoubtRaised(AskId(f"{RUN}.a2"), CALL, TOOL, "No answer.", ("role:operators",)),
        (e.DoubtResolved(AskId(f"{RUN}.a2"), CALL, TOOL, "retry", "Alice Moreau"), ALICE),
    )
    again = replace(asked(), ask_id=AskId(f"{RUN}.a3"), supersedes=AskId(f"{RUN}.a2"))
    run = run_of(*waiting(), *doubted, again)
    said = "\n".join(mrkdwn_of(list(check(card(run, run.asks[again.ask_id], MENTIONS)).blocks)))
    assert "*This was started before.*" in said
    assert "Alice Moreau said that it did not happen" in said
