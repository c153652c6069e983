"""How loud monitors are: their false alarms of the last week, and what a lower sensitivity would have changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.core.events import SignalReceived
from agents.core.finding import Mark
from agents.core.ids import RunId
from agents.core.noise import Alarm, Tuning, advice, too_loud
from agents.core.state import Run
from agents.monitors import FindingBook, FindingSummary, Monitor, SampleBook
from agents.ports import Journal

WEEK = timedelta(days=7)

READ = 200
"""So many incidents of a monitor are read for how far outside they were, the newest first."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """Of one monitor, in the week before one moment."""

    false: int = 0
    """False alarms."""
    findings: int = 0
    """Findings, these among them."""
    series: int = 0
    """Different series that had one."""
    tunings: tuple[Tuning, ...] = ()
    """Its watches that are over the budget."""


@dataclass(frozen=True, slots=True)
class Watched:
    """All that there is to read of monitors."""

    monitors: Mapping[str, Monitor]
    """Of the configuration, by name."""
    samples: SampleBook
    findings: FindingBook
    noise: "Noise"


class Noise:
    """Counts what people called false alarms. Reads only."""

    def __init__(self, monitors: Mapping[str, Monitor], findings: FindingBook, journal: Journal) -> None:
        self._monitors = monitors
        self._findings = findings
        self._journal = journal

    async def of(self, name: str, now: datetime, claimed: RunId | None = None) -> Loudness:
        """How loud a monitor was in the week before now; with `claimed` as if somebody had just called this run a false alarm as well."""
        since = now - WEEK
        found = await self._findings.findings(monitor=name, since=since)
        said = [(one, one.run_id == claimed or _is_false(one, since)) for one in found]
        counted = [(one, is_false) for one, is_false in said if is_false or one.opened_at >= since]
        false, series = sum(is_false for _, is_false in counted), len({one.fingerprint for one, _ in counted})
        monitor = self._monitors.get(name)
        if monitor is None or not false:
            return Loudness(false, len(counted), series)
        scores = await self._scores(one.run_id for one, _ in counted)
        alarms = [Alarm(one.fingerprint, *scores.get((one.run_id, one.fingerprint), ("", 0.0)), is_false) for one, is_false in counted]
        sensitivities = {watch.name: watch.sensitivity for watch in monitor.watches}
        return Loudness(false, len(counted), series, too_loud(name, alarms, sensitivities, monitor.budget))

    async def advice(self, run: Run, now: datetime) -> str:
        """What to say where somebody calls this run a false alarm, for its monitors that are over their budget then; else empty."""
        names = dict.fromkeys(alert.finding.monitor for alert in run.signals.values() if alert.finding)
        measures = {alert.finding.measure for alert in run.signals.values() if alert.finding}
        louder = [await self.of(name, now, run.run_id) for name in names]
        return "\n".join(advice(one) for loud in louder for one in loud.tunings if one.measure in measures)

    async def _scores(self, runs: Iterable[RunId]) -> Mapping[tuple[RunId, str], tuple[str, float]]:
        """Of each finding what was measured, and how far outside it was at most."""
        known: dict[tuple[RunId, str], tuple[str, float]] = {}
        for run_id in list(dict.fromkeys(runs))[:READ]:
            for row in await self._journal.read(run_id):
                if isinstance(row.event, SignalReceived) and (finding := row.event.finding):
                    key = (run_id, row.event.fingerprint)
                    known[key] = (finding.measure, max(finding.score, known.get(key, ("", 0.0))[1]))
        return known


def _is_false(one: FindingSummary, since: datetime) -> bool:
    return any(marking.mark is Mark.FALSE_ALARM and marking.at >= since for marking in one.marks)
