"""From how the buckets of a series were judged to what people are told of it. Pure: after a crash the same is decided again.

A series that a detector fires on begins an **episode**, which people hear of once. A detector gets used to what lasts, and an outage is
not over because it lasts: so an episode is over when the series was for some buckets in a row as it used to be before it; how many is
more for a series that came back before and did not stay. Or it has settled: then the detector has had nothing to say for a day. What a
person says of a finding holds for its episode: until that is over, nothing new is said of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from agents.core.finding import Direction, Mark

AGAIN = timedelta(hours=6)
"""An open finding is brought up to date after this at the latest."""

WORSE = 1.5
"""Or when it is this many times as far outside as when it was last told."""

CALM = timedelta(days=1)
"""A series that fires again within this after its last episode has not been calm: it is watched for longer before that is over."""

DOUBLINGS = 5
"""So often the number of quiet buckets is doubled, at most."""

SETTLES = timedelta(days=1)
"""A series of which the detector has nothing to say for so long has settled, wherever it is."""

REMEMBERED = 50
"""So many episodes of a series are left out of what is usual."""

DAY, NEAR = 86400, 3600
"""Seconds; within the second of one another, two times of day are the same."""

LADDER = ("info", "warning", "high", "critical")
"""Severities that the size of a deviation may raise or lower by one."""

LARGE, SMALL = 4.0, 1.25
"""From the first on, in edges of the range, it is raised; up to the second it is lowered."""


class State(StrEnum):
    """What a detector says of a bucket."""

    FINE = "fine"
    FIRING = "firing"
    LEARNING = "learning"
    """Too little is known to say anything."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One complete bucket of a series as a detector judged it."""

    at: int
    """Its begin: Unix seconds."""
    state: State
    value: float | None = None
    score: float = 0.0
    """How far outside; 1 is the edge of the range."""
    low: float | None = None
    high: float | None = None
    direction: Direction = "above"
    why: str = ""
    """Why it fires, in one sentence."""
    since: int | None = None
    """When that began, if not with this bucket."""
    certain: bool = False
    """Whether it is beyond a limit that people set, whatever is usual."""


Before = Callable[[Bucket, int], Bucket]
"""The bucket, judged by what the series was like before a time (Unix seconds): up to a score of 1 it is as it used to be. The very same
bucket where nothing can be said about that; then it counts what its detector says."""


@dataclass(frozen=True, slots=True)
class Track:
    """How a series stands after all the buckets that were judged."""

    began: int | None = None
    """First bucket of the episode; None while there is none."""
    last: int = 0
    """Its newest bucket that was not as it used to be."""
    quiet: int = 0
    """Buckets since that one."""
    fired: int = 0
    """The newest bucket on which the detector fired."""
    told: float = 0.0
    """The score that was told last."""
    told_at: int = 0
    """The bucket of which it was told."""
    direction: Direction = "above"
    """As it was told last."""
    flaps: int = 0
    """How often it came back before this episode and did not stay."""
    ended: int = 0
    """When the episode before this one ended."""
    woken: int = 0
    """The end of the snooze after which it was told that it still fires: Unix seconds."""
    left_out: tuple[tuple[int, int], ...] = ()
    """First and last buckets of episodes that people said are exceptions: they are no example of what is usual."""
    over: tuple[tuple[int, int], ...] = ()
    """The same of episodes that were over by themselves and were none before: the next week is not compared with them either."""
    columns: tuple[tuple[str, str, bool | None], ...] | None = None
    """For a schema: the columns that are taken for granted."""
    changed: tuple[tuple[str, str, bool | None], ...] | None = None
    """For a schema: the other ones that were told of; None where they are as they should be."""
    day: int = 0
    """For a forecast: the day on which it was last made, counted from 1970."""
    state: State = State.LEARNING
    """Of its newest bucket."""


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of the finding of an episode."""

    marks: frozenset[Mark] = frozenset()
    until: datetime | None = None
    """The end of its newest snooze."""

    @property
    def closed(self) -> bool:
        """Whether somebody closed it."""
        return any(mark.closes for mark in self.marks)

    def snoozed(self, now: datetime) -> bool:
        """Whether nothing new is to be said of it."""
        return self.until is not None and self.until > now


NOTHING = Said()


class Occasion(StrEnum):
    """Why something is told."""

    OPENED = "opened"
    WORSE = "worse"
    """It is much further outside, or in another way."""
    STILL = "still"
    """It goes on."""
    WOKEN = "woken"
    """It goes on after a snooze."""
    OVER = "over"
    """It is as it used to be."""
    SETTLED = "settled"
    """It is not, and that is the usual now."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Something to be told of a series."""

    occasion: Occasion
    began: int
    """The episode's first bucket."""
    bucket: Bucket
    """What is told of; of an episode that is over, the last bucket before that was certain, with the direction of the episode."""
    number: int = 0
    """What tells it from others of the same occasion and episode."""

    @property
    def status(self) -> str:
        """As signals have it."""
        return "resolved" if self.occasion in (Occasion.OVER, Occasion.SETTLED) else "firing"

    def key(self, fingerprint: str) -> str:
        """Dedupe key of the signal: the same after a crash."""
        word = self.status if self.occasion in (Occasion.OPENED, Occasion.OVER, Occasion.SETTLED) else f"{self.occasion}/{self.number}"
        return f"{fingerprint}/{self.began}/{word}"


def quiet_enough(bucket: timedelta, flaps: int = 0) -> int:
    """Buckets in a row that end an episode: three, two of some hours, one of a day. They double, up to a day of them, each time that the
    series came back and did not stay."""
    least = 3 if bucket < timedelta(hours=6) else 2 if bucket < timedelta(days=1) else 1
    most = max(least * 2, int(timedelta(days=1) / bucket))
    return min(least << min(flaps, DOUBLINGS), most)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one look at a series is decided by, beside its buckets."""

    bucket: timedelta
    """Length of its buckets."""
    now: datetime
    before: Before
    said: Said = NOTHING
    """Of the finding of the episode that the series is in."""
    settles: timedelta = SETTLES
    """How long an episode has to stay as it is to be the usual, at least."""


def judge(track: Track, buckets: Iterable[Bucket], terms: Terms) -> tuple[Track, tuple[Tell, ...]]:
    """How the series stands after these buckets, and what is told.

    What would bring an episode up to date is left out where something newer is told of it.
    """
    tells: list[Tell] = []
    for one in buckets:
        began = track.began
        track, tell = _step(replace(track, state=one.state), one, terms)
        if track.began != began:
            terms = replace(terms, said=NOTHING)
        if tell is not None:
            if tells and _updates(tells[-1]) and tells[-1].began == tell.began:
                tells.pop()
            tells.append(tell)
    return track, tuple(tells)


def _step(track: Track, one: Bucket, terms: Terms) -> tuple[Track, Tell | None]:
    fires, began = one.state is State.FIRING, track.began
    if began is None:
        return _opened(track, one) if fires else (track, None)
    if Mark.LEARN in terms.said.marks:
        return _ended(track, one, terms.said, Occasion.SETTLED)
    seen = terms.before(one, began)
    if fires if seen is one else seen.score > 1:
        track = replace(track, fired=one.at) if fires else track
        if one.at - track.fired >= max(terms.settles, quiet_enough(terms.bucket) * terms.bucket).total_seconds():
            return _ended(track, one, terms.said, Occasion.SETTLED)
        return _goes_on(track, one if fires and one.score >= seen.score else seen, terms)
    quiet = track.quiet + 1
    if quiet < quiet_enough(terms.bucket, track.flaps):
        return replace(track, quiet=quiet), None
    return _ended(track, one, terms.said, Occasion.OVER)


def _opened(track: Track, one: Bucket) -> tuple[Track, Tell]:
    began = one.at if one.since is None else one.since
    restless = track.ended > 0 and began - track.ended < CALM.total_seconds()
    opened = replace(
        track, began=began, last=one.at, fired=one.at, quiet=0, told=one.score, told_at=one.at, direction=one.direction, woken=0,
        flaps=track.flaps + 1 if restless else 0,
    )
    return opened, Tell(Occasion.OPENED, began, one)


def _goes_on(track: Track, one: Bucket, terms: Terms) -> tuple[Track, Tell | None]:
    goes_on = replace(track, last=one.at, quiet=0)
    if terms.said.closed or terms.said.snoozed(terms.now):
        return goes_on, None
    occasion, number = _news(track, one, terms.said)
    if occasion is None:
        return goes_on, None
    woken = number if occasion is Occasion.WOKEN else track.woken
    told = replace(goes_on, told=max(one.score, track.told), told_at=one.at, direction=one.direction, woken=woken)
    return told, Tell(occasion, track.began or one.at, one, number)


def _news(track: Track, one: Bucket, said: Said) -> tuple[Occasion | None, int]:
    until = int(said.until.timestamp()) if said.until else 0
    if until > track.woken:
        return Occasion.WOKEN, until
    if one.direction != track.direction or one.score >= WORSE * max(track.told, 1.0):
        return Occasion.WORSE, one.at
    return (Occasion.STILL, one.at) if one.at - track.told_at >= AGAIN.total_seconds() else (None, 0)


def _ended(track: Track, one: Bucket, said: Said, occasion: Occasion) -> tuple[Track, Tell | None]:
    began = track.began or one.at
    span = (began, track.last)
    ended = replace(track, began=None, quiet=0, ended=one.at)
    if Mark.EXCLUDE in said.marks:
        ended = replace(ended, left_out=(*track.left_out, span)[-REMEMBERED:])
    elif occasion is Occasion.OVER and not said.closed:
        ended = replace(ended, over=_exceptions(track.over, span)[-REMEMBERED:])
    return ended, None if said.closed else Tell(occasion, began, replace(one, direction=track.direction))


def _exceptions(known: tuple[tuple[int, int], ...], span: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Episodes that are no example of what is usual. What comes once more at its time of day is no exception, and neither was the first."""
    others = tuple(one for one in known if NEAR < (span[0] - one[0]) % DAY < DAY - NEAR)
    return others if len(others) < len(known) else (*known, span)


def _updates(tell: Tell) -> bool:
    return tell.status == "firing" and tell.occasion is not Occasion.OPENED


def severity_of(usual: str, score: float) -> str:
    """The monitor's own severity; a step worse where it is far outside, a step milder where it is just outside."""
    if usual not in LADDER or score <= 0:
        return usual
    step = 1 if score >= LARGE else -1 if score <= SMALL else 0
    return LADDER[min(max(LADDER.index(usual) + step, 0), len(LADDER) - 1)]
