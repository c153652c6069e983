"""A conversation as a scene sees it: what was asked, which calls were made since, and what came of each.

Results are read leniently, because the product may put a line of text around the JSON of an answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.sandbox.model_request import CountRequest, Text, ToolResult, ToolUse


class Outcome(StrEnum):
    """What came of a call, in the words of its result."""

    OK = "ok"
    """It ran and this is its answer."""
    DENIED = "denied"
    """A person or a rule said no."""
    EXPIRED = "expired"
    """Nobody answered in time."""
    IN_DOUBT = "in_doubt"
    """It was started and nobody knows what came of it."""
    HAPPENED = "happened"
    """It was in doubt, and a person said that it happened."""
    ABANDONED = "abandoned"
    """It was in doubt, and a person said to let it be."""
    FAILED = "failed"
    """It ran into an error."""


_WORDS = (
    (Outcome.HAPPENED, r"confirmed that it happened"),
    (Outcome.ABANDONED, r"\babandoned\b"),
    (Outcome.IN_DOUBT, r"outcome (?:is )?unknown|\bin doubt\b"),
    (Outcome.DENIED, r"\A\W*denied\b"),
    (Outcome.EXPIRED, r"\bexpired\b|nobody (?:answered|approved)"),
)
_ONLY_IN_ERRORS = {Outcome.DENIED, Outcome.EXPIRED}
_DENIAL = re.compile(
    r"denied by (?P<by>[^:\n(]+?)(?: without a reason\.?)?\s*(?:\((?P<rules>[^)]*)\).*|:\s*(?P<reason>.+))?\Z", re.IGNORECASE | re.DOTALL
)
_REJECTED = re.compile(r"malformed|not (?:a |valid )?json|does not fit|do not fit|invalid arguments?|is not of type", re.IGNORECASE)
_FENCE = re.compile(r'\A<output tool="[^"]*">\n(?P<inside>.*)\n</output>\Z', re.DOTALL)
"""What the product puts around the words of a tool."""
_EDIT = re.compile(r"\A(?P<by>[^\n]+) changed the call's arguments before it was decided\. They are now: (?P<now>\{[^\n]*\})\n")
"""What the product puts before the result of a call that people changed."""
_OPENING = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Exchange:
    """One call and its result."""

    tool: str
    arguments: dict[str, Any]
    turn: int
    """The model's turn in which it was called, 1 for the first since the question."""
    text: str
    """The result as it was told, without the fence around it."""
    body: Any
    """The JSON in it, None when there is none."""
    outcome: Outcome
    changed_by: str = ""
    """Who changed its arguments before it was decided; empty where nobody did."""
    changed_to: Mapping[str, Any] = field(default_factory=dict)
    """The arguments after that."""

    @property
    def edit(self) -> dict[str, str]:
        """Who changed it, and what into what; empty where nobody did."""
        names = [name for name in {**self.arguments, **self.changed_to} if self.arguments.get(name) != self.changed_to.get(name)]
        told = [f"{name} from {self.arguments.get(name, 'nothing')} to {self.changed_to.get(name, 'nothing')}" for name in names]
        return {"by": self.changed_by, "changes": "; ".join(told)} if self.changed_by else {}

    @property
    def denial(self) -> dict[str, str]:
        """Who denied it and why, as far as the result tells it."""
        found = _DENIAL.search(self.text.strip())
        if self.outcome is not Outcome.DENIED or found is None:
            return {"by": "somebody", "reason": self.text}
        return {"by": found["by"], "reason": found["reason"] or found["rules"] or "no reason given"}


@dataclass(frozen=True)
class Talk:
    """Everything since the question that a scene answers."""

    question: dict[str, str]
    """What the scene's match found in the question, by group name."""
    exchanges: tuple[Exchange, ...]
    """Calls with a result since then, oldest first."""
    turn: int
    """The number of the model's turn that is due, 1 for the first. Turns count that called something and were not sent back whole."""
    said: str
    """The newest text of a person."""

    @property
    def previous(self) -> list[Exchange]:
        """The calls of the model's last turn."""
        return [one for one in self.exchanges if one.turn == self.turn - 1]

    def of(self, tool: str) -> list[Exchange]:
        """The calls of one tool, oldest first."""
        return [one for one in self.exchanges if one.tool == tool]


def since(request: CountRequest, start: int, question: dict[str, str]) -> Talk:
    """The talk that began with the person's turn at index `start`."""
    turn, calls, exchanges = 1, dict[str, ToolUse](), list[Exchange]()
    for role, blocks in list(request.turns())[start + 1 :]:
        if role == "assistant":
            calls = {block.id: block for block in blocks if isinstance(block, ToolUse)}
            continue
        results = [block for block in blocks if isinstance(block, ToolResult) and block.tool_use_id in calls]
        accepted = [_exchange(calls[result.tool_use_id], turn, result) for result in results if not _rejected(result)]
        exchanges += accepted
        turn += bool(accepted)
    said = [block.text for role, blocks in request.turns() if role == "user" for block in blocks if isinstance(block, Text)]
    return Talk(question, tuple(exchanges), turn, said[-1] if said else "")


def _rejected(result: ToolResult) -> bool:
    """Whether a call was sent back because its arguments were malformed: then the scene makes it again, as a model would."""
    return result.is_error and _REJECTED.search(result.text) is not None


def _exchange(call: ToolUse, turn: int, result: ToolResult) -> Exchange:
    edit = _EDIT.match(result.text)
    told = result.text[edit.end():] if edit else result.text
    fenced = _FENCE.match(told)
    text = fenced["inside"] if fenced else told
    body, around = find_json(text)
    outcome = _outcome(around, result.is_error)
    if edit is None:
        return Exchange(call.name, call.input, turn, text, body, outcome)
    return Exchange(call.name, call.input, turn, text, body, outcome, edit["by"], find_json(edit["now"])[0] or {})


def _outcome(around: str, is_error: bool) -> Outcome:
    for outcome, words in _WORDS:
        if (is_error or outcome not in _ONLY_IN_ERRORS) and re.search(words, around, re.IGNORECASE):
            return outcome
    return Outcome.FAILED if is_error else Outcome.OK


def find_json(text: str) -> tuple[Any, str]:
    """The longest JSON object or list in a text, and the text around it; None and the whole text when there is none."""
    best: tuple[Any, int, int] = (None, 0, 0)
    at = 0
    while (match := _OPENING.search(text, at)) is not None:
        at = match.start()
        try:
            body, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if end - at > best[2] - best[1]:
            best = (body, at, end)
        at = end
    return best[0], text[: best[1]] + text[best[2] :]


def at_path(body: Any, path: Sequence[str]) -> Any:
    """What lies at a path of names and list indexes, such as ["deploys", "0", "version"]; None where it ends early."""
    for step in path:
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and step.lstrip("-").isdigit() and -len(body) <= int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    return body
