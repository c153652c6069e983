"""Cases played by the real loop with the real model: what the tools answer is recorded, the journal is a file that is thrown away."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agents.core.ids import ActorId, RunId, fingerprint
from agents.core.incident import Signal
from agents.core.state import Ask, AskKind, Run
from agents.core.trigger import Source, Trigger
from agents.evaluate import judge
from agents.spec import configured
from bot.alone import NoSurface, Terminal
from bot.build import Engine, open_engine, open_store, open_toolbox, redactor
from bot.config import Config
from bot.eval_cases import Case, check_tools
from bot.settings import Settings
from tools.pins import NoPins
from tools.replay import Replay

ANSWERER = ActorId("local/eval")
"""Who answers in a case."""

MOST_ASKS = 12
"""Questions that a case answers before it is given up."""

CHOICES = {AskKind.APPROVAL: ("approve", "deny"), AskKind.DOUBT: ("happened", "retry", "abandon"), AskKind.HELP: ("reply",)}
"""What can be answered to which question."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    name: str
    passed: bool
    reasons: tuple[str, ...]
    """What was otherwise than expected."""
    steps: int
    calls: tuple[str, ...]
    """The tools that were asked for, in their order."""
    cost: float
    """US dollars."""
    seconds: float
    answer: str
    """What the agent said last."""


async def play_all(settings: Settings, config: Config, agent: str, cases: Sequence[Case], at_once: int, advice: str) -> list[Outcome]:
    """Every case, so many at once, in their order. Raises ConfigError where a case names a tool that the agent has not."""
    async with open_toolbox(settings, config, NoPins()) as toolbox:
        check_tools(cases, dict(configured(config.agents[agent], toolbox, config.policy).tools), advice)
    gate = asyncio.Semaphore(at_once)

    async def played(case: Case) -> Outcome:
        async with gate:
            return await play(settings, config, agent, case)

    async with asyncio.TaskGroup() as tasks:
        begun = [tasks.create_task(played(case)) for case in cases]
    return [task.result() for task in begun]


async def play(settings: Settings, config: Config, agent: str, case: Case) -> Outcome:
    """One case, from what comes in to the agent's end, and whether it did as expected."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="countersign-eval-") as folder:
        apart = replace(settings, database_url=f"sqlite:///{Path(folder) / 'eval.db'}")
        run = await _played(apart, config, agent, case)
    reasons = _unfinished(run) or judge(run, case.expect)
    newest = run.newest.text if run.newest else ""
    return Outcome(
        case.name, not reasons, reasons, run.steps, tuple(call.tool for call in run.calls.values()), run.cost,
        time.monotonic() - began, newest or "",
    )


async def _played(settings: Settings, config: Config, agent: str, case: Case) -> Run:
    recorded = tuple(one.recorded for one in case.results)
    redact = redactor(settings, config)
    async with (
        open_store(settings, redact) as store,
        open_engine(settings, config, store, NoSurface(), Terminal(), replaying=lambda tools: Replay(tools, recorded)) as engine,
    ):
        run_id = await _begin(engine, agent, case)
        for _ in range(MOST_ASKS):
            await engine.dispatcher.settled()
            run = await engine.runs.see(run_id)
            asks = [(ask, answer) for ask in run.open_asks if (answer := _answer(run, ask, case))]
            if run.over or not asks:
                break
            for ask, (choice, words) in asks:
                await engine.runs.answer(ask.ask_id, choice, ANSWERER, words)
        return await engine.runs.see(run_id)


async def _begin(engine: Engine, agent: str, case: Case) -> RunId:
    if case.text:
        return await engine.runs.start(Trigger(Source.API, f"eval:{case.name}", ActorId("eval/person"), "Dana"), case.text, agent)
    signals = tuple(
        Signal(
            fingerprint(one.title, str(number))[:16], one.status, one.title, one.severity, one.labels, text=one.text,
            key=f"eval/{number}/{one.status}",
        )
        for number, one in enumerate(case.alerts)
    )
    key = f"eval:{case.name}"
    trigger = Trigger(Source.WEBHOOK, key, ActorId("webhook/eval"), "Alertmanager", tainted=True, incident=key)
    first = case.alerts[0]
    asked = f"[{first.severity}] {first.title}" if first.severity else first.title
    started = await engine.incidents.alert(trigger, signals, asked, agent)
    assert started is not None, "the first alert of a case fires"  # noqa: S101 - read_cases has checked it
    return started


def _answer(run: Run, ask: Ask, case: Case) -> tuple[str, str] | None:
    """What people answer to this question in this case; None where nobody does."""
    tool = run.calls[ask.call_id].tool if ask.call_id else ""
    for one in case.answers:
        if one.tool == tool and one.choice in CHOICES.get(ask.kind, ()):
            return one.choice, one.words
    return None


def _unfinished(run: Run) -> tuple[str, ...]:
    """Why the agent came to no end, where that is not the case's doing."""
    return tuple(f"paused: {ask.detail}" for ask in run.open_asks if ask.kind is AskKind.LIMIT)
