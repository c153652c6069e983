"""Capacity: where the series that monitors keep are going, when they reach a limit, and who could give to whom. Reads only."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from agents.core.errors import JournalError
from agents.core.finding import number
from agents.monitors import Measure, Monitor, Watch
from agents.pools import Member, Pools, Prospect, date_of, grows, pool_of
from agents.ports import Clock, Done, Failed
from agents.reallocation import Proposal, proposal_of
from tools.argument import Argument, Part
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext
from tools.told import cut, told

NO_DATABASE = "There is no database here in which samples of monitors could be."

SHOWN = (1, 7, 14, 30, 60, 90)
"""Days ahead of which the forecast is told."""

WEEKS = 12
"""So many of the last weeks are told."""

SERIES = 40
"""So many series are told at once."""

FORECAST = (Measure.SCHEMA, Measure.DISTRIBUTION, Measure.FORECAST)
"""What cannot be forecast."""


class CapacityConfig(Part):
    """Which monitors may be asked about."""

    monitors: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=200)
    """By name; None for all."""


class CapacityEntry(Entry):
    """`{name: capacity, capacity: {}}`."""

    capacity: CapacityConfig


@dataclass(frozen=True, slots=True)
class Planner:
    """An open source."""

    pools: Pools | None
    """None where there is no database, as in `countersign check`."""
    clock: Clock

    async def prospects(self, members: Sequence[Member]) -> tuple[Prospect, ...] | Failed:
        """Where the series of these forecasts are going."""
        if self.pools is None:
            return Failed(NO_DATABASE)
        try:
            return await self.pools.prospects(members, self.clock())
        except JournalError as error:
            return Failed(str(error))

    @property
    def monitors(self) -> Mapping[str, Monitor]:
        """Those that may be asked about."""
        return self.pools.monitors if self.pools else {}


@asynccontextmanager
async def _connect(entry: CapacityEntry, context: SourceContext) -> AsyncIterator[Planner]:
    yield Planner(context.pools and context.pools.only(entry.capacity.monitors), context.clock)


async def _list(planner: Planner, arguments: Arguments, use: Use) -> Done | Failed:
    if planner.pools is None:
        return Failed(NO_DATABASE)
    return told([
        {
            "monitor": monitor.name, "about": cut(monitor.subject, 200), "values": [_called(one) for one in monitor.watches if _can(one)],
            "limits": [_limits(monitor, one) for one in monitor.watches if one.measure is Measure.FORECAST],
        }
        for monitor in planner.monitors.values() if any(map(_can, monitor.watches))
    ])  # fmt: skip


async def _forecast(planner: Planner, arguments: Arguments, use: Use) -> Done | Failed:
    monitor = planner.monitors.get(arguments["monitor"])
    if planner.pools is None:
        return Failed(NO_DATABASE)
    if monitor is None:
        return Failed(f"There is no monitor by this name here. Known: {', '.join(planner.monitors) or 'none'}.")
    watch = _watch(monitor, arguments["value"])
    if watch is None:
        known = ", ".join(_called(one) for one in monitor.watches if _can(one))
        return Failed(f"{monitor.name} measures nothing by this name that can be forecast. Known: {known or 'nothing'}.")
    found = await planner.prospects([(monitor, watch)])
    if isinstance(found, Failed):
        return found
    chosen = [one for one in found if arguments["series"] in one.line.dimensions]
    if not chosen:
        return Failed("No values of it are kept, or none whose dimensions hold these words.")
    limit = arguments.get("limit")
    told_of = [_told(one, one.line.limit if limit is None else limit) for one in chosen[:SERIES]]
    more = f"{len(chosen) - SERIES} more; name some of a series' dimensions" if len(chosen) > SERIES else None
    return told({"of": f"{_called(watch)} of {monitor.name}", "unit": watch.unit, "series": told_of, "more": more}, taints=_outside(chosen))


async def _reallocate(planner: Planner, arguments: Arguments, use: Use) -> Done | Failed:
    if planner.pools is None:
        return Failed(NO_DATABASE)
    members = planner.pools.pool(arguments["pool"])
    if not members:
        known = sorted({pool_of(each, one) for each in planner.monitors.values() for one in each.watches} - {""})
        return Failed(f"There is no such pool. Known: {', '.join(known) or 'none; capacity: on a forecast makes one'}.")
    found = await planner.prospects(members)
    if isinstance(found, Failed):
        return found
    days = arguments.get("days") or max(watch.within.days for _, watch in members)
    try:
        made = await asyncio.to_thread(proposal_of, found, days, headroom=arguments.get("headroom"))
    except ValueError as error:
        return Failed(f"No proposal can be made of these numbers. {error}")
    return told(_proposed(made), taints=_outside(found))


def _watch(monitor: Monitor, name: str) -> Watch | None:
    """The forecast of a value, or one that is made up for it where nobody watches that."""
    forecasts = [one for one in monitor.watches if one.measure is Measure.FORECAST]
    measured = [one for one in monitor.watches if _can(one)]
    if not name:
        return forecasts[0] if forecasts else Watch(Measure.FORECAST, _called(measured[0]), measured[0].unit) if measured else None
    known = [one for one in measured if name in (one.name, one.column)]
    if not known:
        return None
    names = (known[0].name, known[0].column)
    return next((one for one in forecasts if one.column in names), Watch(Measure.FORECAST, known[0].name, known[0].unit))


def _can(watch: Watch) -> bool:
    return watch.measure not in FORECAST


def _called(watch: Watch) -> str:
    return watch.column if watch.measure in (Measure.VALUE, Measure.FORECAST) and watch.column else watch.name


def _limits(monitor: Monitor, watch: Watch) -> dict[str, Any]:
    return {
        "of": watch.column, "limit": watch.limit if watch.limit is not None else watch.limit_of, "limits": dict(watch.limits),
        "unit": watch.unit, "days": watch.within.days, "pool": pool_of(monitor, watch),
    }


def _told(prospect: Prospect, limit: float | None) -> dict[str, Any]:
    """Everything of one series: ranges, and never one number alone."""
    from agents.detection.forecast import NotEnough

    ahead, unit = prospect.ahead, prospect.unit
    history = f"{prospect.days} days"
    if isinstance(ahead, NotEnough):
        return {"series": prospect.line.dimensions, "history": history, "forecast": ahead.text}
    said = {
        "series": prospect.line.dimensions, "history": history, "now": _number(ahead.last), "growth": grows(prospect.growth or 0.0, unit),
        "last_weeks": [_number(one) for one in _weeks(prospect)], "ahead": _days(prospect),
    }
    found = prospect.until(limit) if limit is not None else None
    if found is None:
        return {**said, "limit": "none is known"}
    return {**said, "limit": limit, "limit_reached": _until(prospect, found)}


def _until(prospect: Prospect, found: Any) -> dict[str, Any]:
    return {
        "in_days": found.text, "earliest": date_of(prospect, found.earliest), "likely": date_of(prospect, found.likely),
        "latest": date_of(prospect, found.latest),
    }


def _days(prospect: Prospect) -> dict[str, str]:
    """What it will be, by the date."""
    ahead: Any = prospect.ahead
    return {
        f"{datetime.fromtimestamp(ahead.at(day - 1), UTC):%Y-%m-%d}":
            f"{_number(ahead.central[day - 1])} ({_number(ahead.low[day - 1])} to {_number(ahead.high[day - 1])})"
        for day in SHOWN if day <= len(ahead.central)
    }  # fmt: skip


def _weeks(prospect: Prospect) -> tuple[float, ...]:
    """The medians of the last weeks, the newest last."""
    from agents.detection.forecast import weeks_of

    return weeks_of(prospect.line.history.at, prospect.line.history.values, WEEKS)


def _proposed(made: Proposal) -> dict[str, Any]:
    return {
        "enough_for_days": made.days, "moves": list(made.moves) or "none are needed, or nobody can give anything",
        "lacking": list(made.lacking), "left_out": list(made.left_out),
        "each": [
            {
                "name": one.name, "unit": one.unit, "may_need": _number(one.need), "has": one.before, "would_have": one.after,
                "left_now": _number(one.before - one.need), "left_then": _number(one.after - one.need),
                "full_now": one.now.text if one.now else "", "full_then": one.then.text if one.then else "",
            }
            for one in made.shares
        ],
    }  # fmt: skip


def _number(value: float) -> str:
    return number(value)


def _outside(prospects: Sequence[Prospect]) -> bool:
    """Whether names that stand in data are among what is told."""
    return any(one.line.dimensions for one in prospects)


_VALUE = Argument(type="string", default="", maxLength=200, description="what of it, by its name; empty for what it forecasts")
_SERIES = Argument(
    type="string", default="", maxLength=300, description="only series whose dimensions hold this, such as region=eu; empty for all"
)

CAPACITY = Pack("capacity", CapacityEntry, (
    Operation("list", "The monitors whose values can be forecast, with the limits and pools that are known of them.", _list),
    Operation(
        "forecast",
        "Where a monitor's values are going: now, growth a week, the weeks before, the value with its range on days to come (four days out "
        "of five lie within it), and when a limit is reached: earliest, likely and latest day.",
        _forecast,
        {
            "monitor": Argument(type="string", minLength=1, maxLength=100, description="name of the monitor"), "value": _VALUE,
            "series": _SERIES,
            "limit": Argument(type="number", required=False, description="another limit than the one that is configured"),
        },
    ),
    Operation(
        "reallocate",
        "Who in a pool could give how much to whom, so that each has enough for so many days by the upper end of its own forecast: the "
        "moves, what each has, may need and has left before and after, and what nobody can give. It moves nothing.",
        _reallocate,
        {
            "pool": Argument(type="string", minLength=1, maxLength=100, description="name of the pool, such as storage or disks/used"),
            "days": Argument(type="integer", required=False, minimum=1, maximum=90, description="for so long; else as configured"),
            "headroom": Argument(
                type="number", required=False, minimum=0, description="what each is to keep above its need; else as configured"
            ),
        },
    ),
), _connect)
