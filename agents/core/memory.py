"""What agents remember across runs: one memory, whose it is, where it came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.core.ids import ActorId, RunId

HALF_LIFE = timedelta(days=90)
"""Age at which half of what freshness adds to a memory's rank is gone."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memories are meant; None stands for anybody's."""

    book: str | None = None
    """The source of tools that they were stored with."""
    agent: str | None = None
    channel: str | None = None
    """Id of the channel in which the run spoke; empty for runs that are followed from the terminal."""


EVERYTHING = Scope()
"""All memories that there are."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be remembered."""

    key: str
    """Stored twice under one key, it is stored once."""
    book: str
    agent: str
    channel: str
    text: str
    topic: str
    tags: tuple[str, ...]
    run_id: RunId
    """The run that stores it; empty where a person did at the terminal."""
    actor: ActorId
    """Who caused the run."""
    tainted: bool
    """Whether the run had read what an outsider could have written."""
    at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered."""

    number: int
    """Counted upwards; a number is never used again."""
    note: Note
    relevance: float = 0.0
    """How well it fits the words that were searched for: more is better; 0 where none were."""

    @property
    def name(self) -> str:
        """What it is called by people and models: `m12`."""
        return f"m{self.number}"


def ranked(found: Iterable[Memory], now: datetime) -> tuple[Memory, ...]:
    """The most relevant first, where of two that fit equally well the fresher counts up to twice as much."""
    def rank(memory: Memory) -> float:
        age = max(now - memory.note.at, timedelta())
        return float(memory.relevance * (0.5 + 0.5 ** (1 + age / HALF_LIFE)))

    return tuple(sorted(found, key=rank, reverse=True))
