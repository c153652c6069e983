"""The company's Prometheus, under /company/prometheus: the metrics of its services by Prometheus' own HTTP API.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from bot.sandbox.company_metrics import METRICS, Metric, level, sample
from bot.sandbox.company_seed import OBJECTIVES
from bot.sandbox.company_state import Company, stamp
from bot.sandbox.promql import Labels, QueryError, Reading, Sample, parse

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NAMES: dict[str, tuple[Metric, float, str]] = {
    "service:request_duration_seconds:p95": ("p95_ms", 1000, "95th percentile of the time that a request takes, in seconds"),
    "service:request_errors:percent": ("error_rate", 1, "Share of requests that fail, in percent"),
    "service:requests:rate5m": ("rps", 1, "Requests a second"),
}
"""The company's metrics: which of its numbers each is, what that is divided by, and what it means."""

ALERTS: dict[Metric, tuple[str, str]] = {
    "p95_ms": ("HighLatency", "{service} p95 is above 400 ms"),
    "error_rate": ("HighErrorRate", "{service} fails more than 1 % of requests"),
}
"""What its rules call the breach of an objective."""

MOST_POINTS = 11_000
"""Points of one series that a server gives at most."""


class CompanySamples:
    """The numbers of every service, as series. Implements `promql.Samples`."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def series(self) -> Sequence[Labels]:
        """A series for each metric of each service, and whether each is up."""
        services = [(name, service.seed.owner) for name, service in self._company.services.items()]
        return [{"__name__": metric, "service": name, "team": owner} for metric in (*NAMES, "up") for name, owner in services]

    def value(self, labels: Labels, at: float) -> float | None:
        """The reading at that time; there is none of the future."""
        if at > self._company.clock() + 1:
            return None
        if labels["__name__"] == "up":
            return 1.0
        metric, divisor, _ = NAMES[labels["__name__"]]
        service = self._company.services[labels["service"]]
        return sample(service.seed.name, metric, at, service.releases) / divisor


class CompanyPrometheus:
    """The handlers."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._samples = CompanySamples(company)

    async def query(self, request: web.Request) -> Any:
        """Values at one moment."""
        asked = await _asked(request)
        at = float(asked.get("time") or self._company.clock())
        found = parse(asked.get("query", ""))(self._samples, at)
        return {"resultType": "vector", "result": [{"metric": dict(one.labels), "value": [at, _number(one)]} for one in found]}

    async def query_range(self, request: web.Request) -> Any:
        """Values over time."""
        asked = await _asked(request)
        query = parse(asked.get("query", ""))
        start, end, step = (float(asked.get(name) or 0) for name in ("start", "end", "step"))
        if step <= 0 or end < start:
            raise QueryError('invalid parameter "step" or "end": it has to be positive, and the end behind the start')
        if (end - start) / step > MOST_POINTS:
            raise QueryError(f"exceeded maximum resolution of {MOST_POINTS:,} points per timeseries. Try decreasing the query resolution")
        series: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        for number in range(int((end - start) // step) + 1):
            at = start + number * step
            for one in query(self._samples, at):
                series.setdefault(tuple(sorted(one.labels.items())), []).append([at, _number(one)])
        return {"resultType": "matrix", "result": [{"metric": dict(labels), "values": values} for labels, values in series.items()]}

    async def series(self, request: web.Request) -> Any:
        """The series that a selector means."""
        return [dict(labels) for labels in self._chosen(request)]

    async def labels(self, request: web.Request) -> Any:
        """Names of labels."""
        return sorted({name for labels in self._chosen(request) for name in labels})

    async def values(self, request: web.Request) -> Any:
        """Values of one label."""
        name = request.match_info["label"]
        return sorted({labels[name] for labels in self._chosen(request) if name in labels})

    async def metadata(self, request: web.Request) -> Any:
        """What the metrics mean."""
        return {name: [{"type": "gauge", "help": says, "unit": ""}] for name, (_, _, says) in NAMES.items()}

    async def alerts(self, request: web.Request) -> Any:
        """Objectives that are not kept, since the release with which that began."""
        now, found = self._company.clock(), []
        for name, service in self._company.services.items():
            for metric, (alert, says) in ALERTS.items():
                value = level(metric, now, service.releases)
                if metric in METRICS and value > OBJECTIVES[metric]:
                    found.append({
                        "labels": {"alertname": alert, "service": name, "severity": "critical", "team": service.seed.owner},
                        "annotations": {"summary": says.format(service=name)}, "state": "firing",
                        "activeAt": stamp(service.live.since), "value": f"{value:g}",
                    })
        return {"alerts": found}

    async def targets(self, request: web.Request) -> Any:
        """Every service is scraped, and up."""
        now = stamp(self._company.clock())
        return {"activeTargets": [
            {"labels": {"job": "services", "service": name}, "scrapePool": "services", "health": "up", "lastError": "", "lastScrape": now}
            for name in self._company.services
        ], "droppedTargets": []}

    def _chosen(self, request: web.Request) -> Sequence[Labels]:
        selectors = [Reading(text).selector() for text in request.query.getall("match[]", [])]
        return [labels for labels in self._samples.series() if not selectors or any(one.matches(labels) for one in selectors)]


async def _asked(request: web.Request) -> dict[str, str]:
    """The parameters: in the query of a GET, in the form of a POST."""
    form = await request.post() if request.method == "POST" else {}
    return {**request.query, **{name: str(value) for name, value in form.items()}}


def _number(one: Sample) -> str:
    return f"{one.value:g}"


def _enveloped(handler: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    """The handler with its answer and its errors as Prometheus writes them."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response({"status": "success", "data": await handler(request)})
        except (QueryError, ValueError) as error:
            return web.json_response({"status": "error", "errorType": "bad_data", "error": str(error)}, status=400)

    return handle


def table(company: Company) -> list[tuple[str, str, Handler]]:
    """Method, path under /company and handler of each of its endpoints."""
    prometheus = CompanyPrometheus(company)
    endpoints: list[tuple[str, str, Callable[[web.Request], Awaitable[Any]]]] = [
        ("*", "query", prometheus.query),
        ("*", "query_range", prometheus.query_range),
        ("GET", "series", prometheus.series),
        ("GET", "labels", prometheus.labels),
        ("GET", "label/{label}/values", prometheus.values),
        ("GET", "metadata", prometheus.metadata),
        ("GET", "alerts", prometheus.alerts),
        ("GET", "targets", prometheus.targets),
    ]
    return [(method, f"prometheus/api/v1/{path}", _enveloped(handler)) for method, path, handler in endpoints]
