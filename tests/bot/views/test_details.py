import pytest
from inline_snapshot import snapshot

from agents.core.exact import exact_text
from agents.core.ids import AskId
from bot.listeners.payloads import Where
from bot.views.deny import deny, reason_of
from bot.views.details import MOST, details
from bot.views.spot import ask_of
from tests.bot.views.made import ASK, HOSTILE, check_modal, drawn, literal, run_of, waiting


def test_details_show_everything_about_a_question() -> None:
    run = run_of(*waiting())
    assert drawn(check_modal(details(run, run.asks[ASK])).blocks) == snapshot("""\
SECTION *Question* `run-abcdefghij234567.a1`, open, asked <!date^1795262405^{date_short_pretty} at {time}|2026-11-21
   12:00 UTC>
SECTION *Who may decide:* operators, but not whoever asked for it; it takes one person.
*Expires* <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC>. That is not a denial.
SECTION *Call* `c1` of `restart_service`: waits for approval
SECTION *Arguments, whole*
PREFORMATTED {
  "service": "checkout"
}
SECTION What it would act on
LIST version 12 -> 11
SECTION *Preview, as it was taken*
PREFORMATTED version 12 -> 11
SECTION *Rules that decided*
• partial autonomy, high risk
Risk high, effect internal, repeatable: never
SMALL run-abcdefghij234567 · fingerprint dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\
""")


def test_long_arguments_are_whole_as_far_as_a_modal_goes_and_cut_visibly_beyond() -> None:
    run = run_of(*waiting(arguments={"note": "x" * 20_000}))
    shown = check_modal(details(run, run.asks[ASK]))
    assert "x" * 20_000 in literal(shown.blocks)
    assert "Cut:" not in str(shown.blocks)
    run = run_of(*waiting(arguments={"note": "x" * 100_000}))
    shown = check_modal(details(run, run.asks[ASK]))
    assert f"Cut: {len(exact_text({'note': 'x' * 100_000})) - MOST:,} more characters" in str(shown.blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_in_their_place(text: str) -> None:
    run = run_of(*waiting(text, {"note": text}, preview=text))
    check_modal(details(run, run.asks[ASK]))


def test_a_denial_carries_its_question_and_its_reason() -> None:
    modal = check_modal(deny(ASK, Where("U1", "C1", "1.2")))
    assert ask_of(modal.view()) == ASK
    assert reason_of({"state": {"values": {"reason": {"reason": {"value": " too early "}}}}}) == "too early"
    assert reason_of({"state": {"values": {"reason": {"reason": {"value": None}}}}}) == ""
    check_modal(deny(AskId("run-x.a1"), None))
