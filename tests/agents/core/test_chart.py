"""What a chart shows: values in three digits, and fewer points without losing a spike."""

import math

from hypothesis import given
from hypothesis import strategies as st

from agents.core.chart import Outlook, Series, charted, finite, measure, outlooked, short, thinned
from agents.core.finding import Finding
from tests.world import NOON

VALUES = st.lists(st.one_of(st.none(), st.floats(), st.just(0.0)), max_size=60)


def series(values: list[float | None]) -> Series:
    """One point a minute, each with a band and a mark."""
    points = tuple((60 * at, value) for at, value in enumerate(values))
    return Series(points, tuple((at, 0.0, 1.0) for at, _ in points), 60, "ms", "p95", tuple(at for at, _ in points))


def test_values_are_short() -> None:
    told = {
        0.0: "0", -3.14159: "-3.14", 999.4: "999", 999.6: "1k", 1234.0: "1.23k", 999_600.0: "1M", 2.5e9: "2.5G", -7e12: "-7T",
        4e15: "4e+15", 0.00012: "0.00012", math.nan: "–", math.inf: "–",
    }
    assert {value: short(value) for value in told} == told
    assert [short(None), short(1_234_567, 5), short(999_996, 5)] == ["–", "1.2346M", "1M"]
    assert [measure(3.1, "%"), measure(12_400, "rows"), measure(5, "")] == ["3.1%", "12.4k rows", "5"]
    assert [finite(1.0), finite(None), finite(math.inf)] == [1.0, None, None]


def test_a_finding_has_its_series() -> None:
    finding = Finding("m", "volume", "orders", "below", NOON, "too few", "rows", 1.0, points=((1, 2.0), (2, None)), band=((1, 3.0, 4.0),))
    assert charted(finding) == Series(finding.points, finding.band, int(NOON.timestamp()), "rows", "volume of orders")


def test_a_finding_of_a_forecast_has_its_outlook() -> None:
    points, band, central = ((1, 2.0), (2, None)), ((3, 3.0, 4.0),), ((3, 3.5),)
    finding = Finding("m", "forecast(used)", "disks", "above", NOON, "soon", "GB", 1.0, None, 9.0, 2.0, points, band, central=central)
    assert outlooked(finding) == Outlook(Series(points, unit="GB", title="forecast(used) of disks"), central, band, 9.0)


def test_a_spike_stays() -> None:
    flat: list[float | None] = [1.0] * 500
    flat[123] = 90.0
    flat[321] = -5.0
    thin = thinned(series(flat), 40)
    assert len(thin.points) <= 40
    assert {(60 * 123, 90.0), (60 * 321, -5.0), (60 * 499, 1.0)} <= set(thin.points)
    assert {60 * 123, 60 * 321} <= set(thin.marked)
    assert (thin.band[0][0], thin.band[-1][0], len(thin.band)) == (0, 60 * 499, 40)
    assert (thin.since, thin.unit, thin.title) == (60, "ms", "p95")


def test_a_gap_stays() -> None:
    thin = thinned(series([1.0] * 50 + [None] * 60 + [math.nan] * 40 + [2.0] * 50), 41)
    gap = [at // 60 for at, value in thin.points if value is None]
    assert len(gap) >= 8
    assert (min(gap) >= 50, max(gap) < 150) == (True, True)


@given(VALUES, st.integers(0, 70))
def test_there_are_at_most_so_many_and_they_are_among_the_others(values: list[float | None], most: int) -> None:
    whole = series(values)
    thin = thinned(whole, most)
    assert max(len(thin.points), len(thin.band), len(thin.marked)) <= most
    assert [at for at, _ in thin.points] == sorted({at for at, _ in thin.points})
    assert {at for at, _ in thin.points} <= {at for at, _ in whole.points}
    known = [value for value in map(finite, values) if value is not None]
    if most >= 3 and known:
        left = [value for _, given in thin.points if (value := finite(given)) is not None]
        assert (min(left), max(left)) == (min(known), max(known))
    if most >= len(values):
        assert thin == whole
