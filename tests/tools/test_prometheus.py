"""Prometheus by its HTTP API."""

from base64 import b64encode
from contextlib import AbstractAsyncContextManager

import pytest
from aiohttp import web
from pydantic import ValidationError

from agents.ports import Done, Failed
from tests.tools.outside import Outside
from tests.tools.prometheus_server import PrometheusServer, error, matrix, vector
from tests.tools.sources import NOW, opened
from tools.prometheus_queries import step_for
from tools.toolbox import Toolbox

END = NOW.timestamp()


@pytest.fixture
async def server(outside: Outside) -> PrometheusServer:
    server = PrometheusServer()
    outside.answer = server.answer
    return server


def metrics(outside: Outside, **config: object) -> AbstractAsyncContextManager[Toolbox]:
    environ = {"TOKEN": "t0ken", "PASSWORD": "pa:ss"}
    return opened({"name": "m", "prometheus": {"url": f"{outside.url}/prometheus/", **config}}, environ=environ)


async def told(toolbox: Toolbox, tool: str, **arguments: object) -> str:
    result = await toolbox.run(f"m_{tool}", arguments, key="k")
    assert isinstance(result, Done), result
    assert not result.taints
    return result.text


async def failed(toolbox: Toolbox, tool: str, **arguments: object) -> str:
    result = await toolbox.run(f"m_{tool}", arguments, key="k")
    assert isinstance(result, Failed), result
    return result.text


async def test_a_query_tells_each_series_in_the_servers_order(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query"] = vector(
        ({"__name__": "up", "job": "api", "instance": "b"}, END, "1"), ({"__name__": "up", "job": "api", "instance": "a"}, END, "0"),
    )
    async with metrics(outside) as toolbox:
        text = await told(toolbox, "query", query='up{job="api"}', time="2026-11-28T10:30:00+01:00")
    assert text.splitlines() == ["2 series at 2026-11-28T09:30:00Z", 'All have {job="api"}', 'up{instance="b"} 1', 'up{instance="a"} 0']
    assert server.asked == [("/api/v1/query", {"query": 'up{job="api"}', "time": f"{END:.3f}", "timeout": "20s", "limit": "1000"})]


@pytest.mark.parametrize(("content", "text"), [
    ({"resultType": "scalar", "result": [END, "+Inf"]}, "+Inf"),
    ({"resultType": "string", "result": [END, "a text"]}, "a text"),
    (vector(({}, END, "NaN")), "(no labels) NaN\n1 series at 2026-11-28T09:30:00Z"),
])
async def test_values_that_are_no_usual_vector(outside: Outside, server: PrometheusServer, content: object, text: str) -> None:
    server.content["/api/v1/query"] = content
    async with metrics(outside) as toolbox:
        assert await told(toolbox, "query", query="1/0") == text


async def test_native_histograms_are_named(outside: Outside, server: PrometheusServer) -> None:
    histogram = {"count": "3", "sum": "9", "buckets": [[1, "1", "2", "3"]]}
    server.content["/api/v1/query"] = {"resultType": "vector", "result": [{"metric": {"__name__": "h"}, "histogram": [END, histogram]}]}
    async with metrics(outside) as toolbox:
        assert "native histogram" in await told(toolbox, "query", query="h")


async def test_a_range_is_told_in_figures_and_values(outside: Outside, server: PrometheusServer) -> None:
    values = [(END - 240, "1"), (END - 180, "NaN"), (END - 60, "4"), (END, "3")]
    server.content["/api/v1/query_range"] = matrix(({"job": "api"}, values))
    async with metrics(outside) as toolbox:
        text = await told(toolbox, "range", query="http_request_duration_seconds", since="4m", step=60)
    assert text.splitlines() == [
        '{job="api"}: first 1, last 3, min 1 at 2026-11-28T09:26:00Z, max 4 at 2026-11-28T09:29:00Z, mean 2.66667, p95 4, '
        "change +2 (+200%), 1 gaps, 1 NaN or infinite",
        "  values: 1 NaN - 4 3",
        "1 series, 5 points each, every 60 s, from 2026-11-28T09:26:00Z to 2026-11-28T09:30:00Z",
        "By its name http_request_duration_seconds is: seconds",
    ]
    assert server.asked[0][1] == {
        "query": "http_request_duration_seconds", "start": f"{END - 240:.0f}", "end": f"{END:.0f}", "step": "60", "timeout": "20s",
        "limit": "1000",
    }


async def test_a_value_that_never_moves_is_told_in_two_words(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(({"job": "api"}, [(END - 60, "0"), (END, "0")]))
    async with metrics(outside) as toolbox:
        text = await told(toolbox, "range", query="errors", since="1m", step=60)
    assert text.splitlines()[0] == '{job="api"}: 0 all the time'


async def test_points_that_the_server_moved_to_multiples_of_the_step(outside: Outside, server: PrometheusServer) -> None:
    """Mimir and Loki may do so: https://grafana.com/docs/mimir/latest/configure/configuration-parameters/ (align_queries_with_step)."""
    server.content["/api/v1/query_range"] = matrix(({}, [(END - 120, "1"), (END - 60, "2")]))
    async with metrics(outside) as toolbox:
        text = await told(toolbox, "range", query="x", since="2026-11-28T09:27:45Z", until="2026-11-28T09:29:45Z", step=60)
    assert "2 points each, every 60 s, from 2026-11-28T09:28:00Z to 2026-11-28T09:29:00Z" in text
    assert "  values: 1 2" in text
    assert "gaps" not in text


async def test_a_counter_grows_over_its_resets(outside: Outside, server: PrometheusServer) -> None:
    values = [(END - 180, "100"), (END - 120, "110"), (END - 60, "5"), (END, "17")]
    server.content["/api/v1/query_range"] = matrix(({"__name__": "requests_total"}, values))
    async with metrics(outside) as toolbox:
        text = await told(toolbox, "range", query="requests_total", since="3m", step=60)
    assert "grew by 27, about 0.15 a second, 1 resets" in text
    assert "A counter only grows" in text


async def test_what_is_left_out_is_said(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query_range"] = matrix(*(({"pod": f"p{n}"}, [(END, str(n))]) for n in range(30)))
    server.content["/api/v1/query"] = vector(*(({"pod": f"p{n}"}, END, str(n)) for n in range(30)))
    server.extra = {"warnings": ["results truncated due to limit"], "infos": ["metric might not be a counter"]}
    async with metrics(outside, max_series=3) as toolbox:
        over_time, now = await told(toolbox, "range", query="x"), await told(toolbox, "query", query="x")
    assert [line for line in over_time.splitlines() if line.startswith("{pod")] == ['{pod="p29"}', '{pod="p28"}', '{pod="p27"}']
    for text in (over_time, now):
        assert "27 more series are left out" in text
        assert "Warning of the server: results truncated due to limit" in text
        assert "Note of the server: metric might not be a counter" in text


@pytest.mark.parametrize(("seconds", "most", "wanted", "step"), [
    (3_600, 60, 0, 120), (3_600, 61, 0, 60), (300, 60, 0, 10), (59, 60, 0, 1), (3_600, 60, 300, 300), (3_600, 60, 1, 120),
    (30 * 86_400, 60, 0, 86_400), (3_650 * 86_400, 60, 0, 62 * 86_400),
])
def test_the_step_bounds_the_points(seconds: int, most: int, wanted: int, step: int) -> None:
    assert step_for(seconds, most, wanted) == step
    assert seconds / step + 1 <= most


@pytest.mark.parametrize(("answer", "text"), [
    (error(400, "bad_data", 'invalid parameter "query": 1:7: parse error: unclosed left parenthesis'), "1:7: parse error: unclosed left"),
    (error(422, "execution", "query processing would load too many samples into memory"), "Take a shorter time, a"),
    (error(422, "execution", "found duplicate series for the match group {}"), "group_left"),
    (error(503, "timeout", "query timed out in expression evaluation"), "timeout: query timed out in expression evaluation — Take"),
    (web.Response(status=401, text="Unauthorized"), "the credentials in the configuration do not allow this"),
    (web.Response(status=404, text=""), "the operator should check the url and its prefix"),
    (web.Response(text="<html>"), "is not Prometheus' API"),
])
async def test_errors_are_told_so_that_a_query_can_be_repaired(
    outside: Outside, server: PrometheusServer, answer: web.Response, text: str
) -> None:
    server.refuses = [answer]
    async with metrics(outside) as toolbox:
        assert text in await failed(toolbox, "query", query="sum(up")
    assert len(server.asked) == 1


async def test_what_may_pass_is_asked_again(outside: Outside, server: PrometheusServer) -> None:
    server.refuses = [error(503, "unavailable", "starting")]
    server.content["/api/v1/query"] = vector(({}, END, "1"))
    async with metrics(outside) as toolbox:
        await told(toolbox, "query", query="up")
    assert len(server.asked) == 2


async def test_a_range_in_an_instant_query_is_explained(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query"] = matrix(({}, [(END, "1")]))
    async with metrics(outside) as toolbox:
        assert "use it in a function such as rate" in await failed(toolbox, "query", query="up[5m]")


@pytest.mark.parametrize("arguments", [
    {"since": "yesterday"}, {"since": "1h", "until": "2h"}, {"since": "999999w"}, {"since": "2026-13-01"},
])
async def test_times_that_are_none_ask_nothing(outside: Outside, server: PrometheusServer, arguments: dict[str, str]) -> None:
    async with metrics(outside) as toolbox:
        await failed(toolbox, "range", query="up", **arguments)
    assert server.asked == []


async def test_a_long_query_is_sent_as_a_form(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/query"] = vector(({}, END, "1"))
    query = " or ".join(f'up{{job="{n}"}}' for n in range(290))
    async with metrics(outside) as toolbox:
        await told(toolbox, "query", query=query)
    assert (server.requests[0].method, server.asked[0][1]["query"]) == ("POST", query)


@pytest.mark.parametrize(("config", "header", "value"), [
    ({"token_env": "TOKEN"}, "Authorization", "Bearer t0ken"),
    ({"user": "bot", "password_env": "PASSWORD"}, "Authorization", f"Basic {b64encode(b'bot:pa:ss').decode()}"),
    ({"headers": {"X-Scope-OrgID": "shop"}}, "X-Scope-OrgID", "shop"),
])
async def test_credentials(outside: Outside, server: PrometheusServer, config: dict[str, object], header: str, value: str) -> None:
    server.content["/api/v1/query"] = vector(({}, END, "1"))
    async with metrics(outside, **config) as toolbox:
        await told(toolbox, "query", query="up")
    assert server.requests[0].headers[header] == value


@pytest.mark.parametrize("config", [{"user": "bot"}, {"user": "b", "password_env": "P", "token_env": "T"}, {"url": "ftp://x"}])
async def test_credentials_that_contradict_one_another(outside: Outside, config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        async with metrics(outside, **config):
            raise AssertionError


async def test_names_of_metrics_are_found_by_words(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/label/__name__/values"] = ["http_request_duration_seconds_bucket", "http_requests_total", "up"]
    server.content["/api/v1/metadata"] = {
        "http_request_duration_seconds": [{"type": "histogram", "help": "How long requests took.", "unit": ""}],
        "http_requests_total": [{"type": "counter", "help": "Requests.", "unit": ""}],
    }
    async with metrics(outside) as toolbox:
        assert (await told(toolbox, "metrics", words="HTTP request")).splitlines() == [
            "2 metrics:",
            "  http_requests_total — counter; counter; Requests.",
            "  http_request_duration_seconds_bucket — histogram; a histogram's bucket, counter, seconds; How long requests took.",
        ]
        assert "There are 3 names." in await told(toolbox, "metrics", words="disk")


async def test_series_and_labels(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/series"] = [{"__name__": "up", "pod": f"p{n}", "job": "api"} for n in range(12)]
    server.content["/api/v1/labels"] = ["__name__", "job"]
    server.content["/api/v1/label/job/values"] = [f"job-{n}" for n in range(120)]
    async with metrics(outside) as toolbox:
        series = await told(toolbox, "series", match="up", since="2h")
        assert '  job: "api"' in series
        assert '  pod: 12 values, such as "p0", "p1"' in series
        assert await told(toolbox, "labels") == "2 labels: __name__, job"
        values = await told(toolbox, "labels", label="job", match="up")
        assert "20 more values of job are left out" in values
        assert "letters, digits and _" in await failed(toolbox, "labels", label="../../admin/tsdb")
    assert server.asked[0] == ("/api/v1/series", {
        "match[]": "up", "start": f"{END - 7200:.0f}", "end": f"{END:.0f}", "limit": "1000",
    })
    assert len(server.asked) == 3


async def test_alerts_are_those_that_fire(outside: Outside, server: PrometheusServer) -> None:
    server.content["/api/v1/alerts"] = {"alerts": [
        {
            "activeAt": "2026-11-28T09:00:00.5Z", "annotations": {"summary": "slow"}, "labels": {"alertname": "Slow", "job": "api"},
            "state": "firing", "value": "1e+00",
        },
        {"activeAt": "2026-11-28T09:20:00Z", "annotations": {}, "labels": {"alertname": "Full"}, "state": "pending", "value": "9.1e-01"},
    ]}
    async with metrics(outside) as toolbox:
        assert (await told(toolbox, "alerts")).splitlines() == [
            "Active alerts: 1 firing, 1 pending. 1 asked for:",
            '- Slow {job="api"} firing since 2026-11-28T09:00:00.500Z (29m 59s), value 1',
            "    summary: slow",
        ]
        assert "- Full  pending since 2026-11-28T09:20:00Z (10m), value 0.91" in await told(toolbox, "alerts", state="all", words="FULL")


async def test_targets_that_are_down_say_why(outside: Outside, server: PrometheusServer) -> None:
    up = {"labels": {"job": "api", "instance": "a"}, "health": "up", "lastError": "", "scrapePool": "api", "scrapeUrl": "http://a/m?token=x"}
    down = {**up, "labels": {"job": "api", "instance": "b"}, "health": "down", "lastError": "refused", "lastScrape": "2026-11-28T09:29:59Z"}
    server.content["/api/v1/targets"] = {"activeTargets": [up, down], "droppedTargets": []}
    async with metrics(outside) as toolbox:
        text = await told(toolbox, "targets")
        assert text.splitlines() == [
            "api: 1 of 2 up", '  {instance="b", job="api"} down: refused (last scrape 2026-11-28T09:29:59Z)',
        ]
        assert await told(toolbox, "targets", job="web") == "There are no such targets."
