"""Starts the runs of schedules: each time becomes one run at most, whatever crashes, sleeps, or jumps, and however many look at it.

What is to begin is written down first, on condition that nobody was faster; then it begins, under an id that follows from the schedule
and the time; then it is written down that it has. A crash in between leaves what was decided, and the next look takes it up.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from agents.core.errors import CountersignError, SurfaceError
from agents.core.ids import SYSTEM, RunId
from agents.core.schedule import UNTOUCHED, Due, Kept, Timing, adopted, begun, due_now, passed_over
from agents.core.trigger import Place, Source, Trigger
from agents.ports import Clock
from agents.schedules import Calendar, Schedule, ScheduleBook
from agents.standing import Standing

log = logging.getLogger(__name__)


class Starting(Protocol):
    """What is needed of `Runs`."""

    async def start(self, trigger: Trigger, text: str, agent: str) -> RunId:
        """See `Runs.start`."""


Skips = Callable[[str, str, RunId], Awaitable[None]]
"""Writes down that a schedule, of an agent, starts nothing while a run is open."""


class Timekeeper:
    """Looks at every schedule. Call `tick` at least once a second or two; nothing is lost if it is called later."""

    def __init__(
        self, *, calendar: Calendar, book: ScheduleBook, standing: Standing, runs: Starting, skips: Skips,
        place_of: Callable[[str], Awaitable[Place]], clock: Clock,
    ) -> None:
        """`place_of` says where a channel's runs speak; it raises SurfaceError while that cannot be told."""
        self._calendar = calendar
        self._book = book
        self._standing = standing
        self._runs = runs
        self._skips = skips
        self._place_of = place_of
        self._clock = clock
        self._retired = False
        self._late: dict[str, datetime] = {}
        """Since when those have been due that could not begin for a reason of ours."""

    async def tick(self) -> None:
        """Start what is due. What goes wrong with one schedule is logged once, and tried again at the next look."""
        await self._standing.follow()
        kept = await self._book.all()
        await self._retire(kept)
        for name, schedule in self._calendar.schedules.items():
            try:
                await self._look_at(schedule, kept.get(name))
            except SurfaceError as error:
                self._trouble(name, str(error))
            except CountersignError as error:  # one that cannot be written or read must not keep the others waiting
                self._trouble(name, str(error))
                self._late.setdefault(name, self._clock())
            else:
                self._calendar.troubles.pop(name, None)
                self._late.pop(name, None)

    def lag(self) -> timedelta:
        """How long the one that waits longest has waited because of a trouble of ours."""
        now = self._clock()
        return max((now - since for since in self._late.values()), default=timedelta())

    async def _retire(self, kept: Mapping[str, Kept]) -> None:
        """What the configuration has no more fires no more, and begins anew if it comes back."""
        if not self._retired:
            for name, one in kept.items():
                if name not in self._calendar.schedules and one.definition:
                    await self._put(replace(one, definition="", pending=None))
            self._retired = True

    async def _look_at(self, schedule: Schedule, stored: Kept | None) -> None:
        now = self._clock()
        timing = self._standing.switches.schedules.get(schedule.name, UNTOUCHED)
        kept: Kept | None = adopted(stored, schedule.name, schedule.definition, timing, now)
        if kept is not None and kept is not stored:
            kept = await self._put(kept)
        if kept is not None and kept.pending is None:
            kept = await self._fire(schedule, kept, timing, now)
        if kept is not None and kept.pending is not None:
            await self._begin(schedule, kept)

    async def _fire(self, schedule: Schedule, kept: Kept, timing: Timing, now: datetime) -> Kept | None:
        """Decide what its time means, if it has come; None where nothing is to begin."""
        if not schedule.enabled or timing.paused or self._standing.halt_of(schedule.agent):
            return None
        due = schedule.times.due(kept.floor, now - schedule.delay)
        if due is None:
            return None
        if not schedule.overlaps and (run_id := await self._calendar.open_run(schedule.name)):
            await self._pass_over(schedule, kept, due, run_id)
            return None
        return await self._put(due_now(kept, due))

    async def _pass_over(self, schedule: Schedule, kept: Kept, due: Due, run_id: RunId) -> None:
        if kept.skipped is None:
            log.warning("%s is due and starts nothing: its last run %s is still open", schedule.name, run_id)
            await self._skips(schedule.name, schedule.agent, run_id)
        await self._put(passed_over(kept, due))

    async def _begin(self, schedule: Schedule, kept: Kept) -> None:
        """Start the run that was decided on. Whoever else does so starts the same one."""
        fire = kept.pending
        assert fire is not None  # noqa: S101 - the caller has looked
        place = await self._place_of(schedule.channel) if schedule.channel else None
        trigger = Trigger(Source.SCHEDULE, fire.key(schedule.name), fire.by, fire.name or schedule.name, place)
        run_id = await self._runs.start(trigger, schedule.asked(fire, self._clock()), schedule.agent)
        if await self._put(begun(kept, fire, run_id)):
            what = "by hand" if fire.by != SYSTEM else f"for {schedule.shown(fire.at)}"
            log.info("%s has started %s %s, after %d missed times", schedule.name, run_id, what, fire.missed.count if fire.missed else 0)

    async def _put(self, kept: Kept) -> Kept | None:
        """Write it down; None where somebody was faster: the next look sees what they did."""
        written = replace(kept, version=kept.version + 1)
        return written if await self._book.put(written) else None

    def _trouble(self, name: str, why: str) -> None:
        if self._calendar.troubles.get(name) != why:
            log.warning("%s could not be looked after, and is tried again: %s", name, why)
            self._calendar.troubles[name] = why
