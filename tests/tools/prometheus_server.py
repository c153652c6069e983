"""A Prometheus that answers as the documentation of its HTTP API says, and refuses every path and parameter that is not in it.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

PATHS: Mapping[str, frozenset[str]] = {
    "/api/v1/query": frozenset({"query", "time", "timeout", "limit"}),
    "/api/v1/query_range": frozenset({"query", "start", "end", "step", "timeout", "limit"}),
    "/api/v1/series": frozenset({"match[]", "start", "end", "limit"}),
    "/api/v1/labels": frozenset({"match[]", "start", "end", "limit"}),
    "/api/v1/label/*/values": frozenset({"match[]", "start", "end", "limit"}),
    "/api/v1/metadata": frozenset({"limit", "limit_per_metric", "metric"}),
    "/api/v1/alerts": frozenset(),
    "/api/v1/targets": frozenset({"state", "scrapePool"}),
}
"""The parameters of each path."""


class PrometheusServer:
    """What it is asked, and what it says."""

    def __init__(self) -> None:
        self.content: dict[str, Any] = {}
        """The `data` of the answer, by path."""
        self.extra: dict[str, Any] = {}
        """Beside `data`: warnings, infos."""
        self.refuses: list[web.Response] = []
        """Given in place of the next answers."""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.requests: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/prometheus")
        form = {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}
        known = "/api/v1/label/*/values" if path.startswith("/api/v1/label/") else path
        assert form.keys() <= PATHS[known], form
        self.asked.append((path, form))
        self.requests.append(request)
        if self.refuses:
            return self.refuses.pop(0)
        return web.json_response({"status": "success", "data": self.content[path], **self.extra})


def error(status: int, kind: str, text: str) -> web.Response:
    """An error as the API tells it."""
    return web.json_response({"status": "error", "errorType": kind, "error": text}, status=status)


def matrix(*series: tuple[Mapping[str, str], list[tuple[float, str]]]) -> dict[str, Any]:
    result = [{"metric": dict(labels), "values": [list(one) for one in values]} for labels, values in series]
    return {"resultType": "matrix", "result": result}


def vector(*series: tuple[Mapping[str, str], float, str]) -> dict[str, Any]:
    return {"resultType": "vector", "result": [{"metric": dict(labels), "value": [time, value]} for labels, time, value in series]}
