"""Monitors in processes of their own, on a real database: killed at each instant, and two at once. `python -m tests.scheduler.watched`.

A child lives through some hours within a second or two. The power goes before and behind each of its writes; the next child goes on.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agents.core.monitoring import Track
from agents.monitors import NO_TRACKS, History, Looked, Monitor, Sample, SampleBook
from scheduler.timetable import Every
from storage.database import open_database
from storage.findings import SqlFindings
from storage.journal import SqlJournal
from storage.samples import SqlSamples
from tests.crash.outside import Fuse, FusedJournal
from tests.scheduler.killed import at_each_instant, ended, fork
from tests.scheduler.watch import HOUR, NOON, Watchtower, World, during, monitor, usual
from tests.world import Clock

LOOKS = tuple(NOON + hours * HOUR for hours in (3, 8, 12))
"""When it is looked: in the middle of the first trouble, after it, and in the second."""

BROKEN = (NOON + 2 * HOUR, NOON + 4 * HOUR, lambda at: 0.0), (NOON + 9 * HOUR, NOON + 40 * HOUR, lambda at: 9999.0)


class FusedSamples:
    """A book whose every write can be the last thing that this process does."""

    def __init__(self, book: SampleBook, fuse: Fuse) -> None:
        self._book = book
        self._fuse = fuse

    async def put(self, looked: Looked, samples: Sequence[Sample] = (), tracks: Mapping[str, Track] = NO_TRACKS) -> bool:
        self._fuse.instant()
        accepted = await self._book.put(looked, samples, tracks)
        self._fuse.instant()
        return accepted

    async def looked(self) -> Mapping[str, Looked]:
        return await self._book.looked()

    async def tracks(self, monitor: str) -> Mapping[str, Track]:
        return await self._book.tracks(monitor)

    async def samples(self, monitor: str, since: datetime, series: str | None = None) -> tuple[Sample, ...]:
        return await self._book.samples(monitor, since, series)

    async def history(self, monitor: str, series: str, since: datetime) -> History:
        return await self._book.history(monitor, series, since)

    async def forget(self, monitor: str, before: datetime) -> int:
        return await self._book.forget(monitor, before)


def hourly(name: str) -> Monitor:
    return monitor(name, bucket=HOUR, times=Every(HOUR))


@asynccontextmanager
async def process(folder: Path, fuse: Fuse) -> AsyncIterator[Watchtower]:
    """One process that looks at two monitors of one source."""
    world = World({"volume": during(usual, *BROKEN), "volume region=eu": usual})
    monitors = {name: hourly(name) for name in ("orders", "users")}
    async with open_database(f"sqlite:///{folder / 'journal.db'}") as database:
        tower = Watchtower(
            database, Clock(), monitors, dict.fromkeys(monitors, world), FusedJournal(SqlJournal(database), fuse),
            FusedSamples(SqlSamples(database), fuse), SqlFindings(database),
        )
        async with tower.checks:
            yield tower


async def live(folder: Path, fuse: Fuse) -> None:
    """It goes on at the moment at which the last one ended."""
    clock = folder / "clock"
    async with process(folder, fuse) as tower:
        begin = datetime.fromisoformat(clock.read_text()) if clock.exists() else NOON
        for at in LOOKS:
            if at >= begin:
                clock.write_text(at.isoformat())
                await tower.at(at)


async def race(folder: Path, seed: int) -> None:
    """One of two processes on one file, at a pace of its own. The lock of the file is gone round, as another database has none."""
    random = Random(seed)  # noqa: S311 - it draws pauses
    own = folder / str(seed)
    own.mkdir()
    (own / "journal.db").symlink_to(folder / "journal.db")
    async with process(own, Fuse(0)) as tower:
        for hours in range(1, 13):
            await tower.at(NOON + hours * HOUR)
            await asyncio.sleep(random.choice((0, 0, 0.01)))
        await tower.at(LOOKS[-1] + timedelta(minutes=5))


async def state(folder: Path) -> dict[str, Any]:
    """All that is to be the same whatever happened."""
    async with process(folder, Fuse(0)) as tower:
        keys = []
        for run_id in {one.run_id for one in await tower.told()}:
            keys += [row.event.key for row in await tower.journal.read(run_id) if row.event.kind == "signal_received"]
        assert len(keys) == len(set(keys)), f"told twice: {sorted(keys)}"
        looked = await tower.samples.looked()
        told = sorted(key for key in keys if "/still/" not in key)
        return {
            "told": told, "runs": sorted({one.incident for one in await tower.told()}),
            "tracks": {name: await tower.samples.tracks(name) for name in looked},
            "samples": {name: len(await tower.samples.samples(name, NOON - 99 * HOUR)) for name in looked},
            "through": {name: (one.read_through, one.judged_through) for name, one in looked.items()},
        }


def killed_everywhere(made: Path, wanted: Mapping[str, Any]) -> int:
    """Kill a process at each of its instants; how many there were. Raises AssertionError."""

    def right(folder: Path, at: int) -> None:
        found = asyncio.run(state(folder))
        assert found == wanted, f"killed at instant {at}: {found} and not {wanted}"

    return at_each_instant(made, live, right)


def at_once(made: Path, *seeds: int) -> dict[str, Any]:
    """What came of so many processes that look at the same monitors. Raises AssertionError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(made / "journal.db", folder)
        children = [fork(race, folder, seed) for seed in seeds]
        assert [ended(child) for child in children] == [0] * len(seeds), "a process did not end well"
        return asyncio.run(state(folder))


async def make(folder: Path) -> None:
    """A database with the past of both monitors."""
    async with process(folder, Fuse(0)) as tower:
        await tower.at(NOON)


def main() -> int:
    """Both; exit code 1 where the promise is broken."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as calm:
        asyncio.run(make(Path(name)))
        shutil.copy(Path(name) / "journal.db", calm)
        try:
            assert ended(fork(live, Path(calm), Fuse(0))) == 0, "a process that nobody killed did not end well"
            wanted = asyncio.run(state(Path(calm)))
            instants = killed_everywhere(Path(name), wanted)
            alone, both = at_once(Path(name), 1), at_once(Path(name), 1, 2)
            assert both == alone, f"{both} and not {alone}"
            print(f"{len(wanted['told'])} signals; {instants} instants, {len(both['told'])} signals of two processes")
        except AssertionError as error:
            print(f"broken: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
