"""No time twice and none lost, whatever clocks show and wherever the power goes.

Every write is a place at which a process can end: before it, so that it never happened, or behind it, so that nobody knows that it did.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.ids import RunId
from agents.core.schedule import Kept
from agents.schedules import Timetable
from scheduler.timetable import Cron, Every
from tests.memory import MemoryJournal
from tests.scheduler.hours import HOUR, MINUTE, Hours, RememberingBook, hours, schedule
from tests.scheduler.test_timetable import CHANGES, MOMENTS
from tests.world import ALICE, NOON

TABLES: dict[str, Timetable] = {
    "every 7m": Every(timedelta(minutes=7)), "every 1h": Every(HOUR), "nightly": Cron("30 2 * * *", ZoneInfo("Europe/Berlin")),
    "often": Cron("*/20 * * * *", ZoneInfo("Australia/Lord_Howe")), "weekdays": Cron("0 9,17 * * mon-fri", ZoneInfo("America/New_York")),
}


FIELDS = (
    st.sampled_from(["0", "59", "*/7", "10-50/20", "5,35"]), st.sampled_from(["*", "2", "1-3", "*/5", "0,23"]),
    st.sampled_from(["*", "1", "13-19", "*/10", "29"]), st.sampled_from(["*", "mar,oct", "2-4", "apr"]),
    st.sampled_from(["*", "sun", "fri-mon", "mon,wed"]),
)


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    """Any interval, and any line that the configuration takes."""
    if draw(st.booleans()):
        return Every(timedelta(minutes=draw(st.integers(1, 5000))))
    minute, hour, day, month, weekday = (draw(field) for field in FIELDS)
    zone = ZoneInfo(draw(st.sampled_from([*CHANGES, "Pacific/Apia", "UTC"])))
    return Cron(f"{minute} {hour} {day} {month} {weekday if day == '*' else '*'}", zone)


class PowerCut(BaseException):
    """The process is gone."""


class Fuse:
    """Cuts the power at the instants with these numbers."""

    def __init__(self, at: Sequence[int] = ()) -> None:
        self._at, self._numbers = frozenset(at), count(1)

    def instant(self) -> None:
        """The power could go now."""
        if next(self._numbers) in self._at:
            raise PowerCut


class FusedBook(RememberingBook):
    """A book whose every write can be the last thing that happens."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    async def put(self, kept: Kept) -> bool:
        self._fuse.instant()
        accepted = await super().put(kept)
        self._fuse.instant()
        return accepted


class FusedJournal(MemoryJournal):
    """A journal of the same kind."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    async def append(self, run_id: RunId, facts: Sequence[e.Fact], *, after: int, agent: str) -> tuple[e.Recorded, ...]:
        self._fuse.instant()
        recorded = await super().append(run_id, facts, after=after, agent=agent)
        self._fuse.instant()
        return recorded


def world_of(fuse: Fuse, **more: Timetable) -> Hours:
    """Schedules whose runs may stand side by side."""
    made = (schedule(table, name.replace(" ", "-"), overlaps=True) for name, table in (TABLES | more).items())
    return hours(*made, journal=FusedJournal(fuse), book=FusedBook(fuse))


async def look(world: Hours, at: datetime) -> int:
    """Look at the schedules; where the power goes, once more in a new process. How often it went."""
    for cuts in count():
        try:
            await world.at(at)
        except* PowerCut:
            world.restart()
        else:
            return cuts
    raise AssertionError


def keeps_its_promise(world: Hours, begin: datetime, newest: datetime) -> None:
    """Each time between these moments became a run, or is among those that a run tells of; none is in two."""
    book = world.book
    assert isinstance(book, RememberingBook)
    fires = [(name, fire) for name, fire in book.fires if not fire.call]
    keys = [fire.key(name) for name, fire in book.fires]
    assert len(keys) == len(set(keys))
    assert sorted(keys) == sorted(run.trigger.dedupe_key for run in world.started())
    for name, one in world.schedules.items():
        mine = [fire for whose, fire in fires if whose == name]
        due = one.times.due(begin, newest)
        told = sum(1 + sum(missed.count for missed in (fire.missed, fire.skipped) if missed) for fire in mine)
        assert told == (due.all.count if due else 0)
        assert [fire.at for fire in mine] == sorted(fire.at for fire in mine)
        assert (mine[-1].at if mine else None) == (due.at if due else None)


STEP = st.one_of(st.integers(0, 120), st.integers(-3_000, 3_000), st.integers(-90_000, 400_000))
"""Seconds from one reading of the clock to the next; a clock may also go back."""


@settings(max_examples=80, deadline=None)
@given(
    start=MOMENTS, steps=st.lists(STEP, min_size=1, max_size=25),
    cuts=st.sets(st.integers(1, 300), max_size=12), table=timetables(),
)
async def test_whatever_the_clock_shows_and_wherever_the_power_goes(
    start: datetime, steps: list[int], cuts: set[int], table: Timetable
) -> None:
    begin = now = newest = start
    world = world_of(Fuse(sorted(cuts)), any=table)
    await look(world, now)
    for seconds in steps:
        now += timedelta(seconds=seconds)
        newest = max(now, newest)
        await look(world, now)
    keeps_its_promise(world, begin, newest)


@pytest.mark.parametrize("kind", ["time", "hand"])
async def test_the_power_goes_at_each_instant_of_a_run_that_begins(kind: Literal["time", "hand"]) -> None:
    cut = 0
    for at in range(1, 200):
        fuse = Fuse([at])
        world = hours(schedule(Every(HOUR), "nightly"), journal=FusedJournal(fuse), book=FusedBook(fuse))
        cuts = await look(world, NOON)
        try:
            if kind == "hand":
                await world.switchboard.schedule("run", "nightly", ALICE)
        except PowerCut:
            cuts += 1
            world.restart()
        for moment in (NOON + MINUTE, NOON + HOUR, NOON + HOUR + MINUTE):
            cuts += await look(world, moment)
        if not cuts:
            break
        cut += 1
        assert len(world.started()) == 1
    assert cut >= 8


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.integers(0, 20_000), min_size=1, max_size=25), ends=st.sets(st.integers(1, 25)))
async def test_what_is_skipped_for_an_open_run_is_told_by_the_next(steps: list[int], ends: set[int]) -> None:
    world = hours(schedule(Every(timedelta(minutes=7)), "every-7m"), book=RememberingBook())
    now = NOON
    await world.at(now)
    for number, seconds in enumerate(steps):
        now += timedelta(seconds=seconds)
        await world.at(now)
        if number in ends and world.started() and not await ended(world):
            await world.end()
    due = TABLES["every 7m"].due(NOON, now)
    kept = (await world.book.all())["every-7m"]
    book = world.book
    assert isinstance(book, RememberingBook)
    told = sum(1 + sum(missed.count for missed in (fire.missed, fire.skipped) if missed) for _, fire in book.fires)
    assert told + (kept.skipped.count if kept.skipped else 0) == (due.all.count if due else 0)
    assert len(world.started()) == len(book.fires)


async def ended(world: Hours) -> bool:
    return await world.calendar.open_run("every-7m") is None
