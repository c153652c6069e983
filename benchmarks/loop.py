"""What a step costs, and how long a click takes. `python -m benchmarks.loop --help`.

Two bars: own CPU time a step, everything included, with a model and a tool that answer at once (under 0.5 ms; a step is one turn of the
model with one call: its verdict, its effect and both commits); and the time from the click on Approve until the tool's request leaves,
with 10,000 paused runs in the file (p99 under 50 ms).
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.core import events as e
from agents.core.approval import ApprovalRule, Voter
from agents.core.budget import Limits
from agents.core.errors import SurfaceError
from agents.core.ids import ActorId, RunId, person
from agents.core.policy import Autonomy
from agents.core.state import Run
from agents.core.tool import Effect, Repeat, Risk, ToolSpec
from agents.core.trigger import Source, Trigger
from agents.dispatch import Embedded
from agents.loop import Loop
from agents.ports import Answer, Done, Failed, ModelCall, Posted, Preview, Prompt, Unknown
from agents.runs import Runs
from agents.spec import AgentSpec, rules_from
from agents.standing import Standing
from storage.database import open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger

READ = ToolSpec("read", "Reads.", {"type": "object"}, "d1", Risk.LOW, (), Effect.NONE, Repeat.FREE)
WRITE = ToolSpec("write", "Writes.", {"type": "object"}, "d2", Risk.HIGH, (), Effect.EXTERNAL, Repeat.NEVER)
RESULT = "x" * 200
ALICE = person("T1", "U_ALICE")
AGENT = AgentSpec(
    "triage", "Triages.", "You triage.", ("read", "write"), autonomy=Autonomy.PARTIAL, approvals=(ApprovalRule("*", ("U_ALICE",)),),
    limits=Limits(steps=10**6, tokens=10**9, cost=10**6),
)
BAR_STEP_MS, BAR_CLICK_MS = 0.5, 50.0


class InstantModel:
    """Asks for one call a turn until it has made so many, and then says that it is done."""

    def __init__(self, calls: int, tool: str) -> None:
        self._calls = calls
        self._tool = tool

    async def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None) -> Answer:
        step = sum(message.role == "assistant" for message in prompt.messages)
        calls = (ModelCall(self._tool, {"x": step}),) if step < self._calls else ()
        return Answer("instant", "On it.", calls, e.Stop.TOOLS if calls else e.Stop.END, e.Usage(10, 5), 0.0)


class InstantTools:
    """Answers at once, and notes when."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    def specs(self) -> Mapping[str, ToolSpec]:
        return {"read": READ, "write": WRITE}

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        return None

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(arguments)

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> Done | Failed | Unknown:
        self.at[key] = time.perf_counter()
        return Done(RESULT)

    async def preview(self, tool: str, arguments: Mapping[str, Any]) -> Preview:
        return Preview("", "")

    async def probe(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        return None


class Nobody:
    """No surface, and a directory in which everybody is a member."""

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        raise SurfaceError("nobody listens")

    async def update(self, run: Run, post: str) -> Posted:
        raise SurfaceError("nobody listens")

    def progress(self, run: Run, line: str) -> None:
        """Nobody looks."""

    def say(self, run: Run, piece: str) -> None:
        """Nobody listens."""

    def moved(self, run: Run) -> None:
        """Nobody looks."""

    async def voter(self, actor: ActorId) -> Voter:
        return Voter(actor, actor.partition("/")[2], "Alice", "T1")


@dataclass
class Bench:
    """A bot whose model and tools cost nothing, on a real file."""

    runs: Runs
    dispatcher: Embedded
    tools: InstantTools

    async def start(self, name: str) -> RunId:
        """Start a run that speaks nowhere."""
        return await self.runs.start(Trigger(Source.TERMINAL, name, person("T1", "U_DANA"), "Dana"), "Do it.", "triage")


@asynccontextmanager
async def bench(file: Path, model: InstantModel) -> AsyncIterator[Bench]:
    """Everything real but the model, the tools and the people."""
    tools, nobody = InstantTools(), Nobody()
    async with open_database(f"sqlite:///{file}") as database:
        journal = SqlJournal(database)
        standing = Standing(journal, SqlLedger(database), now)
        await standing.refresh()
        rules_for = rules_from({"triage": AGENT}, tools, standing)
        loop = Loop(
            journal=journal, model=model, toolbox=tools, surface=nobody, directory=nobody, standing=standing, agents={"triage": AGENT},
            rules_for=rules_for, clock=now,
        )
        async with Embedded(loop) as dispatcher:
            runs = Runs(
                journal=journal, dispatcher=dispatcher, directory=nobody, toolbox=tools, standing=standing, rules_for=rules_for, clock=now
            )
            yield Bench(runs, dispatcher, tools)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


async def cpu_of_a_step(folder: Path, steps: int, number: int) -> float:
    """Milliseconds of CPU that one step takes in a run of so many."""
    async with bench(folder / f"steps-{steps}-{number}.db", InstantModel(steps, "read")) as bot:
        await bot.start("warm")
        await bot.dispatcher.settled()
        before = time.process_time()
        await bot.start("measured")
        await bot.dispatcher.settled()
        return (time.process_time() - before) * 1000 / steps


async def clicks(folder: Path, paused: int, clicked: int) -> list[float]:
    """Milliseconds from a click to the tool's request, with so many paused runs in the file."""
    async with bench(folder / "clicks.db", InstantModel(1, "write")) as bot:
        ids: list[RunId] = []
        for first in range(0, paused, 500):
            ids += [await bot.start(f"run {i}") for i in range(first, min(first + 500, paused))]
            await bot.dispatcher.settled()
            print(f"\r  {len(ids):,} paused runs", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        times = []
        for run_id in ids[:: max(1, paused // clicked)]:
            run = await bot.runs.see(run_id)
            clicked_at = time.perf_counter()
            await bot.runs.answer(run.open_asks[0].ask_id, "approve", ALICE)
            await bot.dispatcher.settled()
            times.append((bot.tools.at[f"{run_id}.c1"] - clicked_at) * 1000)
        return times


def main() -> int:
    """Measure and print; the exit code is 0 whatever the figures: these machines are noisy, and people read them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paused", type=int, default=10_000, help="paused runs in the file (default 10,000)")
    parser.add_argument("--clicks", type=int, default=500, help="clicks to measure (default 500)")
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie (default: the system's folder for temporary files)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
        for steps in (10, 30, 100):
            costs = [asyncio.run(cpu_of_a_step(Path(folder), steps, number)) for number in range(3)]
            print(f"CPU a step, run of {steps:3} steps: {min(costs):.2f} ms   (bar: {BAR_STEP_MS} ms)")
        times = sorted(asyncio.run(clicks(Path(folder), options.paused, options.clicks)))
        p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
        print(f"Click to request, {options.paused:,} paused runs: p50 {p50:.1f} ms, p99 {p99:.1f} ms   (bar: {BAR_CLICK_MS:.0f} ms)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
