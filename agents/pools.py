"""Capacity: where the series that monitors keep are going, when their limits are reached, and who could give to whom. Reads only."""

import asyncio
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agents.core.finding import number
from agents.monitors import History, Measure, Monitor, SampleBook, Watch

if TYPE_CHECKING:
    from agents.detection.forecast import Forecast, NotEnough, Until

AHEAD = 90
"""Days that are looked ahead at least."""

WEEKS = 4
"""Growth is told over so many of the weeks to come."""

GONE = timedelta(days=3)
"""A series without a sample for so long is there no more."""

Newest = Mapping[str, float]
"""The newest value of each series, by key."""

Member = tuple[Monitor, Watch]
"""A forecast that a monitor watches."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series that is looked ahead, as it is kept."""

    monitor: Monitor
    watch: Watch
    """The forecast."""
    dimensions: str
    history: History
    limit: float | None
    """None where it has none."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """Where a series is going."""

    line: Line
    days: int
    """Days of its history that have a value."""
    ahead: "Forecast | NotEnough"

    @property
    def unit(self) -> str:
        """What is counted."""
        return self.line.watch.unit

    def until(self, limit: float) -> "Until | None":
        """Days until this is reached; None where there is no forecast."""
        from agents.detection.forecast import NotEnough, until

        if isinstance(self.ahead, NotEnough):
            return None
        return until(self.ahead, limit, floor=self.line.watch.direction == "below")

    @property
    def growth(self) -> float | None:
        """How much more it is each week, by the forecast's central line; None where there is no forecast."""
        central: tuple[float, ...] = getattr(self.ahead, "central", ())
        return (central[7 * WEEKS] - central[0]) / WEEKS if len(central) > 7 * WEEKS else None


class Pools:
    """What is kept of monitors, read for capacity."""

    def __init__(self, book: SampleBook, monitors: Mapping[str, Monitor]) -> None:
        self._book = book
        self.monitors = monitors

    async def lines(self, members: Iterable[Member], now: datetime) -> tuple[Line, ...]:
        """Every series of these forecasts with all that is kept of it. Raises JournalError where that cannot be read."""
        found: list[Line] = []
        for monitor, watch in members:
            for own, target in sorted(targets(monitor, watch, await self._book.tracks(monitor.name)).items()):
                history = await self._book.history(monitor.name, target, now - monitor.keep)
                if not history.at or history.at[-1] < (now - GONE).timestamp():
                    continue
                limit = limit_of(monitor, watch, own, await self._limits(monitor, watch, own, now))
                found.append(Line(monitor, watch, dimensions_of(watch, own), history, limit))
        return tuple(found)

    async def prospects(self, members: Iterable[Member], now: datetime) -> tuple[Prospect, ...]:
        """The same with their forecasts, which are made in a thread. Raises JournalError."""
        lines = await self.lines(members, now)
        return await asyncio.to_thread(lambda: tuple(map(prospect_of, lines)))

    def only(self, names: Iterable[str] | None) -> "Pools":
        """The same of these monitors alone; None for all."""
        return self if names is None else Pools(self._book, {name: self.monitors[name] for name in names if name in self.monitors})

    def pool(self, name: str) -> tuple[Member, ...]:
        """The forecasts whose series can give to each other, by the name of their pool."""
        members = ((one, each) for one in self.monitors.values() if one.enabled for each in one.watches)
        return tuple((one, each) for one, each in members if name and pool_of(one, each) == name)

    async def _limits(self, monitor: Monitor, watch: Watch, own: str, now: datetime) -> Newest:
        key = limit_series(monitor, watch, own)
        return newest({key: await self._book.history(monitor.name, key, now - monitor.keep)}) if key else {}


def pool_of(monitor: Monitor, watch: Watch) -> str:
    """What a forecast's pool is called, also where it has none but itself; empty where nobody can give."""
    return "" if watch.pool is None else watch.pool or f"{monitor.name}/{watch.column}"


def targets(monitor: Monitor, watch: Watch, keys: Iterable[str]) -> dict[str, str]:
    """The series that a forecast is of, by the key that it has itself."""
    one = _named(monitor, watch.column)
    if one is None:
        return {}
    own = (key for key in keys if key == one.name or key.startswith(f"{one.name} "))
    return {f"{watch.name}{key.removeprefix(one.name)}": key for key in own}


def limit_series(monitor: Monitor, watch: Watch, own: str) -> str:
    """The series that holds the limit of a forecast's series; empty where that is a number."""
    one = _named(monitor, watch.limit_of) if watch.limit_of else None
    return f"{one.name}{own.removeprefix(watch.name)}" if one else ""


def limit_of(monitor: Monitor, watch: Watch, own: str, values: Newest) -> float | None:
    """What this series of a forecast must not reach: a limit of its own, the value that holds it, or the one of all."""
    dimensions = dimensions_of(watch, own)
    alone = "" if ", " in dimensions else dimensions.partition("=")[2]
    for name, limit in watch.limits:
        if name in (dimensions, alone):
            return limit
    return values.get(limit_series(monitor, watch, own)) if watch.limit_of else watch.limit


def dimensions_of(watch: Watch, own: str) -> str:
    """Such as `region=eu`; empty where a series has none."""
    return own.removeprefix(watch.name).strip()


def newest(histories: Mapping[str, History]) -> Newest:
    """The newest value of each that has one."""
    found = {key: next((value for value in reversed(line.values) if math.isfinite(value)), None) for key, line in histories.items()}
    return {key: value for key, value in found.items() if value is not None}


def prospect_of(line: Line) -> Prospect:
    """Look ahead: takes some ten milliseconds, so it is done in a thread."""
    from agents.detection.forecast import days_of, forecast

    at, values = line.history.at, line.history.values
    return Prospect(line, days_of(at, values), forecast(at, values, max(AHEAD, line.watch.within.days)))


def told(prospect: Prospect, limit: float) -> str:
    """When the limit is reached, as a range and in dates, how it grows, and how much is known of it."""
    found, growth = prospect.until(limit), prospect.growth
    if found is None:
        return ""
    when = found.text if found.latest == 0 else f"reached {found.text}{_between(prospect, found)}"
    return f"The limit is {when}. {grows(growth or 0.0, prospect.unit)} Forecast from {prospect.days} days of history."


def grows(growth: float, unit: str) -> str:
    """How much more it is each week."""
    if number(growth) == "0":
        return "It does not grow steadily."
    return f"It {'grows' if growth > 0 else 'falls'} by about {number(float(f'{abs(growth):.3g}'), unit)} a week."


def date_of(prospect: Prospect, days: int | None) -> str | None:
    """The day that is so many days from the newest value, in UTC; None where there is none."""
    first = getattr(prospect.ahead, "first", None)
    return None if days is None or first is None else f"{datetime.fromtimestamp(first + (days - 1) * 86400, UTC):%Y-%m-%d}"


def _between(prospect: Prospect, found: "Until") -> str:
    first, last = date_of(prospect, found.earliest), date_of(prospect, found.latest)
    if first is None:
        return ""
    return f" ({first} to {last})" if last else f" (from {first} on)"


def _named(monitor: Monitor, name: str) -> Watch | None:
    """What a monitor measures by this name."""
    for one in monitor.watches:
        names = (one.name, one.column) if one.measure is Measure.VALUE else (one.name,)
        if one.measure is not Measure.FORECAST and name in names:
            return one
    return None
