"""The chart of a report: in the first way that the workspace takes it. The report never waits for it.

The way is Slack's own block, else a picture that is uploaded once the report stands and then put into it, else a line of text.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from agents.core.chart import Series, charted, measure, outlooked, thinned
from agents.core.finding import Finding, drawing, expected
from agents.core.ids import RunId
from agents.core.incident import foremost
from agents.core.posts import OPENING
from agents.core.state import Post, Run
from bot.chart import chart, outlook_chart, sparkline
from bot.pictures import Pictures
from bot.views.blocks import Json, context
from bot.views.chart_block import chart_block, outlook_block, picture_block
from bot.views.message import Message
from bot.views.mrkdwn import inline

log = logging.getLogger(__name__)

LONGEST = 30.0
"""Seconds that a picture may take. What takes longer is left out."""

NATIVE = "data_visualization"

Aside = Callable[[Coroutine[Any, Any, None], str], object]
"""Does something beside everything else, see `Outbound.aside`."""


@dataclass(slots=True)
class Job:
    """A picture that is being made."""

    drawn: str
    told: str
    """What the report shows meanwhile."""
    file: str = ""
    """Id of the uploaded file; empty while there is none, or where there is to be none."""
    done: bool = False
    newer: Run | None = None
    """The run once it has more to tell than the report shows."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is done, or when the run has more to tell."""


class Charts:
    """What a workspace takes is learnt once, by trying."""

    def __init__(self, pictures: Pictures, aside: Aside) -> None:
        self._pictures = pictures
        self._aside = aside
        self._native = True
        self._jobs: dict[RunId, Job] = {}
        self._drawing = asyncio.Lock()
        """One picture is drawn at a time: it takes a whole processor."""

    def blocks(self, run: Run) -> tuple[Json, ...]:
        """The chart of the worst finding as it can be shown now; nothing where there is nothing to draw."""
        finding = finding_of(run)
        if finding is None or not drawing(finding):
            return ()
        if self._native and (native := _native(finding)):
            return (native,)
        file = _post(run).picture
        return (picture_block(file, described(finding)),) if file else line(finding)

    def wanted(self, run: Run) -> bool:
        """Whether a picture is to be made that the report does not show."""
        finding = finding_of(run)
        key = drawing(finding) if finding else ""
        return bool(key) and key != _post(run).drawn and not self._native and self._pictures.there

    async def picture(self, run: Run) -> tuple[str, str] | Run:
        """The file, empty where there is to be none, and what was drawn; or the run, where it has more to tell first."""
        finding = finding_of(run)
        if finding is None:
            return "", ""
        told, job = run.showing(OPENING), self._jobs.get(run.run_id)
        if job is None or job.drawn != drawing(finding):
            job = self._jobs[run.run_id] = Job(drawing(finding), told)
            self._aside(self._make(job, finding), f"picture of {run.run_id}")
        job.told, job.newer = told, job.newer if job.newer and job.newer.seq > run.seq else None
        while not job.done and job.newer is None:
            job.news.clear()
            await job.news.wait()
        if job.newer is not None and not job.done:
            newer, job.newer = job.newer, None
            return newer
        self._jobs.pop(run.run_id, None)
        return job.file, job.drawn

    def moved(self, run: Run) -> None:
        """The run may have more to tell than its report shows."""
        job = self._jobs.get(run.run_id)
        if job is not None and finding_of(run) is None:
            del self._jobs[run.run_id]
        if job is not None and run.showing(OPENING) != job.told:
            job.newer = run
            job.news.set()

    def plainer(self, run: Run, message: Message) -> Message | None:
        """The message without a chart that Slack has refused, and without such charts from now on; None where it holds none."""
        kinds = {block["type"] for block in message.blocks}
        finding = finding_of(run)
        if finding is None or not kinds & {NATIVE, "image"}:
            return None
        if NATIVE in kinds and self._native:
            log.warning("This workspace takes no charts of Slack's own: pictures are shown instead, or a line of text.")
            self._native = False
            instead = self.blocks(run)
        else:
            instead = line(finding)
        blocks = (one for block in message.blocks for one in (instead if block["type"] in (NATIVE, "image") else (block,)))
        return Message(message.text, tuple(blocks))

    async def _make(self, job: Job, finding: Finding) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                async with self._drawing:
                    png = await asyncio.to_thread(_drawn, finding)
                job.file = await self._pictures.upload(png, _title(finding)) or ""
        except (TimeoutError, ValueError, ArithmeticError, OSError) as error:
            log.warning("A chart could not be made (%s %s): the report goes without.", type(error).__name__, error)
        finally:
            job.done = True
            job.news.set()


def _native(finding: Finding) -> Json | None:
    return outlook_block(outlooked(finding)) if finding.central else chart_block(charted(finding))


def _drawn(finding: Finding) -> bytes:
    """A forecast's own picture, or that of what was measured."""
    return outlook_chart(outlooked(finding)) if finding.central else chart(charted(finding))


def finding_of(run: Run) -> Finding | None:
    """The finding whose chart the report shows; None where nothing goes on."""
    alert = foremost(run.signals.values())
    return alert.finding if alert and alert.status == "firing" else None


def line(finding: Finding) -> tuple[Json, ...]:
    """The chart as a line of text: the newest values, small enough for a telephone."""
    values = thinned(Series(finding.points), 60).points
    return (context(f"`{sparkline([value for _, value in values], 30)}` {inline(finding.unit, 30)}".rstrip()),)


def described(finding: Finding) -> str:
    """What the picture shows, for who cannot see it."""
    if finding.limit is not None:
        unit = finding.unit
        return f"{_title(finding)}: {measure(finding.observed, unit)} now, limit {measure(finding.limit, unit)}. {finding.why}"
    observed = f", now {measure(finding.observed, finding.unit)}" if finding.observed is not None else ""
    range_ = f", expected {expected(finding)}" if expected(finding) else ""
    return f"{_title(finding)} over time{observed}{range_}, outside of it since {finding.since:%Y-%m-%d %H:%M} UTC"


def _title(finding: Finding) -> str:
    return f"{finding.measure} of {finding.subject}"


def _post(run: Run) -> Post:
    return run.posts.get(OPENING) or Post()
