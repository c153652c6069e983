"""Backtests: what would have fired is told with why, and can be drawn."""

import math

import pytest

from agents.detection.backtest import Past, backtested
from bot.chart import chart

STEP = 300
BEGIN = 1_761_955_200


def days(count: int, spike: int | None = None) -> Past:
    """Five-minute values with a daily shape, and one that is far too high."""
    values = [100 + 40 * math.sin(place / 288 * 2 * math.pi) + (place * 7919 % 11) for place in range(count * 288)]
    if spike is not None:
        values[spike] = 900.0
    return Past("orders", tuple(BEGIN + place * STEP for place in range(len(values))), tuple(values))


def test_what_would_have_fired_is_told_with_why_and_can_be_drawn() -> None:
    found = backtested(days(10, spike=2_000), 1.0)
    assert found.fired == (BEGIN + 2_000 * STEP,)
    (alarm,) = found.alarms
    assert (alarm.value, alarm.at) == (900.0, found.fired[0])
    assert alarm.high < 900
    assert "above" in alarm.why
    assert found.weeks == pytest.approx(10 / 7, abs=0.01)
    assert found.band[0][0] >= BEGIN + 86_400 - STEP  # before that it learns
    assert found.series.marked == found.fired
    assert chart(found.series).startswith(b"\x89PNG")


def test_a_lower_sensitivity_fires_less() -> None:
    past = days(10, spike=2_000)
    assert backtested(past, 0.001).fired == ()
    assert backtested(Past("x", (), ()), 1.0).fired == ()
