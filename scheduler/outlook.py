"""When a value reaches a limit: looked ahead once a day, from all that is kept. The days that are left become a series of their own."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agents.core.chart import Series as Line
from agents.core.chart import finite, thinned
from agents.core.monitoring import LARGE, Bucket, Said, State, Tell, Terms, Track, judge
from agents.monitors import History, Sample
from agents.pools import Line as Kept
from agents.pools import prospect_of, told
from scheduler.telling import NO_PICTURE, Shown

if TYPE_CHECKING:
    from agents.detection.forecast import Forecast

DAY = 86400

SHOWN, BANDS = 120, 60
"""At most so many points are shown, and so many of the range to come."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What came of looking ahead."""

    track: Track
    tells: tuple[Tell, ...] = ()
    samples: tuple[Sample, ...] = ()
    shown: Shown = NO_PICTURE


def is_due(track: Track, until: int) -> bool:
    """Whether another day is over since it was last looked ahead."""
    return until // DAY > track.day


def looked_ahead(kept: Kept, key: str, track: Track, said: Said, until: int, now: datetime) -> Ahead:
    """The next days from the whole days before this second."""
    from agents.detection.forecast import NotEnough

    day, watch, limit = until // DAY, kept.watch, kept.limit
    track = replace(track, day=day)
    prospect = prospect_of(kept)
    ahead = prospect.ahead
    found = prospect.until(limit) if limit is not None else None
    if isinstance(ahead, NotEnough) or limit is None or found is None:
        return Ahead(replace(track, state=State.LEARNING))
    floor = watch.direction == "below"
    near = found.earliest is not None and found.earliest <= watch.within.days
    score = (LARGE if found.earliest == 0 else 2.0) if near else 0.5
    one = Bucket(
        day * DAY, State.FIRING if near else State.FINE, ahead.last, score, limit if floor else None, None if floor else limit,
        "below" if floor else "above", told(prospect, limit),
    )
    after, tells = judge(track, [one], Terms(timedelta(days=1), now, lambda bucket, began: bucket, said))
    left = None if found.earliest is None else float(found.earliest)
    sample = Sample(key, datetime.fromtimestamp(day * DAY, UTC), left)
    return Ahead(after, tells, (sample,), _shown(kept.history, ahead) if tells else NO_PICTURE)


def _shown(history: History, ahead: "Forecast") -> Shown:
    line = thinned(Line(tuple(zip(history.at, history.values, strict=True))), SHOWN)
    days = [(ahead.at(number), *told) for number, told in enumerate(zip(ahead.central, ahead.low, ahead.high, strict=True))][:BANDS]
    band = tuple((at, low, high) for at, _, low, high in days)
    return Shown(tuple((at, finite(value)) for at, value in line.points), band, tuple((at, central) for at, central, _, _ in days))
