"""Which tools of other programs people have accepted, as sources of tools ask for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pin:
    """How a tool was described when an admin accepted it."""

    digest: str
    """SHA-256 of the definition."""
    definition: str
    """Canonical JSON; something else where it was erased since."""
    at: datetime
    """When it was accepted."""
    changed: bool
    """Whether the tool was seen with another definition since then. Then it is off."""


class Pins(Protocol):
    """What was accepted. It is durable, and people alone decide about it."""

    def pin(self, tool: str) -> Pin | None:
        """What was accepted of this tool; None where it never was."""

    async def changed(self, tool: str, definition: str) -> None:
        """Write down that a tool was seen with this definition, which is not the one that was accepted."""

    def watch(self, moved: Callable[[], None]) -> None:
        """Call this whenever something may have been accepted."""


class NoPins:
    """Where nothing was ever accepted. Implements `Pins`."""

    def pin(self, tool: str) -> Pin | None:
        """Nothing."""
        return None

    async def changed(self, tool: str, definition: str) -> None:
        """Nobody keeps it."""

    def watch(self, moved: Callable[[], None]) -> None:
        """Nothing will ever be accepted."""
