"""Digests: at their times a run of its own posts each of them, once, if there is something to say."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agents.core.errors import CountersignError
from agents.core.finding import Mark
from agents.core.ids import SYSTEM, RunId
from agents.core.schedule import Kept
from agents.core.trigger import Place, Source, Trigger
from agents.digests import Digest, Period, told
from agents.found import Found, See, found
from agents.monitors import FindingBook, SampleBook
from agents.noise import Noise
from agents.ports import Clock
from agents.schedules import ScheduleBook
from scheduler.timekeeper import Starting

log = logging.getLogger(__name__)

LONGEST = timedelta(days=14)
"""A digest after a long pause tells of so much time."""

Links = Callable[[Sequence[Found]], Mapping[RunId, str]]
"""Where incidents are told of."""


class Digests:
    """Looks at every digest. Call `tick` at least every minute or so; nothing is lost or told twice, whatever crashes.

    What is written down is only up to when a digest is dealt with. Its run is known by its time, so whoever starts it starts one run, and
    what that has to say is written down with its beginning.
    """

    def __init__(
        self, *, digests: Sequence[Digest], book: ScheduleBook, samples: SampleBook, findings: FindingBook, noise: Noise, see: See,
        runs: Starting, place_of: Callable[[str], Awaitable[Place]], links: Links, clock: Clock,
    ) -> None:
        """`place_of` says where a channel is; it raises SurfaceError while that cannot be told."""
        self._digests = digests
        self._book = book
        self._samples = samples
        self._findings = findings
        self._noise = noise
        self._see = see
        self._runs = runs
        self._place_of = place_of
        self._links = links
        self._clock = clock
        self._troubles: dict[str, str] = {}

    async def tick(self) -> None:
        """Post what is due. What goes wrong with one is logged once, and tried again at the next look."""
        kept = await self._book.all() if self._digests else {}
        for digest in self._digests:
            try:
                await self._look_at(digest, kept.get(digest.name))
            except CountersignError as error:
                if self._troubles.get(digest.name) != str(error):
                    log.warning("The digest for %s is tried again: %s", digest.channel, error)
                self._troubles[digest.name] = str(error)
            else:
                self._troubles.pop(digest.name, None)

    async def _look_at(self, digest: Digest, kept: Kept | None) -> None:
        now = self._clock()
        if kept is None:
            await self._book.put(Kept(digest.name, 1, "", now))  # what lies before it was there is none of its own
            return
        due = digest.times.due(kept.floor, now)
        if due is None:
            return
        begun = kept.run_id
        if text := told(digest, await self._period(digest, max(kept.floor, due.at - LONGEST), due.at)):
            trigger = Trigger(
                Source.SCHEDULE, f"{digest.name}/{due.at.isoformat()}", SYSTEM, f"{digest.kind} digest",
                await self._place_of(digest.channel), tainted=True, quiet=True,
            )
            begun = await self._runs.start(trigger, text, digest.agent)
        await self._book.put(replace(kept, version=kept.version + 1, floor=due.at, fired=due.at, run_id=begun))

    async def _period(self, digest: Digest, since: datetime, until: datetime) -> Period:
        seen = [one for one in await found(self._findings, self._see, since=since) if one.summary.monitor in digest.monitors]
        looked = await self._samples.looked()
        failing = [one for name in sorted(digest.monitors) if (one := looked.get(name)) is not None and one.error]
        failing = [one for one in failing if one.error_since is None or one.error_since < until]
        failed = {one.name for one in failing}
        shown = [one for one in seen if one.finding.direction != "failed" or one.summary.monitor not in failed]
        called_false = {one.summary.monitor for one in seen if _called_false(one, since)}
        names = digest.monitors if digest.kind == "weekly" else called_false
        tunings = [tuning for name in sorted(names) for tuning in (await self._noise.of(name, until)).tunings]
        return Period(since, until, shown, tunings, failing, self._links(shown))


def _called_false(one: Found, since: datetime) -> bool:
    return any(marking.mark is Mark.FALSE_ALARM and marking.at >= since for marking in one.summary.marks)
