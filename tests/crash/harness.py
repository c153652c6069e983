"""Kill a bot again and again while it drives its runs, and see what is left. `python -m tests.crash.harness --help`.

Each seed is one of the stories, on a real database file. A child process plays it and is killed with SIGKILL at an instant that the
seed draws; the next child goes on; the last one is let live. The children are forked from one process that has imported everything, so
that a seed takes a fraction of a second.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from agents.core.ids import CONTROL
from agents.dispatch import Embedded
from agents.loop import Loop
from agents.runs import Runs
from agents.spec import rules_from
from agents.standing import Standing
from agents.switchboard import Switchboard
from storage.database import open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from tests.crash.outside import Fuse, FusedJournal, Lines, OutsideModel, OutsideThread, OutsideTools
from tests.crash.people import Directory, People
from tests.crash.promise import Left, figures
from tests.crash.stories import AGENT, STORIES, Story

AGENTS = {"triage": AGENT}
GOLDEN = 0.618
"""Multiples of it fall evenly between whole numbers, however many there are: so do the first cuts of the seeds of one story."""


@dataclass(frozen=True)
class Life:
    """What outlives every process of one seed."""

    folder: Path

    def lines(self, name: str) -> Lines:
        """One of its files."""
        return Lines(self.folder / name)

    @property
    def database(self) -> str:
        """Address of the journal."""
        return f"sqlite:///{self.folder / 'journal.db'}"


async def live(life: Life, story: Story, fuse: Fuse, writes: int) -> None:
    """One process: recover, deliver Dana's messages, and act as people on what waits, until all is over."""
    async with open_database(life.database) as database:
        journal, ledger = FusedJournal(SqlJournal(database), fuse), SqlLedger(database)
        tools, directory = OutsideTools(life.lines("effects"), fuse), Directory()
        standing = Standing(journal, ledger, now)
        await standing.refresh()
        rules_for = rules_from(AGENTS, tools, standing)
        model, thread = OutsideModel(life.lines("answers"), fuse, story.scripts), OutsideThread(life.lines("thread"), fuse)
        loop = Loop(
            journal=journal, model=model, toolbox=tools, rules_for=rules_for, directory=directory, standing=standing, surface=thread,
            agents=AGENTS, clock=now, sleep=no_sleep,
        )
        async with Embedded(loop) as dispatcher:
            runs = Runs(
                journal=journal, dispatcher=dispatcher, directory=directory, toolbox=tools, standing=standing, rules_for=rules_for,
                clock=now,
            )
            switchboard = Switchboard(
                journal=journal, standing=standing, ledger=ledger, directory=directory, wake_all=runs.recover, agents=tuple(AGENTS),
                clock=now,
            )
            people = People(story, runs, switchboard, standing, dispatcher, journal, life.lines("effects"), life.lines("broken"))
            await people.play(writes)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


async def no_sleep(seconds: float) -> None:
    """Do not wait."""


def fork(life: Life, story: Story, at: int, writes: int) -> int:
    """Live in a child that is killed at this instant; its exit status (9 where it was killed), or 0."""
    child = os.fork()
    if child == 0:
        code, fuse = 1, Fuse(at)
        try:
            asyncio.run(live(life, story, fuse, writes))
            life.lines("instants").add(str(fuse.count))
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def kill_and_restart(seed: int, story: Story, life: Life) -> int:
    """Live through one to four power cuts and once without; how often it was really killed. Raises AssertionError."""
    random = Random(seed)  # noqa: S311 - it draws instants
    first = 1 + int(seed // len(STORIES) * GOLDEN % 1 * story.instants)
    cuts = [first, *(random.randint(1, story.instants // 2) for _ in range(random.randint(0, 3)))]
    killed = 0
    for at in cuts:
        status = fork(life, story, at, random.randint(1, 12))
        assert status in (0, 9), f"a bot that was not killed ended with {status}"
        killed += status == 9
    assert fork(life, story, 0, random.randint(1, 12)) == 0, "the last bot did not end well"
    return killed


async def look(life: Life, story: Story) -> Left:
    """What is left of a seed."""
    async with open_database(life.database) as database:
        journal = SqlJournal(database)
        rows = {summary.run_id: await journal.read(summary.run_id) for summary in await SqlLedger(database).runs()}
        rows[CONTROL] = await journal.read(CONTROL)
    effects, thread, answers, broken = (life.lines(name).read() for name in ("effects", "thread", "answers", "broken"))
    return Left(story, rows, rows.pop(CONTROL), Counter(effects), Counter(thread), Counter(answers), tuple(broken))


def main() -> int:
    """Run the seeds; exit code 1 with the first that breaks the promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds (default 200)")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    total: Counter[str] = Counter()
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            life, story = Life(Path(folder)), STORIES[seed % len(STORIES)]
            try:
                total["kills"] += kill_and_restart(seed, story, life)
                left = asyncio.run(look(life, story))
                left.check()
                total += figures(left)
            except AssertionError as error:
                print(f"broken: seed {seed}, {story.name}: {error}", file=sys.stderr)
                return 1
    print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(total.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
