"""Loki: logs by LogQL. https://grafana.com/docs/loki/latest/reference/loki-http-api/"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from agents.ports import Clock, Done, Failed
from tools.access import Access, Api, Query, api, parsed
from tools.argument import Argument
from tools.log_lines import Digest, Line, cut
from tools.moments import UNTIL, since, span
from tools.operation import Arguments, Operation, Use
from tools.prometheus_queries import step_for
from tools.series import series_of
from tools.series_text import labelled, told_range
from tools.source import Entry, Pack, SourceContext
from tools.times import iso

POINTS = 60
"""Points of a query that gives numbers over time."""

MOST_VALUES = 100
"""Labels, or values of one, that are listed."""


class LokiConfig(Access):
    """A server, and whose logs."""

    tenant: str | None = Field(default=None, min_length=1)
    """Sent as `X-Scope-OrgID`; several are joined by `|`."""
    max_series: int = Field(default=20, ge=1, le=200)
    """Series of a query that gives numbers which are shown."""


class LokiEntry(Entry):
    """`{name: loki, loki: {url: "http://loki:3100"}}`."""

    loki: LokiConfig

    def urls(self) -> tuple[str, ...]:
        """The server's."""
        return (self.loki.url,)


@dataclass(frozen=True, slots=True)
class Loki:
    """A server that is asked."""

    api: Api
    clock: Clock
    max_series: int

    async def ask(self, path: str, query: Query) -> "tuple[Any, list[str]] | Failed":
        """`data` of the answer, and the server's warnings. Its errors are plain text."""
        answer = await self.api.read(f"/loki/api/v1/{path}", query)
        if isinstance(answer, Failed):
            return answer
        content = parsed(answer)
        if answer.status != 200:
            said = content.get("error") or content.get("message") if isinstance(content, dict) else None
            return self.api.refused(answer, str(said or answer.body.decode("utf-8", "replace")))
        if not isinstance(content, dict) or content.get("status") != "success":
            return Failed(f"What {self.api.url} answered is not Loki's API; the operator should check the url and its prefix.")
        warnings = content.get("warnings") or ()
        return content.get("data"), [f"Warning of the server: {str(text)[:500]}" for text in warnings[:5]]


async def _query(loki: Loki, arguments: Arguments, use: Use) -> Done | Failed:
    limits = span(arguments, loki.clock())
    if isinstance(limits, Failed):
        return limits
    begin, end = (int(limit.timestamp()) for limit in limits)
    step = step_for(end - begin, POINTS)
    asked = [
        ("query", arguments["query"]), ("start", f"{begin}000000000"), ("end", f"{end}000000000"), ("step", f"{step}s"),
        ("limit", str(arguments["limit"])), ("direction", arguments["direction"]),
    ]  # fmt: skip
    answer = await loki.ask("query_range", asked)
    if isinstance(answer, Failed):
        return answer
    content, warnings = answer
    kind = content.get("resultType") if isinstance(content, dict) else None
    if kind == "streams":
        return Done("\n".join([*warnings, *_streams(content.get("result") or (), arguments)]))
    many = series_of(content.get("result")) if kind == "matrix" else None
    if many is None:
        return Failed("Loki answered neither lines nor numbers over time.")
    return Done("\n".join([*warnings, told_range(many, "", begin, step, (end - begin) // step + 1, loki.max_series)]))


async def _labels(loki: Loki, arguments: Arguments, use: Use) -> Done | Failed:
    limits = span({**arguments, "until": "now"}, loki.clock())
    if isinstance(limits, Failed):
        return limits
    label = arguments["label"]
    if label and not label.replace("_", "a").isalnum():
        return Failed(f"{label!r} is no label's name: letters, digits and _ only.")
    asked = [("start", f"{limits[0].timestamp():.0f}000000000"), ("end", f"{limits[1].timestamp():.0f}000000000")]
    asked += [("query", arguments["match"])] if arguments["match"] else []
    answer = await loki.ask(f"label/{label}/values" if label else "labels", asked)
    if isinstance(answer, Failed):
        return answer
    content, warnings = answer
    found = [str(one)[:200] for one in content or ()]
    what = f"values of {label}" if label else "labels"
    more = [f"{len(found) - MOST_VALUES:,} more are left out; narrow it with match."] if len(found) > MOST_VALUES else []
    listed = f"{len(found):,} {what}: {', '.join(found[:MOST_VALUES])}" if found else f"There are no {what} in this time."
    return Done("\n".join([*warnings, listed, *more]))


def _streams(streams: Sequence[Mapping[str, Any]], arguments: Arguments) -> list[str]:
    """A digest of the lines, and the lines in the order of time."""
    labels = [dict(stream.get("stream") or {}) for stream in streams]
    shared = {name: value for name, value in (labels[0] if labels else {}).items() if all(one.get(name) == value for one in labels)}
    lines: list[tuple[int, str, Line]] = []
    digest = Digest()
    for held, stream in zip(labels, streams, strict=True):
        own = labelled({name: value for name, value in held.items() if name not in shared})
        for nanoseconds, text, *_ in stream.get("values") or ():
            line = Line(str(text), datetime.fromtimestamp(int(nanoseconds) // 1_000 / 1_000_000, UTC))
            lines.append((int(nanoseconds), own, line))
            digest.add(line)
    if not lines:
        return ["No line matches in this time. labels lists the labels that exist."]
    lines.sort(key=lambda one: one[0])
    told = [*digest.told(), *([f"All have {labelled(shared)}"] if shared else [])]
    if len(lines) >= arguments["limit"]:
        which = "newest" if arguments["direction"] == "backward" else "oldest"
        told.append(f"(The limit of {arguments['limit']} lines was met: these are the {which}; there may be more.)")
    rows = [f"{iso(line.time)} {own}{' ' if own else ''}{cut(line.text)}" for _, own, line in lines if line.time]
    most = arguments["lines"]
    if len(rows) <= most:
        return [*told, "The lines:", *rows]
    kept = rows[-most:] if arguments["direction"] == "backward" else rows[:most]
    return [*told, f"The {'last' if arguments['direction'] == 'backward' else 'first'} {most} of them:", *kept]


@asynccontextmanager
async def _connect(entry: LokiEntry, context: SourceContext) -> AsyncIterator[Loki]:
    config = entry.loki
    tenant = {"X-Scope-OrgID": config.tenant} if config.tenant else {}
    access = config.model_copy(update={"headers": {**config.headers, **tenant}})
    yield Loki(api(access, "Loki", context), context.clock, config.max_series)


LOKI = Pack("loki", LokiEntry, (
    Operation(
        "query",
        "Ask Loki for log lines, or for numbers over time, in LogQL. Of lines it tells how many there are, by level and by what they "
        "have in common, and shows some; of numbers first, last, min, max, mean and the values.",
        _query,
        {
            "query": Argument(type="string", minLength=1, maxLength=5_000, description='LogQL, such as {app="api"} |= "timeout"'),
            "since": since("1h"), "until": UNTIL,
            "limit": Argument(type="integer", default=1_000, minimum=1, maximum=5_000, description="lines that are looked at"),
            "lines": Argument(type="integer", default=50, minimum=1, maximum=200, description="lines that are shown"),
            "direction": Argument(type="string", enum=["backward", "forward"], default="backward", description="backward: the newest"),
        },
        taints=True,
    ),
    Operation(
        "labels", "List the names of all labels in Loki, or the values of one.", _labels,
        {
            "label": Argument(type="string", default="", maxLength=200, description="whose values; empty for the names of labels"),
            "match": Argument(type="string", default="", maxLength=2_000, description='of these streams only, such as {app="api"}'),
            "since": since("6h"),
        },
        taints=True,
    ),
), _connect)
