"""Prometheus, and what speaks its API: Mimir, Thanos, VictoriaMetrics. https://prometheus.io/docs/prometheus/latest/querying/api/"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import Field

from tools.access import Access, api
from tools.argument import Argument
from tools.moments import UNTIL, since
from tools.operation import Operation
from tools.prometheus_answers import Prometheus
from tools.prometheus_names import find_metrics, list_labels, list_series
from tools.prometheus_queries import ask_now, ask_range
from tools.prometheus_state import list_alerts, list_targets
from tools.source import Entry, Pack, SourceContext


class PrometheusConfig(Access):
    """A server, and how much of its answers is shown."""

    max_series: int = Field(default=20, ge=1, le=200)
    """Series of an answer that are shown; the others are counted."""
    max_points: int = Field(default=60, ge=2, le=1_000)
    """Points a series: the step of a range query is chosen by it."""


class PrometheusEntry(Entry):
    """`{name: metrics, prometheus: {url: "http://prometheus:9090"}}`."""

    prometheus: PrometheusConfig

    def urls(self) -> tuple[str, ...]:
        """The server's."""
        return (self.prometheus.url,)


@asynccontextmanager
async def connect(entry: PrometheusEntry, context: SourceContext) -> AsyncIterator[Prometheus]:
    """The entry's server, asked when it is first needed. Raises ConfigError."""
    config = entry.prometheus
    yield Prometheus(api(config, "Prometheus", context), context.clock, config.max_series, config.max_points)


QUERY = Argument(type="string", minLength=1, maxLength=5_000, description="PromQL, such as sum by (job) (rate(http_requests_total[5m]))")
MATCH = Argument(
    type="string", default="", maxLength=2_000, description='a selector that narrows it, such as up{job="api"}; empty for all',
)
TIME = Argument(type="string", default="now", maxLength=40, description="when: now, how long ago (2h), or ISO 8601")

PROMETHEUS = Pack("prometheus", PrometheusEntry, (
    Operation(
        "query", "Ask Prometheus for values at one moment, in PromQL. Tells each series with its labels and value.", ask_now,
        {"query": QUERY, "time": TIME},
    ),
    Operation(
        "range",
        "Ask Prometheus for values over time, in PromQL. Tells of each series first, last, min, max, mean, p95, change and gaps, and "
        "the values in steps that are chosen to fit the span. Of counters ask rate(…[5m]) or increase(…[1h]).",
        ask_range,
        {
            "query": QUERY, "since": since("1h"), "until": UNTIL,
            "step": Argument(
                type="integer", default=0, minimum=0, maximum=604_800,
                description="seconds between two points; 0 chooses, and one that is too small for the span is raised",
            ),
        },
    ),
    Operation(
        "metrics", "Find the names of metrics that contain all of some words, each with its type, unit and what it means.", find_metrics,
        {
            "words": Argument(type="string", maxLength=200, description="parts of the name, such as: http duration"),
            "since": since("1h", "metrics that had values since"),
        },
    ),
    Operation(
        "series", "Count the series that a selector matches, and list their labels with examples of values.", list_series,
        {
            "match": Argument(type="string", minLength=1, maxLength=2_000, description='a selector, such as up{job="api"}'),
            "since": since("1h"),
        },
    ),
    Operation(
        "labels", "List the names of all labels, or the values of one.", list_labels,
        {
            "label": Argument(type="string", default="", maxLength=200, description="whose values; empty for the names of labels"),
            "match": MATCH, "since": since("1h"),
        },
    ),
    Operation(
        "alerts", "List the alerts that are firing or pending by Prometheus' own rules, the newest first.", list_alerts,
        {
            "state": Argument(type="string", enum=["firing", "pending", "all"], default="firing"),
            "words": Argument(type="string", default="", maxLength=200, description="only those that contain all of these words"),
        },
    ),
    Operation(
        "targets", "Tell what Prometheus scrapes: how many targets of each job are up, and of those that are down why.", list_targets,
        {"job": Argument(type="string", default="", maxLength=200, description="only this job; empty for all")},
    ),
), connect)
