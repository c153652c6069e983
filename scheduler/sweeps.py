"""Sweeps: what time alone makes happen to runs."""

import logging
from collections.abc import Awaitable, Callable

from agents.core.budget import day_reached
from agents.core.errors import CountersignError
from agents.core.events import Limit
from agents.core.ids import AskId, RunId
from agents.ledger import Ledger
from agents.ports import Clock
from agents.spec import RulesFor

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


class BudgetSweep:
    """Wakes the runs that wait for their agent's day where it may spend again: somebody raised it in another run, or a day has begun."""

    def __init__(self, ledger: Ledger, rules_for: RulesFor, wake: Callable[[RunId], None]) -> None:
        self._ledger = ledger
        self._rules_for = rules_for
        self._wake = wake

    async def sweep(self) -> int:
        """Wake them; how many there were."""
        paused = await self._ledger.paused(Limit.DAY)
        rules = {agent: self._rules_for(agent) for _, agent in paused}
        free = {agent for agent, r in rules.items() if r.halt is None and day_reached(agent, r.limits, r.used) is None}
        woken = [run_id for run_id, agent in paused if agent in free]
        for run_id in woken:
            self._wake(run_id)
        return len(woken)
