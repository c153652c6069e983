"""Plays scenes: finds the one that a request asks for, the turn that is due, and fills in its placeholders.

Placeholders are `{service}` (a named group of the match, or a default; `{number count}` for one that is a number),
`{tool.path.in.its.result}` for the newest result of a tool, `{tool(argument=value).path}` for the newest call with that argument,
`{first tool.path}` for the oldest, `{denied.by}` and `{denied.reason}`, and `{edited.by}` and `{edited.changes}` of the newest call that
people changed. `{said}` is the newest text of a person, `{tool.text}` the result as it was told. What a scene `reads` in results has the
name that it gives it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.model_request import CountRequest, Text, ToolResult
from bot.sandbox.scene_talk import Exchange, Outcome, Talk, at_path, since
from bot.sandbox.scenes import Match, Read, Scene, Turn, When

_PLACEHOLDER = re.compile(r"\{((?:first |number )?[A-Za-z_]\w*(?:\(\w+=[^(){}]*\))?(?:\.[\w-]+)*)\}")
_SOURCE = re.compile(r"(?P<which>first |number )?(?P<name>\w+)(?:\((?P<argument>\w+)=(?P<value>[^)]*)\))?(?P<path>(?:\.[\w-]+)*)")
_FENCED = re.compile(r'\A<message from="[^"]*">\n(.*)\n</message>\Z', re.DOTALL)
"""What the product puts around the words of a person."""
_UNKNOWN = "unknown"
_LONGEST_QUOTE = 300
_GO_ON = re.compile(r"\b(continue|go on|carry on|proceed|cut off|finish)\b", re.IGNORECASE)


@dataclass(frozen=True)
class PlannedCall:
    """A call that the model asks for."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the model does in its turn."""

    text: str
    calls: tuple[PlannedCall, ...] = ()
    thought: str = ""
    """Before it says anything."""
    thought_again: str = ""
    """Between its words and its calls."""


class _Missing(Exception):
    """A placeholder of a call has no value."""


def play(scenes: Sequence[Scene], request: CountRequest) -> Answer:
    """The answer to a request: the due turn of the newest question that a scene knows, or a word on what can be asked.

    Words in the middle of a run, next to results or asking to go on, leave its scene playing; other new words after an answer end it.
    Where the request forbids tools and the due turn would call some, the results so far are told instead.
    """
    turns = list(request.turns())
    for index, (role, blocks) in reversed(list(enumerate(turns))):
        if role != "user":
            continue
        texts = [block.text for block in blocks if isinstance(block, Text)]
        for text in reversed(texts):
            found = _scene_for(scenes, request, text)
            if found is not None:
                scene, groups = found
                talk = _with_readings(scene.reads, since(request, index, scene.defaults | groups))
                answer = _play(scene, talk)
                return Answer(_closing(talk)) if answer.calls and request.forbids_tools() else answer
        if not any(isinstance(block, ToolResult) for block in blocks) and not any(_GO_ON.search(text) for text in texts):
            break
    return Answer(introduction(scenes))


def introduction(scenes: Sequence[Scene]) -> str:
    """What the model says to a question that no scene knows: the scenes that are tried last are the plainest, so they are told first."""
    titles = "\n".join(f"- {scene.title}" for scene in reversed(scenes) if scene.listed)
    return f"I am the sandbox's offline model: I play written scenes and cannot answer freely. You can ask me, for example:\n{titles}"


def _scene_for(scenes: Sequence[Scene], request: CountRequest, text: str) -> tuple[Scene, dict[str, str]] | None:
    """The last line that a scene knows decides, then the text as a whole: quoted history comes before the new words."""
    lines = [line for line in text.splitlines() if line.strip()]
    for part in [*reversed(lines), text]:
        for scene in scenes:
            groups = _groups(scene.match, request, part, text)
            if groups is not None:
                return scene, groups
    return None


def _groups(match: Match, request: CountRequest, text: str, whole: str) -> dict[str, str] | None:
    offered = {tool.name for tool in request.tools}
    system = request.system_text().lower()
    if not offered.issuperset(match.tools) or not all(word.lower() in system for word in match.system):
        return None
    around = re.search(match.around or "", whole, re.IGNORECASE)
    for pattern in match.text:
        found = re.search(pattern, text, re.IGNORECASE)
        if found is not None and around is not None:
            return {name: value for name, value in (around.groupdict() | found.groupdict()).items() if value is not None}
    return None


def _play(scene: Scene, talk: Talk) -> Answer:
    for turn in scene.turns:
        if not _holds(turn.when, talk):
            continue
        try:
            calls = tuple(PlannedCall(call.tool, _filled(call.arguments, talk)) for call in turn.calls)
        except _Missing:
            continue
        return Answer(_said(turn, talk), calls, turn.think, turn.think_again)
    return Answer(_closing(talk))


def _holds(when: When, talk: Talk) -> bool:
    return _calls_hold(when, talk) and _outcomes_hold(when, talk) and _texts_hold(when, talk)


def _calls_hold(when: When, talk: Talk) -> bool:
    called = {one.tool for one in talk.exchanges}
    return (
        when.turn in (None, talk.turn)
        and called.issuperset(when.called)
        and called.isdisjoint(when.not_called)
        and (not when.after or any(one.tool in when.after for one in talk.previous))
        and all(len(talk.of(tool)) < count for tool, count in when.fewer_than.items())
    )


def _outcomes_hold(when: When, talk: Talk) -> bool:
    newest = {one.tool: one.outcome for one in talk.exchanges}
    return (
        all(newest.get(tool) in wanted for tool, wanted in when.outcome.items())
        and all((calls := talk.of(tool)) and calls[-1].edit for tool in when.edited)
        and (not when.previous or any(one.outcome in when.previous for one in talk.previous))
        and all(_value(source, talk) == wanted for source, wanted in when.where.items())
        and all((found := _number(source, talk)) is not None and found > bound for source, bound in when.above.items())
        and all((found := _number(source, talk)) is not None and found < bound for source, bound in when.below.items())
    )


def _texts_hold(when: When, talk: Talk) -> bool:
    results = [one.text for one in talk.exchanges]
    return (
        (when.last_result is None or (bool(results) and _found(when.last_result, results[-1])))
        and (when.any_result is None or any(_found(when.any_result, text) for text in results))
        and (when.user is None or _found(when.user, talk.said))
    )


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _with_readings(reads: Mapping[str, Read], talk: Talk) -> Talk:
    """The talk with what a scene reads in its results; what does not stand there stays unknown."""
    found = {name: text for name, read in reads.items() if (text := _reading(read, talk)) is not None}
    return replace(talk, question=talk.question | found)


def _reading(read: Read, talk: Talk) -> str | None:
    calls = [
        one for one in talk.of(read.tool)
        if all(_found(pattern, str(one.arguments.get(name, ""))) for name, pattern in read.where.items())
    ]
    found = re.search(read.take, calls[0 if read.first else -1].text, re.IGNORECASE | re.MULTILINE) if calls else None
    return found[1] if found else None


def _number(source: str, talk: Talk) -> float | None:
    try:
        return float(_value(source, talk))
    except (TypeError, ValueError):
        return None


def _value(source: str, talk: Talk) -> Any:
    """What a placeholder stands for; None when there is nothing."""
    parts = _SOURCE.fullmatch(source)
    if parts is None:
        return None
    path = parts["path"].split(".")[1:]
    if parts["name"] in talk.question and not path:
        said = talk.question[parts["name"]]
        return int(said) if parts["which"] == "number " and said.isdecimal() else said
    if source == "said":
        return _FENCED.sub(r"\1", talk.said)
    if parts["name"] in ("denied", "edited"):
        decisions = [one.edit if parts["name"] == "edited" else one.denial for one in talk.exchanges if _decided(one, parts["name"])]
        return (at_path(decisions[-1], path) or None) if decisions else None
    calls = [one for one in talk.of(parts["name"]) if _has(one, parts["argument"], parts["value"])]
    if not calls:
        return None
    call = calls[0 if parts["which"] == "first " else -1]
    return call.text if path == ["text"] else at_path(call.body, path)


def _decided(exchange: Exchange, how: str) -> bool:
    return bool(exchange.edit) if how == "edited" else exchange.outcome is Outcome.DENIED


def _has(exchange: Exchange, argument: str | None, value: str) -> bool:
    return argument is None or str(exchange.arguments.get(argument)) == value


def _said(turn: Turn, talk: Talk) -> str:
    return _PLACEHOLDER.sub(lambda match: _written(_value(match[1], talk)), turn.say).strip()


def _written(value: Any) -> str:
    if value is None:
        return _UNKNOWN
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _filled(template: Any, talk: Talk) -> Any:
    """Arguments with their placeholders filled in. One that is the whole text keeps the type of its value."""
    if isinstance(template, dict):
        return {name: _filled(value, talk) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, talk) for value in template]
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template)
    if whole is not None:
        return _given(whole[1], talk)
    return _PLACEHOLDER.sub(lambda match: _written(_given(match[1], talk)), template)


def _given(source: str, talk: Talk) -> Any:
    value = _value(source, talk)
    if value is None:
        raise _Missing
    return value


def _closing(talk: Talk) -> str:
    """An answer for a turn that nobody wrote: it tells the last results as they are."""
    lines = [f"- {one.tool}: {one.outcome.value.replace('_', ' ')}. {_quote(one.text)}" for one in talk.previous or talk.exchanges[-3:]]
    if not lines:
        return "The scene ends here, and no tool has answered yet."
    return "The scene ends here. The last results were:\n" + "\n".join(lines)


def _quote(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
