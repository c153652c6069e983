"""Distances between summaries: 0 for the same, the larger the farther, finite whatever the column holds."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detection.distribution import (
    FARTHEST,
    CategorySummary,
    NumericSummary,
    categories,
    merged,
    merged_categories,
    numeric,
    psi,
    psi_categories,
    shift,
    summed_up,
    wasserstein,
)

ANYTHING = st.lists(st.floats(), max_size=40).map(summed_up)
SOME = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40).map(summed_up)
NAMES = st.builds(
    categories, st.integers(0, 500), st.integers(0, 50), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-1, 90)),
    st.integers(1, 5),
)
RNG = np.random.default_rng(7)
NORMAL = summed_up(RNG.normal(100, 10, 5000))


@given(ANYTHING, ANYTHING)
def test_distances_are_finite_symmetric_and_never_below_zero(one: NumericSummary, other: NumericSummary) -> None:
    for distance in (psi, wasserstein):
        assert math.isfinite(distance(one, other)) or (distance is wasserstein and max(map(abs, one.quantiles + other.quantiles)) > 1e307)
        assert distance(one, other) >= 0
        assert distance(one, other) == pytest.approx(distance(other, one), rel=1e-9, abs=1e-12)
        assert distance(one, one) == 0
    assert 0 <= shift(one, other) <= FARTHEST
    assert shift(one, one) == 0


@given(NAMES, NAMES)
def test_so_are_those_between_names(one: CategorySummary, other: CategorySummary) -> None:
    assert psi_categories(one, other) == pytest.approx(psi_categories(other, one))
    assert 0 <= psi_categories(one, other) < math.inf
    assert psi_categories(one, one) == 0


@given(ANYTHING, NAMES)
def test_summaries_are_json(values: NumericSummary, names: CategorySummary) -> None:
    assert NumericSummary.from_json(json.loads(json.dumps(values.as_json()))) == values
    assert CategorySummary.from_json(json.loads(json.dumps(names.as_json()))) == names


@given(SOME, st.floats(0, 1e6))
def test_what_moves_by_so_much_is_so_far_away(values: NumericSummary, by: float) -> None:
    moved = NumericSummary(values.count, values.nulls, tuple(value + by for value in values.quantiles))
    assert wasserstein(values, moved) == pytest.approx(by, rel=1e-9, abs=1e-9)


@given(st.lists(SOME, min_size=1, max_size=4))
def test_a_merged_reference_has_all_rows_and_no_value_outside(parts: list[NumericSummary]) -> None:
    whole = merged(parts)
    assert (whole.count, whole.nulls) == (sum(part.count for part in parts), 0)
    assert list(whole.quantiles) == sorted(whole.quantiles)
    low, high = min(part.quantiles[0] for part in parts), max(part.quantiles[-1] for part in parts)
    assert whole.quantiles[0] == pytest.approx(low, abs=1e-6)
    assert whole.quantiles[-1] == pytest.approx(high, abs=1e-6)
    assert merged([parts[0]] * 3).quantiles == pytest.approx(parts[0].quantiles, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("current", "psi_least", "psi_most", "shift_about"),
    [
        (RNG.normal(100, 10, 5000), 0, 0.01, 0.0),
        (RNG.normal(105, 10, 5000), 0.1, 0.6, 0.5),
        (RNG.normal(100, 20, 5000), 0.2, 1.0, 0.7),
        (RNG.normal(200, 10, 5000), 6, 14, 10.0),
        (np.full(5000, 100.0), 3, 14, 0.7),
        (np.where(RNG.random(5000) < 0.3, np.nan, RNG.normal(100, 10, 5000)), 0.5, 2.5, 0.0),
    ],
)
def test_known_changes(current: np.ndarray, psi_least: float, psi_most: float, shift_about: float) -> None:
    summary = summed_up(current)
    assert psi_least <= psi(NORMAL, summary) <= psi_most
    assert shift(NORMAL, summary) == pytest.approx(shift_about, abs=0.1)


def test_a_column_that_was_one_value() -> None:
    always = summed_up([7.0] * 100)
    assert psi(always, summed_up([7.0] * 5)) == 0
    assert [round(psi(always, summed_up([other] * 100))) for other in (6.9, 7.1)] == [14, 14]
    assert shift(always, summed_up([7.07] * 100)) == pytest.approx(1.0)
    assert shift(summed_up([0.0] * 9), summed_up([5.0] * 9)) == pytest.approx(FARTHEST)
    assert shift(summed_up([0.0] * 9), summed_up([-1.0, 0.0, 1.0] * 9)) < 2


def test_distances_that_can_be_counted() -> None:
    line, point = numeric(2, 0, (0, 10)), numeric(2, 0, (5, 5))
    assert wasserstein(line, point) == pytest.approx(2.25)
    with_nulls = NumericSummary(NORMAL.count, NORMAL.count * 3 // 10, NORMAL.quantiles)
    assert psi(NORMAL, with_nulls) == pytest.approx(0.3 * math.log(1 / 0.7) + 0.299 * math.log(0.3 / 0.001), rel=0.01)


def test_far_outliers_do_not_hide_a_move() -> None:
    middle = RNG.normal(0, 1, 8000)
    spread = np.concatenate([middle, np.full(1000, -5000.0), np.full(1000, 5000.0)])
    moved = np.concatenate([middle + 1, np.full(1000, -5000.0), np.full(1000, 5000.0)])
    assert 0.4 < shift(summed_up(spread), summed_up(moved)) < 1


def test_how_far_out_the_farthest_lies_is_chance() -> None:
    skewed = [summed_up(np.exp(RNG.normal(3, 1, 2000))) for _ in range(20)]
    usual = max(shift(merged(skewed[:14]), later) for later in skewed[14:])
    assert shift(merged(skewed[:14]), summed_up(1.2 * np.exp(RNG.normal(3, 1, 2000)))) > 2 * usual


def test_flags_are_compared_by_their_shares() -> None:
    mostly, half = summed_up([0.0] * 90 + [1.0] * 10), summed_up([0.0] * 50 + [1.0] * 50)
    assert 0.4 <= wasserstein(mostly, half) <= 0.5 + 1e-9
    assert psi(mostly, half) > 0.3


def test_a_stretch_without_rows_says_nothing() -> None:
    nothing, nulls = summed_up([]), summed_up([math.nan, math.inf])
    assert [psi(NORMAL, nothing), wasserstein(NORMAL, nothing), shift(nothing, NORMAL), psi(nothing, nothing)] == [0, 0, 0, 0]
    assert psi(NORMAL, nulls) > 10
    assert merged([nothing, nulls]) == NumericSummary(2, 2, ())
    assert merged([]).count == 0


def test_what_a_query_gives_is_put_in_order() -> None:
    assert numeric(10, 12, [3.0, math.nan, 1.0]) == NumericSummary(10, 10, (1.0, 3.0))
    assert numeric(4, 0, []) == NumericSummary(4, 4, ())
    assert categories(3, 0, {"a": 3, "b": 4, "c": 0}) == CategorySummary(7, 0, (("b", 4), ("a", 3)))


def test_a_new_name_and_a_lost_one_are_seen_and_a_rare_one_hardly() -> None:
    usual = categories(1000, 0, {"paid": 600, "open": 300, "void": 100})
    assert psi_categories(usual, categories(500, 0, {"paid": 301, "open": 149, "void": 50})) < 0.001
    assert psi_categories(usual, categories(1000, 0, {"paid": 600, "open": 300, "failed": 100})) > 0.5
    assert psi_categories(usual, categories(1000, 300, {"paid": 400, "open": 220, "void": 80})) > 1
    long_tail = {f"n{number}": 1000 - 30 * number for number in range(40)}
    whole, cut = categories(20_000, 0, long_tail, top=40), categories(20_000, 0, long_tail, top=30)
    assert psi_categories(whole, cut) < 0.06
    pooled = merged_categories([usual, categories(1000, 10, {"paid": 500, "lost": 490})])
    assert pooled == CategorySummary(2000, 10, (("paid", 1100), ("lost", 490), ("open", 300), ("void", 100)))
