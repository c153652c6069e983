"""Claude at the sandbox's model, over the wire: what asks, what is asked, and what came of it."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from agents.claude import Claude
from agents.claude_tier import Tier
from agents.core import events as e
from agents.core.ids import call_id
from agents.core.state import Run
from agents.ports import Answer, Message, Prompt
from agents.prompt import build
from bot.sandbox.model import OfflineModel
from bot.sandbox.model_faults import Fault, FaultOrder
from bot.sandbox.scenes import Match, Scene, ScriptedCall, Turn, When
from tests.agents.core.histories import after, started
from tests.world import AGENT, KEYED, READ, WRITE

SAY = "I read the numbers first, all of them, and then I come back to you with what they say."
THOUGHT = "Nobody but me reads this: “p95” first,\nthen the rest."


def read(number: int) -> ScriptedCall:
    return ScriptedCall(tool="read", arguments={"x": number})


SCENES = [
    Scene(title="two steps", match=Match(text=["two steps"]), turns=[
        Turn(when=When(turn=1), say=SAY, calls=[read(1), read(2)]), Turn(when=When(turn=2), say="One more.", calls=[read(3)]),
        Turn(say="It is fine."),
    ]),
    Scene(title="think", match=Match(text=["think"]), turns=[
        Turn(when=When(turn=1), think=THOUGHT, say=SAY, think_again="And now the numbers.", calls=[read(1), read(2)]),
        Turn(when=When(turn=2), think="Once more.", calls=[read(3)]),
        Turn(when=When(turn=3), calls=[read(4)]),
        Turn(think="Enough.", say="It is fine."),
    ]),
    Scene(title="many", match=Match(text=["many"]), turns=[
        Turn(when=When(turn=1), calls=[read(n) for n in range(15)]), Turn(say="Done."),
    ]),
]


@dataclass
class Bench:
    """Claude at an endpoint, with the sleeps that it asked for."""

    url: str
    offline: OfflineModel
    sleeps: list[float] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    opened: list[Claude] = field(default_factory=list)

    def claude(self, *, jitter: float = 0.5, fast: Tier | None = None, patience: float = 20.0, **changes: Any) -> Claude:
        """Claude with the tiers `smart` (changed so) and `fast`."""
        smart = replace(Tier("claude-sonnet-5-5", "key", self.url), **changes)
        tiers = {"smart": smart, "fast": fast or Tier("claude-haiku-5-5", "key", self.url)}
        claude = Claude(tiers, sleep=self._sleep, jitter=lambda: jitter, patience=patience, strict=True)
        self.opened.append(claude)
        return claude

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)

    def fail(self, *faults: Fault) -> None:
        """What goes wrong with the next requests."""
        self.offline.faults.add(FaultOrder(fail=list(faults)))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request that came."""
        return list(self.offline.log)

    async def ask(self, text: str = "two steps", **changes: Any) -> Answer:
        return await self.claude(**changes).ask(prompt_of(text), on_text=self.pieces.append)


def prompt_of(text: str = "two steps", max_tokens: int = 4096) -> Prompt:
    return Prompt("You triage.", (READ,), (Message("user", (text,)),), "smart", max_tokens)


def as_run(run: Run, answer: Answer) -> Run:
    """The run after this turn, with its calls carried out."""
    first = len(run.calls) + 1
    calls = tuple(e.Proposal(call_id(first + i), c.tool, c.arguments, c.malformed) for i, c in enumerate(answer.calls))
    run = after(run, e.ModelAnswered(answer.model, answer.text, calls, answer.stop, answer.usage, answer.cost, 1, answer.thinking))
    for one in calls:
        verdict = e.CallJudged(one.call_id, one.tool, e.Decision.ALLOW, ("reads run",), READ.risk, READ.effect, READ.repeat)
        begun = e.ToolStarted(one.call_id, one.tool, "key")
        run = after(run, verdict, begun, e.ToolFinished(one.call_id, one.tool, json.dumps({"p99_ms": 480})))
    return run


async def conversation(bench: Bench, text: str, *faults: Fault | None, **changes: Any) -> list[Answer]:
    """Step after step until the model asks for nothing more. `faults` are those of the first steps."""
    claude, run, answers = bench.claude(**changes), started(text), list[Answer]()
    while not answers or answers[-1].calls:
        if len(answers) < len(faults) and (fault := faults[len(answers)]):
            bench.fail(fault)
        run = after(run, e.ModelAsked(run.steps + 1, "smart"))
        answers.append(await claude.ask(build(run, (), AGENT, (WRITE, KEYED, READ))))
        run = as_run(run, answers[-1])
    return answers
