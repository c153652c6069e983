"""Which tools of MCP servers are trusted, as the journal has it."""

import logging
from collections.abc import Callable

from agents.core.errors import JournalError
from agents.core.switches import Switches
from agents.standing import Standing
from agents.switchboard import Switchboard
from tools.pins import Pin

log = logging.getLogger(__name__)


class ReadPins:
    """As they were when the journal was read: for commands that look, beside a bot or without one. Implements `tools.pins.Pins`."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def pin(self, tool: str) -> Pin | None:
        """What was accepted of this tool."""
        return _pin(self._switches, tool)

    async def changed(self, tool: str, definition: str) -> None:
        """The bot sees it too, and writes it down."""

    def watch(self, moved: Callable[[], None]) -> None:
        """Nothing moves."""


class JournalPins:
    """As they are at this moment. Implements `tools.pins.Pins`."""

    def __init__(self, standing: Standing, switchboard: Switchboard) -> None:
        self._standing = standing
        self._switchboard = switchboard

    def pin(self, tool: str) -> Pin | None:
        """What was accepted of this tool."""
        return _pin(self._standing.switches, tool)

    async def changed(self, tool: str, definition: str) -> None:
        """Write it down. Where that fails the tool is off all the same, and its change is seen again at the next start."""
        try:
            await self._switchboard.tool_changed(tool, definition)
        except JournalError as error:
            log.error("That %s changed could not be written down; it is off: %s", tool, error)

    def watch(self, moved: Callable[[], None]) -> None:
        """Call this whenever something was switched."""
        self._standing.watch(moved)


def _pin(switches: Switches, tool: str) -> Pin | None:
    trust = switches.trusts.get(tool)
    return Pin(trust.digest, trust.definition, trust.at, tool in switches.changes) if trust else None
