"""Monitors: what is measured, when, how it is read, and what is kept of it. The domain's words and ports; see `docs/monitors.md`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from agents.core.errors import CountersignError
from agents.core.finding import Direction, Mark
from agents.core.ids import RunId, fingerprint
from agents.core.monitoring import Track
from agents.schedules import Timetable

KEPT = timedelta(days=90)
"""How long samples are kept unless a monitor says otherwise."""

HISTORY = timedelta(days=28)
"""So much of the past is read at the first start, and is what samples are compared with."""

COARSE = timedelta(hours=12)
"""Buckets of this length and longer have few samples, and are compared with all that is kept."""

NO_TRACKS: Mapping[str, Track] = {}


class SourceDown(CountersignError):
    """A source could not be read; the message says which, why, and what to do. It is tried again at the next turn."""


class Measure(StrEnum):
    """What can be watched."""

    VALUE = "value"
    """A number that the source gives by itself: a metric, a field, an expression in SQL."""
    VOLUME = "volume"
    """Rows a bucket."""
    FRESHNESS = "freshness"
    """Seconds since the newest row, or since a source was last loaded."""
    NULL_RATE = "null_rate"
    """Share of rows in which a column is null, 0 to 1."""
    ZERO_RATE = "zero_rate"
    """Share of rows in which a column is zero or empty, 0 to 1."""
    DISTINCT = "distinct"
    """Distinct values of a column."""
    DISTRIBUTION = "distribution"
    """How far the values of a column are from how they used to be."""
    SCHEMA = "schema"
    """The columns themselves: each change is told, whatever it is."""
    FORECAST = "forecast"
    """When a value reaches a limit."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that a monitor measures, for each combination of its dimensions."""

    measure: Measure
    column: str = ""
    """The column, or the name of the value; empty where the measure needs none."""
    unit: str = ""
    sensitivity: float = 1.0
    """The one dial: 2 fires at half the deviation, 0.5 at twice of it."""
    direction: Direction | None = None
    """`above` or `below`, where only that is of interest."""
    least: float | None = None
    """Below this it fires, whatever is usual."""
    most: float | None = None
    """Above this it fires, whatever is usual."""
    limit: float | None = None
    """What a forecast must not reach."""
    within: timedelta = timedelta(days=30)
    """A forecast fires where the limit may be reached within this time."""
    expression: str = ""
    """How a value is got: an expression in SQL, a query, a path; empty where its source gives one value by itself."""
    limits: tuple[tuple[str, float], ...] = ()
    """Limits of single series, each by its dimensions (`region=eu`), or by the value alone where there is one dimension."""
    limit_of: str = ""
    """The value that holds the limit, by its name; empty where that is a number."""
    pool: str | None = None
    """Series of the same pool can give capacity to each other; empty for those of this watch alone, None where nobody can."""
    step: float = 1.0
    """Capacity is moved in multiples of this."""
    headroom: float = 0.0
    """So much each keeps above what it will need."""

    @property
    def name(self) -> str:
        """Such as `volume` or `null_rate(amount)`."""
        return f"{self.measure}({self.column})" if self.column else str(self.measure)


@dataclass(frozen=True, slots=True)
class Monitor:
    """What is looked at again and again."""

    name: str
    kind: str
    """The kind of its source: `sql`, `prometheus`, `http`, `dbt`, `journal`."""
    source: Any
    """The kind's own part of the configuration, frozen."""
    times: Timetable
    """When it looks."""
    watches: tuple[Watch, ...]
    bucket: timedelta = timedelta(minutes=5)
    """Samples are of so long a time; only complete buckets are judged."""
    delay: timedelta = timedelta()
    """How long after its end a bucket counts as complete: data may be late."""
    dimensions: tuple[str, ...] = ()
    channel: str = ""
    """`#name` or id of the channel for its reports; empty where they are only listed."""
    agent: str = ""
    """Who looks into findings."""
    investigates: bool = False
    """Whether the agent begins by itself; else when somebody clicks."""
    severity: str = "warning"
    owner: str = ""
    links: tuple[str, ...] = ()
    subject: str = ""
    """What it is about, for people: a table, a query."""
    node: str = ""
    """Its place in the lineage: a name of the table or model; empty where it has none."""
    lineage: str = ""
    """The `lineage` source among the tools that knows this place; empty for none."""
    keep: timedelta = KEPT
    budget: float = 1.0
    """False alarms a week and series that people put up with."""
    enabled: bool = True
    most: int = 20
    """So many combinations of dimensions are told apart, the biggest; the rest is one, or left out where it cannot be put together."""

    @property
    def definition(self) -> str:
        """What it compares, as a fingerprint, because addresses may hold what is nobody's business: another definition has no past."""
        values = sorted(f"{watch.name}={watch.expression}" for watch in self.watches if watch.expression)
        return fingerprint(self.kind, repr(self.source), str(int(self.bucket.total_seconds())), *self.dimensions, *values)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of numbers of a monitor."""

    monitor: str
    watch: str
    """Name of the watch."""
    dimensions: str = ""
    """Such as `region=eu, tier=gold`; empty where there are none."""

    @property
    def key(self) -> str:
        """Its name among the series of its monitor."""
        return f"{self.watch} {self.dimensions}".rstrip()


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one series."""

    series: str
    """Key of the series."""
    at: datetime
    """Begin of the bucket, or the moment of a reading that has none, in UTC and whole seconds."""
    value: float | None
    """None where there was nothing to measure, which is not the same as zero."""
    summary: Mapping[str, Any] | None = None
    """JSON beside the value: how values are distributed, or the columns of a table."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source gave for a stretch of time."""

    samples: tuple[Sample, ...]
    notes: tuple[str, ...] = ()
    """What a person should know of it: rows left out, a cap that was met."""


class MonitorSource(Protocol):
    """Where a monitor reads. Reads only, through the same guarded connections as tools do."""

    @property
    def has_past(self) -> bool:
        """Whether buckets of the past can be read, so that the first day is useful."""

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """The buckets that begin in [since, until); a source without a past gives one sample of now. Raises SourceDown."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How a monitor stands."""

    name: str
    version: int
    definition: str
    began: datetime
    """Since when it is watched: nothing before that is reported."""
    through: datetime
    """Its times up to here are dealt with."""
    read_through: datetime
    """Buckets that begin before this were read."""
    judged_through: datetime
    """Buckets that begin before this were judged, and what came of it was told."""
    error: str = ""
    """Why it could not look the last time; empty where it could."""
    error_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The values of one series in the order of time, in a form that takes little time to read."""

    at: Sequence[int]
    """Unix seconds."""
    values: Sequence[float]
    """No number (NaN) where there was nothing to measure."""


class SampleBook(Protocol):
    """What is kept of samples, and how monitors stand."""

    async def looked(self) -> Mapping[str, Looked]:
        """Every monitor that was ever looked at, by name."""

    async def put(self, looked: Looked, samples: Sequence[Sample] = (), tracks: Mapping[str, Track] = NO_TRACKS) -> bool:
        """Write all of it at once, durable on return; False where what stands there is not the version before.

        A sample replaces the one that stands in its place, and so does how a series was judged, by the key of the series. Where the
        definition is another one, everything that was kept under the old one is erased.
        """

    async def tracks(self, monitor: str) -> Mapping[str, Track]:
        """Every series of a monitor, by key, as it was judged so far."""

    async def samples(self, monitor: str, since: datetime, series: str | None = None) -> tuple[Sample, ...]:
        """By series, then by time."""

    async def history(self, monitor: str, series: str, since: datetime) -> History:
        """The same of one series, without summaries."""

    async def forget(self, monitor: str, before: datetime) -> int:
        """Erase the days (UTC) that lie wholly before this, and series and monitors of which nothing is left; how many days of series."""


@dataclass(frozen=True, slots=True)
class Marking:
    """What somebody said of a finding."""

    mark: Mark
    name: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """A finding as lists show it."""

    run_id: RunId
    incident: str
    fingerprint: str
    """`MONITOR/…`, see `fingerprint_of`."""
    status: str
    """`firing` or `resolved`."""
    opened_at: datetime
    """When it was told of."""
    resolved_at: datetime | None
    marks: tuple[Marking, ...] = field(default=())
    began: str = ""
    """What tells it from others of its series, see `SignalReceived.began`: Unix seconds of the first bucket outside."""

    @property
    def monitor(self) -> str:
        """Name of its monitor."""
        return self.fingerprint.partition("/")[0]


class FindingBook(Protocol):
    """Findings as the journal has them. Reads only."""

    async def findings(
        self, *, monitor: str | None = None, since: datetime | None = None, open_only: bool = False
    ) -> tuple[FindingSummary, ...]:
        """The newest first; `since` leaves out those that were over before."""


def history_of(bucket: timedelta) -> timedelta:
    """How much of the past samples of such buckets are compared with."""
    return HISTORY if bucket < COARSE else KEPT


def fingerprint_of(monitor: str, series: str) -> str:
    """Which alert a series of a monitor is. Dimensions may name people, so they are not told by it."""
    return f"{monitor}/{fingerprint(monitor, series)[:12]}"
