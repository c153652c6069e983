"""How long a bot takes from its start until it goes on with a run. `python -m benchmarks.start --help`.

The bar: under 1 s from the start of the process until the next event of a run that was cut off is in the journal, with 10,000 runs beside
it that wait for people. The workspace is the sandbox, in this process.
"""

import argparse
import asyncio
import shutil
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from agents.core import events as e
from agents.core.ids import person, run_id_for
from agents.core.trigger import Source, Trigger
from benchmarks.loop import InstantModel, bench, now
from benchmarks.slack import workspace
from bot.sandbox.bot_process import bot_process
from storage.database import open_database
from storage.journal import SqlJournal

BAR = 1.0
PATIENCE = 30.0
"""Seconds after which a start counts as failed."""


async def fill(file: Path, paused: int) -> None:
    """Runs that wait for an approval each."""
    async with bench(file, InstantModel(1, "write")) as bot:
        for first in range(0, paused, 500):
            await asyncio.gather(*(bot.start(f"run {n}") for n in range(first, min(first + 500, paused))))
            await bot.dispatcher.settled()


async def cut_off(file: Path, name: str) -> int:
    """A run of which nothing but its first event is there; the id of that event."""
    trigger = Trigger(Source.TERMINAL, name, person("T1", "U_DANA"), "Dana")
    async with open_database(f"sqlite:///{file}") as database:
        started = e.Fact(e.RunStarted("triage", trigger, "Do it."), trigger.actor, now())
        await SqlJournal(database).append(run_id_for(name), [started], after=0, agent="triage")
    return last(file)


def last(file: Path) -> int:
    """The id of the newest event."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        (newest,) = connection.execute("SELECT max(id) FROM events").fetchone()
        return int(newest)


async def measure(file: Path, name: str) -> float:
    """Seconds from the start of the process to the event. Raises TimeoutError."""
    before = await cut_off(file, name)
    async with workspace(file.parent) as (_, environment), bot_process(environment, file.with_suffix(".log")) as process:
        began = time.perf_counter()
        await process.start()
        await asyncio.to_thread(_moved, file, before)
        taken = time.perf_counter() - began
        await process.kill()
        return taken


def _moved(file: Path, before: int) -> None:
    """Wait for an event behind this one. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while last(file) == before:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The bot has not moved within {PATIENCE:.0f} s.")
        time.sleep(0.005)


def main() -> None:
    """Measure and print; exit 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paused", type=int, default=10_000, help="runs in the file that wait for people (default 10,000)")
    parser.add_argument("--rounds", type=int, default=5, help="starts (default 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "journal.db"
        asyncio.run(fill(file, options.paused))
        times = []
        for number in range(options.rounds):
            copy = shutil.copytree(folder, Path(f"{folder}-{number}")) / file.name
            times.append(asyncio.run(measure(copy, "cut off")))
            shutil.rmtree(copy.parent)
    median = statistics.median(times)
    print(f"Start to the first resumed run, {options.paused:,} paused: " + " ".join(f"{taken:.2f}" for taken in times) + " s")
    print(f"Median {median:.2f} s (bar {BAR:.0f} s): {'met' if median < BAR else 'MISSED'}.")
    raise SystemExit(0 if median < BAR else 1)


if __name__ == "__main__":
    main()
