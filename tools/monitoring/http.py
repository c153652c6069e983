"""Numbers in the JSON answer of an address: of now, because it knows nothing of the past."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from agents.monitors import Measure, Monitor, Reading, Sample, Series, SourceDown
from agents.ports import Clock
from tools.asking import retried
from tools.cutting import shorter
from tools.http_content import MISSING, field, parsed
from tools.monitoring.buckets import NONE, begin_of, named, plain
from tools.monitoring.parts import HttpPart
from tools.monitoring.seen import Seen
from tools.net import Net, Request, Response

TIMEOUT = 20.0
"""Seconds, repetitions included."""

LARGEST = 2_000_000
"""Bytes of an answer that are read."""

ITEMS = 5_000
"""Items of a list that are looked at."""


class HttpSource:
    """Implements `MonitorSource`."""

    has_past = False

    def __init__(self, net: Net, part: HttpPart, secret: Callable[[str], str], clock: Clock) -> None:
        self._net = net
        self._part = part
        self._secret = secret
        self._clock = clock
        self._seen = Seen()

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """One sample of now, for each watch and item. Raises SourceDown."""
        content = await self._content()
        begin = begin_of(self._clock(), monitor.bucket)
        notes: dict[str, None] = {}
        items = self._items(monitor, content, notes)
        found = []
        for watch in monitor.watches:
            if watch.measure is Measure.VALUE:
                path = self._part.value or watch.expression
                values = {key: self._number(item, path, key, notes) for key, item in items.items()}
                found += [Sample(Series(monitor.name, watch.name, key).key, begin, value) for key, value in values.items()]
        return Reading(tuple(found), tuple(notes))

    async def _content(self) -> Any:
        """The answer as JSON. Raises SourceDown."""
        part = self._part
        credentials = (("Authorization", f"Bearer {self._secret(part.token_env)}"),) if part.token_env else ()
        headers = (("Accept", "application/json"), *part.headers.items(), *credentials)
        answer = await retried(self._net, Request("GET", part.url, True, headers, None, TIMEOUT, LARGEST))
        if not isinstance(answer, Response):
            raise SourceDown(f"{self._where} could not be read: {answer.why.rstrip('.')}.")
        if not 200 <= answer.status < 300:
            advice = " The token is not accepted there." if answer.status in (401, 403) else ""
            raise SourceDown(f"{self._where} answered {answer.status} {answer.reason}".rstrip() + f".{advice}")
        if answer.cut:
            raise SourceDown(f"{self._where} answered more than the {LARGEST // 1_000_000} MB that are read.")
        content = parsed(answer)
        if content is MISSING:
            raise SourceDown(f"{self._where} answered no JSON.")
        return content

    def _items(self, monitor: Monitor, content: Any, notes: dict[str, None]) -> dict[str, Any]:
        """What is looked into, by its dimensions."""
        part = self._part
        if part.items is None:
            return {"": content}
        listed = field(content, part.items)
        if isinstance(listed, Mapping):
            listed = [{"key": key, **(held if isinstance(held, Mapping) else {"value": held})} for key, held in listed.items()]
        if not isinstance(listed, list):
            raise SourceDown(f"{self._where}: {part.items} is no list; {_there(content)}.")
        found: dict[str, Any] = {}
        for item in listed[:ITEMS]:
            key = named(monitor.dimensions, [_label(item, part.labels[name]) for name in monitor.dimensions])
            if key in found:
                notes[f"Several items have {key}: only the first of them counts."] = None
            found.setdefault(key, item)
        kept = self._seen.kept(list(found), monitor.most, self._clock())
        if len(found) > len(kept):
            notes[f"There are {len(found)} items; {len(found) - len(kept)} of them are left out."] = None
        return {key: found.get(key) for key in (*kept, *self._seen.gone(found))}

    def _number(self, item: Any, path: str, key: str, notes: dict[str, None]) -> float | None:
        if item is None and key:
            return None
        value = field(item, path)
        if value is MISSING:
            if key:
                notes[f"{key} has no {path}."] = None
                return None
            raise SourceDown(f"{self._where}: the answer has no {path}; {_there(item)}.")
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise SourceDown(f"{self._where}: {path} is {shorter(str(value), 60)!r}, which is no number.") from None
        return number if math.isfinite(number) else None

    @property
    def _where(self) -> str:
        return self._part.url.partition("?")[0]


def _label(item: Any, path: str) -> str:
    value = field(item, path)
    return NONE if value is MISSING or value is None else str(value)


def _there(content: Any) -> str:
    """What an answer has, for the person who looks for something else."""
    if isinstance(content, Mapping):
        return f"there is {', '.join(plain(str(name)) for name in list(content)[:12])}" if content else "it is empty"
    return f"it is a list of {len(content)}" if isinstance(content, list) else "it is a single value"
