"""What a forecast that fires is told with: who could give capacity to whom, in numbers."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from agents.monitors import Measure, Watch
from agents.pools import Pools, Prospect, pool_of
from agents.reallocation import proposal_of
from scheduler.telling import News

log = logging.getLogger(__name__)


class Proposals:
    """Made from what is kept at that moment. After a crash it is made again, and told once, because news have keys of their own."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    async def proposing(self, news: Sequence[News], now: datetime) -> tuple[News, ...]:
        """The same; those about capacity that can be moved with a proposal. Raises JournalError where what is kept cannot be read."""
        known: dict[str, tuple[Prospect, ...]] = {}
        made = []
        for one in news:
            watch = _watch_of(one)
            if watch is not None and one.signal.status == "firing":
                pool = pool_of(one.monitor, watch)
                if pool not in known:
                    known[pool] = await self._pools.prospects(self._pools.pool(pool), now)
                one = await _with_proposal(one, watch, known[pool])
            made.append(one)
        return tuple(made)


async def _with_proposal(news: News, watch: Watch, prospects: Sequence[Prospect]) -> News:
    try:
        found = await asyncio.to_thread(proposal_of, prospects, watch.within.days)
    except ValueError as error:  # numbers that are none, from a source: the report goes without
        log.warning("%s: no reallocation can be proposed: %s", news.monitor.name, error)
        return news
    return news.proposing(found.text, tainted=any(one.line.dimensions for one in prospects))


def _watch_of(news: News) -> Watch | None:
    """The forecast that it is of, where capacity can be moved."""
    forecasts = (one for one in news.monitor.watches if one.measure is Measure.FORECAST and one.pool is not None)
    return next((one for one in forecasts if one.name == news.finding.measure), None)
