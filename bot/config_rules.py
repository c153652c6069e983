"""Whether what the rules promise can be kept: reminders while a question is open, undos that are calls which can be made."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from agents.core.undo import PLACE, places
from bot.config_agents import Draft, rule_of
from bot.config_mistakes import nearest, quoted
from bot.config_shape import ApprovalConfig
from bot.config_source import Source
from bot.duration import show
from tools.argument import Argument
from tools.http_config import HttpToolConfig
from tools.tool import Outline

Tools = Mapping[str, HttpToolConfig | None]
"""By name; None for those with mistakes of their own."""


def untimely(rule: ApprovalConfig) -> Iterator[tuple[str, str]]:
    """What is wrong with the times of a rule, each with its key."""
    open_for = f"the question is open for {show(rule.expires)} only (expires)"
    if rule.remind and rule.remind >= rule.expires:
        yield "remind", f"nobody would be reminded: {open_for}"
    if rule.escalate_after and not rule.escalate:
        yield "escalate_after", 'says when, and not where; name a channel: escalate: "#name"'
    if not rule.escalate:
        return
    if rule.escalate_after and rule.remind and rule.escalate_after <= rule.remind:
        yield "escalate_after", f"comes before the reminder, which is after {show(rule.remind)}; people are reminded first"
    after = rule_of(rule, {}).escalates
    if after and after >= rule.expires and not (rule.remind and rule.remind >= rule.expires):
        said = "" if rule.escalate_after else f", twice remind ({show(after)})"
        yield "escalate_after" if rule.escalate_after else "escalate", f"the second channel would never be told{said}: {open_for}" + (
            "" if rule.escalate_after else "; set escalate_after"
        )


def check_undo_calls(source: Source, content: Mapping[str, Any], tools: Tools) -> None:
    """The call that takes another back is a call of a tool that there is, with arguments that fit it as far as they are known."""
    items = content.get("tools")
    for number, item in enumerate(items if isinstance(items, list) else ()):
        config = tools.get(str(item.get("name"))) if isinstance(item, dict) else None
        if config is None or config.undo is None:
            continue
        if config.undo.tool not in tools:
            text = f"there is no tool {quoted(config.undo.tool)}{nearest(config.undo.tool, tools)}"
            source.wrong(("tools", number, "undo", "tool"), text)
        elif inverse := tools[config.undo.tool]:
            for where, text in _unfit(config, config.undo.arguments, inverse):
                source.wrong(("tools", number, "undo", "arguments", *where), text)


def check_undos(agent: Draft, tools: Mapping[str, Outline | None]) -> None:
    """Whoever can make a call can take it back: the agent has the tools that its tools are undone with."""
    source, where = agent.place("tools")
    for number, name in enumerate(agent.tools):
        tool = tools.get(name)
        if tool and tool.undo in tools and tool.undo not in agent.tools:
            source.wrong((*where, number), f"{name} is undone with {tool.undo}, which {agent.name} does not have; give it both")


def _unfit(config: HttpToolConfig, arguments: Mapping[str, Any], inverse: HttpToolConfig) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, template in arguments.items():
        target = inverse.arguments.get(name)
        if target is None:
            yield (name,), f"{inverse.name} has no argument {quoted(name)}{nearest(name, inverse.arguments)}"
        elif why := _misfit(template, target, config):
            yield (name,), why
    for name, target in inverse.arguments.items():
        if not target.optional and name not in arguments:
            yield (), f"{inverse.name} needs {name}; say what it would be"


def _misfit(template: Any, target: Argument, config: HttpToolConfig) -> str | None:
    """Why this template can never make a value that the argument takes; None where it may, or where nobody can tell."""
    if not places(template):
        fits = Draft202012Validator(target.json_schema).is_valid(template)
        return None if fits else f"{quoted(template)} does not fit that argument"
    alone = PLACE.fullmatch(template) if isinstance(template, str) else None
    given = config.arguments.get(alone[1]) if alone else None
    kind = given.type if given else "string" if isinstance(template, str) and not alone else None
    if kind in (None, target.type) or (kind, target.type) == ("integer", "number"):
        return None
    return f"is {_a(kind or '')}, and has to be {_a(target.type)}"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"
