"""What a ticket is, whatever holds it, and what a tracker has to be able to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.ports import Failed, Unknown


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote below a ticket."""

    author: str
    created: str
    """ISO 8601."""
    text: str
    """Markdown, or what comes near it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket."""

    id: str
    """As people call it: `12`, `OPS-12`."""
    title: str
    status: str
    """By the tracker's own name."""
    open: bool
    """Whether there is something left to do."""
    author: str = ""
    assignee: str = ""
    labels: tuple[str, ...] = ()
    created: str = ""
    """ISO 8601."""
    updated: str = ""
    """ISO 8601."""
    url: str = ""
    """Where people read it."""
    description: str = ""
    """Markdown, or what comes near it; empty in a list."""
    comments: tuple[Comment, ...] = ()
    """The last ones, oldest first; empty in a list."""


@dataclass(frozen=True, slots=True)
class Written:
    """A ticket or a comment was written."""

    id: str
    """Of the ticket."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Moves:
    """Where a ticket is, and where it can go from there."""

    ticket: Ticket
    now: str
    possible: tuple[str, ...]
    """Statuses, by the tracker's own names."""


class Tracker(Protocol):
    """Somewhere that tickets are kept. It keeps to one project, and says so of a ticket that lies elsewhere."""

    def wrong(self, ticket: str) -> str | None:
        """Why this cannot be a ticket of the project; None where it can. Pure."""

    async def search(self, text: str, status: str, most: int) -> Sequence[Ticket] | Failed:
        """Tickets that hold these words (all of them if empty), `open`, `closed` or `any`, the last updated first."""

    async def read(self, ticket: str, comments: int) -> Ticket | Failed:
        """One ticket with its last comments."""

    async def create(self, title: str, text: str, labels: Sequence[str], key: str) -> Written | Failed | Unknown:
        """Open a ticket. `key` is the call's: it makes the ticket findable."""

    async def comment(self, ticket: str, text: str, key: str) -> Written | Failed | Unknown:
        """Write below a ticket."""

    async def moves(self, ticket: str) -> Moves | Failed:
        """Where it can go."""

    async def move(self, ticket: str, status: str) -> Written | Failed | Unknown:
        """Give it another status, one of the possible ones, in any case of letters."""

    async def label(self, ticket: str, labels: Sequence[str]) -> Written | Failed | Unknown:
        """Add labels; those that it has stay."""

    async def created(self, key: str) -> bool | None:
        """Whether the ticket of the call with this key is there; None where it cannot be told."""

    async def commented(self, ticket: str, key: str) -> bool | None:
        """Whether the comment of the call with this key is there; None where it cannot be told."""


def chosen(moves: Moves, status: str) -> str | Failed:
    """The status as the tracker writes it."""
    found = next((one for one in moves.possible if one.lower() == status.strip().lower()), None)
    where = ", ".join(moves.possible) or "nowhere"
    return found or Failed(f"Ticket {moves.ticket.id} is {moves.now!r} and cannot be moved to {status!r}. It can go to: {where}.")
