from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import ActorId, AskId, CallId, GrantId
from bot.views.questions import card
from tests.bot.views.made import (
    ALICE,
    ASK,
    BOB,
    DANA,
    HOSTILE,
    MENTIONS,
    NOON,
    RUN,
    asked,
    buttons,
    called,
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
VOTED: tuple[e.Event, ActorId] = e.VoteCast(ASK, CALL, TOOL, "Alice Moreau"), ALICE
GRANTED: tuple[e.Event, ActorId] = e.ApprovalGranted(ASK, CALL, TOOL, (ALICE,)), ALICE


def ungrantable() -> tuple[e.Event, ...]:
    """A question about a call of a tool that nobody may allow ahead of time."""
    return started(), *turn("Hm.", (TOOL, {"service": "checkout"})), replace(judged(), grantable=False), asked()


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
SECTION *triage* was asked by Dana Reyes:
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
SECTION What it would act on
LIST version 12 -> 11
SECTION *Risk:* high, with an internal effect
*Why approval is needed:* partial autonomy, high risk
*If approved:* it runs once, exactly as shown. If what it would change moves first, nothing runs and a new card asks.
*If denied:* it does not run. The agent reads your reason and may propose something else.
SECTION *Who may decide:* operators (<@U01ALICE> <!subteam^S01OPS>), but not whoever asked for it; it takes one person.
*Expires* <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC>. That is not a denial.
BUTTONS [Approve](approve, primary) [Deny](deny, danger) [Edit](edit) [Approve, and allow more](grant)
   [Details](details)
BUTTONS [Take over](take_over)
SMALL run-abcdefghij234567 · question a1 · fingerprint `dddddddddddd`\
""")


def test_buttons_have_fixed_names_and_the_question_as_value() -> None:
    run = run_of(*waiting())
    names = ["approve", "deny", "edit", "grant", "details", "take_over"]
    assert buttons(card(run, run.asks[ASK], MENTIONS).blocks) == [(name, ASK) for name in names]


def test_nobody_can_allow_more_where_two_have_to_approve_or_the_tool_forbids_it() -> None:
    for run in (run_of(*waiting(required=2)), run_of(*ungrantable())):
        assert "grant" not in dict(buttons(card(run, run.asks[ASK], MENTIONS).blocks))


def test_votes_are_counted_by_name_and_whoever_voted_is_not_called_again() -> None:
    run = run_of(*waiting(required=2), (e.VoteCast(ASK, CALL, TOOL, "Alice Moreau"), ALICE))
    shown = check(card(run, run.asks[ASK], MENTIONS))
    said = "\n".join(mrkdwn_of(list(shown.blocks)))
    assert "it takes 2 different people" in said
    assert "*Approved so far:* 1 of 2: Alice Moreau" in said
    assert called(shown) == {"S01OPS"}


def test_nobody_is_said_where_nobody_may_decide() -> None:
    run = run_of(*waiting(approvers=()))
    assert "nobody: the configuration names no approvers" in str(card(run, run.asks[ASK], MENTIONS).blocks)


def test_a_card_tells_when_it_expires_and_when_people_are_called_again() -> None:
    question = replace(asked(), remind_at=NOON + timedelta(minutes=30), escalate_at=NOON + timedelta(hours=1), escalate_to="#ops-leads")
    facts = (started(), *turn("Hm.", (TOOL, {"service": "checkout"})), judged())
    run = run_of(*facts, question)
    said = "\n".join(mrkdwn_of(list(check(card(run, run.asks[ASK], MENTIONS)).blocks)))
    assert "Until then: a reminder follows <!date" in said
    assert "it goes to #ops-leads as well" in said
    told = run_of(*facts, question, e.ApprovalReminded(ASK, CALL, TOOL), e.ApprovalEscalated(ASK, CALL, TOOL))
    said = "\n".join(mrkdwn_of(list(check(card(told, told.asks[ASK], MENTIONS)).blocks)))
    assert "reminder" not in said
    assert "it is in #ops-leads as well" in said


OUTCOMES: dict[str, tuple[e.Event | tuple[e.Event, ActorId], str, str]] = {
    "denied": (
        (e.ApprovalDenied(ASK, CALL, TOOL, "Bob <!here>", "Not <!channel> now"), BOB), "Denied: restart_service",
        "*Denied* by Bob &lt;!here&gt;",
    ),
    "expired": (e.ApprovalExpired(ASK, CALL, TOOL), "Expired: restart_service", "*Expired* <!date"),
    "void": ((e.ApprovalVoided(ASK, CALL, TOOL, "The target has changed."), BOB), "Void: restart_service", "*Void* since"),
    "superseded": (
        (e.CallEdited(ASK, CALL, TOOL, "Bob Lindqvist", {"service": "cart"}), BOB), "Superseded: restart_service",
        "Bob Lindqvist changed the call",
    ),
    "withdrawn": ((e.RunStopped("Bob Lindqvist"), BOB), "Withdrawn: restart_service", "Bob Lindqvist ended the run"),
    "granted": (GRANTED, "Approved: restart_service", "*Approved* by Alice Moreau"),
}


@pytest.mark.parametrize("state", OUTCOMES)
def test_each_outcome_has_its_own_words_no_buttons_and_calls_nobody(state: str) -> None:
    fact, title, words = OUTCOMES[state]
    run = run_of(*waiting(), *((VOTED, fact) if state == "granted" else (fact,)))
    assert run.asks[ASK].state == state
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert literal(shown.blocks[0]) == title
    assert words in "\n".join(mrkdwn_of(list(shown.blocks)))
    assert buttons(shown.blocks) == []
    assert called(shown) == set()
    others = [outcome for name, (_, _, outcome) in OUTCOMES.items() if name != state]
    assert not [outcome for outcome in others if outcome in "\n".join(mrkdwn_of(list(shown.blocks)))]


def test_a_changed_call_is_shown_as_it_was_on_the_old_card_and_as_it_is_on_the_new() -> None:
    changed = (e.CallEdited(ASK, CALL, TOOL, "Bob Lindqvist", {"service": "cart", "force": True}), BOB)
    again = replace(asked(), ask_id=AskId(f"{RUN}.a2"), supersedes=ASK)
    run = run_of(*waiting(), changed, judged(), again)
    old = drawn(check(card(run, run.asks[ASK], MENTIONS)).blocks)
    new = drawn(check(card(run, run.asks[again.ask_id], MENTIONS)).blocks)
    assert 'LIST service: "checkout" → "cart"' in old
    assert '"service": "checkout"' in old
    assert "SECTION Changed by Bob Lindqvist before it was approved" in new
    assert "LIST force: not there → true" in new
    assert '"service": "cart"' in new


def test_a_card_behind_a_void_one_says_what_moved_since() -> None:
    void = (e.ApprovalVoided(ASK, CALL, TOOL, "The target has changed since this was asked."), ALICE)
    again = replace(asked(preview="version: 13\nreplicas: 3"), ask_id=AskId(f"{RUN}.a2"), supersedes=ASK)
    run = run_of(*waiting(preview="version: 12\nreplicas: 3"), void, again)
    for ask_id in (ASK, again.ask_id):
        said = drawn(check(card(run, run.asks[ask_id], MENTIONS)).blocks)
        assert "version: 12 → 13" in said
        assert "replicas: 3 →" not in said


def test_what_came_of_an_approved_call_stands_on_its_card_with_undo_while_there_is_time() -> None:
    done = (VOTED, GRANTED, e.ToolStarted(CALL, TOOL, "key"), e.ToolFinished(CALL, TOOL, "restarted <!here>"))
    facts = (started(), *turn("Hm.", (TOOL, {"service": "checkout"})), replace(judged(), undo=600), asked())
    run = run_of(*facts, *done)
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert "*It ran and is done.*" in drawn(shown.blocks)
    assert "QUOTE restarted <!here>" in drawn(shown.blocks)
    assert "It can be undone until <!date^" in drawn(shown.blocks)
    assert buttons(shown.blocks) == [("undo", f"{RUN}/c1")]
    failed = run_of(*facts, VOTED, GRANTED, e.ToolStarted(CALL, TOOL, "key"), e.ToolFailed(CALL, TOOL, "HTTP 409"))
    assert "*It failed.*" in drawn(check(card(failed, failed.asks[ASK], MENTIONS)).blocks)
    assert buttons(card(failed, failed.asks[ASK], MENTIONS).blocks) == []


def test_a_grant_that_was_given_with_an_approval_is_named() -> None:
    given = e.GrantGiven(GrantId(f"{RUN}.g1"), ASK, CALL, TOOL, "d", {}, NOON, 10, "Alice Moreau")
    run = run_of(*waiting(), VOTED, GRANTED, (given, ALICE))
    assert f"under the grant `{RUN}.g1`" in drawn(check(card(run, run.asks[ASK], MENTIONS)).blocks)


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
