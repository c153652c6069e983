import pytest

from agents.core import events as e
from agents.core.calls import CallState
from agents.core.ids import CallId
from bot.sandbox.slack_streams import _check
from bot.views.stream import closing, literal, opening, steps, text
from tests.bot.views.made import HOSTILE, RUN, judged, run_of, started, turn, waiting

CALL = CallId("c1")


def test_a_stream_begins_with_its_plan_and_the_card_that_is_its_key() -> None:
    assert opening(run_of(started()), "Thinking") == [
        {"type": "plan_update", "title": "triage is on it"},
        {"type": "task_update", "id": f"{RUN}/progress", "title": "Thinking", "status": "in_progress"},
    ]
    done = closing(run_of(started(), *turn("Fine.")))
    assert [done[0]["title"], done[1]["status"]] == ["Done after 1 step and 2s", "complete"]


def test_each_step_is_a_card_that_is_shown_when_it_changes() -> None:
    asked = run_of(*waiting())
    [card] = steps(asked, {})
    assert (card["id"], card["title"], card["status"], card["output"]) == (
        f"{RUN}/c1", "restart_service(service: checkout)", "pending", "waits for approval"
    )
    assert list(steps(asked, {CALL: CallState.ASKED})) == []
    judged_only = run_of(started(), *turn("", ("query", {"q": 1})), judged("query", e.Decision.ALLOW))
    assert list(steps(judged_only, {})) == []


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    run = run_of(*waiting(words, {words[:100]: words}))
    for chunk in (*opening(run, words or "x"), *steps(run, {}), text("x")):
        _check(chunk, 0)
        assert "<" not in str(chunk.get("title", ""))
    assert len(literal(words, 160)) <= 200
