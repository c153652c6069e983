"""Which of several memories comes first."""

from datetime import UTC, datetime, timedelta

import pytest

from agents.core.ids import ActorId, RunId
from agents.core.memory import Memory, Note, ranked

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


def memory(number: int, relevance: float, days: float) -> Memory:
    at = NOW - timedelta(days=days)
    return Memory(number, Note(f"k{number}", "memory", "triage", "C1", "x", "", (), RunId("run-x"), ActorId("T/U"), False, at), relevance)


@pytest.mark.parametrize(("first", "second"), [
    (memory(1, 1.0, 1), memory(2, 1.0, 100)),
    (memory(1, 1.5, 100), memory(2, 1.0, 60)),
    (memory(1, 2.1, 5000), memory(2, 1.0, 0)),
    (memory(1, 1.0, -3), memory(2, 1.0, 1)),
])
def test_what_fits_better_comes_first_and_of_the_same_the_fresher(first: Memory, second: Memory) -> None:
    assert ranked([second, first], NOW) == (first, second)
    assert first.name == "m1"
