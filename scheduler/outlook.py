"""When a value reaches a limit: looked ahead once a day, from all that is kept. The days that are left become a series of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agents.core.chart import Series as Line
from agents.core.chart import finite, thinned
from agents.core.monitoring import LARGE, Bucket, Said, State, Tell, Terms, Track, judge
from agents.monitors import History, Measure, Monitor, Sample, Watch

if TYPE_CHECKING:
    from agents.detection.forecast import Forecast

DAY = 86400

AHEAD = 90
"""Days that are looked ahead at least."""

SHOWN, BANDS = 120, 60
"""At most so many points are shown, and so many of the range to come."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What came of looking ahead."""

    track: Track
    tells: tuple[Tell, ...] = ()
    samples: tuple[Sample, ...] = ()
    points: tuple[tuple[int, float | None], ...] = ()
    band: tuple[tuple[int, float, float], ...] = ()


def targets(monitor: Monitor, watch: Watch, keys: Mapping[str, object]) -> dict[str, str]:
    """The series that a forecast is of, by the key that it has itself."""
    for one in monitor.watches:
        names = (one.name, one.column) if one.measure is Measure.VALUE else (one.name,)
        if one.measure is not Measure.FORECAST and watch.column in names:
            own = (key for key in keys if key == one.name or key.startswith(f"{one.name} "))
            return {f"{watch.name}{key.removeprefix(one.name)}": key for key in own}
    return {}


def is_due(track: Track, until: int) -> bool:
    """Whether another day is over since it was last looked ahead."""
    return until // DAY > track.day


def looked_ahead(watch: Watch, key: str, history: History, track: Track, said: Said, until: int, now: datetime) -> Ahead:
    """The next days from the whole days before this second."""
    from agents.detection.forecast import NotEnough, forecast
    from agents.detection.forecast import until as days_until

    day = until // DAY
    track = replace(track, day=day)
    ahead = forecast(history.at, history.values, max(AHEAD, watch.within.days))
    if isinstance(ahead, NotEnough) or watch.limit is None:
        return Ahead(replace(track, state=State.LEARNING))
    floor = watch.direction == "below"
    found = days_until(ahead, watch.limit, floor=floor)
    near = found.earliest is not None and found.earliest <= watch.within.days
    score = (LARGE if found.earliest == 0 else 2.0) if near else 0.5
    one = Bucket(
        day * DAY, State.FIRING if near else State.FINE, ahead.last, score, watch.limit if floor else None, None if floor else watch.limit,
        "below" if floor else "above", f"The limit is {found.text if found.latest == 0 else f'reached {found.text}'}.",
    )
    after, tells = judge(track, [one], Terms(timedelta(days=1), now, lambda bucket, began: bucket, said))
    left = None if found.earliest is None else float(found.earliest)
    sample = Sample(key, datetime.fromtimestamp(day * DAY, UTC), left)
    return Ahead(after, tells, (sample,), *(_shown(history, ahead) if tells else ((), ())))


def _shown(history: History, ahead: "Forecast") -> tuple[tuple[tuple[int, float | None], ...], tuple[tuple[int, float, float], ...]]:
    line = thinned(Line(tuple(zip(history.at, history.values, strict=True))), SHOWN)
    band = tuple((ahead.at(number), ahead.low[number], ahead.high[number]) for number in range(len(ahead.low)))
    return tuple((at, finite(value)) for at, value in line.points), band[:BANDS]
