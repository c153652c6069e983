"""A part of PromQL, enough for the company's own metrics: selectors, functions over time, aggregations, and arithmetic with numbers.

https://prometheus.io/docs/prometheus/latest/querying/basics/ What it does not know it refuses, as a server refuses a query it cannot parse.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Labels = Mapping[str, str]


class QueryError(Exception):
    """The query cannot be read; the message says where."""


class Samples(Protocol):
    """What is queried."""

    def series(self) -> Sequence[Labels]:
        """Every series by its labels, `__name__` among them."""

    def value(self, labels: Labels, at: float) -> float | None:
        """Its value at this time in epoch seconds; None where it has none."""


@dataclass(frozen=True)
class Sample:
    """One series at one moment."""

    labels: Labels
    value: float


Query = Callable[[Samples, float], list[Sample]]
"""What a query gives at a time in epoch seconds."""

Range = tuple["Selector", float]
"""A selector with its window in seconds."""

STEP = 30.0
"""Seconds between two samples that a function over time reads."""
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
KNOWN = (
    "This Prometheus knows selectors, offset, *_over_time, sum, avg, min, max and count with by (…), and + - * / > < >= <= == != with "
    "a number."
)

_TOKEN = re.compile(r'\s*(?:(?P<number>\d+(?:\.\d+)?(?![\w:]))|(?P<name>[A-Za-z_:][\w:]*)|(?P<text>"(?:[^"\\]|\\.)*"|\'[^\']*\')'
                    r"|(?P<duration>(?:\d+[smhdw])+)|(?P<sign>=~|!~|!=|>=|<=|==|[-+*/(){}\[\],=<>]))")
_OVER_TIME: Mapping[str, Callable[[list[float]], float]] = {
    "avg_over_time": lambda many: sum(many) / len(many), "max_over_time": max, "min_over_time": min,
    "last_over_time": lambda many: many[-1],
}
_AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "sum": math.fsum, "avg": lambda many: sum(many) / len(many), "max": max, "min": min, "count": len,
}
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
}
_COMPUTED: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda one, other: one / other if other else math.nan,
}


@dataclass(frozen=True)
class Selector:
    """A name and matchers."""

    matchers: tuple[tuple[str, str, str], ...]
    """(label, `=`, `!=`, `=~` or `!~`, value)."""
    offset: float = 0.0
    """Seconds back."""

    def matches(self, labels: Labels) -> bool:
        """Whether a series is meant."""
        return all(_matches(labels.get(name, ""), sign, value) for name, sign, value in self.matchers)

    def __call__(self, samples: Samples, at: float) -> list[Sample]:
        """Its series as they stand."""
        known = [(labels, samples.value(labels, at - self.offset)) for labels in samples.series() if self.matches(labels)]
        return [Sample(labels, value) for labels, value in known if value is not None]


def _matches(held: str, sign: str, wanted: str) -> bool:
    if sign in ("=", "!="):
        return (held == wanted) is (sign == "=")
    return (re.fullmatch(wanted, held) is not None) is (sign == "=~")


def parse(text: str) -> Query:
    """What a query asks for. Raises QueryError."""
    reading = Reading(text)
    query = reading.expression()
    reading.end()
    return query


class Reading:
    """A query that is read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def end(self) -> None:
        """Nothing may follow. Raises QueryError."""
        if self._text[self._at :].strip():
            raise self.wrong("does not belong here")

    def rest(self) -> str:
        """What has not been read."""
        return self._text[self._at :].strip()

    def wrong(self, why: str) -> QueryError:
        """The error at this place."""
        return QueryError(f'1:{self._at + 1}: parse error: "{self.rest()[:40]}" {why}. {KNOWN}')

    def expression(self) -> Query:
        """Terms with numbers behind them, from left to right."""
        left = self.term()
        while (sign := self.take("sign", *_COMPARED, *_COMPUTED)) is not None:
            number = self.take("number")
            if number is None:
                raise self.wrong("should be a number")
            left = _with_number(left, sign, float(number))
        return left

    def term(self) -> Query:
        """A selector, a function, or something in brackets."""
        if self.take("sign", "("):
            inner = self.expression()
            self.need(")")
            return inner
        if (name := self.take("name", *_OVER_TIME)) is not None:
            return self._over_time(name)
        if (name := self.take("name", *_AGGREGATES)) is not None:
            return self._aggregate(name)
        return self.selector()

    def selector(self) -> Selector:
        """A name, matchers, or both, with an offset behind them."""
        name = self.take("name")
        matchers = [("__name__", "=", name)] if name else []
        if self.take("sign", "{"):
            while not self.take("sign", "}"):
                matchers.append(self._matcher())
                if not self.take("sign", ","):
                    self.need("}")
                    break
        if not matchers:
            raise self.wrong("should name a metric")
        return Selector(tuple(matchers), self._offset())

    def _offset(self) -> float:
        return self.duration() if self.take("name", "offset") else 0.0

    def _matcher(self) -> tuple[str, str, str]:
        name, sign, text = self.take("name"), self.take("sign", "=", "!=", "=~", "!~"), self.take("text")
        if name is None or sign is None or text is None:
            raise self.wrong('should be a matcher such as service="checkout"')
        value = re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text[1:-1]
        if sign in ("=~", "!~"):
            try:
                re.compile(value)
            except re.error as error:
                raise self.wrong(f"has an expression that cannot be read ({error})") from error
        return name, sign, value

    def duration(self) -> float:
        """A length of time in seconds."""
        text = self.take("duration")
        if text is None:
            raise self.wrong("should be a time such as 5m")
        return sum(int(count) * UNITS[unit] for count, unit in re.findall(r"(\d+)([smhdw])", text))

    def _over_time(self, name: str) -> Query:
        self.need("(")
        selector = self.selector()
        self.need("[")
        window = self.duration()
        self.need("]")
        offset = self._offset() or selector.offset
        self.need(")")
        whole = Selector(selector.matchers)

        def asked(samples: Samples, at: float) -> list[Sample]:
            steps = range(int(window // STEP), -1, -1)
            found = [(labels, [samples.value(labels, at - offset - STEP * back) for back in steps]) for labels in samples.series()
                     if whole.matches(labels)]
            return [Sample(_nameless(labels), _OVER_TIME[name]([one for one in many if one is not None])) for labels, many in found if
                    any(one is not None for one in many)]

        return asked

    def _aggregate(self, name: str) -> Query:
        by = self._by()
        self.need("(")
        inner = self.expression()
        self.need(")")
        by = by or self._by()

        def asked(samples: Samples, at: float) -> list[Sample]:
            groups: dict[tuple[str, ...], list[float]] = {}
            for one in inner(samples, at):
                groups.setdefault(tuple(one.labels.get(label, "") for label in by), []).append(one.value)
            return [Sample(dict(zip(by, key, strict=True)), _AGGREGATES[name](many)) for key, many in groups.items()]

        return asked

    def _by(self) -> tuple[str, ...]:
        if not self.take("name", "by"):
            return ()
        self.need("(")
        names = []
        while (name := self.take("name")) is not None:
            names.append(name)
            self.take("sign", ",")
        self.need(")")
        return tuple(names)

    def take(self, kind: str, *wanted: str) -> str | None:
        """The next token where it is of this kind and one of these; then it is read."""
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup != kind or (wanted and found[kind] not in wanted):
            return None
        self._at = found.end()
        return found[kind]

    def need(self, sign: str) -> None:
        """This sign has to come. Raises QueryError."""
        if self.take("sign", sign) is None:
            raise self.wrong(f'should be "{sign}"')


def _with_number(left: Query, sign: str, number: float) -> Query:
    def asked(samples: Samples, at: float) -> list[Sample]:
        found = left(samples, at)
        if sign in _COMPARED:
            return [one for one in found if _COMPARED[sign](one.value, number)]
        return [Sample(_nameless(one.labels), _COMPUTED[sign](one.value, number)) for one in found]

    return asked


def _nameless(labels: Labels) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != "__name__"}
