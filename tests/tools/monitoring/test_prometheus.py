"""Queries as monitors ask them, of a server that follows the documentation of Prometheus' API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.monitors import Measure, Monitor, Reading, SourceDown, Watch
from tests.tools.monitoring.opened import monitor, sources, told
from tests.tools.outside import Outside
from tests.tools.prometheus_server import PrometheusServer, error, matrix
from tools.monitoring.parts import PrometheusPart

BEGIN = datetime(2026, 11, 28, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def server(outside: Outside) -> PrometheusServer:
    server = PrometheusServer()
    outside.answer = server.answer
    return server


def latency(*watches: Watch, query: str | None = "latency", **more: Any) -> Monitor:
    watches = watches or (Watch(Measure.VALUE, "p95"),)
    return monitor(PrometheusPart(source="m", query=query), *watches, kind="prometheus", bucket=MINUTE, **more)


def point(minute: float, value: str) -> tuple[float, str]:
    """What the query gave at this minute after the begin."""
    return BEGIN.timestamp() + 60 * minute, value


async def read(outside: Outside, *spans: tuple[int, int], one: Monitor | None = None) -> list[Reading]:
    """What is read of these spans, in minutes after the begin, by one source."""
    one = one or latency()
    async with sources({"m": one}, [{"name": "m", "prometheus": {"url": outside.url}}]) as found:
        assert found["m"].has_past
        return [await found["m"].read(one, BEGIN + since * MINUTE, BEGIN + until * MINUTE) for since, until in spans]


async def test_a_bucket_has_the_value_at_its_end(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(({}, [point(1, "0.5"), point(2, "NaN"), point(4, "+Inf"), point(5, "7")]))
    (reading,) = await read(outside, (0, 5))
    assert [value for _, value in told(reading.samples)["value(p95)"]] == [0.5, None, None, None, 7]
    assert [f"{sample.at:%H:%M}" for sample in reading.samples] == ["10:00", "10:01", "10:02", "10:03", "10:04"]
    begin = int(BEGIN.timestamp())
    asked = {"query": "latency", "start": str(begin + 60), "end": str(begin + 300), "step": "60", "timeout": "20s", "limit": "1000"}
    assert server.asked == [("/api/v1/query_range", asked)]


async def test_labels_are_dimensions(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(
        ({"__name__": "up", "job": "api", "zone": "a"}, [point(1, "1")]), ({"job": "db"}, [point(1, "0")]),
    )  # fmt: skip
    (reading,) = await read(outside, (0, 1))
    assert told(reading.samples) == {"value(p95) job=api, zone=a": [("28 10:00", 1)], "value(p95) job=db": [("28 10:00", 0)]}
    (reading,) = await read(outside, (0, 1), one=latency(dimensions=("zone", "job")))
    assert list(told(reading.samples)) == ["value(p95) zone=(none), job=db", "value(p95) zone=a, job=api"]


async def test_what_is_gone_has_no_value(outside: Outside, server: PrometheusServer) -> None:
    """A series that was there and is stale, one that comes late, and a query that gives nothing at all."""
    one = latency(dimensions=("job",))
    async with sources({"m": one}, [{"name": "m", "prometheus": {"url": outside.url}}]) as found:
        async def next_minute(minute: int, *series: tuple[dict[str, str], list[tuple[float, str]]]) -> dict[str, list[float | None]]:
            server.content["/api/v1/query_range"] = matrix(*series)
            reading = await found["m"].read(one, BEGIN + minute * MINUTE, BEGIN + (minute + 2) * MINUTE)
            return {series.partition("=")[2]: [value for _, value in values] for series, values in told(reading.samples).items()}

        assert await next_minute(0, ({"job": "a"}, [point(1, "1"), point(2, "1")])) == {"a": [1, 1]}
        assert await next_minute(2, ({"job": "b"}, [point(4, "5")])) == {"a": [None, None], "b": [5]}
        assert await next_minute(4) == {"a": [None, None], "b": [None, None]}
        later = 8 * 24 * 60
        assert await next_minute(later) == {}
    server.content["/api/v1/query_range"] = matrix()
    (reading,) = await read(outside, (0, 2))
    assert told(reading.samples) == {"value(p95)": [("28 10:00", None), ("28 10:01", None)]}


async def test_each_value_may_be_a_query(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(({}, [point(1, "3")]))
    values = [Watch(Measure.VALUE, name, expression=f"sum({name})") for name in ("a", "b")]
    (reading,) = await read(outside, (0, 1), one=latency(values[0], Watch(Measure.FORECAST, "a", limit=5), values[1], query=None))
    assert list(told(reading.samples)) == ["value(a)", "value(b)"]
    assert [form["query"] for _, form in server.asked] == ["sum(a)", "sum(b)"]


async def test_a_long_past_is_asked_for_in_parts(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(({}, []))
    await read(outside, (0, 25_000))
    counts = [(int(form["end"]) - int(form["start"])) // 60 + 1 for _, form in server.asked]
    assert counts == [10_000, 10_000, 5_000]


async def test_too_many_series_are_left_out_and_said(outside: Outside, server: PrometheusServer) -> None:
    many = [({"job": f"j{number}"}, [point(1, str(number)), point(2, str(number))]) for number in range(9)]
    server.content["/api/v1/query_range"] = matrix(*many)
    first, second = await read(outside, (0, 1), (1, 2), one=latency(most=3))
    assert list(told(first.samples)) == [f"value(p95) job=j{number}" for number in (6, 7, 8)] == list(told(second.samples))
    assert first.notes == ("value(p95) has more than 3 series; 6 are left out. Aggregate the query.",)


async def test_remarks_of_the_server_are_notes(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(({}, [point(1, "3")]))
    server.extra["warnings"] = ["results truncated due to limit"]
    (reading,) = await read(outside, (0, 1))
    assert reading.notes == ("Warning of the server: results truncated due to limit",)


@pytest.mark.parametrize(("series", "text"), [
    ([({"a": "1", "b": "2", "c": "3", "d": "4"}, [])], r"m: the query gives series with 4 labels \(a, b, c, d\)\. Name up to 3"),
    ([({}, []), ({}, [])], r"m: the query gives several series\. Aggregate it"),
])  # fmt: skip
async def test_series_that_cannot_be_told_apart_are_a_mistake(outside: Outside, server: PrometheusServer, series: Any, text: str) -> None:
    server.content["/api/v1/query_range"] = matrix(*series)
    with pytest.raises(SourceDown, match=text):
        await read(outside, (0, 1))
    if len(series) == 1:
        (reading,) = await read(outside, (0, 1), one=latency(dimensions=("a",)))
        assert list(told(reading.samples)) == ["value(p95) a=1"]


async def test_what_the_server_says_is_told(outside: Outside, server: PrometheusServer) -> None:
    server.refuses = [error(400, "bad_data", 'invalid parameter "query": parse error: unexpected end of input')]
    with pytest.raises(SourceDown, match=r"m: Prometheus answered 400 Bad Request: bad_data: .*unexpected end of input"):
        await read(outside, (0, 1))
    server.content["/api/v1/query_range"] = {"resultType": "matrix", "result": [{"metric": {}, "values": [["x", "y"]]}]}
    with pytest.raises(SourceDown, match="something that is no series of numbers"):
        await read(outside, (0, 1))
    server.content["/api/v1/query_range"] = {"resultType": "matrix", "result": [{"metric": {}, "histograms": [[1, {}]]}]}
    (reading,) = await read(outside, (0, 1))
    assert "native histograms" in reading.notes[0]
