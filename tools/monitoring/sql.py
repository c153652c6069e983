"""A table of an SQL source, measured: volume, freshness, rates, values, distributions and columns, by bucket and dimension.

It reads over connections of the same kind as agents do: they cannot write, and every statement passes the same checks.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from agents.monitors import Measure, Monitor, Reading, Sample, Series, SourceDown
from agents.ports import Clock
from tools.monitoring.buckets import begin_of, begins
from tools.monitoring.parts import SqlPart
from tools.monitoring.sql_columns import Column, column_of
from tools.monitoring.sql_known import KnownGroups
from tools.monitoring.sql_query import Plan
from tools.monitoring.sql_rows import Cells, Groups, add_names, add_quantiles, gathered, number, samples
from tools.monitoring.sql_table import asked, columns_in, path_of, time_in
from tools.monitoring.sql_time import TimeColumn
from tools.sql import Database
from tools.sql_expression import condition
from tools.sql_server import Failure, Limits, Table
from tools.sql_text import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROWS, BYTES, CELL = 10_000, 4_000_000, 400
"""What one statement may give: rows, bytes, characters of a value."""

DAY = 86_400
"""Seconds."""

RECENT = 7 * DAY
"""Seconds before now in which the biggest groups are looked for."""

RANKED = 3
"""So many times as many groups are counted as are told apart."""

LATE = timedelta(minutes=5)
"""The newest bucket may be as old as this when it is read: what came before it, a past of weeks, took so long to read."""

LONGEST = 28 * DAY
"""Seconds that are read at once at most."""


class _TooMuch(Exception):
    """A statement gave more than is read at once, or took too long."""


class SqlSource:
    """Implements `MonitorSource`."""

    def __init__(self, database: Database, part: SqlPart, clock: Clock) -> None:
        self._database = database
        self._part = part
        self._clock = clock
        self._limits = Limits(ROWS, BYTES, CELL, database.limits.seconds)
        self._times: dict[tuple[str, str], TimeColumn] = {}
        self._known = KnownGroups()
        self._length = DAY
        """Seconds that are read at once: more where that is soon done, less where it takes too long."""

    @property
    def has_past(self) -> bool:
        """Where rows have a time, buckets of the past can be counted."""
        return self._part.time is not None

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """The buckets that begin in [since, until). Raises SourceDown."""
        if not self.has_past:
            since = begin_of(self._clock(), monitor.bucket)
            until = since + monitor.bucket
        try:
            plan = await self._database.use(lambda *link: self._plan(monitor, *link), self._limits)
            starts = begins(since, until, monitor.bucket)
            found = [*self._schema(monitor, plan.columns, until)]
            if starts and any(one.measure not in (Measure.SCHEMA, Measure.FORECAST) for one in monitor.watches):
                found += await self._measured(plan, monitor, starts)
        except (Failure, Refused, _TooMuch) as error:
            raise SourceDown(f"{self._part.source}, table {self._part.table}: {error}") from error
        return Reading(tuple(found), self._notes(monitor))

    def _plan(self, monitor: Monitor, connection: "Connection", driver: Any, limits: Limits) -> Plan:
        """How the table can be measured as it is now."""
        part, database = self._part, self._database
        dialect = database.server.dialect
        schema, _, name = part.table.rpartition(".")
        table = database.catalogue.table(driver, schema, name)
        known = columns_in(database, connection, table)
        return Plan(
            dialect, path_of(table, dialect), self._time(table, known, monitor, driver),
            int(monitor.bucket.total_seconds()), condition(part.where, dialect, database.functions) if part.where else "",
            tuple(column_of(known, one) for one in monitor.dimensions), known, database.functions,
        )

    def _time(self, table: Table, known: Sequence[Column], monitor: Monitor, driver: Any) -> TimeColumn | None:
        if self._part.time is None:
            return None
        column = column_of(known, self._part.time)
        held = self._times.get((column.name, column.type))
        if held is None:
            held, is_certain = time_in(self._database, driver, table, column, self._part.zone, self._limits)
            if is_certain:
                self._times[column.name, column.type] = held
        if held.daily and monitor.bucket.total_seconds() != DAY:
            raise Refused(f"The column {column.name} says the day and no more: write bucket: 1d.")
        return held

    def _schema(self, monitor: Monitor, known: Sequence[Column], until: datetime) -> Iterator[Sample]:
        """The columns as they are now, for the newest bucket; nothing is known of those of the past."""
        is_new = until + monitor.delay + max(2 * monitor.bucket, LATE) > self._clock()
        if is_new and any(one.measure is Measure.SCHEMA for one in monitor.watches):
            held = [[column.name, column.type, column.nullable] for column in known]
            yield Sample(Series(monitor.name, str(Measure.SCHEMA)).key, until - monitor.bucket, None, {"columns": held})

    async def _measured(self, plan: Plan, monitor: Monitor, starts: range) -> list[Sample]:
        await self._choose(plan, monitor, starts)
        known, groups = self._known, Groups()
        at = starts.start
        while at < starts.stop:
            end = min(at + max(self._length // starts.step, 1) * starts.step, starts.stop)
            begun = time.monotonic()
            try:
                groups |= await self._part_of(plan, monitor, at, end)
            except _TooMuch:
                if end - at <= starts.step:
                    raise
                self._length = (end - at) // 2
                continue
            if time.monotonic() - begun < self._limits.seconds / 10:
                self._length = min(self._length * 2, LONGEST)
            at = end
        known.see(groups)
        return list(samples(monitor, groups, starts, known.first, known.newest_before(starts.start)))

    async def _part_of(self, plan: Plan, monitor: Monitor, since: int, until: int) -> Groups:
        """The buckets of a stretch. Raises _TooMuch."""
        known = self._known
        rows = await self._asked(plan.measures(monitor.watches, since, until, known.kept))
        found = gathered(rows, len(monitor.watches), plan.time is not None)
        if known.kept is None and len({key for _, key in found}) > max(monitor.most, 1):
            known.learn(await self._asked(plan.groups(since, until, RANKED * monitor.most)), monitor.most, more=True)
            if known.kept is not None:
                return await self._part_of(plan, monitor, since, until)
        for place, watch in enumerate(monitor.watches):
            if watch.measure is Measure.DISTRIBUTION:
                numeric = plan.is_numeric(watch)
                statement = (plan.quantiles if numeric else plan.names)(watch, since, until, known.kept)
                (add_quantiles if numeric else add_names)(found, place, await self._asked(statement))
        return found

    async def _choose(self, plan: Plan, monitor: Monitor, starts: range) -> None:
        """See to it that the groups are known: anew each day, because which are the biggest may change."""
        known, now = self._known, int(self._clock().timestamp())
        if plan.dimensions:
            if plan.time is None or known.day != now // DAY:
                known.learn(await self._asked(plan.groups(now - RECENT, now, RANKED * monitor.most)), monitor.most)
                known.day = now // DAY
        elif plan.time is None:
            known.add("", 0.0, None)
        elif not known.newest_before(starts.start):
            ((cell,),) = await self._asked(plan.before(starts.start))
            if (newest := number(cell)) is not None:
                known.add("", newest, newest)

    async def _asked(self, statement: str) -> Sequence[Cells]:
        """The rows of a statement. Raises Failure, Refused, _TooMuch."""
        begun = time.monotonic()
        try:
            return await self._database.use(lambda connection, driver, limits: self._rows(driver, statement), self._limits)
        except Failure as error:
            if time.monotonic() - begun >= self._limits.seconds * 0.9:
                raise _TooMuch(str(error)) from error
            raise

    def _rows(self, driver: Any, statement: str) -> Sequence[Cells]:
        found = asked(self._database, driver, statement, self._limits)
        if found.cut:
            raise _TooMuch(f"One bucket alone gives more than {found.cut}. Take fewer dimensions.")
        return found.rows

    def _notes(self, monitor: Monitor) -> tuple[str, ...]:
        if self._known.kept is None:
            return ()
        names = ", ".join(monitor.dimensions)
        return (f"There are more than {monitor.most} combinations of {names}: the {monitor.most} biggest are told apart, the rest is one.",)
