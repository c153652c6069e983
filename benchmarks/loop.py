"""What a step costs. `python -m benchmarks.loop --help`.

The bar: own CPU time a step, everything included, with a model and a tool that answer at once (under 0.5 ms; a step is one turn of the
model with one call: its verdict, its effect and both commits).
"""

import argparse
import asyncio
import os
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
from agents.ports import TERMINAL, Answer, Caller, Directory, Done, Failed, Journal, Model, ModelCall, Posted, Preview, Prompt, Unknown
from agents.runs import Runs
from agents.spec import AgentSpec, RulesFor, rules_from
from agents.standing import Standing
from storage.database import Database, open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger

READ = ToolSpec("read", "Reads.", {"type": "object"}, "d1", Risk.LOW, (), Effect.NONE, Repeat.FREE)
WRITE = ToolSpec("write", "Writes.", {"type": "object"}, "d2", Risk.HIGH, (), Effect.EXTERNAL, Repeat.NEVER)
RESULT = "x" * 200
AGENT = AgentSpec(
    "triage", "Triages.", "You triage.", ("read", "write"), autonomy=Autonomy.PARTIAL, approvals=(ApprovalRule("*", ("U_ALICE",)),),
    limits=Limits(steps=10**6, tokens=10**9, cost=10**6),
)
BAR_STEP_MS = 0.5


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

    def __init__(self, *more: ToolSpec) -> None:
        self._specs = {spec.name: spec for spec in (READ, WRITE, *more)}
        self.at: dict[str, float] = {}

    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        return None

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(arguments)

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
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

    database: Database
    journal: Journal
    runs: Runs
    dispatcher: Embedded
    tools: InstantTools
    standing: Standing
    rules_for: RulesFor

    async def start(self, name: str, text: str = "Do it.") -> RunId:
        """Start a run that speaks nowhere."""
        return await self.runs.start(Trigger(Source.TERMINAL, name, person("T1", "U_DANA"), "Dana"), text, "triage")


@asynccontextmanager
async def bench(
    file: Path, model: Model, *, agent: AgentSpec = AGENT, tools: InstantTools | None = None, directory: Directory | None = None
) -> AsyncIterator[Bench]:
    """Everything real but the model, the tools and the people."""
    tools, nobody = tools or InstantTools(), Nobody()
    directory, agents = directory or nobody, {"triage": agent}
    async with open_database(f"sqlite:///{file}") as database:
        journal = SqlJournal(database)
        standing = Standing(journal, SqlLedger(database), now)
        await standing.refresh()
        rules_for = rules_from(agents, tools, standing)
        loop = Loop(
            journal=journal, model=model, toolbox=tools, surface=nobody, directory=directory, standing=standing, agents=agents,
            rules_for=rules_for, clock=now,
        )
        async with Embedded(loop) as dispatcher:
            runs = Runs(
                journal=journal, dispatcher=dispatcher, directory=directory, toolbox=tools, standing=standing, rules_for=rules_for,
                clock=now,
            )
            yield Bench(database, journal, runs, dispatcher, tools, standing, rules_for)


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


def main() -> int:
    """Measure and print; the exit code is 0 whatever the figures: these machines are noisy, and people read them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each length; the cheapest counts (default 3)")
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie (default: the system's folder for temporary files)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
        for steps in (10, 30, 100):
            costs = [asyncio.run(cpu_of_a_step(Path(folder), steps, number)) for number in range(options.rounds)]
            print(f"CPU a step, run of {steps:3} steps: {min(costs):.2f} ms   (bar: {BAR_STEP_MS} ms)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
