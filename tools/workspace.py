"""What the Slack tools need of a workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.ports import Caller, Failed, Unknown


@dataclass(frozen=True, slots=True)
class Said:
    """A message."""

    ts: str
    """Its id in the channel."""
    name: str
    """How people call whoever wrote it."""
    text: str
    """In plain words."""
    outsider: bool
    """Whether it was written by an app, or by somebody who is no full member of the workspace."""
    replies: int = 0
    """How many messages its thread has below it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Some of what was said in a channel or a thread."""

    channel: str
    """As people read it, such as `#incidents`."""
    messages: Sequence[Said]
    """Oldest first."""
    left_out: bool = False
    """Whether there are older ones."""


class Workspace(Protocol):
    """A workspace in which the bot is at home."""

    async def channel(self, name: str) -> str | Failed:
        """The id of `#name`; an id is its own."""

    async def read(self, channel: str, thread: str, limit: int, caller: Caller) -> Conversation | Failed:
        """The newest messages of a channel, or of a thread with its first message, if whoever caused the run may read them."""

    async def post(self, channel: str, thread: str, text: str, key: str, caller: Caller) -> str | Failed | Unknown:
        """Post in a channel, or in a thread; the message's address, or its id. `text` mentions nobody and links nowhere, whatever it is."""

    async def stands(self, channel: str, thread: str, key: str) -> bool | None:
        """Whether a message with this key stands there; None where it cannot be told."""
