"""What is kept of a schedule: up to when its times are dealt with, what is about to begin, what people said of it.

A time of a schedule is known by the moment at which it lies, so the run that it starts has the same id whoever starts it, however often.
"""

from dataclasses import replace
from datetime import datetime

from pydantic.dataclasses import dataclass

from agents.core.ids import SYSTEM, ActorId, RunId

LISTED = 8
"""So many of the times at which nothing began are told one by one."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Times of a schedule at which nothing began."""

    count: int
    times: tuple[datetime, ...]
    """The first of them, at most `LISTED`."""
    last: datetime
    at_least: bool = False
    """Whether there were more than anybody counted."""

    def followed_by(self, later: "Missed | None") -> "Missed":
        """These, and then those."""
        if later is None:
            return self
        times = (*self.times, *later.times)[:LISTED]
        return Missed(self.count + later.count, times, later.last, self.at_least or later.at_least)


@dataclass(frozen=True, slots=True)
class Due:
    """What of a schedule's times lies between two moments: all of it becomes one run."""

    at: datetime
    """The newest of them."""
    missed: Missed | None = None
    """Those before it."""

    @property
    def all(self) -> Missed:
        """All of them, as times at which nothing begins."""
        newest = Missed(1, (self.at,), self.at)
        return self.missed.followed_by(newest) if self.missed else newest


@dataclass(frozen=True, slots=True)
class Fire:
    """A run that is to begin: because its time has come, or because somebody wants it now."""

    at: datetime
    """The time in the schedule, or when somebody asked for it."""
    missed: Missed | None = None
    """Times before it at which nothing began, because no bot was running or its agent was halted."""
    skipped: Missed | None = None
    """Times before those at which nothing began, because an earlier run was still open."""
    because: RunId | None = None
    """That run."""
    by: ActorId = SYSTEM
    """Who asked for it, if it was not its time."""
    name: str = ""
    """How people call them."""
    call: int = 0
    """Number of the event in the stream `CONTROL` by which they asked; 0 where its time has come."""

    def key(self, schedule: str) -> str:
        """The dedupe key of its run."""
        return f"schedule:{schedule}:{f'run {self.call}' if self.call else self.at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a person did to a schedule."""

    seq: int
    """Number of its event in the stream `CONTROL`."""
    by: ActorId
    name: str
    """How people call them."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Timing:
    """What people have said of a schedule, as far as it still counts."""

    paused: Said | None = None
    """None where it is not paused."""
    resumed: Said | None = None
    """The last time that somebody ended a pause."""
    called: Said | None = None
    """The last time that somebody wanted a run now."""
    told: RunId | None = None
    """The open run because of which times were skipped, as the journal has it."""

    def later_than(self, asked_at: datetime) -> bool:
        """Whether somebody did something to it after that."""
        return any(said is not None and said.at >= asked_at for said in (self.paused, self.resumed, self.called))


UNTOUCHED = Timing()


@dataclass(frozen=True, slots=True)
class Kept:
    """A schedule as the database has it."""

    name: str
    version: int
    """Raised by each change: who writes says which one they have seen."""
    definition: str
    """What says when it fires; where that changes, it starts anew. Empty where it does not fire."""
    floor: datetime
    """Its times up to this moment are dealt with, or are none of its own."""
    heeded: int = 0
    """Number of the newest event of `CONTROL` about it that was acted on."""
    pending: Fire | None = None
    """What was decided to begin and may not have begun yet."""
    fired: datetime | None = None
    """The time for which it last started a run."""
    run_id: RunId | None = None
    """That run."""
    skipped: Missed | None = None
    """Its times since then at which nothing began, because that run was open."""


def adopted(kept: Kept | None, name: str, definition: str, timing: Timing, now: datetime) -> Kept:
    """What is kept once the configuration and what people said is heeded; the same object where nothing of it is new.

    A schedule that is new, or fires at other times than before, begins now: what lies behind is none of its own. So it does when
    somebody ends a pause: what it missed meanwhile was not wanted.
    """
    if kept is None:
        kept = Kept(name, 0, definition, now)
    elif kept.definition != definition:
        kept = replace(kept, definition=definition, floor=now, skipped=None)
    if kept.pending is not None:
        return kept  # what is about to begin goes first
    heeded = kept.heeded
    if (resumed := timing.resumed) and resumed.seq > heeded:
        kept = replace(kept, floor=resumed.at, skipped=None, heeded=resumed.seq)
    if (called := timing.called) and called.seq > heeded:
        because = kept.run_id if kept.skipped else None
        fire = Fire(called.at, skipped=kept.skipped, because=because, by=called.by, name=called.name, call=called.seq)
        kept = replace(kept, pending=fire, heeded=max(called.seq, kept.heeded))
    return kept


def due_now(kept: Kept, due: Due) -> Kept:
    """Its time has come, and nothing stands against it."""
    fire = Fire(due.at, due.missed, kept.skipped, kept.run_id if kept.skipped else None)
    return replace(kept, floor=due.at, pending=fire)


def passed_over(kept: Kept, due: Due) -> Kept:
    """Its time has come, and its last run is still open."""
    return replace(kept, floor=due.at, skipped=kept.skipped.followed_by(due.all) if kept.skipped else due.all)


def begun(kept: Kept, fire: Fire, run_id: RunId) -> Kept:
    """What was about to begin has begun."""
    return replace(kept, pending=None, fired=fire.at, run_id=run_id, skipped=None)
