"""Monitors for a Prometheus: what its metrics' names say that they are, each tried once before it is suggested."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from agents.monitors import SourceDown
from agents.ports import Failed
from tools.monitoring.suggested import Suggestion, Suggestions, name_for
from tools.prometheus_answers import Prometheus
from tools.prometheus_queries import TIMEOUT
from tools.series import series_of

MOST = 20
"""Monitors at most."""

TRIED = 60
"""Queries that are tried at most."""

SERIES = 20
"""Series of a query at most."""

OWN = re.compile(r"^(go|process|python|promhttp|prometheus|scrape|net_conntrack|jvm|nodejs|ALERTS|alertmanager)(_|$)")
"""What programs tell of themselves beside their work."""

_UNITS = {"seconds": "s", "bytes": "B", "milliseconds": "ms", "ms": "ms", "ratio": "", "celsius": "°C"}
_BAD = re.compile(r"error|fail|dropped|rejected|timeout|retries|exception")
_WAITS = re.compile(r"queue|lag|backlog|pending|depth|in_flight|inflight|active|connections|usage|utili[sz]ation|ratio|percent|temperature")
_REQUESTS = re.compile(r"(requests?|responses?|calls|http_server_duration\w*)_(total|count)$")
_STATUS = ("code", "status", "status_code", "http_status_code", "http_response_status_code")

_PARTS = ("_total", "_bucket", "_count", "_sum", "_info")
"""How the names end of what is no gauge."""

Draft = tuple[str, str, dict[str, Any], str]
"""Name, query, what is watched, and why."""


async def suggest_prometheus(prometheus: Prometheus, source: str) -> Suggestions:
    """Monitors for what its metrics' names promise. Raises SourceDown."""
    names = await _names(prometheus, source)
    kinds = await _kinds(prometheus)
    own = [name for name in names if OWN.match(name)]
    found: list[Suggestion] = []
    skipped = [f"{len(own)} metrics that programs tell of themselves, such as {own[0]}"] if own else []
    drafts = [draft async for draft in _drafts(prometheus, [name for name in names if name not in own], kinds)]
    tried = 0
    for name, query, watch, why in drafts:
        if len(found) == MOST or tried == TRIED:
            skipped.append(f"{len(drafts) - tried} more metrics, such as {name}")
            break
        tried += 1
        problem = await _tried(prometheus, query)
        if problem:
            skipped.append(f"{name}: {problem}")
            continue
        item = {"name": name_for(name), "prometheus": {"source": source, "query": query}, "every": "1m", "watch": [watch]}
        found.append(Suggestion(item, why))
    return Suggestions(tuple(found), tuple(skipped))


async def _names(prometheus: Prometheus, source: str) -> list[str]:
    now = prometheus.clock().timestamp()
    answer = await prometheus.ask("label/__name__/values", [("start", f"{now - 3600:.0f}"), ("end", f"{now:.0f}")])
    if isinstance(answer, Failed):
        raise SourceDown(f"{source}: {answer.text}")
    return sorted(str(name) for name in answer.content or () if re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", str(name)))


async def _kinds(prometheus: Prometheus) -> Mapping[str, str]:
    """The types of metrics, where the server knows them."""
    answer = await prometheus.ask("metadata", [("limit_per_metric", "1")])
    if isinstance(answer, Failed) or not isinstance(answer.content, dict):
        return {}
    return {
        name: str(entries[0].get("type", "")) for name, entries in answer.content.items()
        if isinstance(entries, list) and entries and isinstance(entries[0], dict)
    }  # fmt: skip


async def _drafts(prometheus: Prometheus, names: list[str], kinds: Mapping[str, str]) -> Any:
    """What could be watched, the most telling first."""
    if "up" in names:
        watch: dict[str, Any] = {"value": "up", "direction": "below", "least": 1}
        yield "up", "min by (job) (up)", watch, "whether every target of each job answers; 0 is one that does not"
    for name in [name for name in names if _REQUESTS.search(name)]:
        label = await _status_label(prometheus, name)
        if label:
            query = f'sum(rate({name}{{{label}=~"5.."}}[5m])) / sum(rate({name}[5m]))'
            watch = {"value": "error_ratio", "direction": "above"}
            yield f"{_bare(name)}_errors", query, watch, f"share of {name} whose {label} is 5xx"
    for name in [name for name in names if name.endswith("_bucket")]:
        bare = name.removesuffix("_bucket")
        query = f"histogram_quantile(0.95, sum by (le) (rate({name}[5m])))"
        yield f"{bare}_p95", query, _with_unit("p95", bare), f"the time or size that 95 of 100 {bare} stay below"
    for draft in (*_counters(names, kinds), *_gauges(names, kinds)):
        yield draft


def _counters(names: list[str], kinds: Mapping[str, str]) -> Iterator[Draft]:
    for name in names:
        if name.endswith("_total") or (kinds.get(name) == "counter" and not name.endswith(("_bucket", "_count", "_sum"))):
            bad = bool(_BAD.search(name))
            watch = {"value": "rate", "unit": "1/s", **({"direction": "above"} if bad else {})}
            yield name, f"sum(rate({name}[5m]))", watch, f"how often {_bare(name)} grows" + (", of which more is worse" if bad else "")


def _gauges(names: list[str], kinds: Mapping[str, str]) -> Iterator[Draft]:
    for name in names:
        if kinds.get(name, "gauge") == "gauge" and _WAITS.search(name) and not name.endswith(_PARTS):
            yield name, f"max({name})", _with_unit("max", name), f"the highest {name} of all"


def _with_unit(value: str, name: str) -> dict[str, Any]:
    unit = _UNITS.get(name.rpartition("_")[2], "")
    return {"value": value, **({"unit": unit} if unit else {})}


def _bare(name: str) -> str:
    return re.sub(r"_(total|count)$", "", name)


async def _status_label(prometheus: Prometheus, name: str) -> str | None:
    """The label of a counter of requests that says how each ended."""
    now = prometheus.clock().timestamp()
    answer = await prometheus.ask("labels", [("match[]", name), ("start", f"{now - 3600:.0f}"), ("end", f"{now:.0f}")])
    labels = [] if isinstance(answer, Failed) else [str(one) for one in answer.content or ()]
    return next((label for label in _STATUS if label in labels), None)


async def _tried(prometheus: Prometheus, query: str) -> str:
    """Why a query is of no use; empty where it gives a few series."""
    now = prometheus.clock().timestamp()
    answer = await prometheus.ask("query", [("query", query), ("time", f"{now:.3f}"), ("timeout", TIMEOUT)])
    if isinstance(answer, Failed):
        return answer.text
    series = series_of(answer.content.get("result")) if isinstance(answer.content, dict) else None
    if not series or not any(math.isfinite(value) for one in series for _, value in one.points):
        return "it gives no value now"
    return f"it gives {len(series)} series; aggregate it" if len(series) > SERIES else ""
