"""One number for how far a column is from what it was, which stands out of its own history when the column has changed."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detection.distribution import NumericSummary, categories, summed_up
from agents.detection.drift import Summary, difference, distance, pooled, summary_of

RNG = np.random.default_rng(11)
ANY = st.one_of(
    st.lists(st.floats(), max_size=30).map(summed_up),
    st.dictionaries(st.text(max_size=50), st.integers(0, 99), max_size=5).map(lambda rows: categories(sum(rows.values()), 0, rows)),
)
PAID = categories(1000, 10, {"paid": 600, "open": 300, "void": 90})


def amounts(rows: int = 3000) -> np.ndarray:
    """What orders cost: skewed."""
    return np.asarray(np.exp(RNG.normal(3, 1, rows)))


@pytest.mark.parametrize(
    "changed",
    [
        amounts() * 1.25, amounts() / 100, np.where(RNG.random(3000) < 0.1, np.nan, amounts()),
        np.where(RNG.random(3000) < 0.1, 0, amounts()), np.full(3000, 20.0), np.minimum(amounts(), 30),
    ],
    ids=["a quarter more", "cents", "nulls", "zeros", "one value", "capped"],
)
def test_what_has_changed_stands_out_of_the_history(changed: np.ndarray) -> None:
    days = [summed_up(amounts()) for _ in range(28)]
    usual = [distance(days[at - 14 : at], days[at]) for at in range(14, 28)]
    found = distance(days[-14:], summed_up(changed))
    assert found is not None
    assert found > 2 * max(one for one in usual if one is not None)


def test_names_stand_out_too() -> None:
    days = [categories(2000, 0, dict(zip("abc", RNG.multinomial(2000, (0.6, 0.3, 0.1)).tolist(), strict=True))) for _ in range(28)]
    usual = [distance(days[at - 14 : at], days[at]) or 0 for at in range(14, 28)]
    assert (distance(days[-14:], categories(2000, 0, {"a": 1200, "b": 600, "d": 200})) or 0) > 5 * max(usual)


def test_the_difference_is_told() -> None:
    before, now = summed_up(np.linspace(0, 100, 101)), summed_up(np.concatenate([np.linspace(20, 120, 96), np.full(4, np.nan)]))
    assert difference([before], now) == "median 50 → 70.5, middle half 25–75 → 45.3–94.7, null 0% → 4%"
    assert difference([before], before) == "median 50 → 50"
    later = categories(1000, 10, {"paid": 500, "open": 300, "failed": 90, "x" * 99: 100})
    assert difference([PAID], later) == f"paid 60% → 50%, {'x' * 39}… 0% → 10%, failed 0% → 9%"
    assert difference([PAID], summed_up([1.0])) == ""
    assert difference([before], summed_up([math.nan])) == "null 0% → 100%"


def test_without_rows_there_is_nothing_to_compare() -> None:
    some, none = summed_up([1.0, 2.0]), summed_up([])
    assert [distance([], some), distance([none], some), distance([some], none), distance([PAID], some)] == [None] * 4
    assert distance([PAID, some], some) == 0
    assert pooled([some, PAID, some], some) == NumericSummary(4, 0, some.quantiles)


@given(st.lists(ANY, max_size=4), ANY)
def test_whatever_there_is_the_distance_is_a_number_or_none(past: list[Summary], current: Summary) -> None:
    found = distance(past, current)
    assert found is None or (found >= 0 and math.isfinite(found))
    assert "\n" not in difference(past, current)
    assert summary_of(json.loads(json.dumps(current.as_json()))) == current


@pytest.mark.parametrize(
    "odd", [{}, {"kind": "song"}, {"kind": "numeric"}, {"kind": "numeric", "count": 1, "nulls": 0, "quantiles": "x"}, {"kind": []}]
)
def test_what_is_no_summary_is_refused(odd: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="This is no summary of a column"):
        summary_of(odd)
