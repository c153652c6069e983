"""Monitors and what they found, for whoever may see it: each list holds what happened in channels that its reader can see."""

import math
from collections import Counter
from datetime import datetime, timedelta

from agents.core.approval import Voter
from agents.found import Found, found
from agents.monitors import Looked, Monitor
from agents.noise import Loudness, Watched
from agents.ports import Clock
from agents.runs import Runs
from bot.listeners.words import Asked, Mistake, moment, nearest
from bot.views import findings as view
from bot.views.lists import Pages
from bot.views.message import Message
from bot.views.mrkdwn import escape
from bot.visibility import Visibility

PAGE = 10
"""Monitors, or findings, of one page."""

DAY = timedelta(days=1)
TRACES = 20
"""Series of one monitor that are looked at."""


class Monitoring:
    """Words to query to message. It checks no level, but in each answer what the person may see."""

    def __init__(self, watched: Watched, *, runs: Runs, visibility: Visibility, workspace: str, clock: Clock) -> None:
        """`workspace` is its address, for links."""
        self._monitors = watched.monitors
        self._samples = watched.samples
        self._findings = watched.findings
        self._noise = watched.noise
        self._runs = runs
        self._visibility = visibility
        self._workspace = workspace
        self._clock = clock

    async def standings(self, asked: Asked, voter: Voter) -> Message | Mistake:
        """Every monitor as it stands; those that fail or have something open come first."""
        number = page_of(asked)
        if isinstance(number, Mistake):
            return number
        looked, going = await self._samples.looked(), Counter(one.summary.monitor for one in await self.open(voter))
        order = sorted(self._monitors, key=lambda name: (not self._fails(looked.get(name)), not going[name]))
        part = order[(number - 1) * PAGE : number * PAGE]
        found = [await self._standing(self._monitors[name], looked.get(name), going[name]) for name in part]
        return view.monitors(found, _pages(asked, number, len(order)))

    async def report(self, asked: Asked, voter: Voter) -> Message | Mistake:
        """What was found since some moment, the worst first; or of one monitor how it stands, what goes on and what was."""
        number, since = page_of(asked), self._since(asked)
        for wrong in (number, since):
            if isinstance(wrong, Mistake):
                return wrong
        assert isinstance(number, int)  # noqa: S101 - see the loop
        assert isinstance(since, datetime)  # noqa: S101 - likewise
        name = asked.filters.get("monitor")
        if name is not None:
            return await self._present(name, voter, since)
        everything = await self._seen(voter, await found(self._findings, self._runs.see, since=since))
        part = everything[(number - 1) * PAGE : number * PAGE]
        return view.findings(part, since, len(everything) - len(part), _pages(asked, number, len(everything)), self._workspace)

    async def open(self, voter: Voter) -> list[Found]:
        """The findings that go on and that this person may see, the worst first."""
        return await self._seen(voter, await found(self._findings, self._runs.see, open_only=True)) if self._monitors else []

    async def failing(self) -> list[Looked]:
        """Monitors of the configuration that could not look the last time."""
        looked = await self._samples.looked() if self._monitors else {}
        return [one for name in self._monitors if (one := looked.get(name)) and self._fails(one)]

    def _fails(self, looked: Looked | None) -> bool:
        return looked is not None and bool(looked.error) and self._monitors[looked.name].enabled

    async def _present(self, name: str, voter: Voter, since: datetime) -> Message | Mistake:
        monitor = self._monitors.get(name)
        if monitor is None:
            return Mistake(f"There is no monitor `{escape(name[:60])}`{nearest(name, self._monitors)} `/ops monitors` lists them.")
        seen = await self._seen(voter, await found(self._findings, self._runs.see, monitor=name, since=since))
        looked = (await self._samples.looked()).get(name)
        standing = await self._standing(monitor, looked, sum(one.firing for one in seen))
        return view.present(standing, seen, await self._traces(monitor, since), self._workspace)

    async def _traces(self, monitor: Monitor, since: datetime) -> list[view.Trace]:
        units = {watch.name: watch.unit for watch in monitor.watches}
        made = []
        for series in sorted(await self._samples.tracks(monitor.name))[:TRACES]:
            history = await self._samples.history(monitor.name, series, since)
            values = [None if math.isnan(value) else float(value) for value in history.values]
            if any(value is not None for value in values):
                made.append(view.Trace(series, units.get(series.partition(" ")[0], ""), values))
        return made

    async def _standing(self, monitor: Monitor, looked: Looked | None, going: int) -> view.Standing:
        now = self._clock()
        loudness = await self._noise.of(monitor.name, now) if looked else Loudness()
        return view.Standing(monitor, looked, going, loudness, monitor.times.after(now) if monitor.enabled else None)

    async def _seen(self, voter: Voter, everything: list[Found]) -> list[Found]:
        may = {one.run.run_id: await self._visibility.may_see(voter, one.run) for one in everything}
        return [one for one in everything if may[one.run.run_id]]

    def _since(self, asked: Asked) -> datetime | Mistake:
        now, given = self._clock(), asked.filters.get("since")
        at = now - DAY if given is None else moment(given, now)
        return at or Mistake(f"`since {escape((given or '')[:60])}` is no time. Write `since 2h`, `since 3d` or `since 2026-11-20`.")


def page_of(asked: Asked) -> int | Mistake:
    """The number of the page that is asked for."""
    page = asked.filters.get("page", "1")
    return int(page) if page.isdecimal() and 0 < int(page) < 10_000 else Mistake("`page` takes a number, such as `page 2`.")


def _pages(asked: Asked, number: int, total: int) -> Pages:
    words = asked.words("page")
    return Pages(f"{words} page {number + 1}" if total > number * PAGE else None, words if number > 1 else None)
