"""False alarms against a budget, and the sensitivity that would have spared them."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.noise import LEAST, Alarm, Tuning, advice, too_loud

FALSE = Alarm("orders/a", "volume", 2.0, is_false=True)
TRUE = replace(FALSE, series="orders/b", score=8.0, is_false=False)


def loud(*alarms: Alarm, sensitivity: float = 1.0, budget: float = 1.0) -> tuple[Tuning, ...]:
    return too_loud("orders", alarms, {"volume": sensitivity, "freshness": 1.0}, budget)


def test_what_is_within_the_budget_of_each_series_is_put_up_with() -> None:
    assert loud() == loud(FALSE) == loud(FALSE, replace(FALSE, series="orders/b"), TRUE) == ()
    assert loud(FALSE, FALSE, budget=2.0) == ()


def test_a_lower_sensitivity_spares_what_was_too_much() -> None:
    (tuning,) = loud(replace(FALSE, score=5.0), FALSE, replace(FALSE, score=1.5), TRUE, replace(TRUE, score=1.2))
    assert tuning == Tuning("orders", "volume", 3, 1, 1.0, 1.0, 0.47, spared=2, lost=1, others=2)
    (small,) = loud(FALSE, budget=0.5)
    assert (small.proposed, small.spared) == (0.47, 1)


def test_the_loudest_watch_comes_first_and_series_are_counted_apart() -> None:
    other = replace(FALSE, measure="freshness")
    found = loud(FALSE, FALSE, other, other, other, replace(FALSE, series="orders/c"), replace(FALSE, series="orders/c"))
    assert [(one.measure, one.false, one.series) for one in found] == [("volume", 4, 2), ("freshness", 3, 1)]


@pytest.mark.parametrize(
    "alarm",
    [replace(FALSE, score=0.0), replace(FALSE, score=inf), replace(FALSE, score=50.0), replace(FALSE, measure="source"),
     replace(FALSE, measure="")],
)  # fmt: skip
def test_nothing_is_proposed_where_nothing_would_help(alarm: Alarm) -> None:
    (tuning,) = loud(alarm, alarm)
    assert tuning.proposed is None
    assert "No lower sensitivity would have helped" in advice(tuning)


def test_it_is_told_in_plain_words() -> None:
    (tuning,) = loud(FALSE, FALSE, TRUE)
    assert advice(tuning) == (
        "volume of orders: 2 false alarms in a week; 1 a series is what was put up with. With sensitivity: 0.47 instead of 1, 2 of them "
        "would not have been told. Of the 1 other finding 0 would have been missed."
    )
    assert advice(replace(tuning, false=1, others=0)).startswith("volume of orders: A false alarm in a week; 1 a series")


@given(
    st.lists(st.builds(Alarm, st.sampled_from(["a", "b"]), st.just("volume"), st.floats(0, allow_nan=False), st.booleans())),
    st.floats(0.2, 5), st.floats(0.1, 5),
)
def test_a_proposal_is_lower_and_keeps_the_budget(alarms: list[Alarm], sensitivity: float, budget: float) -> None:
    for tuning in loud(*alarms, sensitivity=sensitivity, budget=budget):
        if tuning.proposed is not None:
            assert LEAST <= tuning.proposed < sensitivity
            for series in ("a", "b"):
                still = [one for one in alarms if one.series == series and one.is_false and one.score * tuning.proposed / sensitivity >= 1]
                assert len(still) <= max(budget, 0)
