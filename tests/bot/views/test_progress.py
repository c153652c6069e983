from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.ids import CallId
from bot.views.progress import notice, progress
from tests.bot.views.made import HOSTILE, RUN, buttons, check, drawn, judged, literal, mrkdwn_of, run_of, started, turn, waiting

CALL, TOOL = CallId("c1"), "restart_service"


def test_the_sign_of_life_says_what_happens_just_now() -> None:
    assert drawn(check(progress(run_of(started()))).blocks).splitlines() == [
        "SECTION :hourglass_flowing_sand: *triage* is on it: thinking", "BUTTONS [Stop](stop, danger) [Take over](take_over)",
    ]
    shown = check(progress(run_of(*waiting()), "restart_service"))
    assert "*triage* is on it: restart_service" in shown.text
    assert literal(shown.blocks[:-1]) == "restart_service(service: checkout): waits for approval"


def test_in_the_end_it_says_what_was_done() -> None:
    run = run_of(
        started(), *turn("Looking.", ("query", {"q": 1})), judged("query", e.Decision.ALLOW), e.ToolStarted(CALL, "query", "k"),
        e.ToolFinished(CALL, "query", "ok"), *turn("Fine."),
    )
    shown = check(progress(run))
    assert mrkdwn_of(list(shown.blocks)) == ["*Done* after 2 steps and 7s", "Looking."]
    assert literal(shown.blocks) == "query(q: 1): done"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_in_their_place(text: str) -> None:
    run = run_of(*waiting(text, {text[:100]: text}))
    check(progress(run, text))
    check(notice(run, run.calls[CALL]))


def test_a_notice_tells_what_ran_and_why_it_was_let() -> None:
    run = run_of(
        started(), *turn("", (TOOL, {"service": "checkout"})), judged(decision=e.Decision.NOTIFY), e.ToolStarted(CALL, TOOL, "k"),
        e.ToolFinished(CALL, TOOL, "ok"),
    )
    shown = check(notice(run, run.calls[CALL]))
    assert shown.text == "*triage* ran `restart_service` without asking: done"
    assert "high risk, internal effect · partial autonomy, high risk" in mrkdwn_of(list(shown.blocks))[-1]


def test_what_ran_without_asking_can_be_taken_back_from_its_notice() -> None:
    run = run_of(
        started(), *turn("", (TOOL, {"service": "checkout"})), replace(judged(decision=e.Decision.NOTIFY), undo=600),
        e.ToolStarted(CALL, TOOL, "k"), e.ToolFinished(CALL, TOOL, "ok"),
    )
    assert buttons(check(notice(run, run.calls[CALL])).blocks) == [("undo", f"{RUN}/c1")]
