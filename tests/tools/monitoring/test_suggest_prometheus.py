"""What is suggested for a Prometheus: by the names of its metrics, and only what gives values."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from agents.monitors import SourceDown
from tests.tools.monitoring.opened import NOW
from tests.tools.outside import Outside
from tests.tools.prometheus_server import PrometheusServer, error, vector
from tools.access import api
from tools.monitoring.suggest_prometheus import suggest_prometheus
from tools.monitoring.suggested import Suggestions
from tools.net import Net
from tools.prometheus import PrometheusConfig
from tools.prometheus_answers import Prometheus
from tools.source import SourceContext

KINDS = {"queue_depth": "gauge", "jobs": "counter", "version_info": "gauge", "mail_errors_total": "counter"}


class Metrics(PrometheusServer):
    """A server with some metrics, of which some give values now."""

    def __init__(self, names: Sequence[str], silent: Sequence[str] = (), crowded: Sequence[str] = (), idle: Sequence[str] = ()) -> None:
        super().__init__()
        self.silent, self.crowded, self.idle = silent, crowded, idle
        self.content = {
            "/api/v1/label/__name__/values": list(names), "/api/v1/labels": ["__name__", "code", "job"],
            "/api/v1/metadata": {name: [{"type": kind, "help": "", "unit": ""}] for name, kind in KINDS.items()},
        }  # fmt: skip

    async def answer(self, request: web.Request) -> web.StreamResponse:
        query = request.query.get("query", "")
        count = 0 if any(name in query for name in self.silent) else 30 if any(name in query for name in self.crowded) else 1
        value = "NaN" if any(name in query for name in self.idle) else "1"
        self.content["/api/v1/query"] = vector(*(({"n": str(number)}, NOW.timestamp(), value) for number in range(count)))
        return await super().answer(request)


async def suggested(outside: Outside, server: PrometheusServer) -> Suggestions:
    outside.answer = server.answer
    async with Net(hosts={"127.0.0.1"}) as net:
        context = SourceContext(net, str, lambda name: "", Path(), lambda: NOW, lambda name, tools: None)
        live = Prometheus(api(PrometheusConfig(url=outside.url), "Prometheus", context), context.clock, 20, 60)
        return await suggest_prometheus(live, "metrics")


async def test_names_say_what_is_worth_watching(outside: Outside) -> None:
    found = await suggested(outside, Metrics([
        "up", "http_requests_total", "http_request_duration_seconds_bucket", "http_request_duration_seconds_count", "queue_depth",
        "mail_errors_total", "version_info", "go_goroutines", "process_cpu_seconds_total",
    ]))  # fmt: skip
    assert {str(one.item["name"]): (one.item["prometheus"]["query"], one.item["watch"]) for one in found.monitors} == {
        "up": ("min by (job) (up)", [{"value": "up", "direction": "below", "least": 1}]),
        "http_requests_errors": (
            'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
            [{"value": "error_ratio", "direction": "above"}],
        ),
        "http_request_duration_seconds_p95": (
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", [{"value": "p95", "unit": "s"}],
        ),
        "mail_errors_total": ("sum(rate(mail_errors_total[5m]))", [{"value": "rate", "unit": "1/s", "direction": "above"}]),
        "http_requests_total": ("sum(rate(http_requests_total[5m]))", [{"value": "rate", "unit": "1/s"}]),
        "queue_depth": ("max(queue_depth)", [{"value": "max"}]),
    }  # fmt: skip
    assert all(one.why for one in found.monitors)
    assert found.skipped == ("2 metrics that programs tell of themselves, such as go_goroutines",)


async def test_what_gives_nothing_or_too_much_is_skipped_and_said(outside: Outside) -> None:
    names = ["up", "mail_errors_total", "queue_depth", "took_seconds_bucket"]
    found = await suggested(outside, Metrics(names, silent=["mail"], crowded=["up"], idle=["took"]))
    assert [one.item["name"] for one in found.monitors] == ["queue_depth"]
    assert found.skipped == (
        "up: it gives 30 series; aggregate it", "took_seconds_p95: it gives no value now", "mail_errors_total: it gives no value now",
    )  # fmt: skip


async def test_many_metrics_are_a_few_monitors(outside: Outside) -> None:
    found = await suggested(outside, Metrics([f"thing_{number:02}_total" for number in range(50)]))
    assert len(found.monitors) == 20
    assert found.skipped == ("30 more metrics, such as thing_20_total",)


async def test_a_server_that_refuses_is_said(outside: Outside) -> None:
    server = Metrics(["up"])
    server.refuses = [error(403, "forbidden", "no")]
    with pytest.raises(SourceDown, match="metrics: Prometheus answered 403"):
        await suggested(outside, server)
