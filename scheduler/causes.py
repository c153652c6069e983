"""Where findings come from: the walk up the lineage with all that is known at that moment, and who is affected downstream.

`agents/detection/root_cause.py` does the walk. Here its situation is put together: what monitors found in the days before, which of them
found nothing, and what changed. Without a lineage none of this is imported.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from agents.core.errors import CountersignError
from agents.core.finding import PATHS, Finding
from agents.core.grouping import New, Open, Related
from agents.core.ids import RunId, fingerprint
from agents.core.incident import Alert
from agents.core.state import Run
from agents.detection.changes import Change, ChangeKind
from agents.detection.lineage import Lineage
from agents.detection.root_cause import suspects
from agents.detection.situation import WINDOW, Anomaly, Situation
from agents.detection.tracing import downstream, placed, reported
from agents.monitors import FindingSummary, Monitor
from scheduler.telling import SOURCE, News, again_of

log = logging.getLogger(__name__)

LOOKED_UP = 50
"""So many findings of others are looked up, the newest."""


class Pipeline(Protocol):
    """What is known of a pipeline."""

    @property
    def lineage(self) -> Lineage: ...

    @property
    def changes(self) -> Sequence[Change]:
        """What failed and what is different from before."""


Look = Callable[[], Awaitable[Pipeline | None]]
"""The pipeline as it is known now; None where it cannot be read, which is logged."""


class LineageCauses:
    """Implements `checks.Causes`."""

    def __init__(self, monitors: Mapping[str, Monitor], pipelines: Mapping[str, Look], see: Callable[[RunId], Awaitable[Run]]) -> None:
        """`pipelines` are by the name of their source among the tools."""
        self._monitors = monitors
        self._pipelines = pipelines
        self._see = see

    async def explained(self, news: Sequence[News], before: Sequence[FindingSummary]) -> tuple[News, ...]:
        """The same with suspects and impact. `before` are findings that were told of, the newest first."""
        pipelines = await self._look({one.monitor.lineage for one in news if one.monitor.node})
        if not pipelines:
            return tuple(news)
        told = await self._told(before, {one.fingerprint for one in news})
        found = [_Found(one.monitor, one.finding) for one in news if one.signal.status == "firing"] + told
        return tuple([await self._one(one, pipelines, found, before) for one in news])

    async def anew(self, news: Sequence[News], before: Sequence[FindingSummary]) -> tuple[News, ...]:
        """Findings that go on and have another likeliest suspect now. Each suspect is told once, however often this is asked."""
        opened = [one for one in news if one.opens and one.signal.status == "firing" and one.monitor.node]
        pipelines = await self._look({one.monitor.lineage for one in opened})
        below = {(one.monitor.lineage, node) for one in opened for node in self._below(pipelines, one.monitor)}
        if not below:
            return ()
        fresh = {one.fingerprint for one in news}
        found = [_Found(one.monitor, one.finding) for one in news if one.signal.status == "firing"] + await self._told(before, fresh)
        told: list[News] = []
        for row in before:
            monitor = self._monitors.get(row.monitor)
            if monitor is None or row.status != "firing" or row.fingerprint in fresh:
                continue
            if (monitor.lineage, self._place(pipelines, monitor)) in below and (known := await self._alert(row)) is not None:
                told += _other(known, await self._one(again_of(monitor, known), pipelines, found, before))
        return tuple(told)

    def _below(self, pipelines: Mapping[str, Pipeline], monitor: Monitor) -> Iterable[str]:
        """What is made from a monitor's node."""
        pipeline, place = pipelines.get(monitor.lineage), self._place(pipelines, monitor)
        return pipeline.lineage.descendants(place) if pipeline is not None and place is not None else ()

    async def related(self, new: Sequence[News], open_: Sequence[Open]) -> Related:
        """Whether one of these is made from the other."""
        pipelines = await self._look({one.monitor.lineage for one in new if one.monitor.node})
        reach: dict[str, frozenset[str]] = {}
        for one in new:
            pipeline, place = pipelines.get(one.monitor.lineage), self._place(pipelines, one.monitor)
            if pipeline is not None and place is not None:
                reach[one.fingerprint] = frozenset({place, *pipeline.lineage.ancestors(place), *pipeline.lineage.descendants(place)})

        def are(one: New, other: Open) -> bool:
            beside = self._monitors.get(other.monitor)
            same = beside is not None and beside.lineage == self._monitors[one.monitor].lineage
            return beside is not None and same and self._place(pipelines, beside) in reach.get(one.fingerprint, ())

        return are

    async def _look(self, names: Iterable[str]) -> Mapping[str, Pipeline]:
        found = {name: await self._pipelines[name]() for name in sorted(set(names)) if name in self._pipelines}
        return {name: pipeline for name, pipeline in found.items() if pipeline is not None}

    async def _told(self, before: Sequence[FindingSummary], without: Collection[str]) -> list["_Found"]:
        """What was told of series of monitors that have a place in a lineage."""
        found: list[_Found] = []
        for one in before[:LOOKED_UP]:
            monitor = self._monitors.get(one.monitor)
            if monitor is not None and monitor.node and monitor.lineage and one.fingerprint not in without:
                finding = await self._finding(one)
                found += [_Found(monitor, finding)] if finding is not None else []
        return found

    async def _finding(self, one: FindingSummary) -> Finding | None:
        alert = await self._alert(one)
        return alert.finding if alert is not None else None

    async def _alert(self, one: FindingSummary) -> Alert | None:
        """A finding as its run knows it."""
        try:
            alert = (await self._see(one.run_id)).signals.get(one.fingerprint)
        except CountersignError as error:
            log.warning("%s could not be read for a cause: %s", one.run_id, error)
            return None
        return alert if alert is not None and alert.began == one.began and alert.finding is not None else None

    async def _one(
        self, news: News, pipelines: Mapping[str, Pipeline], found: Sequence["_Found"], before: Sequence[FindingSummary]
    ) -> News:
        pipeline, place = pipelines.get(news.monitor.lineage), self._place(pipelines, news.monitor)
        if pipeline is None or place is None or news.finding.measure == SOURCE:
            return news
        if news.signal.status == "resolved":
            row = next((one for one in before if (one.fingerprint, one.began) == news.place), None)
            kept = await self._finding(row) if row is not None else None
            return news.explained(kept.suspects, kept.impact) if kept is not None else news
        situation = self._situation(news, place, pipelines, found)
        ranked = await asyncio.to_thread(suspects, pipeline.lineage, situation, PATHS)
        return news.explained(reported(pipeline.lineage, ranked), downstream(pipeline.lineage, place))

    def _situation(self, news: News, place: str, pipelines: Mapping[str, Pipeline], found: Sequence["_Found"]) -> Situation:
        """What is known when the cause of one finding is looked for."""
        name, pipeline = news.monitor.lineage, pipelines[news.monitor.lineage]
        onset = news.finding.since.timestamp()
        beside = [(one, self._place(pipelines, one.monitor)) for one in found if one.monitor.lineage == name]
        anomalies = tuple(
            _anomaly(node, one.finding) for one, node in beside
            if node is not None and node != place and one.finding.since.timestamp() >= onset - WINDOW
        )
        schemas = tuple(
            Change(node, one.finding.since.timestamp(), ChangeKind.SCHEMA, one.finding.why) for one, node in beside
            if node is not None and one.finding.direction == "changed"
        )
        watched = (self._place(pipelines, one) for one in self._monitors.values() if one.lineage == name)
        monitored = frozenset(node for node in watched if node is not None)
        return Situation(_anomaly(place, news.finding), anomalies, monitored, (*pipeline.changes, *schemas))

    def _place(self, pipelines: Mapping[str, Pipeline], monitor: Monitor) -> str | None:
        """The id of a monitor's node; None where it has none, or it is not known which it is."""
        pipeline = pipelines.get(monitor.lineage)
        return placed(pipeline.lineage, (monitor.node,)).get(monitor.node) if pipeline is not None else None


@dataclass(frozen=True, slots=True)
class _Found:
    """What a monitor found."""

    monitor: Monitor
    finding: Finding


def _other(known: Alert, now: News) -> Sequence[News]:
    """What is told where the likeliest suspect is another than it was."""
    before = known.finding.suspects[:1] if known.finding is not None else ()
    first = now.finding.suspects[:1]
    if not first or [one.node for one in before] == [one.node for one in first]:
        return ()
    key = f"{now.fingerprint}/{now.signal.began}/cause/{fingerprint(first[0].node)[:12]}"
    return (replace(now, signal=replace(now.signal, key=key)),)


def _anomaly(node: str, finding: Finding) -> Anomaly:
    name = f"{finding.measure} of {finding.subject}"
    if finding.direction == "changed":  # what changed is told as a change; how bad that is is no size
        return Anomaly(node, finding.since.timestamp(), 0.0, f"{name} has changed")
    return Anomaly(node, finding.since.timestamp(), finding.score, f"{name}: {finding.why}")
