import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.fold import fold
from agents.core.ids import CallId
from bot.listeners.payloads import Where
from bot.views.feedback import feedback, note_of, plain_thumbs, rated
from bot.views.spot import run_of as run_in
from bot.views.timeline import timeline
from tests.bot.views.made import ALICE, ASK, HOSTILE, RUN, check_modal, drawn, rows, started, turn, waiting


def test_each_step_says_when_what_and_who() -> None:
    granted = (e.ApprovalGranted(ASK, CallId("c1"), "restart_service", (ALICE,)), ALICE)
    voted = (e.VoteCast(ASK, CallId("c1"), "restart_service", "Alice Moreau"), ALICE)
    recorded = rows(*waiting(), e.PostStarted("progress"), e.PostFinished("progress", "1.2"), voted, granted)
    assert drawn(check_modal(timeline(fold(recorded), recorded)).blocks) == snapshot("""\
SECTION *triage* · `run-abcdefghij234567` · began <!date^1795262401^{date_short_pretty} {time_secs}|2026-11-21 12:00
   UTC>
under way
SECTION `+0s` Dana Reyes asked triage (mention): checkout is slow
`+2s` claude-test answered in 900 ms (1,200 tokens, $0.0123): A restart should help. -&gt; c1
   restart_service(service="checkout")
`+3s` c1 restart_service judged: ask by “partial autonomy, high risk” (risk high, effect internal)
`+4s` approval of restart_service asked as run-abcdefghij234567.a1: 1 of role:operators
`+7s` Alice Moreau approved restart_service · <@U01ALICE>
`+8s` approval of restart_service granted by 1 person · <@U01ALICE>
SMALL 1 step · 1,200 tokens · $0.0123 · 4s at work · 4s waiting for people\
""")


def test_of_too_much_the_newest_is_kept_and_the_rest_is_counted() -> None:
    more = [(e.InputReceived(f"k{n}", "Dana", f"message {n} " + "x" * 290), ALICE) for n in range(2000)]
    recorded = rows(started(), *turn("Hm."), *more)
    modal = check_modal(timeline(fold(recorded), recorded))
    said = drawn(modal.blocks)
    assert "message 1999" in said
    assert "message 0 " not in said
    shown = sum(f"message {n} " in said for n in range(2000))
    assert f"{2002 - shown:,} older events are not shown" in said


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_in_their_place(text: str) -> None:
    recorded = rows(*waiting(text, {"note": text}, text, preview=text), (e.RunStopped(text or "x"), ALICE))
    check_modal(timeline(fold(recorded), recorded))


def test_a_bad_thumb_asks_what_was_wrong() -> None:
    modal = check_modal(feedback(RUN, Where("U1", "C1", "1.2")))
    assert run_in(modal.view()) == RUN
    assert note_of({"state": {"values": {"note": {"note": {"value": " It restarted the wrong one. "}}}}}) == "It restarted the wrong one."
    assert [rated(one["value"]) for one in plain_thumbs(RUN)] == [(True, RUN), (False, RUN)]
