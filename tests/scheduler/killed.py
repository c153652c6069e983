"""Schedules in processes of their own, on a real database: killed at each instant, and two at once. `python -m tests.scheduler.killed`.

A child lives through some hours within a second. The power goes before and behind each of its writes; the next child goes on.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from agents.core import events as e
from agents.core.ids import RunId
from agents.core.schedule import Kept
from agents.schedules import ScheduleBook, Timetable
from scheduler.timetable import Cron, Every
from storage.database import Database, open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.schedules import SqlSchedules
from tests.crash.outside import Fuse, FusedJournal
from tests.scheduler.hours import HOUR, Hours, hours, schedule
from tests.world import ALICE, NOON

TABLES: dict[str, Timetable] = {"hourly": Every(HOUR), "half": Cron("*/30 * * * *", ZoneInfo("Europe/Berlin"))}
STEP = timedelta(minutes=15)
LENGTH = HOUR + STEP
LONG = 20 * HOUR


class FusedBook:
    """A book whose every write can be the last thing that this process does."""

    def __init__(self, book: ScheduleBook, fuse: Fuse) -> None:
        self._book = book
        self._fuse = fuse

    async def all(self) -> Mapping[str, Kept]:
        return await self._book.all()

    async def put(self, kept: Kept) -> bool:
        self._fuse.instant()
        accepted = await self._book.put(kept)
        self._fuse.instant()
        return accepted


def world_of(database: Database, fuse: Fuse) -> Hours:
    """The same schedules in each process; their runs may stand side by side."""
    made = (schedule(table, name, overlaps=True) for name, table in TABLES.items())
    journal, book = FusedJournal(SqlJournal(database), fuse), FusedBook(SqlSchedules(database), fuse)
    return hours(*made, journal=journal, book=book, ledger=SqlLedger(database))


async def live(folder: Path, fuse: Fuse) -> None:
    """One process: it goes on at the moment at which the last one ended, and calls one run by hand."""
    clock = folder / "clock"
    async with open_database(f"sqlite:///{folder / 'journal.db'}") as database:
        world = world_of(database, fuse)
        at = datetime.fromisoformat(clock.read_text()) if clock.exists() else NOON
        while at <= NOON + LENGTH:
            clock.write_text(at.isoformat())
            await world.at(at)
            if at == NOON + STEP and not world.standing.switches.schedules:
                await world.switchboard.schedule("run", "hourly", ALICE)
            at += STEP
        await world.timekeeper.tick()


async def race(folder: Path, seed: int) -> None:
    """One of two processes on one file, at a pace of its own. The lock of the file is gone round, as another database has none."""
    random = Random(seed)  # noqa: S311 - it draws pauses
    own = folder / str(seed)
    own.mkdir()
    (own / "journal.db").symlink_to(folder / "journal.db")
    async with open_database(f"sqlite:///{own / 'journal.db'}") as database:
        world, at = world_of(database, Fuse(0)), NOON
        while at <= NOON + LONG:
            await world.at(at)
            at += STEP
            await asyncio.sleep(random.choice((0, 0, 0.002)))


def fork(work: Callable[..., Coroutine[Any, Any, None]], *arguments: object) -> int:
    """Do it in a child; its process id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(work(*arguments))
            code = 0
        finally:
            os._exit(code)
    return child


def ended(child: int) -> int:
    """Its exit status: 9 where it was killed."""
    return os.waitpid(child, 0)[1]


async def keys(folder: Path) -> Sequence[str]:
    """The dedupe keys of all runs, and whether each is said to have been started."""
    async with open_database(f"sqlite:///{folder / 'journal.db'}") as database:
        journal, found = SqlJournal(database), []
        for run in await SqlLedger(database).runs(limit=1000):
            first = (await journal.read(RunId(run.run_id)))[0].event
            assert isinstance(first, e.RunStarted)
            found.append(first.trigger.dedupe_key)
        assert [kept.pending for kept in (await SqlSchedules(database).all()).values()] == [None, None]
        return sorted(found)


def expected(length: timedelta, *more: str) -> list[str]:
    """The keys of a world in which nothing goes wrong: each time is looked at."""
    found = list(more)
    for name, table in TABLES.items():
        at = table.after(NOON)
        while at <= NOON + length:
            found.append(f"schedule:{name}:{at.isoformat()}")
            at = table.after(at)
    return sorted(found)


def at_each_instant(made: Path, life: Callable[[Path, Fuse], Coroutine[Any, Any, None]], right: Callable[[Path, int], None]) -> int:
    """Kill a process at each of its instants, one after the other; how many there were. Raises AssertionError.

    `life` is what the process does, and the one after it; `right` looks at what they left, and is told the instant.
    """
    for at in range(1, 1000):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copy(made / "journal.db", folder)
            status = ended(fork(life, folder, Fuse(at)))
            assert status in (0, 9), f"a process that was not killed ended with {status}"
            if status == 0:
                return at - 1
            assert ended(fork(life, folder, Fuse(0))) == 0, "the process after it did not end well"
            right(folder, at)
    raise AssertionError("it has no end")


def killed_everywhere(made: Path) -> int:
    """Kill a process at each of its instants; how many there were. Raises AssertionError."""

    def right(folder: Path, at: int) -> None:
        found = asyncio.run(keys(folder))
        assert len(found) == len(set(found)), f"killed at instant {at}: a run began twice"
        assert found == expected(LENGTH, "schedule:hourly:run 1"), f"killed at instant {at}: {found}"

    return at_each_instant(made, live, right)


def two_at_once(made: Path, rounds: int) -> int:
    """Two processes look at the same times; how many runs there were. Raises AssertionError."""
    total = 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copy(made / "journal.db", folder)
            children = [fork(race, folder, seed) for seed in (1, 2)]
            assert [ended(child) for child in children] == [0, 0], "a process did not end well"
            found = asyncio.run(keys(folder))
            assert found == expected(LONG), found
            total += len(found)
    return total


async def make(folder: Path) -> None:
    """A database that has seen the schedules once."""
    async with open_database(f"sqlite:///{folder / 'journal.db'}") as database:
        await world_of(database, Fuse(0)).at(NOON)


def main() -> int:
    """Both; exit code 1 where the promise is broken."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(make(Path(name)))
        try:
            print(f"{killed_everywhere(Path(name))} instants, {two_at_once(Path(name), 2)} runs of two processes")
        except AssertionError as error:
            print(f"broken: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
