"""Findings with all that is known of each, for lists of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from agents.core.errors import NotFound
from agents.core.finding import Finding
from agents.core.ids import RunId
from agents.core.incident import Alert, rank
from agents.core.state import Run
from agents.monitors import FindingBook, FindingSummary

See = Callable[[RunId], Awaitable[Run]]
"""See `Runs.see`."""

READ = 150
"""So many incidents are read for one list, the newest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a monitor, and the run that told of it."""

    summary: FindingSummary
    run: Run
    alert: Alert
    finding: Finding

    @property
    def firing(self) -> bool:
        """Whether it goes on."""
        return self.summary.status == "firing"

    @property
    def order(self) -> tuple[bool, int, float, float]:
        """The worst first: what goes on, what is severe, what is far outside, what is new."""
        return not self.firing, rank(self.alert.severity), -self.finding.score, -self.summary.opened_at.timestamp()


async def found(
    book: FindingBook, see: See, *, monitor: str | None = None, since: datetime | None = None, open_only: bool = False
) -> list[Found]:
    """The findings, the worst first; `since` leaves out those that were over before. What cannot be read any more is left out."""
    summaries = await book.findings(monitor=monitor, since=since, open_only=open_only)
    runs: dict[RunId, Run] = {}
    for run_id in list(dict.fromkeys(one.run_id for one in summaries))[:READ]:
        try:
            runs[run_id] = await see(run_id)
        except NotFound:
            continue
    made = []
    for summary in summaries:
        run = runs.get(summary.run_id)
        alert = run.signals.get(summary.fingerprint) if run else None
        if run is None or alert is None:
            continue
        finding = alert.finding if alert.status == "firing" else alert.peak or alert.finding
        if finding is not None:
            made.append(Found(summary, run, alert, finding))
    return sorted(made, key=lambda one: one.order)
