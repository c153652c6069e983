"""Whether the parts of the configuration fit each other: every name exists, and every question could be answered by somebody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.policy import Autonomy
from agents.core.rules import Rule
from agents.core.tool import Risk
from bot.config_agents import Draft
from bot.config_mistakes import nearest, quoted
from bot.config_policy import asked_by
from bot.config_rules import check_undos, untimely
from bot.config_shape import ApprovalConfig, ChannelConfig, ModelConfig, Role
from bot.config_source import Source, Where
from tools.tool import Outline

_USER = re.compile(r"(?:T[A-Z0-9]{2,20}/)?[UW][A-Z0-9]{2,20}|api/[a-z][a-z0-9_-]{0,63}")
"""Somebody whom an approval rule names: a person, or a program by its token."""


@dataclass(frozen=True, slots=True)
class Known:
    """What exists, by name; None for what is there but has mistakes of its own."""

    models: Mapping[str, ModelConfig | None]
    roles: Mapping[str, Role | None]
    tools: Mapping[str, Outline | None]


def check_models(source: Source, known: Known, environ: Mapping[str, str]) -> None:
    """Fallbacks exist and come to an end, and every key that is named is in the environment."""
    for tier, model in known.models.items():
        if model is None:
            continue
        if model.fallback is not None and model.fallback not in known.models:
            others = [name for name in known.models if name != tier]
            source.wrong(("models", tier, "fallback"), f"there is no tier {quoted(model.fallback)}{nearest(model.fallback, others)}")
        elif loop := _loop(tier, known.models):
            source.wrong(("models", tier, "fallback"), f"falls back in a circle: {' -> '.join(loop)}")
        if model.api_key_env and not environ.get(model.api_key_env):
            source.wrong(("models", tier, "api_key_env"), f"the environment has no {model.api_key_env}; set it to this tier's key")


def window(tier: str, models: Mapping[str, ModelConfig | None]) -> int:
    """Tokens that a tier and every tier that it falls back on can read and write at once."""
    least, seen = ModelConfig(model="any").window, set[str]()
    first = True
    while (model := models.get(tier)) and tier not in seen:
        least, first = model.window if first else min(least, model.window), False
        seen.add(tier)
        tier = model.fallback or tier
    return least


def check_roles(source: Source, known: Known) -> None:
    """Every role holds somebody."""
    for name, role in known.roles.items():
        if role is not None and not (role.users or role.usergroups or role.channels):
            source.wrong(("roles", name), "holds nobody; give it users: [U…], usergroups: [S…] or channels: [C…]")


def check_agent(agent: Draft, known: Known, policy: tuple[Rule, ...] = ()) -> None:
    """Its tier, its tools and its approvers exist, and whatever may wait for people has people."""
    source, where = agent.place("tier")
    if agent.tier not in known.models:
        source.wrong(where, f"there is no model tier {quoted(agent.tier)}{nearest(agent.tier, known.models)}")
    broken = agent.broken("approvals")
    for source, where, written in agent.written_rules():
        _check_names(agent, written, known, source, where)
    source, where = agent.place("tools")
    for number, tool in enumerate(agent.tools):
        place = (*where, number)
        if tool not in known.tools:
            source.wrong(place, f"there is no tool {quoted(tool)}{nearest(tool, known.tools)}")
        elif not broken and not _has_rule(agent, tool) and (why := _may_wait(known.tools[tool], agent, policy)):
            source.wrong(place, f"{why}, and nobody could decide; name its approvers")
    source, where = agent.place("approvals")
    for number, rule in enumerate(agent.approvals):
        people = _most_people(rule, known)
        if people is not None and rule.required > people:
            source.wrong((*where, number, "required"), f"it takes {rule.required} people, and the approvers are {people}")
        for key, text in untimely(rule):
            source.wrong((*where, number, key), text)
    check_undos(agent, known.tools)


def check_channels(source: Source, channels: Mapping[str, ChannelConfig], agents: Mapping[str, object]) -> None:
    """The agents of the channels exist, and channels are watched that can be."""
    for name, channel in channels.items():
        if channel.agent not in agents:
            source.wrong(("channels", name, "agent"), f"there is no agent {quoted(channel.agent)}{nearest(channel.agent, agents)}")
        for number, trigger in enumerate(channel.on if name == "dm" else ()):
            if trigger != "mention":
                source.wrong(("channels", name, "on", number), "every direct message is for the agent, so there is nothing to watch")


def _check_names(agent: Draft, rule: Mapping[str, Any], known: Known, source: Source, where: Where) -> None:
    """The tool and the approvers of a rule exist, as far as it names any that can be read."""
    tool, approvers, unknown = rule.get("tool"), rule.get("approvers"), source.unknown()
    if isinstance(tool, str) and not agent.broken("tools") and tool not in ("*", *agent.tools) and (*where, "tool") not in unknown:
        source.wrong((*where, "tool"), f"{quoted(tool)} is not among the tools of {agent.name}{nearest(tool, agent.tools)}")
    for number, name in enumerate(approvers if isinstance(approvers, list) else ()):
        place = (*where, "approvers", number)
        if isinstance(name, str) and name not in known.roles and not _USER.fullmatch(name) and place not in unknown:
            source.wrong(place, f"{quoted(name)} is neither a role nor a user id{nearest(name, known.roles)}")


def _most_people(rule: ApprovalConfig, known: Known) -> int | None:
    """How many people can approve at most; None where user groups, channels, or names with mistakes leave it open."""
    people: set[str] = set()
    for name in rule.approvers:
        role = known.roles.get(name)
        if role is not None and not role.usergroups and not role.channels:
            people |= set(role.users)
        elif name not in known.roles and _USER.fullmatch(name):
            people.add(name.rpartition("/")[2])
        else:
            return None
    return len(people)


def _has_rule(agent: Draft, tool: str) -> bool:
    return any(rule.tool in (tool, "*") for rule in agent.approvals)


def _may_wait(tool: Outline | None, agent: Draft, policy: tuple[Rule, ...]) -> str | None:
    """Why a call of this tool may come to wait for people: for a countersignature, or because nobody knows whether it happened."""
    if tool is None:
        return None
    if not tool.reads:
        shadow = agent.autonomy is Autonomy.SHADOW
        return None if shadow else f"{tool.name} has an effect: it may wait for approval or be left in doubt"
    if tool.risk is Risk.HIGH:
        return f"{tool.name} is a read of high risk: it may wait for approval (with risk: low it would not)"
    often = f"{tool.name} asks when it is called more than {tool.per_minute} times a minute" if tool.per_minute else None
    return often or asked_by(policy, agent.name, tool)


def _loop(tier: str, models: Mapping[str, ModelConfig | None]) -> tuple[str, ...] | None:
    """The circle of fallbacks that begins and ends at this tier."""
    way = [tier]
    while (model := models.get(way[-1])) and model.fallback:
        way.append(model.fallback)
        if model.fallback == tier:
            return tuple(way)
        if model.fallback in way[:-1]:
            return None  # the circle does not pass here; it is reported where it does
    return None
