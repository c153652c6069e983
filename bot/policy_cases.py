"""Cases that a policy has to decide in a certain way: read from a file, and judged as a run's calls are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from agents.core import events as e
from agents.core.budget import Used
from agents.core.errors import ConfigError
from agents.core.fold import fold
from agents.core.ids import SYSTEM, ActorId, RunId, call_id
from agents.core.policy import judge
from agents.core.rules import DIRECT
from agents.core.state import Run
from agents.core.terms import Decision
from agents.core.trigger import Place, Source, Trigger
from agents.ports import Toolbox
from agents.spec import configured
from bot.config import Config
from bot.config_mistakes import checked, nearest, quoted
from bot.config_policy import DECISIONS
from bot.config_shape import Shape, Text
from bot.config_source import read

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""When a case is judged that names no time."""

REJECTED = "reject"
"""What becomes of a call that never gets as far as the policy."""

WORDS = {decision: word for word, decision in DECISIONS.items()} | {Decision.SIMULATE: "simulate"}
"""How decisions are written."""


class Case(Shape):
    """One call, and what is to become of it."""

    tool: Text
    expect: Literal["deny", "ask", "notify", "run", "simulate", "reject"]
    name: str = ""
    agent: Text | None = None
    """None where there is only one."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    channel: Text | None = None
    """As `#name`, by id, or `dm`; None for a run from the terminal."""
    source: Source | None = None
    """None for a mention, or for the terminal where no channel is named."""
    time: AwareDatetime = MONDAY
    tainted: bool = False
    lately: int = Field(default=0, ge=0)
    """How often the tool was called in the last minute."""
    rule: Text | None = None
    """The rule that is to decide; None for any."""


_CASE = TypeAdapter(Case)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    name: str
    tool: str
    expected: str
    expected_rule: str | None
    decision: str
    rules: tuple[str, ...]
    """Names of those that decided; for a rejected call, why."""
    passed: bool


def read_cases(path: Path, config: Config) -> tuple[Case, ...]:
    """The cases in this file. Raises ConfigError, which lists every mistake with its line."""
    if not path.exists():
        raise ConfigError(f"{path} does not exist. Write it: a list of cases such as - {{tool: NAME, arguments: {{…}}, expect: ask}}")
    source = read(path, str(path), {})
    items = source.content
    if not source.mistakes and (not isinstance(items, list) or not items):
        source.wrong((), "has to be a list of cases, each with a dash: - {tool: NAME, expect: ask}")
    cases = []
    for number, item in enumerate(items if isinstance(items, list) else ()):
        case = checked(_CASE, item, source, (number,))
        if case is None:
            continue
        agent = case.agent or next(iter(config.agents))
        if case.agent is None and len(config.agents) > 1:
            source.wrong((number,), f"which agent? Say agent: {' | '.join(config.agents)}")
        elif agent not in config.agents:
            source.wrong((number, "agent"), f"there is no agent {quoted(agent)}{nearest(agent, config.agents)}")
        cases.append(case.model_copy(update={"agent": agent, "name": case.name or f"{case.tool} {case.arguments or ''}".strip()}))
    if source.mistakes:
        raise ConfigError("\n".join(map(str, source.mistakes)))
    return tuple(cases)


def decide(case: Case, config: Config, toolbox: Toolbox) -> Outcome:
    """What the configuration makes of a case."""
    run = _run(case, toolbox.complete(case.tool, case.arguments))
    rules = configured(config.agents[run.agent], toolbox, config.policy, used=Used({case.tool: case.lately}))
    verdict = judge(run, run.pending[0], rules, case.time)
    rejected = isinstance(verdict, e.CallRejected)
    decision, names = (REJECTED, (verdict.error,)) if isinstance(verdict, e.CallRejected) else (WORDS[verdict.decision], verdict.rules)
    named = case.rule is None or (not rejected and case.rule in (names[0], names[0].removeprefix("rule ")))
    return Outcome(case.name, case.tool, case.expect, case.rule, decision, names, decision == case.expect and named)


def _run(case: Case, arguments: dict[str, Any]) -> Run:
    """A run whose model has just asked for the call."""
    source = case.source or (Source.MENTION if case.channel else Source.TERMINAL)
    channel = {None: "", DIRECT: "D0"}.get(case.channel, case.channel or "")
    place = Place("", channel, "") if case.channel else None
    trigger = Trigger(source, "case", ActorId("local/case"), "", place, case.tainted, channel=channel if channel.startswith("#") else "")
    made: tuple[e.Event, ...] = (
        e.RunStarted(case.agent or "", trigger, case.name), e.ModelAsked(1, ""),
        e.ModelAnswered("", "", (e.Proposal(call_id(1), case.tool, arguments),), e.Stop.TOOLS, e.Usage(), 0, 0),
    )
    return fold(e.Recorded(RunId("case"), number, case.time, SYSTEM, case.agent or "", event) for number, event in enumerate(made, 1))
