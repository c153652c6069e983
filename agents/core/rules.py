"""The rules that an installation writes itself: what they look at, and whether they fit a call.

What cannot be told of a call counts against it: a rule that denies or asks fits, a rule that lets run does not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from typing import Any

from agents.core.judging import Test
from agents.core.terms import Decision
from agents.core.tool import Effect, Risk, ToolSpec
from agents.core.trigger import Source, Trigger

DIRECT = "dm"
"""What stands for every direct message among channels."""

LETS = frozenset({Decision.ALLOW, Decision.NOTIFY})
"""What lets a call run by itself."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the week, in the time of one place."""

    zone: tzinfo
    days: frozenset[int] = frozenset(range(7))
    """Monday is 0."""
    begin: time = time()
    end: time = time()
    """Not after `begin`: on the next day."""

    def hold(self, now: datetime) -> bool:
        """Whether this moment lies in it. What goes over midnight belongs to the day on which it begins."""
        local = now.astimezone(self.zone)
        at, day = local.time(), local.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= at < self.end
        return (day in self.days and at >= self.begin) or ((day - 1) % 7 in self.days and at < self.end)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done with calls of one kind. What is empty or None does not restrict."""

    name: str
    then: Decision
    reason: str = ""
    """For people and for the model."""
    tools: tuple[str, ...] = ()
    """Names; one that ends in `*` means all that begin so."""
    arguments: Mapping[str, Test] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the tool: each has one of these values."""
    agents: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    """As `#name`, by id, or `dm`."""
    sources: tuple[Source, ...] = ()
    hours: Hours | None = None
    tainted: bool | None = None
    effects: tuple[Effect, ...] = ()
    risks: tuple[Risk, ...] = ()

    @property
    def called(self) -> str:
        """How a verdict names it."""
        return f"rule {self.name}"


@dataclass(frozen=True, slots=True)
class Case:
    """A call and what it is made in."""

    agent: str
    trigger: Trigger
    tainted: bool
    spec: ToolSpec
    arguments: Mapping[str, Any]
    effect: Effect
    risk: Risk
    """By its arguments."""
    now: datetime


def fit(rule: Rule, case: Case) -> tuple[str, ...] | None:
    """The rule's name and what of the call could not be judged; None where the rule does not fit."""
    unknown = []
    for what, said in _said(rule, case):
        if said is False:
            return None
        if said is None:
            unknown.append(f"{what} cannot be judged")
    return None if unknown and rule.then in LETS else (rule.called, *unknown)


def names(pattern: str, tool: str) -> bool:
    """Whether a name, or the beginning of one, means this tool."""
    return tool.startswith(pattern[:-1]) if pattern.endswith("*") else tool == pattern


def _said(rule: Rule, case: Case) -> Iterator[tuple[str, bool | None]]:
    """What each part of the rule says, the cheap ones first."""
    yield "tool", not rule.tools or any(names(one, case.spec.name) for one in rule.tools)
    yield "agent", not rule.agents or case.agent in rule.agents
    yield "effect", not rule.effects or case.effect in rule.effects
    yield "risk", not rule.risks or case.risk in rule.risks
    yield "taint", rule.tainted is None or rule.tainted is case.tainted
    yield "labels", all(case.spec.labels.get(name) in values for name, values in rule.labels.items())
    yield "source", not rule.sources or case.trigger.source in rule.sources
    yield "time", rule.hours is None or rule.hours.hold(case.now)
    yield "channel", not rule.channels or _in_channel(rule.channels, case.trigger)
    for name, test in rule.arguments.items():
        yield name, test.fits(case.arguments[name]) if name in case.arguments else _absent(rule, case.spec, name)


def _in_channel(channels: tuple[str, ...], trigger: Trigger) -> bool | None:
    if trigger.place is None:
        return False
    known = {trigger.place.channel, trigger.channel or (DIRECT if trigger.place.channel.startswith("D") else "")}
    if known & set(channels):
        return True
    return None if "" in known and any(name.startswith("#") for name in channels) else False


def _absent(rule: Rule, spec: ToolSpec, argument: str) -> bool | None:
    """What a test says of an argument that is not there: nothing where the tool may have it, no where it has none of that name."""
    declared = argument in spec.schema.get("properties", {})
    return None if declared or spec.name in rule.tools else False
