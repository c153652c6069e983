"""Bounded decisions that an agent brings along, and what it wants of the tools that it is given."""

import fnmatch
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from bot.config_agents import Draft
from bot.config_shape import DecisionParts, WantConfig
from tools.decision import DecisionConfig
from tools.source import Entry


def decisions_of(draft: Draft) -> dict[str, DecisionConfig]:
    """The agent's decisions: what the configuration says of each, over what the agent says. One that is not whole is a mistake there."""
    said: dict[str, list[DecisionParts]] = {}
    for layer in reversed(draft.layers):
        for name, parts in (layer.parts.decisions or {}).items():
            said.setdefault(name, []).append(parts)
    whole: dict[str, DecisionConfig] = {}
    for name, many in said.items():
        try:
            whole[name] = DecisionConfig.model_validate(_merged(many))
        except ValidationError as error:
            source, where = draft.place("decisions")
            first = error.errors(include_url=False)[0]
            why = "is missing" if first["type"] == "missing" else str(first["msg"]).removeprefix("Value error, ")
            source.wrong((*where, name), ": ".join((*map(str, first["loc"]), why)))
    return whole


def _merged(many: list[DecisionParts]) -> dict[str, object]:
    """Later parts go before earlier ones; a name is either picked or written."""
    said: dict[str, object] = {}
    choices: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for parts in many:
        texts = {name: text for name, text in texts.items() if name not in parts.choices} | parts.texts
        choices = {name: options for name, options in choices.items() if name not in parts.texts} | parts.choices
        said |= parts.model_dump(include={"description", "unsure_below"}, exclude_none=True)
    return {**said, "choices": choices, "texts": texts}


def wants_of(draft: Draft) -> dict[str, WantConfig]:
    """What the agent's own file says that it wants."""
    return {name: want for layer in reversed(draft.layers) for name, want in (layer.parts.wants or {}).items()}


def lacking(wants: Mapping[str, WantConfig], tools: tuple[str, ...], sources: tuple[Entry, ...]) -> Iterator[tuple[str, str]]:
    """What none of the agent's tools gives it, with why it is wanted. A tool gives it by its kind of source or by its name."""
    kinds = [(entry.name, type(entry).model_fields.keys() - Entry.model_fields.keys()) for entry in sources]
    for name, want in wants.items():
        given = any(
            any(fnmatch.fnmatch(tool, pattern) for pattern in want.any_of)
            or any(want.any_of and kind & set(want.any_of) and (tool == source or tool.startswith(f"{source}_")) for source, kind in kinds)
            for tool in tools
        )
        if not given:
            yield name, want.why
