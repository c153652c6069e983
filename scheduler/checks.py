"""Looks at what monitors watch, and tells what it finds, whatever crashes, sleeps or jumps, and however many do so at once.

A look has three steps, each durable before the next: what was read is stored; what the new buckets say is told, under keys that follow
from the series and its episode; then it is stored that they were judged. After a crash between two of them the same is decided again from
what is stored, and what was told already is known by its key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from agents.core.errors import CountersignError
from agents.core.grouping import New, Open, Related, grouped
from agents.core.ids import ActorId, RunId
from agents.core.incident import Signal, rank
from agents.core.trigger import Place, Source, Trigger
from agents.monitors import KEPT, FindingBook, FindingSummary, Looked, Monitor, MonitorSource, SampleBook, fingerprint_of
from agents.pools import Pools
from agents.ports import Clock
from agents.standing import Standing
from scheduler.capacity import Proposals
from scheduler.drift import Drifts
from scheduler.lines import Lines
from scheduler.looking import AGAIN, Faster, Looks, is_behind
from scheduler.series import Judgement, judgement_of
from scheduler.telling import SOURCE, News, failure_of, gone, recovery_of

log = logging.getLogger(__name__)

AT_ONCE = 4
"""So many monitors are read side by side."""

REST = timedelta(seconds=30)
"""What could not be done is tried again after this."""


RECENT = timedelta(days=2)
"""Findings that were over for longer have nothing to do with new ones."""


class Alerting(Protocol):
    """What is needed of `Incidents`."""

    async def alert(self, trigger: Trigger, signals: Sequence[Signal], text: str, agent: str) -> RunId | None:
        """See `Incidents.alert`."""


class Causes(Protocol):
    """Where findings come from, as far as a lineage tells."""

    async def explained(self, news: Sequence[News], before: Sequence[FindingSummary]) -> Sequence[News]:
        """The same with suspects and impact; `before` are findings of the days before, the newest first."""

    async def anew(self, news: Sequence[News], before: Sequence[FindingSummary]) -> Sequence[News]:
        """Findings of `before` that go on and have another likeliest suspect, now that these are known."""

    async def related(self, new: Sequence[News], open_: Sequence[Open]) -> Related:
        """Whether one of these is made from the other."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A monitor after its samples were brought up to date, before anybody is told."""

    monitor: Monitor
    stored: Looked
    judgement: Judgement
    news: tuple[News, ...]
    known: tuple[FindingSummary, ...]
    """What was found before, the newest first."""


class Checks:
    """Looks at every monitor when its time has come. Enter it, and call `tick` each second or two; nothing is lost if that comes later."""

    def __init__(
        self, *, monitors: Mapping[str, Monitor], sources: Mapping[str, MonitorSource], samples: SampleBook, findings: FindingBook,
        incidents: Alerting, standing: Standing, place_of: Callable[[str], Awaitable[Place]], clock: Clock, causes: Causes | None = None,
    ) -> None:
        """`place_of` says where a channel's runs speak; it raises SurfaceError while that cannot be told."""
        self._monitors = {name: one for name, one in monitors.items() if one.enabled and name in sources}
        self._book = samples
        self._looks = Looks(sources, samples, Lines(samples), Drifts(samples))
        self._findings = findings
        self._incidents = incidents
        self._standing = standing
        self._place_of = place_of
        self._clock = clock
        self._causes = causes
        self._proposals = Proposals(Pools(samples, self._monitors))
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._retired = False
        self._group: asyncio.TaskGroup | None = None
        self._free = asyncio.Semaphore(AT_ONCE)
        self._busy: set[str] = set()
        self._rests: dict[str, datetime] = {}
        """Until when those rest that could not be looked at."""
        self._late: dict[str, datetime] = {}
        """Since when those have been due that are not dealt with."""

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self._stack.aclose()

    async def tick(self) -> None:
        """Begin to look at what is due. Monitors of one source are looked at together, so that a storm is told as one."""
        assert self._group is not None  # noqa: S101 - it was entered
        if not self._retired:
            await self._retire()
            self._retired = True
        if not self._monitors:
            return
        now, stored = self._clock(), await self._book.looked()
        due = [one for name, one in self._monitors.items() if name not in self._busy and self._is_due(one, stored.get(name), now)]
        for together in _by_source(due, stored):
            names = [one.name for one in together]
            self._busy.update(names)
            task = self._group.create_task(self._look(together, stored), name=f"looks at {', '.join(names)}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until what has begun is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def sweep(self) -> int:
        """Erase samples whose time is over, and what is left of monitors that are gone; how many days of series."""
        erased = 0
        for name in await self._book.looked():
            monitor = self._monitors.get(name)
            erased += await self._book.forget(name, self._clock() - (monitor.keep if monitor else KEPT))
        return erased

    def lag(self) -> tuple[str, timedelta]:
        """The monitor that has waited longest for its turn, and how long; nothing where none waits."""
        name, since = min(self._late.items(), key=lambda one: one[1], default=("", self._clock()))
        return name, self._clock() - since

    async def _retire(self) -> None:
        """What the configuration does not watch any more is not open any more."""
        for one in await self._findings.findings(open_only=True):
            if one.monitor not in self._monitors:
                signal = gone(one)
                trigger = Trigger(Source.FINDING, one.incident, ActorId(f"monitor/{one.monitor}"), one.monitor, incident=one.incident)
                await self._incidents.alert(trigger, [signal], signal.title, "")

    def _is_due(self, monitor: Monitor, stored: Looked | None, now: datetime) -> bool:
        if self._rests.get(monitor.name, now) > now:
            return False
        if stored is not None and stored.error and stored.error_since is not None and now - stored.error_since >= AGAIN:
            return monitor.times.due(stored.through, now) is not None
        if stored is None or is_behind(monitor, stored) or stored.judged_through < stored.read_through:
            return True
        return monitor.times.due(stored.through, now) is not None

    async def _look(self, monitors: Sequence[Monitor], stored: Mapping[str, Looked]) -> None:
        """Look at some monitors, tell what is new, and remember that it was told."""
        names = [one.name for one in monitors]
        try:
            for name in names:
                self._late.setdefault(name, self._clock())
            looked = await asyncio.gather(*(self._look_at(one, stored.get(one.name)) for one in monitors))
            await self._tell([one for one in looked if one is not None])
            for one in looked:
                if one is not None:
                    self._late.pop(one.monitor.name, None)
        except CountersignError as error:
            log.warning("%s could not be looked at, and is tried again: %s", ", ".join(names), error)
            self._rest(names)
        except Exception:  # a task's outermost edge: one bad look must not be the last, nor end the others
            log.exception("%s could not be looked at, and is tried again", ", ".join(names))
            self._rest(names)
        finally:
            self._busy.difference_update(names)

    def _rest(self, names: Iterable[str], length: timedelta = REST) -> None:
        self._rests.update(dict.fromkeys(names, self._clock() + length))

    async def _look_at(self, monitor: Monitor, stored: Looked | None) -> _Looked | None:
        """What is new of one monitor; None where another process was faster."""
        async with self._free:
            now = self._clock()
            try:
                looked, notes = await self._looks.up_to_date(monitor, stored, now)
                for note in notes:
                    log.info("%s: %s", monitor.name, note)
                known = await self._findings.findings(monitor=monitor.name, since=now - monitor.keep)
                material = await self._looks.material(monitor, looked, known, now)
            except Faster:
                return None
            judgement = await asyncio.to_thread(judgement_of, monitor, looked, material, now)
            news = await self._proposals.proposing(judgement.news, now)
        if looked.error and looked.error_since is not None and now - looked.error_since < AGAIN:
            self._rest([monitor.name], AGAIN - (now - looked.error_since))
        return _Looked(monitor, looked, judgement, (*news, *_of_source(monitor, looked, known, now)), known)

    async def _tell(self, looked: Sequence[_Looked]) -> None:
        news = [one for each in looked for one in each.news]
        if news:
            await self._alert(news, {(one.fingerprint, one.began): one.incident for each in looked for one in each.known})
        for one in looked:
            judged = replace(one.stored, judged_through=max(one.stored.judged_through, one.judgement.through))
            try:
                await self._looks.put(one.stored, judged, one.judgement.samples, one.judgement.tracks)
            except Faster:
                log.info("%s was judged by another process as well, which told the same", one.monitor.name)

    async def _alert(self, news: Sequence[News], known: dict[tuple[str, str], str]) -> None:
        """Tell it, each to its incident, which is decided once: `known` are those that were told of, by fingerprint and begin.

        The worst comes first: an incident is called by it, and its run is asked about it.
        """
        open_ = [_open(one, self._monitors) for one in await self._findings.findings(open_only=True)]
        news = _worst_first(news)
        if self._causes is not None:
            before = await self._findings.findings(since=self._clock() - RECENT)
            known = {(one.fingerprint, one.began): one.incident for one in before} | known
            news = [*await self._causes.explained(news, before), *await self._causes.anew(news, before)]
        new = [one for one in news if one.opens and one.place not in known]
        related = await self._causes.related(new, open_) if self._causes else _unrelated
        decided = grouped([_new(one) for one in new], open_, related)
        told: dict[tuple[str, str], list[News]] = {}
        for one in news:
            incident = known.get(one.place) or decided.get(one.fingerprint)
            if incident is not None:
                told.setdefault((incident, one.monitor.name), []).append(one)
        for (incident, name), each in told.items():
            await self._tell_of(self._monitors[name], incident, each)

    async def _tell_of(self, monitor: Monitor, incident: str, news: Sequence[News]) -> None:
        place = await self._place_of(monitor.channel) if monitor.channel else None
        quiet = not monitor.investigates or self._standing.halt_of(monitor.agent) is not None
        trigger = Trigger(
            Source.FINDING, incident, ActorId(f"monitor/{monitor.name}"), monitor.name, place, any(one.tainted for one in news),
            channel=monitor.channel, incident=incident, quiet=quiet,
        )
        text = "\n".join(f"{one.signal.title}\n{one.signal.text}" for one in news if one.signal.status == "firing")
        await self._incidents.alert(trigger, [one.signal for one in news], text or news[0].signal.title, monitor.agent)


def _by_source(due: Sequence[Monitor], stored: Mapping[str, Looked]) -> list[list[Monitor]]:
    """Monitors that are looked at together; one whose past is read takes long, and keeps no other waiting."""
    together: dict[str, list[Monitor]] = {}
    for one in due:
        alone = is_behind(one, stored.get(one.name))
        together.setdefault(f"monitor {one.name}" if alone else f"source {source_of(one)}", []).append(one)
    return list(together.values())


def source_of(monitor: Monitor) -> str:
    """What a monitor reads, by name: the source among the tools, or its kind."""
    part: Any = monitor.source
    return str(getattr(part, "source", "") or getattr(part, "project", "") or monitor.kind)


def _of_source(monitor: Monitor, looked: Looked, known: Sequence[FindingSummary], now: datetime) -> tuple[News, ...]:
    """That it could not look, once; and that it looks again."""
    own = [one for one in known if one.fingerprint == fingerprint_of(monitor.name, SOURCE)]
    if not looked.error:
        return tuple(recovery_of(monitor, one.began, now) for one in own if one.status == "firing")
    since = looked.error_since or now
    told = any(one.began == str(int(since.timestamp())) for one in own)
    return () if told or now - since < AGAIN else (failure_of(monitor, looked),)


def _worst_first(news: Sequence[News]) -> list[News]:
    """Monitors by the worst that they tell; what each tells stays in its order."""
    worst: dict[str, int] = {}
    for one in news:
        severity = rank(one.signal.severity)
        worst[one.monitor.name] = min(severity, worst.get(one.monitor.name, severity))
    return sorted(news, key=lambda one: worst[one.monitor.name])


def _open(one: FindingSummary, monitors: Mapping[str, Monitor]) -> Open:
    monitor = monitors.get(one.monitor)
    return Open(one.fingerprint, one.incident, one.monitor, monitor.channel if monitor else "", monitor.node if monitor else "")


def _new(one: News) -> New:
    return New(one.monitor.name, one.fingerprint, source_of(one.monitor), one.monitor.channel, one.monitor.node)


def _unrelated(new: New, open_: Open) -> bool:
    return False
