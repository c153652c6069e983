"""Written scenes for the offline model: what a scene file holds, and how files are read.

A scene says which question it answers (`match`) and what the model does at each of its turns. The first turn whose `when` holds is
played. Nothing is remembered between requests: everything follows from the messages of the request.
"""

import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.sandbox.scene_talk import Outcome

FOLDER = Path(__file__).parent / "scenes"


class SceneError(Exception):
    """A scene file is wrong; the message names the file, the path in it, and what is wrong there."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression, searched without regard to case."""
ToolName = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Part):
    """Which requests a scene is for: all that is given has to hold."""

    text: list[Pattern] = Field(min_length=1)
    """One of these is found in a line of what a person said, or in all of it. Named groups become placeholders."""
    around: Pattern | None = None
    """Found in all of what was said, beside that line; its named groups become placeholders too."""
    tools: list[ToolName] = []
    """The request offers all of these tools."""
    system: list[str] = []
    """The system prompt has all of these words."""


class When(_Part):
    """When a turn is played: all that is given has to hold."""

    turn: int | None = None
    """The number of the model's turn since the question, from 1."""
    called: list[ToolName] = []
    """All of these have been called since the question."""
    not_called: list[ToolName] = []
    """None of these has been called."""
    after: list[ToolName] = []
    """One of these was called in the turn before."""
    fewer_than: dict[ToolName, int] = {}
    """These were called fewer times than that."""
    outcome: dict[ToolName, list[Outcome]] = {}
    """The newest call of the tool came out in one of these ways."""
    edited: list[ToolName] = []
    """The newest call of each of these was changed by people before it ran."""
    previous: list[Outcome] = []
    """A call of the turn before came out in one of these ways."""
    where: dict[str, Any] = {}
    """Placeholder, without its braces, to the value that it has to have."""
    above: dict[str, float] = {}
    """Placeholder to what its number has to be more than."""
    below: dict[str, float] = {}
    """Placeholder to what its number has to be less than."""
    last_result: Pattern | None = None
    """Found in the newest result."""
    any_result: Pattern | None = None
    """Found in some result."""
    user: Pattern | None = None
    """Found in the newest text of a person."""


class Read(_Part):
    """Something that stands in the words of a result, as a model would read it there."""

    tool: ToolName
    where: dict[str, Pattern] = {}
    """Only of calls in which these arguments have this in them."""
    take: Pattern
    """Its first group is what is read."""
    first: bool = False
    """Whether it is read in the oldest such result; otherwise in the newest."""


class ScriptedCall(_Part):
    """A call that the model asks for. Its arguments may hold {placeholders}."""

    tool: ToolName
    arguments: dict[str, Any] = {}


class Turn(_Part):
    """What the model says and calls in one turn."""

    when: When = When()
    think: str = ""
    """What it thinks first, as a block that comes back to it."""
    think_again: str = ""
    """What it thinks between its words and its calls, as a block that is hidden from people."""
    say: str = ""
    """Text, with {placeholders}."""
    calls: list[ScriptedCall] = []

    @model_validator(mode="after")
    def _does_something(self) -> "Turn":
        if not self.say and not self.calls:
            raise ValueError("a turn has to say or call something")
        return self


class Scene(_Part):
    """A question and how it is answered."""

    title: str = Field(min_length=1)
    """What a person may ask, told to those who ask something else."""
    listed: bool = True
    """Whether the title is offered to people who ask something else."""
    match: Match
    defaults: dict[str, str] = {}
    """Values of placeholders that the question did not give."""
    reads: dict[str, Read] = {}
    """Placeholders that are read in results."""
    turns: list[Turn] = Field(min_length=1)


def load(folder: Path = FOLDER) -> tuple[Scene, ...]:
    """All scenes of a folder in the order of their file names; SceneError for the first that is wrong."""
    return tuple(_read(path) for path in sorted(folder.glob("*.yaml")))


def _read(path: Path) -> Scene:
    try:
        return Scene.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        raise SceneError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SceneError(f"{path}: {where}: {first['msg']}") from error
