"""`policy:` and `links:` in the configuration: rules of the installation in their order, and where links may lead."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from agents.core.judging import Scalar, Test
from agents.core.patterns import reach
from agents.core.rules import DIRECT, Hours, Rule, names
from agents.core.terms import Decision
from agents.core.tool import Effect, Risk
from agents.core.trigger import Source as From
from bot.config_mistakes import checked, nearest, quoted
from bot.config_shape import Name, Shape, Text
from bot.config_source import Source, Where
from tools.tool import Outline

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DECISIONS: Mapping[str, Decision] = {"deny": Decision.DENY, "ask": Decision.ASK, "notify": Decision.NOTIFY, "run": Decision.ALLOW}
"""What a rule may do, as it is written."""

_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,20}", re.ASCII)
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _named(value: Any) -> Any:
    """A test that is a plain value means: equals it; a list: is one of it."""
    if isinstance(value, list):
        return {"in": value}
    return value if isinstance(value, dict) else {"equals": value}


def _searchable(pattern: str) -> str:
    reach(pattern)
    return pattern


def _tool(name: str) -> str:
    if "*" in name[:-1]:
        raise ValueError(f"{quoted(name)}: a * may stand at the end only")
    return name


def _host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ValueError(f"{quoted(name)} is no host; write it in lower case without https://, such as wiki.example.com or *.example.com")
    return name


def _moment(text: Any) -> Any:
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None or (int(found[1]) == 24 and found[2] != "00"):
        raise ValueError(f"{quoted(text)} is no time of day; write it in quotes, such as \"09:00\"")
    return time(int(found[1]) % 24, int(found[2]))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        text = f"this machine knows no time zone {quoted(name)}; write one of the IANA list, such as Europe/Vienna"
        raise ValueError(text) from None
    return name


def _days(given: Any) -> Any:
    """Days by their numbers; `mon-fri` are all from the first to the last."""
    found: list[int] = []
    for word in _listed(given):
        first, dash, last = str(word).lower().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"{quoted(word)} is no day; write {', '.join(DAYS)}, or two of them with a dash: mon-fri")
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        found += [day % 7 for day in range(begin, end + 1 + 7 * (end < begin))]
    return found


ToolName = Annotated[str, AfterValidator(_tool)]
ToolNames = Annotated[tuple[ToolName, ...], BeforeValidator(_listed), Field(min_length=1)]
Words = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]
Values = Annotated[tuple[str, ...], BeforeValidator(lambda given: [str(one) for one in _listed(given)]), Field(min_length=1)]
Clock = Annotated[time, BeforeValidator(_moment, json_schema_input_type=str)]


class ArgumentTest(Shape):
    """A test of one argument: one of these, or `above` and `below` together."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True)

    equals: Scalar | None = None
    among: tuple[Scalar, ...] | None = Field(default=None, alias="in", min_length=1)
    not_among: tuple[Scalar, ...] | None = Field(default=None, alias="not_in", min_length=1)
    matches: Annotated[str, AfterValidator(_searchable)] | None = None
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _check_tests(self) -> Self:
        tests = {name for name in type(self).model_fields if getattr(self, name) is not None}
        if len(tests) != 1 and tests != {"above", "below"}:
            raise ValueError("write one of equals, in, not_in, matches, above, below (or above and below together)")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(f"nothing is above {self.above:g} and below {self.below:g}")
        return self

    @property
    def test(self) -> Test:
        """As the policy reads it."""
        return Test(self.equals, self.among, self.not_among, self.matches, self.above, self.below)


class Times(Shape):
    """A part of the week, in the time of one place."""

    zone: Annotated[str, AfterValidator(_zone)]
    """By its IANA name."""
    days: Annotated[frozenset[int], BeforeValidator(_days, json_schema_input_type=list[str])] = frozenset(range(7))
    begin: Clock = Field(default=time(), alias="from")
    end: Clock = Field(default=time(), alias="to")
    """Not after `from`: on the next day."""

    @property
    def hours(self) -> Hours:
        """As the policy reads it."""
        return Hours(ZoneInfo(self.zone), self.days, self.begin, self.end)


class When(Shape):
    """What a rule looks at. All of it has to fit; what is left out does not restrict."""

    tool: ToolNames | None = None
    """Names; one that ends in `*` means all that begin so."""
    arguments: dict[str, Annotated[ArgumentTest, BeforeValidator(_named)]] = Field(default_factory=dict)
    labels: dict[str, Values] = Field(default_factory=dict)
    """Of the tool."""
    agent: Words | None = None
    channel: Words | None = None
    """As `#name`, by id, or `dm`."""
    source: Annotated[tuple[From, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None
    time: Times | None = None
    tainted: bool | None = None
    effect: Annotated[tuple[Effect, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None
    risk: Annotated[tuple[Risk, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _check_said(self) -> Self:
        if not self.model_fields_set:
            raise ValueError('is empty; a rule for every call is written when: {tool: "*"}')
        return self


class PolicyRule(Shape):
    """One rule."""

    name: Name
    when: When
    then: Literal["deny", "ask", "notify", "run"]
    reason: str = Field(default="", max_length=500)
    """For people and for the model."""

    @property
    def rule(self) -> Rule:
        """As the policy reads it."""
        when = self.when
        return Rule(
            self.name, DECISIONS[self.then], " ".join(self.reason.split()), when.tool or (),
            {name: test.test for name, test in when.arguments.items()}, when.labels, when.agent or (), when.channel or (),
            when.source or (), when.time.hours if when.time else None, when.tainted, when.effect or (), when.risk or (),
        )


class LinksConfig(Shape):
    """Where what the bot posts may lead."""

    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    """A name that begins with `*.` means every host below it."""


_RULE = TypeAdapter(PolicyRule)
_LINKS = TypeAdapter(LinksConfig)


@dataclass(frozen=True, slots=True)
class Names:
    """What a rule may name."""

    tools: Mapping[str, Outline | None]
    agents: Collection[str]
    channels: Collection[str]


def read_policy(source: Source, items: list[Any], known: Names) -> tuple[Rule, ...]:
    """The rules in their order; each mistake is noted with its place."""
    rules: dict[str, Rule] = {}
    for number, item in enumerate(items):
        where: Where = ("policy", number)
        made = checked(_RULE, item, source, where)
        if made is None:
            continue
        if made.name in rules:
            source.wrong((*where, "name"), f"there are two by the name {made.name}; each name may stand once")
        rules[made.name] = made.rule
        for place, text in _unknown(made.rule, known):
            source.wrong((*where, "when", *place), text)
    return tuple(rules.values())


def read_links(source: Source, content: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts to which links may lead."""
    made = checked(_LINKS, content["links"], source, ("links",)) if content.get("links") is not None else None
    return made.hosts if made else ()


def asked_by(rules: tuple[Rule, ...], agent: str, tool: Outline) -> str | None:
    """Why a call of this tool may wait for people by a rule; None where no rule asks about any."""
    for rule in rules:
        effects = not rule.effects or any((effect is Effect.NONE) is tool.reads for effect in rule.effects)
        mine = not rule.agents or agent in rule.agents
        if rule.then is Decision.ASK and mine and effects and _means(rule, tool.name):
            return f"the rule {rule.name} may ask about {tool.name}"
    return None


def _means(rule: Rule, tool: str) -> bool:
    return not rule.tools or any(names(one, tool) for one in rule.tools)


def _unknown(rule: Rule, known: Names) -> Iterator[tuple[Where, str]]:
    """Names in a rule that mean nothing, each with its place under `when`."""
    for one in rule.tools:
        if not any(names(one, tool) for tool in known.tools):
            what = f"there is no tool whose name begins with {quoted(one[:-1])}" if one.endswith("*") else f"there is no tool {quoted(one)}"
            yield ("tool",), f"{what}{nearest(one.rstrip('*'), known.tools)}"
    for one in rule.agents:
        if one not in known.agents:
            yield ("agent",), f"there is no agent {quoted(one)}{nearest(one, known.agents)}"
    for one in rule.channels:
        if one != DIRECT and not _CHANNEL_ID.fullmatch(one) and not (one.startswith("#") and (one in known.channels or not known.channels)):
            yield ("channel",), f"{quoted(one)} is not among the channels{nearest(one, known.channels)}"
    tools = [outline for name, outline in known.tools.items() if _means(rule, name)]
    if all(tools):
        yield from _unused(rule, [tool for tool in tools if tool])


def _unused(rule: Rule, tools: list[Outline]) -> Iterator[tuple[Where, str]]:
    """Arguments and labels that none of these tools has; nothing is said where what a tool has is not known yet."""
    if tools and all(tool.arguments is not None for tool in tools):
        arguments = {name for tool in tools for name in tool.arguments or ()}
        for name in rule.arguments.keys() - arguments:
            yield ("arguments", name), f"no tool that this rule means has an argument {quoted(name)}{nearest(name, arguments)}"
    if tools and all(tool.labels is not None for tool in tools):
        for name, values in rule.labels.items():
            said = {tool.labels[name] for tool in tools if tool.labels and name in tool.labels}
            if not said:
                labels = {label for tool in tools for label in tool.labels or ()}
                yield ("labels", name), f"no tool that this rule means has a label {quoted(name)}{nearest(name, labels)}"
            for value in values if said else ():
                if value not in said:
                    yield ("labels", name), f"no tool that this rule means has {name}: {value}{nearest(value, said)}"
