"""What came of a look, as signals of incidents: the words, the severity, and the keys by which the same is told once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agents.core import duration
from agents.core.finding import Finding, Suspect, told
from agents.core.incident import Alert, Signal
from agents.core.monitoring import Bucket, Occasion, State, Tell, severity_of
from agents.monitors import FindingSummary, Looked, Monitor, Watch, fingerprint_of

SOURCE = "source"
"""Key of the series that stands for a monitor's own looking."""

NAMES = {
    "above": "is higher than expected", "below": "is lower than expected", "missing": "does not come any more", "changed": "has changed",
    "failed": "could not be looked at",
}
"""What a title says, by direction."""


@dataclass(frozen=True, slots=True)
class News:
    """Something to be told of a series of a monitor."""

    monitor: Monitor
    fingerprint: str
    signal: Signal
    opens: bool
    """Whether nobody was told of it yet."""
    tainted: bool
    """Whether an outsider could have written some of it."""

    @property
    def place(self) -> tuple[str, str]:
        """What tells it from all other findings: its series, and when its episode began."""
        return self.fingerprint, self.signal.began

    @property
    def finding(self) -> Finding:
        """What is told."""
        assert self.signal.finding is not None  # noqa: S101 - all news are made with one
        return self.signal.finding

    def proposing(self, action: str, *, tainted: bool) -> "News":
        """The same with what to do about it."""
        finding = replace(self.finding, action=action)
        return replace(self, signal=replace(self.signal, finding=finding, text=told(finding)), tainted=self.tainted or tainted)

    def explained(self, suspects: Sequence[Suspect], impact: Sequence[str]) -> "News":
        """The same with where it may come from, and what lies downstream."""
        if not suspects and not impact:
            return self
        finding = replace(self.finding, suspects=tuple(suspects), impact=tuple(impact))
        return replace(self, signal=replace(self.signal, finding=finding, text=told(finding)), tainted=True)


@dataclass(frozen=True, slots=True)
class Shown:
    """A series for a picture."""

    points: tuple[tuple[int, float | None], ...] = ()
    band: tuple[tuple[int, float, float], ...] = ()
    central: tuple[tuple[int, float], ...] = ()
    """What is most likely in the days to come."""


NO_PICTURE = Shown()


def news_of(monitor: Monitor, watch: Watch, key: str, tell: Tell, shown: Shown = NO_PICTURE) -> News:
    """What is told of a series."""
    dimensions = key.removeprefix(watch.name).strip()
    bucket = tell.bucket
    subject = ", ".join(part for part in (monitor.subject or monitor.name, dimensions) if part)
    finding = Finding(
        monitor.name, watch.name, subject, bucket.direction, _moment(tell.began), _why(tell), watch.unit, bucket.value, bucket.low,
        bucket.high, bucket.score, shown.points, shown.band, monitor.owner, monitor.node, central=shown.central,
    )
    return _news(monitor, key, tell, finding, tainted=bool(dimensions) or bucket.direction == "changed")


def failure_of(monitor: Monitor, looked: Looked) -> News:
    """A monitor that could not look."""
    since = looked.error_since or looked.through
    tell = Tell(Occasion.OPENED, int(since.timestamp()), Bucket(int(since.timestamp()), State.FIRING, direction="failed"))
    return _news(monitor, SOURCE, tell, _failed(monitor, since, looked.error), tainted=False)


def recovery_of(monitor: Monitor, began: str, now: datetime) -> News:
    """A monitor that looks again."""
    since = _moment(int(began))
    tell = Tell(Occasion.OVER, int(began), Bucket(int(now.timestamp()), State.FIRING, direction="failed"))
    why = f"It can be looked at again, after {duration.show(now - since)}. What was missed meanwhile was read as far as its source has it."
    return _news(monitor, SOURCE, tell, _failed(monitor, since, why), tainted=False)


def again_of(monitor: Monitor, alert: Alert) -> News:
    """What was told of a series already, to be told with more; its key is still to be given."""
    signal = Signal(
        alert.fingerprint, alert.status, alert.title, alert.severity, alert.labels, alert.links, alert.text, alert.began,
        finding=alert.finding,
    )
    return News(monitor, alert.fingerprint, signal, opens=False, tainted=True)


def gone(finding: FindingSummary) -> Signal:
    """That nobody watches what was found any more."""
    key = f"{finding.fingerprint}/{finding.began}/resolved"
    title = f"{finding.monitor} is not watched any more"
    return Signal(finding.fingerprint, "resolved", title, labels={"monitor": finding.monitor}, text=title, began=finding.began, key=key)


def _failed(monitor: Monitor, since: datetime, why: str) -> Finding:
    return Finding(monitor.name, SOURCE, monitor.subject or monitor.name, "failed", since, why, owner=monitor.owner, node=monitor.node)


def _news(monitor: Monitor, key: str, tell: Tell, finding: Finding, *, tainted: bool) -> News:
    fingerprint = fingerprint_of(monitor.name, key)
    resolved = tell.status == "resolved"
    title = f"{finding.measure} of {finding.subject} {'is back' if resolved else NAMES[finding.direction]}"
    labels = {"monitor": monitor.name, "measure": finding.measure}
    signal = Signal(
        fingerprint, "resolved" if resolved else "firing", title, severity_of(monitor.severity, finding.score), labels, monitor.links,
        told(finding), str(tell.began), tell.key(fingerprint), finding,
    )
    return News(monitor, fingerprint, signal, tell.occasion is Occasion.OPENED, tainted)


BACK = {
    "missing": "Data come again, after {}.", "changed": "The columns are what they were, after {}.",
}
"""What is said when it is over, by direction."""

SETTLED = {
    "missing": "It has not come for so long that it is taken for gone; it began {} ago.",
    "changed": "The columns have stayed like this, and are taken for granted from now on; they changed {} ago.",
}


def _why(tell: Tell) -> str:
    lasted, why = duration.show(_moment(tell.bucket.at) - _moment(tell.began)), tell.bucket.why
    match tell.occasion:
        case Occasion.OPENED:
            return why
        case Occasion.WORSE:
            return f"{why} It has become worse."
        case Occasion.STILL:
            return f"{why} It has gone on for {lasted}."
        case Occasion.WOKEN:
            return f"{why} The snooze is over, and it has gone on for {lasted}."
        case Occasion.OVER:
            return BACK.get(tell.bucket.direction, "It is back to what it was before, after {}.").format(lasted)
        case Occasion.SETTLED:
            usual = "It has settled at a new level, which counts as usual from now on; it began {} ago."
            return SETTLED.get(tell.bucket.direction, usual).format(lasted)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
