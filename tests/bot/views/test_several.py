"""Several calls on one card: a row a call, each with its own buttons and its own outcome."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.exact import exact_text
from agents.core.ids import AskId, CallId
from bot.views.blocks import text_size
from bot.views.questions import card
from bot.views.room import ALONE, fits, shares
from tests.bot.views.made import ALICE, ASK, BOB, HOSTILE, MENTIONS, RUN, buttons, called, check, drawn, literal, run_of, several

TOOL = "restart_service"
SECOND = AskId(f"{RUN}.a2")
TWO_ROWS = snapshot("""\
HEADER Approval needed: 2 calls
SECTION *triage* was asked by Dana Reyes:
QUOTE checkout is slow
SECTION *The agent's own words*
QUOTE Restart them.
SECTION *If approved:* it runs once, exactly as shown. If what it would change moves first, nothing runs and a new card
   asks.
*If denied:* it does not run. The agent reads your reason and may propose something else.
----
SECTION *1 of 2:* `restart_service`
*Risk:* high, with an internal effect
*Why approval is needed:* partial autonomy, high risk
PREFORMATTED {
  "service": "checkout"
}
SECTION What it would act on
LIST version: 12 → 11
BUTTONS [Approve](approve, primary) [Deny](deny, danger) [Edit](edit) [Approve, and allow more](grant)
   [Details](details)
----
SECTION *2 of 2:* `restart_service`
*Risk:* high, with an internal effect
*Why approval is needed:* partial autonomy, high risk
PREFORMATTED {
  "service": "cart"
}
SECTION What it would act on
LIST version: 12 → 11
BUTTONS [Approve](approve, primary) [Deny](deny, danger) [Edit](edit) [Approve, and allow more](grant)
   [Details](details)
----
SECTION *Who may decide:* operators (<@U01ALICE> <!subteam^S01OPS>), but not whoever asked for it; it takes one person.
*Expires* <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC>. That is not a denial.
BUTTONS [Approve all 2](approve_all, primary) [Deny all 2](deny_all, danger) [Take over](take_over)
SMALL run-abcdefghij234567 · question a1\
""")


def test_each_call_has_a_row_and_there_is_a_button_for_all() -> None:
    run = run_of(*several({"service": "checkout"}, {"service": "cart"}))
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert shown.text == "Approval needed: 2 calls (triage)"
    assert drawn(shown.blocks) == TWO_ROWS


def test_who_may_decide_stands_at_each_row_where_it_is_not_the_same_for_all() -> None:
    voted = (e.VoteCast(SECOND, CallId("c2"), TOOL, "Alice"), ALICE)
    run = run_of(*several({"service": "checkout"}, {"service": "cart"}, required=2), voted)
    assert drawn(check(card(run, run.asks[ASK], MENTIONS)).blocks).count("*Who may decide:*") == 2


def test_each_row_has_its_buttons_in_a_block_of_its_own() -> None:
    run = run_of(*several({"service": "checkout"}, {"service": "cart"}))
    named = [block["block_id"] for block in card(run, run.asks[ASK], MENTIONS).blocks if block["type"] == "actions"]
    assert named == [f"decide:{ASK}", f"decide:{SECOND}", f"case:{ASK}"]


def test_a_decided_row_shows_its_outcome_beside_one_that_waits() -> None:
    denied = (e.ApprovalDenied(SECOND, CallId("c2"), TOOL, "Bob", "Not now"), BOB)
    run = run_of(*several({"service": "checkout"}, {"service": "cart"}), denied)
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert literal(shown.blocks[0]) == "Approval needed: 1 of 2 calls"
    assert "*Denied* by Bob" in drawn(shown.blocks)
    assert [name for name, _ in buttons(shown.blocks)] == ["approve", "deny", "edit", "grant", "details", "take_over"]
    voted = (e.VoteCast(ASK, CallId("c1"), TOOL, "Alice"), ALICE), (e.ApprovalGranted(ASK, CallId("c1"), TOOL, (ALICE,)), ALICE)
    run = run_of(*several({"service": "checkout"}, {"service": "cart"}), denied, *voted)
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert literal(shown.blocks[0]) == "Decided: 2 calls"
    assert buttons(shown.blocks) == []
    assert called(shown) == set()


def test_what_is_not_shown_whole_is_reviewed_and_nothing_is_approved_in_passing() -> None:
    run = run_of(*several({"service": "checkout"}, {"note": "x" * 9000}))
    shown = check(card(run, run.asks[ASK], MENTIONS))
    names = [(name, value) for name, value in buttons(shown.blocks) if name in ("approve", "review", "approve_all", "deny_all", "grant")]
    assert names == [("approve", ASK), ("grant", ASK), ("review", SECOND), ("deny_all", ASK)]
    assert fits(run, run.asks[ASK])
    assert not fits(run, run.asks[SECOND])


@pytest.mark.parametrize("text", HOSTILE)
def test_five_rows_of_anything_are_one_message(text: str) -> None:
    calls: list[dict[str, Any]] = [{"note": text, text[:50]: [text], "n": n} for n in range(5)]
    preview = f"{text}\nname: {text} → {text}"
    facts = several(*calls, text=text, preview=preview, words=text, required=3, approvers=[f"role:{text[:200]}"] * 20)
    run = run_of(*facts)
    shown = check(card(run, run.asks[ASK], {text[:200]: "<@U01ALICE> " * 200}))
    assert text_size(list(shown.blocks)) <= 9000
    denied = [(e.ApprovalDenied(AskId(f"{RUN}.a{n}"), CallId(f"c{n}"), TOOL, text, text), BOB) for n in range(1, 6)]
    decided = run_of(*facts, *denied)
    assert text_size(list(check(card(decided, decided.asks[ASK], {})).blocks)) <= 9000


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=5))
@settings(deadline=None)
def test_room_is_shared_so_that_short_calls_are_always_whole(lengths: list[int]) -> None:
    given_ = shares(lengths)
    assert all(room <= min(length, ALONE) for room, length in zip(given_, lengths, strict=True))
    assert sum(given_) <= 7000
    least = 2000 // len(lengths)
    assert all(room == length for room, length in zip(given_, lengths, strict=True) if length <= least)


def test_the_arguments_of_each_row_are_exact() -> None:
    calls = [{"service": f"s{n}", "why": "<@U01ALICE> *now* `x`"} for n in range(5)]
    run = run_of(*several(*calls))
    shown = literal(check(card(run, run.asks[ASK], MENTIONS)).blocks)
    assert all(exact_text(call) in shown for call in calls)
