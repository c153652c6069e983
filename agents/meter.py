"""What was used lately beyond the one run: how often each tool was started, and what each agent has spent today.

It is a copy of what the journal says, filled at the start and by what is written from then on.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from agents.core.budget import Used
from agents.core.charges import Charge, charge_of
from agents.core.events import Fact, Recorded, ToolStarted
from agents.ports import Clock

MINUTE = timedelta(minutes=1)
"""How long a call counts towards the rate of its tool."""


class ChargeBook(Protocol):
    """Where charges are looked up."""

    async def charges(self, since: datetime, started_since: datetime) -> tuple[Charge, ...]:
        """What was spent and raised since one moment, and what was started since another, in the order of the journal."""


class Meter:
    """The figures. It is asked several times a step, so it adds up when something is written and not when it is asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._starts: dict[str, deque[datetime]] = {}
        self._about: Counter[str] = Counter()
        self._days: dict[str, _Day] = {}
        self._calls = _Lately(self)

    async def fill(self, book: ChargeBook) -> None:
        """Begin with what the journal says."""
        now = self._clock()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for charge in await book.charges(today, now - MINUTE):
            self._add(charge)

    def note(self, rows: Iterable[Recorded]) -> None:
        """These events were written."""
        for row in rows:
            if charge := charge_of(row):
                self._add(charge)

    @contextmanager
    def reserved(self, facts: Sequence[Fact]) -> Iterator[None]:
        """While these facts are being written, their calls count: of many runs that start at once none overlooks the others."""
        about = [fact.event.tool for fact in facts if isinstance(fact.event, ToolStarted)]
        self._about.update(about)
        try:
            yield
        finally:
            self._about.subtract(about)

    def used(self, agent: str) -> Used:
        """The figures of this agent, and of all tools, at this moment."""
        day = self._days.get(agent)
        return day.used if day is not None and day.date == self._clock().date() else Used(self._calls)

    def started(self, tool: str) -> int:
        """How often a tool was started in the last minute, by any agent, and is about to be."""
        starts = self._starts.get(tool)
        if starts is None:
            return self._about[tool]
        self._drop(starts)
        return len(starts) + self._about[tool]

    def tools(self) -> tuple[str, ...]:
        """The tools that were started lately."""
        return tuple(tool for tool in {**self._starts, **self._about} if self.started(tool))

    def _add(self, charge: Charge) -> None:
        if charge.kind == "started":
            starts = self._starts.setdefault(charge.tool, deque())
            self._drop(starts)
            starts.append(charge.at)
            return
        today, day = charge.at.date(), self._days.get(charge.agent)
        if day is None or day.date < today:
            day = self._days[charge.agent] = _Day(today, Used(self._calls))
        elif today < day.date:
            return  # it belongs to a day that is over
        used = day.used
        if charge.kind == "spent":
            day.used = replace(used, spent=used.spent + charge.cost)
        else:
            day.used = replace(used, raised=used.spent, raised_by=charge.name)

    def _drop(self, starts: deque[datetime]) -> None:
        """Forget what is longer ago than a minute."""
        earliest = self._clock() - MINUTE
        while starts and starts[0] <= earliest:
            starts.popleft()


@dataclass(slots=True)
class _Day:
    """What one agent has used in one day (UTC)."""

    date: date
    used: Used = field(default_factory=Used)


class _Lately(Mapping[str, int]):
    """How often each tool was started in the last minute, counted when it is looked up."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def __getitem__(self, tool: str) -> int:
        if count := self._meter.started(tool):
            return count
        raise KeyError(tool)

    def __iter__(self) -> Iterator[str]:
        return iter(self._meter.tools())

    def __len__(self) -> int:
        return len(self._meter.tools())
