"""What a run can do next, as values: made by `decide`, carried out by the loop."""

from dataclasses import dataclass

from agents.core import events as e
from agents.core.ids import CallId


@dataclass(frozen=True, slots=True)
class Record:
    """Write down what follows from what is known; nothing happens outside."""

    event: e.Event
    key: str


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the model for its next turn."""

    step: int
    tier: str
    key: str = "model"
    taints: bool = False
    """Whether it is shown descriptions that outsiders wrote."""


@dataclass(frozen=True, slots=True)
class RunTool:
    """Have the effect of a call that was let run or approved."""

    call_id: CallId
    attempt: int
    key: str


@dataclass(frozen=True, slots=True)
class AskProbe:
    """Ask the tool whether an interrupted call happened."""

    call_id: CallId
    key: str


@dataclass(frozen=True, slots=True)
class CheckRights:
    """Look up whether whoever let a call run still may."""

    call_id: CallId
    key: str


@dataclass(frozen=True, slots=True)
class AskPeople:
    """Take the preview of a call and ask people to countersign it."""

    call_id: CallId
    key: str


@dataclass(frozen=True, slots=True)
class PostMessage:
    """Post a message of the run in Slack."""

    post: str
    search: bool
    """Whether it may stand there already."""
    key: str


@dataclass(frozen=True, slots=True)
class UpdateMessage:
    """Make a message show the run's present state."""

    post: str
    key: str


Action = Record | AskModel | RunTool | AskProbe | CheckRights | AskPeople | PostMessage | UpdateMessage
"""What can be done next. `key` names what it is done to: of two actions with one key only one may be under way."""
