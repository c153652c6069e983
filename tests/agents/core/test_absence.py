"""Silence is news where its length is."""

from datetime import timedelta
from typing import Any

import pytest

from agents.core.absence import missing_after

FIVE = timedelta(minutes=5)


def ticks(days: float, *, every: int = 300, without: Any = lambda second: False) -> list[int]:
    return [second for second in range(0, int(days * 86400), every) if not without(second)]


def night(second: int) -> bool:
    return second % 86400 < 8 * 3600


def weekend(second: int) -> bool:
    return second // 86400 % 7 in (5, 6)


@pytest.mark.parametrize(
    ("at", "wait"),
    [
        ([], None),
        ([5], None),
        (ticks(28), 900),
        (ticks(28, every=3600), 7200),
        (ticks(5), 3 * 86400),
        (ticks(28, without=night), (8 * 3600 + 300) * 5 // 4),
        (ticks(28, without=weekend), (2 * 86400 + 300) * 5 // 4),
        (ticks(28, without=lambda second: 86400 < second < 5 * 86400), 900),
        (ticks(10, without=lambda second: 86400 < second < 8 * 86400), None),
        (ticks(28, without=lambda second: second // 86400 % 20), None),
    ],
)
def test_a_gap_is_news_where_its_length_is(at: list[int], wait: int | None) -> None:
    assert missing_after(at, FIVE) == wait
