"""No answer depends on what comes later, and none on the unit of the values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.detection.days import DAY, Floats, Ints
from agents.detection.points import detect, score
from tests.agents.detection.series import FIVE_MINUTES, HOUR, clock, counts, noisy, seasonal, weekly

ODD: st.SearchStrategy[float] = st.floats(allow_nan=True, allow_infinity=True, width=64)
PLAIN = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))


@st.composite
def odd_series(draw: st.DrawFn) -> tuple[Ints, Floats]:
    """Any values at times that jump, stand still, and go back."""
    length = draw(st.integers(1, 60))
    gaps = draw(arrays(np.int64, length, elements=st.sampled_from([0, 1, 60, 300, 3_600, 43_200, 86_400, 604_800, 10**9, -3_600])))
    values = draw(arrays(np.float64, length, elements=draw(st.sampled_from([ODD, PLAIN]))))
    return 1_700_000_000 + np.cumsum(gaps), values


@settings(max_examples=120)
@given(odd_series(), st.data())
def test_truncated_copies_of_odd_series_give_the_same_answers(series: tuple[Ints, Floats], data: st.DataObject) -> None:
    times, values = series
    whole, fired = score(times, values), detect(times, values)
    assert whole.shape == fired.shape == values.shape
    assert np.isfinite(whole).all()
    assert (whole >= 0).all()
    assert not whole[~np.isfinite(values)].any()
    cut = data.draw(st.integers(0, len(times)))
    assert np.array_equal(score(times[:cut], values[:cut]), whole[:cut])
    assert np.array_equal(detect(times[:cut], values[:cut]), fired[:cut])


def _long(kind: str) -> tuple[Ints, Floats]:
    random = np.random.default_rng(7)
    step = {"minutes": 60, "daily": DAY, "hourly": HOUR}.get(kind, FIVE_MINUTES)
    times = clock({"minutes": 4, "daily": 300}.get(kind, 16), step)
    values = {"daily": weekly, "counts": counts, "flat": noisy}.get(kind, seasonal)(times, 1)
    if kind == "flat":
        values[:] = 3.0
    values[random.integers(0, len(values), 12)] *= random.uniform(-3, 4, 12)
    values[random.integers(0, len(values), 6)] = np.nan
    if kind == "gaps":
        kept = np.sort(random.choice(len(times), len(times) * 2 // 3, replace=False))
        kept = kept[(kept < 2000) | (kept > 2400)]
        times, values = times[kept], values[kept]
    if kind == "irregular":
        times = times + random.integers(-140, 140, len(times))
    if kind == "repeated":
        times[random.integers(1, len(times), 300)] -= FIVE_MINUTES
        times[1500:] -= HOUR
    return times, values


@pytest.mark.parametrize("kind", ["plain", "minutes", "hourly", "daily", "counts", "flat", "gaps", "irregular", "repeated"])
def test_truncated_copies_of_long_series_give_the_same_answers(kind: str) -> None:
    times, values = _long(kind)
    whole, fired = score(times, values), detect(times, values)
    for cut in np.random.default_rng(3).integers(1, len(times), 12):
        assert np.array_equal(score(times[:cut], values[:cut]), whole[:cut])
        assert np.array_equal(detect(times[:cut], values[:cut]), fired[:cut])


@pytest.mark.parametrize("kind", ["plain", "daily", "counts", "gaps", "irregular"])
@pytest.mark.parametrize("factor", [1e-30, 0.37, -1.0, 3.3e7, 1e40])
def test_the_unit_of_the_values_does_not_matter(kind: str, factor: float) -> None:
    times, values = _long(kind)
    whole, scaled = score(times, values), score(times, values * factor)
    high = whole > 0.4
    assert np.allclose(scaled[high], whole[high], rtol=1e-6)
    assert np.mean(np.isclose(scaled, whole, rtol=1e-6, atol=1e-9)) > 0.999
