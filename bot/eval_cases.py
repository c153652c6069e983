"""Eval sets: a file of cases, one JSON object a line, each with what comes in, what the tools answer, and what the agent has to do."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from agents.core.errors import ConfigError
from agents.core.tool import ToolSpec
from agents.evaluate import Expected, Pattern
from bot.config_mistakes import nearest
from bot.config_shape import Shape, Text
from tools.replay import Recorded


class AlertCase(Shape):
    """An alert, as a webhook would have told it."""

    title: Text
    severity: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    text: str = ""
    status: Literal["firing", "resolved"] = "firing"


class ResultCase(Shape):
    """What a tool answers; the first that fits a call counts."""

    tool: Text
    """A tool's name, or a pattern such as `metrics_*`."""
    text: str
    where: dict[str, Pattern] = Field(default_factory=dict)
    """Only to calls in whose arguments this is found; `*` is all of them together."""
    after: str = ""
    """Only once this tool has run."""
    outcome: Literal["done", "failed", "unknown"] = "done"

    @property
    def recorded(self) -> Recorded:
        """As the tools take it."""
        return Recorded(**self.model_dump())


class AnswerCase(Shape):
    """What people answer when the run asks them about a tool's call. A question without an answer ends the case there."""

    tool: Text
    choice: Literal["approve", "deny", "reply", "happened", "retry", "abandon"]
    words: str = ""
    """The reason of a denial, or the reply."""


class Case(Shape):
    """One case."""

    name: Text
    about: str = ""
    """What it is to show, for the person who reads the table."""
    text: str = ""
    """What a person asks; empty where alerts come in."""
    alerts: tuple[AlertCase, ...] = ()
    results: tuple[ResultCase, ...] = ()
    answers: tuple[AnswerCase, ...] = ()
    expect: Expected
    offline: bool = False
    """Whether the sandbox's offline model has a scene for it."""

    @model_validator(mode="after")
    def _begins(self) -> "Case":
        if bool(self.text) == bool(self.alerts):
            raise ValueError("a case begins with text, or with alerts")
        if self.alerts and self.alerts[0].status != "firing":
            raise ValueError("the first alert of a case has to fire")
        return self

    def tools(self) -> tuple[str, ...]:
        """The tools that it names without a pattern in them."""
        expect = self.expect
        steps = (*expect.proposes, *expect.never)
        answered = (*(one.tool for one in self.results), *(one.tool for one in self.answers))
        named = (*answered, *(step.tool for step in steps), *expect.read, *expect.checks, *expect.decides)
        return tuple(dict.fromkeys(name for name in named if not any(sign in name for sign in "*?[")))


_CASE = TypeAdapter(Case)
_SHARED = TypeAdapter(tuple[ResultCase, ...])


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases in this file. Raises ConfigError, which lists every mistake with its line.

    A line that holds `results` alone is what the tools answer in all cases below it, where these say nothing else.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Write it: docs/evals.md shows how.") from error
    cases, mistakes, shared = list[Case](), list[str](), tuple[ResultCase, ...]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            if isinstance(said, dict) and said.keys() == {"results"}:
                shared = _SHARED.validate_python(said["results"])
                continue
            case = _CASE.validate_python(said)
            cases.append(case.model_copy(update={"results": (*case.results, *shared)}))
        except ValidationError as error:
            mistakes += [f"{path}:{number}  {_told(one)}" for one in error.errors(include_url=False)]
        except ValueError as error:
            mistakes.append(f"{path}:{number}  is no JSON: {error}")
    twice = {case.name for case in cases if sum(one.name == case.name for one in cases) > 1}
    mistakes += [f"{path}: there are two cases by the name {name}" for name in sorted(twice)]
    if not cases and not mistakes:
        mistakes.append(f"{path} holds no case; each is one JSON object on a line of its own.")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return tuple(cases)


def check_tools(cases: Sequence[Case], tools: dict[str, ToolSpec], advice: str) -> None:
    """Every tool that a case names exists. Raises ConfigError, with this advice."""
    wrong = [
        f"the case {case.name} names the tool {name}, which the agent does not have{nearest(name, tools)}"
        for case in cases for name in case.tools() if name not in tools
    ]
    if wrong:
        raise ConfigError("\n".join([*wrong, advice]))


def _told(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"
