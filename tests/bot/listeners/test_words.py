from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.listeners.words import Asked, Mistake, moment, parse
from tests.bot.views.made import assert_tame

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", Asked("help")),
        ("  HELP ", Asked("help")),
        ("runs", Asked("runs")),
        ("runs open", Asked("runs", {}, frozenset({"open"}))),
        ("approvals all", Asked("approvals", {}, frozenset({"all"}))),
        ("audit", Asked("audit")),
        ("audit run-abc", Asked("audit", {"run": "run-abc"})),
        ("audit tool a_b USER <@U01ALICE> since 2h", Asked("audit", {"tool": "a_b", "user": "<@U01ALICE>", "since": "2h"})),
        ("audit agent triage before 12", Asked("audit", {"agent": "triage", "before": "12"})),
    ],
)
def test_what_is_understood(text: str, asked: Asked) -> None:
    assert parse(text) == asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aprovals", "did you mean `approvals`?"),
        ("run", "did you mean `runs`?"),
        ("dance", "There is no `/ops dance`. `/ops help` lists what there is."),
        ("audit agnet triage", "did you mean `agent`?"),
        ("audit tool", "`tool` needs a value: `tool restart_service`"),
        ("audit tool since 2h", "`tool` needs a value"),
        ("audit tool a tool b", "`tool` is given twice"),
        ("runs opne", "did you mean `open`?"),
        ("help me", "takes no further words"),
        ("<!channel>", "There is no `/ops &lt;!channel&gt;`"),
    ],
)
def test_what_is_not_understood_is_told_with_what_would_be_right(text: str, words: str) -> None:
    mistake = parse(text)
    assert isinstance(mistake, Mistake)
    assert words in mistake.text


@given(st.text() | st.lists(st.sampled_from(["audit", "run", "tool", "since", "<", "&", "x", "run-1"])).map(" ".join))
def test_any_words_get_an_answer(text: str) -> None:
    asked = parse(text)
    if isinstance(asked, Mistake):
        assert_tame(asked.text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", NOON - timedelta(hours=2)), ("1h30m", NOON - timedelta(minutes=90)), ("3D", NOON - timedelta(days=3)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)), ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("2026-11-20T14:30+02:00", datetime(2026, 11, 20, 12, 30, tzinfo=UTC)), ("yesterday", None), ("999999d", None), ("-2h", None),
    ],
)
def test_moments(text: str, at: datetime | None) -> None:
    assert moment(text, NOON) == at
