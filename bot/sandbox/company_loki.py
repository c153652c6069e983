"""The company's Loki, under /company/loki: what its services log, by Loki's own HTTP API.

https://grafana.com/docs/loki/latest/reference/loki-http-api/ It knows selectors with line filters. A service logs more errors the more of
its requests fail; every line follows from the service, its releases and the time alone.
"""

import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.company_metrics import STEP, Release, sample
from bot.sandbox.company_seed import DAY
from bot.sandbox.company_state import Company, Service
from bot.sandbox.promql import Labels, QueryError, Reading, Selector

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FAULTS = {
    "checkout": ('msg="pricing service did not answer in time" path=/basket/discounts', "timeout calling pricing"),
    "payments": ('msg="card provider answered 503, will be tried again" path=/authorise', "provider unavailable"),
    "catalog": ('msg="category tree rebuilt late" path=/categories', "cache miss"),
    "web": ('msg="upstream closed the connection" path=/', "upstream reset"),
}
"""By service: what its errors say, and why."""

USUAL = 0.5
"""Percent of failed requests up to which a service logs an error only now and then."""
NOW_AND_THEN = 24
"""Of so many half minutes one has such an error."""

_FILTER = re.compile(r'\s*(\|=|!=|\|~|!~)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)')


@dataclass(frozen=True)
class Line:
    """One line of a log."""

    at: float
    """Epoch seconds."""
    level: str
    text: str


def lines_of(service: Service, start: float, end: float) -> Iterator[Line]:
    """What a service logged from `start` to `end`, in epoch seconds, oldest first."""
    for slot in range(math.ceil(start / STEP), math.floor(end / STEP) + 1):
        at = slot * STEP
        release = _live(service.releases, at)
        p95 = sample(service.seed.name, "p95_ms", at, service.releases)
        failing = sample(service.seed.name, "error_rate", at, service.releases)
        served = round(sample(service.seed.name, "rps", at, service.releases) * STEP)
        yield Line(at, "info", f'level=info msg="served" requests={served} p95_ms={p95:g} version={release.version}')
        text, why = FAULTS[service.seed.name]
        for number in range(_errors(service.seed.name, slot, failing)):
            seed = _dice(service.seed.name, slot, number)
            took = round(p95 * (0.9 + seed % 40 / 100))
            said = f'level=error {text} error="{why}" duration_ms={took} request={seed:08x} version={release.version}'
            yield Line(at + 1 + number, "error", said)


def _errors(name: str, slot: int, failing: float) -> int:
    """How many errors are logged in this half minute."""
    return math.ceil(failing / 2) if failing > USUAL else int(_dice(name, slot, 99) % NOW_AND_THEN == 0)


def _dice(name: str, slot: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{name}/{slot}/{number}".encode()).digest()[:4], "big")


def _live(releases: Sequence[Release], at: float) -> Release:
    return next((release for release in reversed(releases) if release.since <= at), releases[0])


class CompanyLoki:
    """The handlers."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def query_range(self, request: web.Request) -> web.StreamResponse:
        """The newest or the oldest lines, by stream."""
        try:
            selector, keeps = _parsed(request.query.get("query", ""))
            start, end, limit = self._span(request)
        except (QueryError, ValueError) as error:
            return web.Response(status=400, text=f"{error}\n")
        found = [(labels, line) for labels, line in self._lines(selector, start, end) if keeps(line.text)]
        backward = request.query.get("direction", "backward") == "backward"
        found.sort(key=lambda one: one[1].at, reverse=backward)
        streams: dict[tuple[tuple[str, str], ...], list[list[str]]] = {}
        for labels, line in found[:limit]:
            streams.setdefault(tuple(sorted(labels.items())), []).append([f"{line.at * 1e9:.0f}", line.text])
        result = [{"stream": dict(labels), "values": values} for labels, values in streams.items()]
        return web.json_response({"status": "success", "data": {"resultType": "streams", "result": result, "stats": {}}})

    async def labels(self, request: web.Request) -> web.StreamResponse:
        """Names of labels."""
        return web.json_response({"status": "success", "data": sorted({name for labels in self._streams() for name in labels})})

    async def values(self, request: web.Request) -> web.StreamResponse:
        """Values of one label."""
        name = request.match_info["label"]
        return web.json_response({"status": "success", "data": sorted({one[name] for one in self._streams() if name in one})})

    def _streams(self) -> list[Labels]:
        return [{"service": name, "env": "production", "level": level} for name in self._company.services for level in ("info", "error")]

    def _lines(self, selector: Selector, start: float, end: float) -> Iterator[tuple[Labels, Line]]:
        for name, service in self._company.services.items():
            streams = {one["level"]: one for one in self._streams() if one["service"] == name and selector.matches(one)}
            if streams:
                yield from ((streams[line.level], line) for line in lines_of(service, start, end) if line.level in streams)

    def _span(self, request: web.Request) -> tuple[float, float, int]:
        now = self._company.clock()
        end = min(now, float(request.query.get("end") or now * 1e9) / 1e9)
        start = float(request.query.get("start") or (now - 3600) * 1e9) / 1e9
        if end - start > 2 * DAY:
            raise ValueError("the query time range exceeds the limit (query length: more than 2d, limit: 2d)")
        return start, end, int(request.query.get("limit", "100"))


def _parsed(text: str) -> tuple[Selector, Callable[[str], bool]]:
    """A selector with line filters behind it. Raises QueryError."""
    reading = Reading(text)
    selector, rest = reading.selector(), reading.rest()
    tests: list[tuple[str, str]] = []
    while (found := _FILTER.match(rest)) is not None:
        tests.append((found[1], re.sub(r"\\(.)", r"\1", found[2][1:-1]) if found[2][0] == '"' else found[2][1:-1]))
        rest = rest[found.end() :]
    if rest.strip():
        raise QueryError(f"parse error: unexpected {rest.strip()[:40]}. This Loki knows selectors and the filters |= != |~ !~.")
    return selector, lambda line: all(_kept(sign, wanted, line) for sign, wanted in tests)


def _kept(sign: str, wanted: str, line: str) -> bool:
    if sign in ("|=", "!="):
        return (wanted in line) is (sign == "|=")
    return (re.search(wanted, line) is not None) is (sign == "|~")


def table(company: Company) -> list[tuple[str, str, Handler]]:
    """Method, path under /company and handler of each of its endpoints."""
    loki = CompanyLoki(company)
    return [
        ("GET", "loki/loki/api/v1/query_range", loki.query_range),
        ("GET", "loki/loki/api/v1/labels", loki.labels),
        ("GET", "loki/loki/api/v1/label/{label}/values", loki.values),
    ]
