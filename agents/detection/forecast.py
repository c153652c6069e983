"""Where a daily figure is going: a central value and a range for each of the next days, and the days until a limit as a range.

The level is the median of the last days, the weekday's effect the median of its distances from the week around it, and the trend the
median of the slopes between weeks. Effects and trend are drawn towards zero by their own noise. How many days make the level, and whether
the trend counts at all, is what would have been best in this series' own past. How far the forecasts were off there is the range, wider
with each day.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agents.core.chart import Outlook, Series

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]

DAY = 86_400
SEVERAL = 1.5
"""Values a day from which on there are several of them."""
NEEDED = 14
"""Days with a value without which there is no forecast."""
SHARE, FEW = 0.8, 1.5
"""The share of days that are to lie within the range, and how fast the range grows where the past says little about that."""
GAP = 28
"""Days without a value after which a history begins anew."""
LARGEST = 1e300
"""A value as large as this is none."""
RECENT = 84
"""Days that weekdays and the trend are learnt from."""
WINDOWS = (3, 7, 14, 28)
"""Numbers of last days that may make the level."""
WORTH = 0.95
"""The trend counts where it makes past errors at least this much smaller."""
LATELY = 14
"""Of the days of the past from which a forecast is tried, the last ones decide which way is best."""
ORIGINS, PAST, YOUNG = 30, 180, 56
"""Days of the past from which a forecast is tried, how many days back the first may be, and how many days it has behind it if it can."""
STEADY, WALK = 0.1, 0.6
"""Powers of the days ahead with which the range grows where the past does not reach: at least, and at most or where nothing is known."""
REACHES = ((1, 2), (3, 6), (7, 13), (14, 27), (28, 55), (56, 90))
"""Numbers of days ahead whose past errors are taken together, from and to."""


@dataclass(frozen=True, slots=True)
class NotEnough:
    """A history that is too short."""

    days: int
    """Days with a value."""
    needed: int = NEEDED

    @property
    def text(self) -> str:
        """What a report says."""
        return f"not enough history: {self.days} day{'' if self.days == 1 else 's'}, {self.needed} are needed"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The days to come, one value a day."""

    first: int
    """Unix seconds of the first of them, at the time of day of the newest value."""
    central: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    """Four days out of five will lie between the two."""
    last: float
    """The newest value that was measured."""

    def at(self, day: int) -> int:
        """Unix seconds of a day, counted from 0."""
        return self.first + day * DAY


@dataclass(frozen=True, slots=True)
class Until:
    """Days until a limit is reached; None where that is not within the horizon."""

    earliest: int | None
    likely: int | None
    latest: int | None
    horizon: int
    """Days that were looked ahead."""

    @property
    def text(self) -> str:
        """What a report says; never one number alone."""
        if self.latest == 0:
            return "reached now"
        if self.earliest is None:
            return f"not within {self.horizon} days"
        likely = f"not within {self.horizon} days" if self.likely is None else f"in {self.likely}"
        if self.latest is None:
            return f"in {self.earliest} days at the earliest, most likely {likely}"
        return f"in {self.earliest} to {self.latest} days, most likely {likely}"


def forecast(timestamps: npt.ArrayLike, values: npt.ArrayLike, days: int = 90) -> Forecast | NotEnough:
    """The next `days` days after the last one with a value.

    `timestamps` are Unix seconds or numpy dates, in any order. Where there are several values a day, the median of each UTC day counts;
    with one a day, days are counted by the newest value's time of day, so that a clock that is put forward or back makes neither a gap nor
    a pair. What is no finite number is a gap.
    """
    first, history = daily(timestamps, values)
    known = np.isfinite(history)
    if known.sum() < NEEDED:
        return NotEnough(int(known.sum()))
    scale = float(np.nanmax(np.abs(history))) or 1.0
    filled = _filled(np.round(history / scale, 12))
    errors, step = _errors(filled, known, days)
    chosen = _chosen(errors)
    central, drift = _ahead(filled, days)
    middle, reach = central[chosen], _reach(errors[chosen], step, drift, days)
    least = 0.0 if np.nanmin(history) >= 0 else -np.inf
    low, high = (np.maximum(bound, least) * scale for bound in (middle - reach, middle + reach))
    told = [tuple(map(float, line)) for line in (np.maximum(middle, least) * scale, low, high)]
    return Forecast(first + history.size * DAY, told[0], told[1], told[2], float(history[-1]))


def outlook(history: Series, ahead: Forecast, limit: float | None = None) -> Outlook:
    """The forecast beside what was measured, to be drawn."""
    at = [ahead.at(day) for day in range(len(ahead.central))]
    return Outlook(history, tuple(zip(at, ahead.central, strict=True)), tuple(zip(at, ahead.low, ahead.high, strict=True)), limit)


def until(ahead: Forecast, limit: float, *, floor: bool = False) -> Until:
    """Days until the values rise to a limit, or fall to it where it is a floor; 0 where the newest value is beyond it."""
    sign = -1.0 if floor else 1.0
    if sign * ahead.last >= sign * limit:
        return Until(0, 0, 0, len(ahead.central))
    soon, late = (ahead.low, ahead.high) if floor else (ahead.high, ahead.low)
    reached = [np.flatnonzero(sign * np.array(line) >= sign * limit) for line in (soon, ahead.central, late)]
    days = [int(where[0]) + 1 if where.size else None for where in reached]
    return Until(days[0], days[1], days[2], len(ahead.central))


def daily(timestamps: npt.ArrayLike, values: npt.ArrayLike) -> tuple[int, Floats]:
    """Unix seconds of the first day of the history, and the values day by day to the last one, NaN where there is none.

    What lies before a gap of more than `GAP` days is another history.
    """
    at, given = np.asarray(timestamps), np.asarray(values, dtype=np.float64)
    seconds = at.astype("datetime64[s]").astype(np.int64) if np.issubdtype(at.dtype, np.datetime64) else at.astype(np.int64)
    good = np.abs(given) < LARGEST
    seconds, given = seconds[good], given[good]
    if not seconds.size:
        return 0, np.empty(0)
    several = seconds.size > SEVERAL * np.unique(seconds // DAY).size
    begin = 0 if several else int(seconds.max() % DAY)
    numbers = seconds // DAY if several else (seconds - begin + DAY // 2) // DAY
    days = np.unique(numbers)
    breaks = np.flatnonzero(np.diff(days) > GAP)
    days = days[breaks[-1] + 1 :] if breaks.size else days
    history = np.full(int(days[-1] - days[0]) + 1, np.nan)
    for number in days:
        history[number - days[0]] = np.median(given[numbers == number])
    return int(days[0]) * DAY + begin, history


def days_of(timestamps: npt.ArrayLike, values: npt.ArrayLike) -> int:
    """How many days of the history have a value."""
    return int(np.isfinite(daily(timestamps, values)[1]).sum())


def weeks_of(timestamps: npt.ArrayLike, values: npt.ArrayLike, most: int = 12) -> tuple[float, ...]:
    """The medians of its last whole weeks, the newest last; weeks without a value are left out."""
    _, days = daily(timestamps, values)
    weeks = days[days.size % 7 :].reshape(-1, 7)[-most:]
    return tuple(float(np.nanmedian(week)) for week in weeks if np.isfinite(week).any())


def _filled(history: Floats) -> Floats:
    """Gaps filled with the value a week before, or with the line between their neighbours where there is none."""
    filled = history.copy()
    for day in np.flatnonzero(np.isnan(filled)):
        if day >= 7:
            filled[day] = filled[day - 7]
    missing = np.isnan(filled)
    filled[missing] = np.interp(np.flatnonzero(missing), np.flatnonzero(~missing), filled[~missing])
    return filled


def _ahead(history: Floats, days: int) -> tuple[Floats, float]:
    """What each candidate says of the next days, the windows without trend and then with it, and the noise of the trend a day."""
    recent = history[-RECENT:]
    weekday = np.arange(history.size - recent.size, history.size) % 7
    effects = weekday_effects(recent, weekday)
    plain = recent - effects[weekday]
    slope, drift = trend(plain)
    ahead = np.arange(1, days + 1)
    season = effects[(history.size - 1 + ahead) % 7]
    lines = []
    for growth in (0.0, slope):
        today = plain + growth * np.arange(plain.size - 1, -1, -1)
        lines += [np.median(today[-window:]) + growth * ahead + season for window in WINDOWS]
    return np.array(lines), drift


def weekday_effects(recent: Floats, weekday: npt.NDArray[np.int_]) -> Floats:
    """How far each weekday lies from the week around it, drawn towards zero where that is noise."""
    weeks = np.median(np.lib.stride_tricks.sliding_window_view(recent, 7), axis=1)
    apart = recent - weeks[np.clip(np.arange(recent.size) - 3, 0, weeks.size - 1)]
    effects = np.array([np.median(apart[weekday == day]) for day in range(7)])
    noise = 1.57 * _deviation(apart - effects[weekday]) ** 2 * 7 / recent.size
    spread = float(np.var(effects))
    return effects * (max(0.0, 1 - noise / spread) if spread > 0 else 0.0)


def trend(plain: Floats) -> tuple[float, float]:
    """The change a day between the medians of weeks, drawn towards zero by its noise, and that noise.

    The noise is that of the changes from week to week, where a week's chance error counts twice with opposite signs; of few weeks it is
    never less than what the scatter of the days makes of it.
    """
    count = plain.size // 7
    weeks = np.median(plain[plain.size - 7 * count :].reshape(count, 7), axis=1)
    if count < 2:
        return 0.0, _deviation(plain) / 7
    earlier, later = np.triu_indices(count, 1)
    slope = float(np.median((weeks[later] - weeks[earlier]) / (later - earlier)))
    steps = np.diff(weeks) - slope
    power = float(np.mean(steps**2))
    echo = float(np.mean(steps[1:] * steps[:-1])) / power if power > 0 and steps.size > 1 else 0.0
    wandering = _deviation(steps) ** 2 * min(max(1 + 2 * echo, 0.1), 2.0) / steps.size
    scatter = 12 * (1.57 * _deviation(plain - np.median(plain)) ** 2 / 7) / count**3 if count < 4 else 0.0
    noise = max(wandering, scatter) * (1 + 2 / count)
    kept = max(0.0, 1 - noise / slope**2) if slope else 0.0
    return slope * kept / 7, float(np.sqrt(noise)) / 7


def _errors(history: Floats, known: npt.NDArray[np.bool_], days: int) -> tuple[Floats, float]:
    """How far off each candidate was, and the days between the days from which it looked ahead.

    By candidate, by the day from which it looked ahead, and by the days ahead; NaN where nobody knows.
    """
    first = max(6, min(history.size // 2, YOUNG), history.size - 1 - PAST)
    origins = np.unique(np.linspace(first, history.size - 2, ORIGINS).astype(int))
    errors = np.full((2 * len(WINDOWS), origins.size, days), np.nan)
    for number, origin in enumerate(origins):
        reach = min(days, history.size - 1 - int(origin))
        said, _ = _ahead(history[: origin + 1], reach)
        seen = np.where(known, history, np.nan)[origin + 1 : origin + 1 + reach]
        errors[:, number, :reach] = said - seen
    return errors, (history.size - 1 - first) / origins.size


def _chosen(errors: Floats) -> int:
    """The candidate whose past errors of the next four weeks were smallest; one with the trend only where that is clearly better."""
    typical = [float(np.mean(np.abs(one[np.isfinite(one)]))) for one in errors[:, -LATELY:, :28]]
    plain, trending = typical[: len(WINDOWS)], typical[len(WINDOWS) :]
    if min(trending) < WORTH * min(plain):
        return len(WINDOWS) + trending.index(min(trending))
    return plain.index(min(plain))


def _reach(errors: Floats, step: float, drift: float, days: int) -> Floats:
    """How far from the central value the range reaches on each day: past errors of that many days ahead, and beyond them ever wider."""
    anchors: list[float] = []
    sizes: list[float] = []
    for begin, end in REACHES:
        some = errors[:, begin - 1 : end]
        tried = some[np.isfinite(some).any(axis=1)]
        spans = len(tried) * step / end
        if len(tried) and (spans >= 2 or not anchors):
            anchors.append((begin * end) ** 0.5)
            sizes.append(_size(tried, spans))
    grown = np.maximum.accumulate(sizes)
    ahead = np.arange(1, days + 1)
    within = np.interp(np.sqrt(ahead), np.sqrt(anchors), grown)
    beyond = np.maximum(ahead - anchors[-1], 0.0)
    known = len(anchors) > 1 and grown[0] > 0
    power = np.log(grown[-1] / grown[0]) / np.log(anchors[-1] / anchors[0]) if known else WALK
    wider = (1 + beyond / anchors[-1]) ** np.clip(power, STEADY, WALK)
    return np.asarray(np.hypot(within * wider, 1.28 * drift * beyond))


def _size(errors: Floats, spans: float) -> float:
    """The size below which so many errors lie as are to; more of them where the past holds few chances that do not hang together."""
    known = np.isfinite(errors)
    counts, found = known.sum(axis=1), errors[known]
    power, width = float(np.mean(found**2)), float(counts.mean())
    common = float(np.mean((np.where(known, errors, 0).sum(axis=1) / counts) ** 2)) * width / power if power > 0 else 1.0
    alike = min(max((common - 1) / (width - 1), 0.0), 1.0) if width > 1 else 1.0
    chances = max(spans, 1.0) * width / (1 + (width - 1) * alike)
    return float(np.quantile(np.abs(found), SHARE + (1 - SHARE) * min(FEW / chances, 0.9)))


def _deviation(values: Floats) -> float:
    """A standard deviation that outliers do not make larger."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
