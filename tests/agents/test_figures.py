"""What agents did, in figures."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from agents.figures import Work, figures
from tests.world import NOON


def minutes(count: float) -> datetime:
    """So many minutes before noon."""
    return NOON - timedelta(minutes=count)


def run(began: float = 30, took: float = 5, outcome: str | None = "answered", *, escalated: bool = False, cost: float = 0.25) -> Work:
    """A run that began so many minutes ago and took so many seconds."""
    end = minutes(began) + timedelta(seconds=took)
    return Work("triage", minutes(began), end, end if outcome else None, outcome, escalated, cost)


def test_an_hour_is_looked_at() -> None:
    found = figures([run(), run(59), run(61), run(0)], NOON)
    assert (found.decisions, found.stuck, found.cost) == (2, 0, 0.75)


def test_shares_of_a_few_runs_say_nothing() -> None:
    assert figures([run(outcome="failed")] * 4, NOON).error_rate is None
    found = figures([run(outcome="failed"), run(escalated=True), run(escalated=True), run(outcome=None), run(), run()], NOON)
    assert (found.error_rate, found.escalation_rate) == (1 / 5, 2 / 6)


@pytest.mark.parametrize(("runs", "seconds"), [(1, 1), (19, 19), (20, 19), (100, 95)])
def test_latency_is_what_95_percent_keep(runs: int, seconds: int) -> None:
    assert figures([run(took=number) for number in range(1, runs + 1)], NOON).latency == seconds


def test_what_has_decided_nothing_for_an_hour_is_stuck() -> None:
    waits = replace(run(90, outcome=None), decided_at=None)
    assert figures([waits, replace(waits, started_at=minutes(59)), run(90, outcome=None)], NOON).stuck == 1
    assert figures([run(90, took=6000)], NOON).stuck == 1  # at that moment it was
    assert figures([replace(waits, quiet=True)], NOON).stuck == 0


def test_cost_is_of_the_day_and_of_its_limit() -> None:
    found = figures([run(13 * 60), run(10 * 60), run(cost=1)], NOON)
    assert found.cost == 1.25
    assert found.values(5)["budget"] == 0.25
    assert found.values(None)["budget"] is None
    assert figures([], NOON).latency is None
