"""When schedules fire, computed and never remembered. The one module that knows APScheduler, whose trigger walks the calendar.

Its trigger walks wall times, of which each is there once. What clocks do twice a year is decided here:

- A wall time that clocks leap over comes right after the leap, once, however many the leap swallowed.
- A wall time that clocks show twice comes once, the first time. Only where the hour is `*` do its times come in both hours: whatever
  happens every few minutes happens then too.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from agents.core.duration import written
from agents.core.schedule import LISTED, Due, Missed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)

COUNTED = 5000
"""So many missed times are counted one by one: three days of minutes, and some more."""

BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=62), timedelta(days=366 * 9))
"""How far the newest time is looked for, where there are too many to walk through."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ITEM = re.compile(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?", re.ASCII)


class Every:
    """Whole multiples of a length of time, counted from 1970 in UTC, so that no restart moves them."""

    zone = UTC

    def __init__(self, length: timedelta) -> None:
        self._length = length
        self.words = f"every {written(length)}"

    def after(self, moment: datetime) -> datetime:
        """The first time later than this moment."""
        return EPOCH + ((moment - EPOCH) // self._length + 1) * self._length

    def due(self, floor: datetime, now: datetime) -> Due | None:
        """The times later than `floor` and not later than `now`."""
        first, newest = (floor - EPOCH) // self._length + 1, (now - EPOCH) // self._length
        if newest < first:
            return None
        times = tuple(EPOCH + number * self._length for number in range(first, min(newest, first + LISTED)))
        last = EPOCH + (newest - 1) * self._length
        return Due(EPOCH + newest * self._length, Missed(newest - first, times, last) if times else None)


class Cron:
    """The wall times of a cron line in a zone."""

    def __init__(self, line: str, zone: ZoneInfo) -> None:
        """Raises ValueError where the line is none, where it may mean two things, and where there is no such day."""
        minute, hour, day, month, weekday = _fields(line)
        self._trigger = CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=UTC)
        self._every_hour = hour == "*"
        self.zone = zone
        self.words = f"{' '.join(line.split())} ({zone.key})"
        if self._trigger.get_next_fire_time(None, EPOCH) is None:
            raise ValueError("it never comes: no month has such a day")

    def after(self, moment: datetime) -> datetime:
        """The first time later than this moment."""
        local = moment.astimezone(self.zone)
        wall = local.replace(tzinfo=None, fold=0)
        before, behind = self._offsets(wall)
        if before <= behind:
            return self._first(self._next(wall))
        change = self._change(wall)
        begins, ends = (change + behind).replace(tzinfo=None), (change + before).replace(tzinfo=None)  # of what clocks show twice
        again = self._next(wall if local.fold else begins - TICK) if self._every_hour else ends
        found = self._first(self._next(ends - TICK if local.fold else wall))
        return min(found, (again - behind).replace(tzinfo=UTC)) if again < ends else found

    def due(self, floor: datetime, now: datetime) -> Due | None:
        """The times later than `floor` and not later than `now`. Beyond `COUNTED` of them nobody counts."""
        found = list(islice(self._between(floor, now), COUNTED + 2))
        if len(found) < 2:
            return Due(found[0]) if found else None
        times = tuple(found[: min(LISTED, len(found) - 1)])
        if len(found) <= COUNTED + 1:
            return Due(found[-1], Missed(len(found) - 1, times, found[-2]))
        *_, before, newest = self._newest(now)
        return Due(newest, Missed(COUNTED, times, before, at_least=True))

    def _between(self, floor: datetime, now: datetime) -> Iterator[datetime]:
        at = self.after(floor)
        while at <= now:
            yield at
            at = self.after(at)

    def _newest(self, now: datetime) -> Iterator[datetime]:
        """Some of the newest times, at least two."""
        for length in BACK:
            found = tuple(self._between(now - length, now))
            if len(found) > 1:
                return iter(found)
        raise ValueError(f"{self.words} has no times before {now}")  # it has thousands, or nobody would ask

    def _next(self, wall: datetime) -> datetime:
        """The first wall time later than this one."""
        found: datetime = self._trigger.get_next_fire_time(None, (wall + TICK).replace(tzinfo=UTC))
        return found.replace(tzinfo=None)

    def _offsets(self, wall: datetime) -> tuple[timedelta, timedelta]:
        """By how much clocks are ahead of UTC at this wall time, before and behind a change; both the same where there is none."""
        before, behind = (wall.replace(tzinfo=self.zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        return before, behind

    def _first(self, wall: datetime) -> datetime:
        """When clocks show this for the first time; where they never do, when they have leapt over it."""
        before, behind = self._offsets(wall)
        return self._change(wall) if before < behind else (wall - before).replace(tzinfo=UTC)

    def _change(self, wall: datetime) -> datetime:
        """The moment of the change that makes this wall time come twice or never."""
        whole = wall.replace(microsecond=0, tzinfo=UTC)
        offsets = self._offsets(wall)
        early, late = whole - max(offsets), whole - min(offsets)
        old = early.astimezone(self.zone).utcoffset()
        while late - early > timedelta(seconds=1):
            middle = early + (late - early) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.zone).utcoffset() == old:
                early = middle
            else:
                late = middle
        return late


def _fields(line: str) -> tuple[str, str, str, str, str]:
    """The five fields as the trigger reads them. Raises ValueError."""
    fields = line.lower().split()
    if len(fields) != 5:
        raise ValueError(f"has {len(fields)} fields and takes five: minute, hour, day of the month, month, day of the week")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise ValueError(
            "names days of the month and of the week; some programs take that as both, others as either. Write one of them as *, "
            "and a second schedule for the other"
        )
    numbers = _field(minute, "minute", 0, 59), _field(hour, "hour", 0, 23), _field(day, "day of the month", 1, 31)
    return *numbers, _field(month, "month", 1, 12, MONTHS), _weekdays(weekday)


def _field(text: str, what: str, least: int, most: int, names: tuple[str, ...] = ()) -> str:
    """A field, checked, with names as numbers."""
    read = []
    for item in text.split(","):
        star, first, last, step = _parts(item, what)
        ends = [_number(end, what, least, most, names) for end in (first, last) if end]
        if len(ends) == 2 and ends[0] > ends[1]:
            raise ValueError(f'{what}: "{item}" ends before it begins')
        if step and (not 0 < int(step) <= most - least or len(ends) == 1):
            raise ValueError(f'{what}: a step is at most {most - least} and stands behind * or a range, such as */2; "{item}" is none')
        read.append(("*" if star else "-".join(map(str, ends))) + (f"/{step}" if step else ""))
    return ",".join(read)


def _number(text: str, what: str, least: int, most: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + least
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f'{what}: "{text}" is not among {least}-{most}{f" and {names[0]}-{names[-1]}" if names else ""}')
    return int(text)


def _weekdays(text: str) -> str:
    """Days of the week as a list of names; a range may go over Sunday."""
    if text == "*":
        return text
    chosen: list[str] = []
    for item in text.split(","):
        _, first, last, step = _parts(item, "day of the week")
        for name in filter(None, (first, last)):
            if name.isdecimal():
                raise ValueError(f"day of the week: the number {name} is one day to some programs and another to others; write mon-fri")
            if name not in DAYS:
                raise ValueError(f'day of the week: "{name}" is not among {", ".join(DAYS)}')
        if step or not first:
            raise ValueError(f'day of the week: "{item}" is neither a day nor a range of days')
        begin, end = DAYS.index(first), DAYS.index(last or first)
        chosen += [DAYS[number % 7] for number in range(begin, (end if end >= begin else end + 7) + 1)]
    return ",".join(dict.fromkeys(chosen))


def _parts(item: str, what: str) -> tuple[bool, str, str, str]:
    """Whether it is a star, the first and the last of a range, and its step."""
    found = _ITEM.fullmatch(item)
    if found is None:
        raise ValueError(f'{what}: "{item}" is not understood; write *, */n, a, a-b, a-b/n, or several with commas')
    whole, first, last, step = found.groups(default="")
    return whole == "*", first, last, step
