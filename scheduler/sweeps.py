"""Sweeps: what time alone makes happen to runs."""

import logging
from collections.abc import Awaitable, Callable

from agents.core.errors import CountersignError
from agents.core.ids import AskId
from agents.ledger import Ledger
from agents.ports import Clock

log = logging.getLogger(__name__)


class QuestionSweep:
    """Reminds of questions, shows them in a second channel, and closes those whose time is up.

    What it misses while the bot is down, it finds when the bot is up again.
    """

    def __init__(self, ledger: Ledger, tick: Callable[[AskId], Awaitable[bool]], clock: Clock) -> None:
        self._ledger = ledger
        self._tick = tick
        self._clock = clock

    async def sweep(self) -> int:
        """Do what is due; for how many questions something was."""
        moved = 0
        for ask_id in await self._ledger.due(self._clock()):
            try:
                moved += await self._tick(ask_id)
            except CountersignError:  # one run that cannot be read must not keep the others waiting for ever
                log.exception("%s could not be looked after", ask_id)
        if moved:
            log.info("%d questions were closed, reminded of or shown elsewhere", moved)
        return moved
