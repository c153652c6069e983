"""Runs as the benchmarks write them: a model that calls one tool a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from agents.core import events as e
from agents.core.ids import SYSTEM, RunId, call_id, idempotency_key, person, run_id_for
from agents.core.tool import Effect, Repeat, Risk
from agents.core.trigger import Place, Source, Trigger

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PRINTABLE = "".join(map(chr, range(32, 127)))
RESULT = 2048
"""Characters of a result. Random printable ones: no text of ASCII compresses less."""


@dataclass(frozen=True, slots=True)
class Life:
    """One run and what it appends, append by append."""

    run_id: RunId
    agent: str
    batches: Sequence[Sequence[e.Fact]]


def lives(count: int, steps: int, *, seed: int = 0, result: int = RESULT) -> list[Life]:
    """So many runs of so many steps."""
    random = Random(seed)  # noqa: S311 - the same load each time
    return [life(f"{seed}/{n}", steps, "triage", "query_metrics", random, START, result) for n in range(count)]


def life(key: str, steps: int, agent: str, tool: str, random: Random, at: datetime, result: int) -> Life:
    """A run that reads `steps` times and answers."""
    run_id = run_id_for(key)
    place = Place("T01ACME", "C01INCIDENTS", "1763712000.000100")
    trigger = Trigger(Source.MENTION, key, person("T01ACME", f"U{random.randrange(50):02}"), "Alice", place)
    first = e.Fact(e.RunStarted(agent, trigger, "Checkout has been slow for ten minutes. What is wrong?"), trigger.actor, at)
    batches = [[first], _facts(at, e.ModelAsked(1, "smart"))]
    for n in range(1, steps + 1):
        now, call = at + timedelta(seconds=n), call_id(n)
        arguments = {"service": "checkout", "metric": "p95", "minutes": 30}
        turn = _turn("Next I look at the latency of the service.", e.Proposal(call, tool, arguments))
        verdict = e.CallJudged(call, tool, e.Decision.ALLOW, ("autonomy",), Risk.LOW, Effect.NONE, Repeat.FREE)
        batches.append(_facts(now, turn, verdict, e.ToolStarted(call, tool, idempotency_key(run_id, call))))
        text = "".join(random.choices(PRINTABLE, k=result))
        batches.append(_facts(now, e.ToolFinished(call, tool, text, 120), e.ModelAsked(n + 1, "smart")))
    batches.append(_facts(at + timedelta(seconds=steps + 1), _turn("It was the deploy of 10:02."), e.RunFinished(e.Outcome.ANSWERED)))
    return Life(run_id, agent, batches)


def _turn(text: str, *calls: e.Proposal) -> e.ModelAnswered:
    stop = e.Stop.TOOLS if calls else e.Stop.END
    return e.ModelAnswered("claude-sonnet-5-5", text, calls, stop, e.Usage(420, 88, 5200, 310), 0.004312, 1840)


def _facts(at: datetime, *events: e.Event) -> list[e.Fact]:
    return [e.Fact(event, SYSTEM, at) for event in events]
