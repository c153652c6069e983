"""Sweeps: what time alone makes happen to runs."""

import logging
from collections.abc import Awaitable, Callable

from agents.core.errors import CountersignError
from agents.core.ids import AskId
from agents.ledger import Ledger
from agents.ports import Clock

log = logging.getLogger(__name__)


class ExpirySweep:
    """Closes questions whose time is up. What it misses while the bot is down, it finds when the bot is up again."""

    def __init__(self, ledger: Ledger, expire: Callable[[AskId], Awaitable[bool]], clock: Clock) -> None:
        self._ledger = ledger
        self._expire = expire
        self._clock = clock

    async def sweep(self) -> int:
        """Expire what is due; how many questions that closed."""
        closed = 0
        for ask_id in await self._ledger.expired(self._clock()):
            try:
                closed += await self._expire(ask_id)
            except CountersignError:  # one run that cannot be read must not keep the others waiting for ever
                log.exception("%s could not be closed", ask_id)
        if closed:
            log.info("%d approvals expired", closed)
        return closed
