"""How fast and how small the journal is, beside raw sqlite3 that commits the very same rows with the same durability.

    python -m benchmarks.journal            # steps a second, CPU and bytes; about a minute
    python -m benchmarks.journal --audit    # also fills a journal with a million events and asks it

A step is one turn of the model and one call: two commits, one before the call acts and one after it, with a result of 2 KB that hardly
compresses. A disk that syncs faster than --fsync-ms is slowed down to it, for both sides alike, by a wait in each commit.
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.audit import measure_audit
from benchmarks.load import Life, lives
from storage.database import SETTINGS, open_database
from storage.journal import SqlJournal

BAR_ONE, BAR_MANY, BAR_KB, BAR_CPU_MS = 0.85, 0.5, 90, 0.5
"""DESIGN §9: share of raw speed with one run and with a hundred, KB a run of 30 calls, CPU milliseconds a step."""

GROUP = 100
"""Appends that raw sqlite3 commits at once when it stands for a hundred runs."""

Rows = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]
"""Rows of `events` and of `payloads` that one append wrote."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One side of a comparison."""

    seconds: float
    cpu: float
    """Seconds of CPU of the whole process."""


def waiting(delay: float) -> type[sqlite3.Connection]:
    """A connection whose commit takes so many seconds longer."""

    class Waiting(sqlite3.Connection):
        def commit(self) -> None:
            if delay:
                time.sleep(delay)
            super().commit()

    return Waiting


def fsync_seconds(folder: Path) -> float:
    """How long this disk takes to make 8 KB durable: the median of a hundred times."""
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(100):
            file.write(os.urandom(8192))
            began = time.perf_counter()
            file.flush()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def ours(path: Path, work: Sequence[Life], at_once: int, connection: type[sqlite3.Connection]) -> Timing:
    """Let these runs live in our journal, so many side by side."""
    async with open_database(f"sqlite:///{path}", connection=connection) as database:
        journal = SqlJournal(database)
        waiting_lives = iter(work)

        async def drive() -> None:
            for life in waiting_lives:
                seq = 0
                for facts in life.batches:
                    await journal.append(life.run_id, facts, after=seq, agent=life.agent)
                    seq += len(facts)

        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(drive() for _ in range(at_once)))
        return Timing(time.perf_counter() - began, time.process_time() - cpu)


def rows_of(path: Path, work: Sequence[Life]) -> list[Rows]:
    """What our journal wrote, cut into appends, one run after the other."""
    appends: list[Rows] = []
    with closing(sqlite3.connect(path)) as connection:
        for life in work:
            (number,) = connection.execute("SELECT number FROM chains WHERE run_id = ?", (life.run_id,)).fetchone()
            seq = 0
            for facts in life.batches:
                events = connection.execute(
                    "SELECT * FROM events WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq", (number, seq, seq + len(facts))
                ).fetchall()
                ids = [row[0] for row in events]
                payloads = connection.execute("SELECT * FROM payloads WHERE event_id BETWEEN ? AND ?", (ids[0], ids[-1])).fetchall()
                appends.append((events, payloads))
                seq += len(facts)
    return appends


def raw(path: Path, appends: Sequence[Rows], group: int, connection: type[sqlite3.Connection]) -> Timing:
    """Write the same rows with nothing but sqlite3, so many appends in a commit: no projections, no chain, no thread."""
    with closing(sqlite3.connect(path, factory=connection, isolation_level=None)) as database:
        for setting in SETTINGS:
            database.execute(setting)
        database.execute(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, run INTEGER, seq INTEGER, time INTEGER, kind TEXT, actor TEXT, agent TEXT, "
            "tool TEXT, call_id TEXT, body TEXT, payload_hash BLOB, hash BLOB, UNIQUE (run, seq))"
        )
        database.execute("CREATE TABLE payloads (event_id INTEGER PRIMARY KEY, salt BLOB, content BLOB)")
        began, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(appends), group):
            database.execute("BEGIN IMMEDIATE")
            for events, payloads in appends[start : start + group]:
                database.executemany("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", events)
                database.executemany("INSERT INTO payloads VALUES (?,?,?)", payloads)
            database.commit()
        return Timing(time.perf_counter() - began, time.process_time() - cpu)


def compare(folder: Path, steps: int, at_once: int, delay: float, rounds: int) -> bool:
    """Measure both sides in turn, print the medians, and say whether the bars are met."""
    connection = waiting(delay)
    count = at_once if at_once > 1 else max(3, 300 // steps)
    mine, theirs = [], []
    for round_ in range(rounds):
        work = lives(count, steps, seed=round_)
        path = folder / f"{steps}-{at_once}-{round_}.db"
        mine.append(asyncio.run(ours(path, work, at_once, connection)))
        theirs.append(raw(path.with_suffix(".raw"), rows_of(path, work), GROUP if at_once > 1 else 1, connection))
    total, appends = count * steps, sum(len(life.batches) for life in work)
    size = (path.stat().st_size - _empty(folder)) / count / 1024
    speed, best = (total / statistics.median(t.seconds for t in side) for side in (mine, theirs))
    cpu, raw_cpu = (statistics.median(t.cpu for t in side) * 1000 for side in (mine, theirs))
    ratio = statistics.median(b.seconds / a.seconds for a, b in zip(mine, theirs, strict=True))
    bar = BAR_ONE if at_once == 1 else BAR_MANY
    print(
        f"{steps:5} {at_once:5} {speed:9.0f} {best:9.0f} {ratio:6.2f} {bar:5.2f} {cpu / total:9.3f} {cpu / appends:9.3f} "
        f"{raw_cpu / total:9.3f} {size:8.1f} {size / steps:8.2f}"
    )
    return ratio >= bar and cpu / total <= BAR_CPU_MS and (steps != 30 or size <= BAR_KB)


def _empty(folder: Path) -> int:
    """Bytes of a file without a run."""
    path = folder / "empty.db"
    asyncio.run(ours(path, [], 1, sqlite3.Connection))
    return path.stat().st_size


def main() -> None:
    """Print the comparison; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fsync-ms", type=float, default=1.0, help="slow the disk down to a sync of so many milliseconds; 0: as it is")
    parser.add_argument("--rounds", type=int, default=3, help="measure each side so often, in turn (default 3)")
    parser.add_argument("--audit", action="store_true", help="also ask a journal of a million events every kind of audit question")
    parser.add_argument("--events", type=int, default=1_000_000, help="events for --audit (default a million)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".", prefix=".benchmark-") as name:
        folder = Path(name)
        disk = fsync_seconds(folder)
        delay = max(0.0, options.fsync_ms / 1000 - disk)
        print(f"This disk syncs in {disk * 1000:.2f} ms; each commit of both sides waits {delay * 1000:.2f} ms longer.\n")
        print(" steps  runs   steps/s     raw/s  ratio  bar  cpu ms a  cpu ms an  raw cpu     KB a     KB a")
        print("       at once                                   step     append  ms a step      run     step")
        met = [compare(folder, steps, at_once, delay, options.rounds) for at_once in (1, 100) for steps in (10, 30, 100)]
        if options.audit:
            met.append(asyncio.run(measure_audit(folder / "audit.db", options.events)))
    print(f"\nBars: {'all met' if all(met) else 'MISSED'} (ratio, {BAR_CPU_MS} ms CPU a step, {BAR_KB} KB a run of 30 steps).")
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
