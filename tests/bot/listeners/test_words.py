from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.listeners.words import VERBS, Asked, Mistake, moment, parse
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
        ("run RUN-abc", Asked("run", {"run": "RUN-abc"})),
        ("approvals mine page 2", Asked("approvals", {"page": "2"}, frozenset({"mine"}))),
        ("grants revoke run-a.g1", Asked("grants", {"revoke": "run-a.g1"})),
        ("schedules", Asked("schedules")),
        ("schedules Pause nightly", Asked("schedules", {"pause": "nightly"})),
        ("halt", Asked("halt")),
        ("halt triage because the deploy  went because", Asked("halt", {"agent": "triage", "because": "the deploy went because"})),
        ("halt because of this", Asked("halt", {"because": "of this"})),
        ("resume triage", Asked("resume", {"agent": "triage"})),
        ("stop abc Take OVER", Asked("stop", {"run": "abc"}, frozenset({"take over"}))),
        ("stop take over abc", Asked("stop", {"run": "abc"}, frozenset({"take over"}))),
        ("spend since 7d", Asked("spend", {"since": "7d"})),
        ("help audit", Asked("help", {"word": "audit"})),
        ("memory", Asked("memory")),
        ("memory forget m12", Asked("memory", {"forget": "m12"})),
        ("memory before m12", Asked("memory", {"before": "m12"})),
        ("memory checkout deploys before  noon", Asked("memory", {"about": "checkout deploys before noon"})),
        ("memory about forget", Asked("memory", {"about": "forget"})),
    ],
)
def test_what_is_understood(text: str, asked: Asked) -> None:
    assert parse(text) == asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aprovals", "did you mean `approvals`?"),
        ("run", "Which one? `/ops run run-abc123`"),
        ("stop", "Which one? `/ops stop run-abc123`"),
        ("rnus", "did you mean `runs`?"),
        ("halt triage it is broken", "`/ops halt` does not know `it`"),
        ("halt becuase x", "does not know `x`"),
        ("run a b", "`b` is too much"),
        ("agents all", "takes no further words"),
        ("schedules run", "`run` needs a value: `run weekday-report`"),
        ("schedules stop nightly", "`/ops schedules` does not know `stop`"),
        ("dance", "There is no `/ops dance`. `/ops help` lists what there is."),
        ("audit agnet triage", "did you mean `agent`?"),
        ("audit tool", "`tool` needs a value: `tool restart_service`"),
        ("audit tool since 2h", "`tool` needs a value"),
        ("audit tool a tool b", "`tool` is given twice"),
        ("runs opne", "did you mean `open`?"),
        ("help me out", "takes one word and no more"),
        ("<!channel>", "There is no `/ops &lt;!channel&gt;`"),
    ],
)
def test_what_is_not_understood_is_told_with_what_would_be_right(text: str, words: str) -> None:
    mistake = parse(text)
    assert isinstance(mistake, Mistake)
    assert words in mistake.text


@pytest.mark.parametrize("text", ["runs open before 7", "approvals all mine page 3", "audit since 2h tool x", "stop a take over"])
def test_a_command_can_be_written_again(text: str) -> None:
    asked = parse(text)
    assert isinstance(asked, Asked)
    assert parse(asked.words()) == asked


def test_a_page_is_left_out_of_the_words() -> None:
    asked = parse("runs open before 7")
    assert isinstance(asked, Asked)
    assert asked.words("before") == "runs open"


WORDS = [*VERBS, "take", "over", "because", "mine", "run", "tool", "since", "<", "&", "x", "run-1"]


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
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
