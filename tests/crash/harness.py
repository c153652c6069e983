"""Kill a bot again and again while it drives one run, and see what is left. `python -m tests.crash.harness --help`.

Each seed is one run of six steps with two writes and one approval, on a real database file. A child process drives it and is killed
with SIGKILL at an instant that the seed draws; the next child goes on; the last one is let live. The children are forked from one
process that has imported everything, so that a seed takes a fraction of a second.
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

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import ApprovalRule, Voter
from agents.core.fold import fold
from agents.core.ids import ActorId, person, run_id_for
from agents.core.policy import Autonomy
from agents.core.state import AskKind, Run
from agents.core.trigger import Place, Source, Trigger
from agents.dispatch import Embedded
from agents.loop import Loop
from agents.runs import Runs
from agents.spec import AgentSpec, rules_from
from agents.standing import Standing
from storage.database import open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from tests.crash.outside import SPECS, Fuse, FusedJournal, Lines, OutsideModel, OutsideThread, OutsideTools

DANA, ALICE = person("T1", "U_DANA"), person("T1", "U_ALICE")
TRIGGER = Trigger(Source.MENTION, "T1:C1:1.1", DANA, "Dana", Place("T1", "C1", "1.1"))
RUN = run_id_for(TRIGGER.dedupe_key)
AGENT = AgentSpec(
    "triage", "Triages.", "You triage.", tuple(SPECS), autonomy=Autonomy.PARTIAL, approvals=(ApprovalRule("*", ("U_ALICE",)),)
)
INSTANTS = 95
"""About how many instants a run has when nobody kills it; seeds draw from these."""


class People:
    """Everybody is a member of the workspace."""

    async def voter(self, actor: ActorId) -> Voter:
        return Voter(actor, actor.partition("/")[2], "Alice", "T1", level=Level.ADMIN)


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


async def live(life: Life, fuse: Fuse) -> None:
    """One process: recover, deliver Dana's message, and act as Alice on what waits, until the run is over."""
    async with open_database(life.database) as database:
        journal = FusedJournal(SqlJournal(database), fuse)
        tools, people = OutsideTools(life.lines("effects"), fuse), People()
        standing = Standing(journal, SqlLedger(database), now)
        await standing.refresh()
        rules_for = rules_from({"triage": AGENT}, tools, standing)
        loop = Loop(
            journal=journal, model=OutsideModel(life.lines("answers"), fuse), toolbox=tools, rules_for=rules_for, directory=people,
            standing=standing, surface=OutsideThread(life.lines("thread"), fuse), agents={"triage": AGENT}, clock=now, sleep=no_sleep,
        )
        async with Embedded(loop) as dispatcher:
            runs = Runs(
                journal=journal, dispatcher=dispatcher, directory=people, toolbox=tools, standing=standing, rules_for=rules_for, clock=now
            )
            await runs.recover()
            await runs.start(TRIGGER, "Do it.", "triage")
            await dispatcher.settled()
            while not (run := await runs.see(RUN)).over:
                await act_as_alice(runs, run, life)
                await dispatcher.settled()


async def act_as_alice(runs: Runs, run: Run, life: Life) -> None:
    """Approve, and where something is in doubt look at what really happened and say so."""
    for ask in run.open_asks:
        if ask.kind is AskKind.DOUBT:
            life.lines("doubts").add(str(ask.call_id))
            happened = f"deploy {RUN}.{ask.call_id}" in life.lines("effects").read()
            await runs.answer(ask.ask_id, "happened" if happened else "retry", ALICE)
        else:
            await runs.answer(ask.ask_id, "approve" if ask.kind is AskKind.APPROVAL else "raise", ALICE)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


async def no_sleep(seconds: float) -> None:
    """Do not wait."""


def fork(life: Life, at: int) -> int:
    """Live in a child that is killed at this instant; its exit status (9 where it was killed), or 0."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(live(life, Fuse(at)))
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def kill_and_restart(seed: int, life: Life) -> int:
    """Live through one to four power cuts and once without; how often it was really killed. Raises AssertionError."""
    random = Random(seed)  # noqa: S311 - it draws instants
    cuts = [1 + seed % INSTANTS, *(random.randint(1, INSTANTS // 2) for _ in range(random.randint(0, 3)))]
    killed = 0
    for at in cuts:
        status = fork(life, at)
        assert status in (0, 9), f"seed {seed}: a bot that was not killed ended with {status}"
        killed += status == 9
    assert fork(life, 0) == 0, f"seed {seed}: the last bot did not end well"
    return killed


async def look(life: Life) -> tuple[e.Recorded, ...]:
    """The run's events."""
    async with open_database(life.database) as database:
        return await SqlJournal(database).read(RUN)


def check(seed: int, life: Life) -> Counter[str]:
    """Hold what is left against the promise. Raises AssertionError."""
    recorded = asyncio.run(look(life))
    run = fold(recorded)
    effects, thread, doubts = (Counter(life.lines(name).read()) for name in ("effects", "thread", "doubts"))
    assert run.outcome is e.Outcome.ANSWERED, f"seed {seed}: the run was lost: {run.outcome} {run.reason}"
    assert effects == {f"label {RUN}.c3": 1, f"deploy {RUN}.c5": 1}, f"seed {seed}: {effects}"
    assert set(thread.values()) == {1}, f"seed {seed}: a message stands twice: {thread}"
    answered = [r.event.text for r in recorded if isinstance(r.event, e.ModelAnswered)]
    assert answered == [f"step {i}" for i in range(6)], f"seed {seed}: {answered}"
    asked = Counter(life.lines("answers").read())
    starts = [r.event for r in recorded if isinstance(r.event, e.ToolStarted) and r.event.tool == "deploy"]
    raised = sum(isinstance(r.event, e.DoubtRaised) for r in recorded)
    granted = sum(isinstance(r.event, e.ApprovalGranted) for r in recorded)
    assert len(starts) == granted, f"seed {seed}: {len(starts)} starts under {granted} approvals"
    assert len(starts) == 1 + raised - sum(isinstance(r.event, e.DoubtResolved) and r.event.choice == "happened" for r in recorded)
    assert raised == len(set(doubts)) or raised <= sum(doubts.values()), f"seed {seed}: a doubt was not asked"
    return Counter(seeds=1, doubts=raised, repeated_answers=asked.total() - 6, events=len(recorded))


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
            life = Life(Path(folder))
            try:
                total["kills"] += kill_and_restart(seed, life)
                total += check(seed, life)
            except AssertionError as error:
                print(f"broken: {error}", file=sys.stderr)
                return 1
    print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(total.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
