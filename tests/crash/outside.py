"""The world outside a bot that is killed: effects, messages and people, each a line in a file that outlives every process.

A `Fuse` counts the instants at which the power could go: before and after each journal write, each effect and each message. When it
comes to the one that it was set for, the process gets SIGKILL.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from agents.core import events as e
from agents.core.ids import RunId, canonical
from agents.core.state import Run
from agents.core.tool import Effect, Repeat, Risk, ToolSpec, Undo
from agents.core.trigger import Place
from agents.ports import TERMINAL, Answer, Caller, Done, Failed, Journal, ModelCall, Posted, Preview, Prompt, Unknown

BACK = Undo("deploy", {"x": "{x}", "back": True}, timedelta(hours=1))

SPECS = {
    "read": ToolSpec("read", "Reads.", {"type": "object"}, "d1", Risk.LOW, (), Effect.NONE, Repeat.FREE),
    "label": ToolSpec("label", "Writes, once a key.", {"type": "object"}, "d2", Risk.LOW, (), Effect.INTERNAL, Repeat.KEYED),
    "deploy": ToolSpec(
        "deploy", "Writes, and must not twice.", {"type": "object"}, "d3", Risk.HIGH, (), Effect.EXTERNAL, Repeat.NEVER, undo=BACK
    ),
    "failover": ToolSpec("failover", "The same, for two people.", {"type": "object"}, "d4", Risk.HIGH, (), Effect.EXTERNAL, Repeat.NEVER),
}

Script = tuple[tuple[tuple[str, dict[str, Any]], ...], ...]
"""The calls of each turn of a run; the last turn has none and answers."""


def effect(tool: str, key: str, arguments: Mapping[str, Any]) -> str:
    """The line that one effect leaves."""
    return f"{tool} {key} {canonical(arguments)}"


class Fuse:
    """Kills this process at the instant with this number, counted from 1; 0 never."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.count = 0

    def instant(self) -> None:
        """The power could go now."""
        self.count += 1
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class Lines:
    """A file of lines, each durable before the next."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, line: str) -> None:
        """Write a line."""
        with self._path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[str]:
        """Every line so far."""
        return self._path.read_text().splitlines() if self._path.exists() else []


class FusedJournal:
    """A journal whose every write can be the last thing that this process does."""

    def __init__(self, journal: Journal, fuse: Fuse) -> None:
        self._journal = journal
        self._fuse = fuse
        self._under_way: set[asyncio.Future[tuple[e.Recorded, ...]]] = set()
        self._writes = 0
        self._wanted = 1
        self._reached = asyncio.Event()

    async def append(self, run_id: RunId, facts: Sequence[e.Fact], *, after: int, agent: str) -> tuple[e.Recorded, ...]:
        self._fuse.instant()
        writing = asyncio.ensure_future(self._journal.append(run_id, facts, after=after, agent=agent))
        self._under_way.add(writing)
        writing.add_done_callback(self._under_way.discard)
        recorded = await writing
        self._fuse.instant()
        self._writes += 1
        if self._writes >= self._wanted:
            self._reached.set()
        return recorded

    async def written(self, writes: int) -> None:
        """Wait until there were so many writes in this process."""
        self._wanted = writes
        self._reached.clear()
        await self._reached.wait()

    @property
    def reached(self) -> bool:
        """Whether what was waited for has come."""
        return self._reached.is_set()

    async def settled(self) -> None:
        """Wait for the writes that are under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[e.Recorded, ...]:
        return await self._journal.read(run_id, after=after)

    async def open_runs(self) -> tuple[RunId, ...]:
        return await self._journal.open_runs()

    async def last_in_thread(self, place: Place) -> RunId | None:
        return await self._journal.last_in_thread(place)

    async def last_of_incident(self, incident: str) -> RunId | None:
        return await self._journal.last_of_incident(incident)

    async def unshown(self) -> tuple[RunId, ...]:
        return await self._journal.unshown()


class OutsideTools:
    """Tools whose effects are lines in a file. `label` is kept to one effect a key by the other side, as its key promises."""

    def __init__(self, effects: Lines, fuse: Fuse) -> None:
        self._effects = effects
        self._fuse = fuse

    def specs(self) -> Mapping[str, ToolSpec]:
        return SPECS

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        return None

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(arguments)

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        self._fuse.instant()
        await asyncio.sleep(0)
        line = effect(tool, key, arguments)
        if SPECS[tool].effect is not Effect.NONE and not (SPECS[tool].repeat is Repeat.KEYED and line in self._effects.read()):
            self._effects.add(line)
        self._fuse.instant()
        return Done(f"{tool} ok")

    async def preview(self, tool: str, arguments: Mapping[str, Any]) -> Preview:
        return Preview("", "")

    async def probe(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        return None


class OutsideModel:
    """Says the next turn of a run's script, by how many turns the prompt already holds; each answer that left is a line in a file."""

    def __init__(self, answers: Lines, fuse: Fuse, scripts: Mapping[str, Script]) -> None:
        """`scripts` are by the text with which their run is started."""
        self._answers = answers
        self._fuse = fuse
        self._scripts = scripts

    async def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None) -> Answer:
        step = sum(message.role == "assistant" for message in prompt.messages)
        asked = next(text for text in self._scripts if f"\n{text}\n" in prompt.messages[0].texts[0])
        self._fuse.instant()
        await asyncio.sleep(0)
        self._answers.add(f"{asked} {step}")
        self._fuse.instant()
        calls = tuple(ModelCall(tool, dict(arguments)) for tool, arguments in self._scripts[asked][step])
        return Answer("script", f"step {step}", calls, e.Stop.TOOLS if calls else e.Stop.END, e.Usage(10, 5), 0.0)


class OutsideThread:
    """A thread whose messages are lines in a file; it finds what it holds when it is searched."""

    def __init__(self, thread: Lines, fuse: Fuse) -> None:
        self._thread = thread
        self._fuse = fuse

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        self._fuse.instant()
        await asyncio.sleep(0)
        line = f"{run.run_id}/{post}"
        if not (search and line in self._thread.read()):
            self._thread.add(line)
        self._fuse.instant()
        return Posted("1.2", run.showing(post))

    async def update(self, run: Run, post: str) -> Posted:
        self._fuse.instant()
        await asyncio.sleep(0)
        return Posted("1.2", run.showing(post))

    def progress(self, run: Run, line: str) -> None:
        """Nobody looks."""

    def say(self, run: Run, piece: str) -> None:
        """Nobody listens."""

    def moved(self, run: Run) -> None:
        """Nobody looks."""
