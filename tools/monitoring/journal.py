"""Our own journal as a source of monitors: how the agents do."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from agents.core.errors import JournalError
from agents.figures import WINDOW, Work, WorkBook, figures
from agents.monitors import Monitor, Reading, Sample, Series, SourceDown

DAY = timedelta(days=1)


class JournalSource:
    """Implements `MonitorSource`: one series for each figure of each agent, see `agents/figures.py`."""

    has_past = True

    def __init__(self, book: WorkBook, agents: Collection[str], most: Mapping[str, float]) -> None:
        """`agents` are those that are watched, `most` the limit of those that have one for a day, in US dollars."""
        self._book = book
        self._agents = agents
        self._most = most

    async def read(self, monitor: Monitor, since: datetime, until: datetime) -> Reading:
        """A sample stands for the hour that ends with its bucket. Raises SourceDown."""
        try:
            work = await self._book.work(since - max(DAY, WINDOW))
        except JournalError as error:
            raise SourceDown(f"The journal could not be read: {error}") from error
        by_agent: defaultdict[str, list[Work]] = defaultdict(list)
        for one in work:
            by_agent[one.agent].append(one)
        wanted = {watch.column: watch.name for watch in monitor.watches}
        samples = []
        at = since
        while at < until:
            for agent in self._agents:
                values = figures(by_agent[agent], at + monitor.bucket).values(self._most.get(agent))
                samples += [
                    Sample(Series(monitor.name, wanted[name], f"agent={agent}").key, at, value)
                    for name, value in values.items() if name in wanted
                ]
            at += monitor.bucket
        return Reading(tuple(samples))
