"""When calls to something that does not answer are worth sending: a breaker as a value, moved by what calls came to."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a breaker opens, and how patiently it tries again."""

    failures: int = 5
    """So many failures in a row open it, …"""
    within: timedelta = timedelta(minutes=2)
    """… if they lie no further apart than this."""
    first: timedelta = timedelta(seconds=15)
    """How long it is left alone first; twice as long after each trial that fails."""
    longest: timedelta = timedelta(minutes=5)
    """How long it is left alone at most."""
    steady: timedelta = timedelta(minutes=10)
    """How long it has to be closed until the next outage begins with the first pause again."""
    forget: timedelta = timedelta(minutes=15)
    """How long after its pause it counts as closed where nobody has tried."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """One breaker at one moment. Closed it lets everything through, open nothing but a single trial after each pause."""

    pace: Pace = field(default_factory=Pace)
    row: tuple[datetime, ...] = ()
    """When the failures in a row happened, oldest first; those that opened it stay while it is open."""
    why: str = ""
    """What the newest failure was."""
    pauses: int = 0
    """How many pauses there were since it was last steady."""
    until: datetime | None = None
    """When the present pause ends; None while it is closed."""
    trying: bool = False
    """Whether the trial is under way."""
    closed_at: datetime | None = None
    """When it was last closed; None where it never was open."""

    @property
    def open(self) -> bool:
        """Whether calls fail at once."""
        return self.until is not None

    def admits(self, now: datetime) -> bool:
        """Whether a call may be sent."""
        return self.until is None or (now >= self.until and not self.trying)

    def begun(self) -> "Breaker":
        """A call that was admitted is sent: while it is open, that is the trial."""
        return replace(self, trying=self.open)

    def answered(self, now: datetime) -> "Breaker":
        """The other side answered, whatever it said."""
        if not self.open:
            return replace(self, row=(), why="") if self.row else self
        return replace(self, row=(), why="", until=None, trying=False, closed_at=now)

    def failed(self, why: str, now: datetime, spread: float) -> "Breaker":
        """The other side did not answer. `spread` between 0 and 1 shortens the pause by up to a fifth, so that not all try at once."""
        if self.open:
            return self._paused(why, now, spread) if self.trying else self  # what began before it opened says nothing new
        row = (*(at for at in self.row if now - at <= self.pace.within), now)
        if len(row) < self.pace.failures:
            return replace(self, row=row, why=why)
        steady = self.closed_at is None or now - self.closed_at >= self.pace.steady
        return replace(self, row=row, pauses=0 if steady else self.pauses)._paused(why, now, spread)

    def left(self) -> "Breaker":
        """A call ended without telling anything of the other side: somebody else may try."""
        return replace(self, trying=False) if self.trying else self

    def forgotten(self, now: datetime) -> bool:
        """Whether it is open and nobody has tried for so long that it says nothing any more."""
        return self.until is not None and not self.trying and now - self.until >= self.pace.forget

    def idle(self, now: datetime) -> bool:
        """Whether it is as good as new."""
        stale = not self.row or now - self.row[-1] > self.pace.within
        return not self.open and stale and (self.closed_at is None or now - self.closed_at >= self.pace.steady)

    def _paused(self, why: str, now: datetime, spread: float) -> "Breaker":
        pause = min(self.pace.first * 2 ** min(self.pauses, 20), self.pace.longest) * (1 - spread / 5)
        return replace(self, why=why, pauses=self.pauses + 1, until=now + pause, trying=False)
