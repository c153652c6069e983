"""The section `monitors:`: what is looked at again and again, and where it is read."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter

from agents.core import duration
from agents.core.duration import show
from agents.monitors import HISTORY, KEPT, Monitor, Watch
from agents.schedules import Timetable
from bot.config_mistakes import checked, named_once, nearest, quoted
from bot.config_monitor_places import Around, check_place
from bot.config_schedules import timetable
from bot.config_shape import Address, Duration, Name, SecondChannel, Shape, Text
from bot.config_source import Source, Where
from bot.config_watches import WatchItem, measured_alike, mistakes_in, usual
from tools.monitoring.parts import Column, DbtPart, HttpPart, JournalPart, MonitorPart, PrometheusPart, SqlPart

DAY = timedelta(days=1)

LEAST = timedelta(seconds=10)
"""The shortest bucket, and the shortest time from one look to the next."""

KINDS = ("sql", "prometheus", "http", "dbt", "journal")

EVERY = {"dbt": timedelta(minutes=15)}
"""How often a kind is looked at where nothing is said; others each five minutes."""

DELAYS = {"sql": timedelta(minutes=1), "prometheus": timedelta(minutes=1)}
"""How long a bucket of a kind is waited for where nothing is said; of others not at all."""

BUCKETS = tuple(
    timedelta(minutes=minutes) for minutes in (1 / 6, 1 / 4, 1 / 2, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
)
"""Lengths that divide a day, as people count them."""


def _delay(value: object) -> object:
    return timedelta() if value == 0 else duration.parsed(value)


Delay = Annotated[timedelta, BeforeValidator(_delay, json_schema_input_type=str)]
"""A length of time, or 0."""


class MonitorConfig(Shape):
    """An item of `monitors:`. It has one of the kinds of places to read."""

    name: Name
    sql: SqlPart | None = None
    prometheus: PrometheusPart | None = None
    http: HttpPart | None = None
    dbt: DbtPart | None = None
    journal: JournalPart | None = None
    every: Duration | None = None
    """How often it looks; None for the kind's own, or for `cron`."""
    cron: Text | None = None
    zone: Text | None = None
    """The IANA time zone of `cron`; None for UTC."""
    bucket: Duration | None = None
    """None for as long as it is from one look to the next."""
    delay: Delay | None = None
    dimensions: tuple[Column, ...] = Field(default=(), max_length=3)
    series: int = Field(default=20, ge=1, le=100)
    """Combinations of dimensions that are told apart."""
    watch: tuple[WatchItem, ...] | None = Field(default=None, min_length=1, max_length=30)
    channel: SecondChannel | None = None
    agent: Text | None = None
    """None for the agent of its channel, or the only one."""
    investigate: Literal["click", "auto"] = "click"
    severity: Literal["critical", "warning", "info"] = "warning"
    owner: str = Field(default="", max_length=200)
    links: tuple[Address, ...] = Field(default=(), max_length=10)
    node: Annotated[str, StringConstraints(max_length=300)] | None = None
    """None for the table of an SQL source."""
    lineage: Text | None = None
    """None for the only source of this kind."""
    keep: Duration = KEPT
    budget: float = Field(default=1.0, gt=0, le=1_000)
    enabled: bool = True


def read_monitors(source: Source, items: list[Any], around: Around) -> dict[str, Monitor]:
    """The monitors by name, without those with mistakes, which are noted."""
    found: dict[str, Monitor] = {}
    for where, item in named_once(source, "monitors", items):
        config = checked(_SHAPE, item, source, where)
        monitor = _Reading(config, source, where, around).monitor() if config else None
        if monitor is not None:
            found[monitor.name] = monitor
    return found


_SHAPE = TypeAdapter(MonitorConfig)


def monitor_secrets(monitors: Iterable[Monitor]) -> frozenset[str]:
    """The environment variables that hold what monitors sign in with."""
    return frozenset(one.source.token_env for one in monitors if isinstance(one.source, HttpPart) and one.source.token_env)


class _Reading:
    """One item, in its shape."""

    def __init__(self, config: MonitorConfig, source: Source, where: Where, around: Around) -> None:
        self._config = config
        self._source = source
        self._where = where
        self._around = around

    def monitor(self) -> Monitor | None:
        """What it says, or None after its mistakes were noted."""
        config = self._config
        parts = [(kind, part) for kind in KINDS if (part := getattr(config, kind)) is not None]
        if len(parts) != 1:
            self._wrong((), f"needs one place to read: {', '.join(KINDS)}")
            return None
        ((kind, part),) = parts
        times = self._times(kind)
        bucket = self._bucket(kind, times) if times else None
        watches = self._watches(kind, part)
        check_place(part, watches, config.dimensions, self._around, self._wrong)
        self._check_names()
        if times is None or bucket is None:
            return None
        delay = DELAYS.get(kind, timedelta()) if config.delay is None else config.delay
        dimensions = tuple(part.labels) if isinstance(part, HttpPart) and not config.dimensions else config.dimensions
        return Monitor(
            config.name, kind, part, times, watches, bucket, delay, dimensions, config.channel or "", self._agent(),
            config.investigate == "auto", config.severity, config.owner, config.links, _subject(part), self._node(part),
            self._lineage(kind), config.keep, config.budget, config.enabled, config.series,
        )

    def _times(self, kind: str) -> Timetable | None:
        config = self._config
        every = config.every
        if config.cron is None and every is None:
            every = EVERY.get(kind, timedelta(minutes=5))
        return timetable(config.cron, every, config.zone, self._source, self._where, LEAST)

    def _bucket(self, kind: str, times: Timetable) -> timedelta | None:
        """How long a sample's time is."""
        config = self._config
        if config.bucket is None and config.cron is not None:
            gap = _shortest(times)
            return max((length for length in BUCKETS if length <= gap), default=LEAST)
        bucket = config.bucket or config.every or EVERY.get(kind, timedelta(minutes=5))
        if LEAST <= bucket <= DAY and not DAY % bucket and not bucket % timedelta(seconds=1):
            return bucket
        likely = min(BUCKETS, key=lambda length: abs(length - bucket))
        key = "every" if config.bucket is None else "bucket"
        advice = f"write bucket: {show(likely)}" if config.bucket is None else f"write {show(likely)}"
        self._wrong((key,), f"samples are of 10 seconds at least, and a day is a whole number of them; {advice}")
        return None

    def _watches(self, kind: str, part: MonitorPart) -> tuple[Watch, ...]:
        timed = isinstance(part, SqlPart) and part.time is not None
        if self._config.watch is None:
            if isinstance(part, PrometheusPart | HttpPart) and not _single(part):
                key = "query" if isinstance(part, PrometheusPart) else "value"
                self._wrong((kind,), f"needs {key}, or under watch: of each value how it is got, such as {{value: …, as: errors}}")
            return usual(kind, timed=timed)
        expressed = kind in ("sql", "prometheus", "http") and not _single(part)
        watches = tuple(one.watch(expressed=expressed) for one in self._config.watch)
        for place, key, text in mistakes_in(kind, watches, timed=timed, single=_single(part)):
            self._wrong(("watch", place, key), text)
        return measured_alike(watches)

    def _check_names(self) -> None:
        """Whether what it names is there, and its lengths make sense."""
        config, around = self._config, self._around
        if config.agent is not None and config.agent not in around.agents:
            self._wrong(("agent",), f"there is no agent {quoted(config.agent)}{nearest(config.agent, around.agents)}")
        elif not self._agent():
            self._wrong(("agent",), f"say which agent looks into its findings{nearest('', around.agents)}")
        if config.lineage is not None and config.lineage not in around.of_kind("lineage"):
            known = nearest(config.lineage, around.of_kind("lineage"))
            self._wrong(("lineage",), f"there is no item {quoted(config.lineage)} of kind lineage among the tools{known}")
        if len(set(config.dimensions)) != len(config.dimensions):
            self._wrong(("dimensions",), "names one of them twice")
        if config.keep < HISTORY:
            self._wrong(("keep",), f"is {show(HISTORY)} at least: with so much of the past samples are compared")

    def _agent(self) -> str:
        """Who looks into its findings: the one that is named, that of its channel, or the only one."""
        config, around = self._config, self._around
        if config.agent is not None:
            return config.agent
        if config.channel is not None and (channel := around.channels.get(config.channel)) is not None:
            return channel.agent
        return next(iter(around.agents)) if len(around.agents) == 1 else ""

    def _node(self, part: MonitorPart) -> str:
        if self._config.node is not None:
            return self._config.node
        return part.table if isinstance(part, SqlPart) else ""

    def _lineage(self, kind: str) -> str:
        if self._config.lineage is not None or kind not in ("sql", "dbt"):
            return self._config.lineage or ""
        known = self._around.of_kind("lineage")
        return known[0] if len(known) == 1 else ""

    def _wrong(self, way: Where, text: str) -> None:
        self._source.wrong((*self._where, *way), text)


def _single(part: MonitorPart) -> bool:
    """Whether the place gives one value by itself."""
    return (isinstance(part, PrometheusPart) and part.query is not None) or (isinstance(part, HttpPart) and part.value is not None)


def _subject(part: MonitorPart) -> str:
    """What it is about, for people."""
    match part:
        case SqlPart():
            return part.table
        case PrometheusPart():
            return part.query or part.source
        case HttpPart():
            return part.url.partition("?")[0]
        case DbtPart():
            return part.project
    return f"runs of {part.agent}" if part.agent else "our own runs"


def _shortest(times: Timetable) -> timedelta:
    """The shortest time between two of its next looks."""
    at, coming = datetime.now(UTC), []
    for _ in range(50):
        coming.append(at := times.after(at))
    return min(later - earlier for earlier, later in pairwise(coming))
