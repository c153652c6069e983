"""What is said of a series in a few figures."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.series import Series, figures, hint, names_in, number

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(st.lists(NUMBERS, max_size=40))
def test_figures_rest_on_finite_numbers_alone(values: list[float]) -> None:
    finite = [value for value in values if math.isfinite(value)]
    found = figures(Series({}, "x", tuple((60.0 * place, value) for place, value in enumerate(values))))
    if found is None:
        assert finite == []
        return
    assert (found.first, found.last, found.low[1], found.high[1]) == (finite[0], finite[-1], min(finite), max(finite))
    assert found.odd == len(values) - len(finite)
    assert sum(value <= found.p95 for value in finite) >= 0.95 * len(finite)
    assert found.p95 in finite


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40))
def test_a_counter_never_shrinks(values: list[int]) -> None:
    found = figures(Series({}, "x_total", tuple((float(place), float(value)) for place, value in enumerate(values))))
    assert found is not None
    assert found.change >= 0
    assert found.resets or found.change == values[-1] - values[0]


@pytest.mark.parametrize(("name", "said"), [
    ("http_request_duration_seconds_bucket", "a histogram's bucket, counter, seconds"), ("process_cpu_seconds_total", "counter, seconds"),
    ("node_memory_MemFree_bytes", "bytes"), ("process_start_time_seconds", "Unix time"), ("up", ""),
    ("build_info", "always 1; its labels are what it says"),
    ("http_requests_count", "counter, a number of things"), ("cache_hit_ratio", "a ratio, 1 is 100 %"), ("heap_bytes_max", "bytes"),
])  # fmt: skip
def test_what_a_name_says(name: str, said: str) -> None:
    assert hint(name) == said


@pytest.mark.parametrize(("query", "names"), [
    (
        'sum by (http_route) (rate(http_requests_total{http_status=~"5.."}[5m])) / on (a_b) group_left (c_d) up_info',
        ["http_requests_total", "up_info"],
    ),
    ("histogram_quantile(0.9, sum by (le) (rate(x_seconds_bucket[5m])))", ["x_seconds_bucket"]),
    ("up", []),
])  # fmt: skip
def test_metrics_that_a_query_names(query: str, names: list[str]) -> None:
    assert names_in(query) == names


@pytest.mark.parametrize(("value", "text"), [
    (1795858200.0, "1795858200"), (0.123456789, "0.123457"), (1234567.89, "1234567.9"), (-0.0, "0"), (math.nan, "NaN"), (-math.inf, "-Inf"),
    (1e20, "1e+20"), (1e-9, "1e-09"),
])  # fmt: skip
def test_numbers_in_six_digits(value: float, text: str) -> None:
    assert number(value) == text
