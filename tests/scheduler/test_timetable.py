"""When schedules fire: beside what clocks show minute by minute, over changes of clocks on three continents."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.core.schedule import LISTED
from agents.schedules import Timetable
from scheduler.timetable import COUNTED, DAYS, Cron, Every

MINUTE = timedelta(minutes=1)
MOMENTS = st.integers(0, 365 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
"""Any second of a year."""

CHANGES = {
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),
}
"""In each zone the moment at which clocks leap forward, and that at which they are set back; in Lord Howe by half an hour."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(table: Timetable, start: datetime, count: int) -> list[str]:
    """The next times as local clocks show them, each with its offset."""
    return [f"{at.astimezone(table.zone):%a %d %H:%M %z}" for at in islice(after(table, start), count)]


def after(table: Timetable, moment: datetime) -> Iterator[datetime]:
    while True:
        yield (moment := table.after(moment))


@pytest.mark.parametrize(("zone", "line", "expected"), [
    ("Europe/Berlin", "30 2 * * *", ["Sun 29 03:00 +0200", "Mon 30 02:30 +0200", "Tue 31 02:30 +0200"]),
    ("America/New_York", "30 2 * * *", ["Sun 08 03:00 -0400", "Mon 09 02:30 -0400", "Tue 10 02:30 -0400"]),
    ("Australia/Lord_Howe", "15 2 * * *", ["Sun 04 02:30 +1100", "Mon 05 02:15 +1100", "Tue 06 02:15 +1100"]),
    ("Europe/Berlin", "*/20 2 * * *", ["Sun 29 03:00 +0200", "Mon 30 02:00 +0200", "Mon 30 02:20 +0200"]),
    ("Europe/Berlin", "0 * * * *", ["Sun 29 00:00 +0100", "Sun 29 01:00 +0100", "Sun 29 03:00 +0200", "Sun 29 04:00 +0200"]),
    ("Europe/Berlin", "0 9 * * sat-mon", ["Sun 29 09:00 +0200", "Mon 30 09:00 +0200", "Sat 04 09:00 +0200"]),
])
def test_a_time_that_clocks_leap_over_comes_right_after_once(zone: str, line: str, expected: list[str]) -> None:
    eve = utc(CHANGES[zone][0]) - timedelta(hours=3)
    assert times(Cron(line, ZoneInfo(zone)), eve, len(expected)) == expected


@pytest.mark.parametrize(("zone", "line", "expected"), [
    ("Europe/Berlin", "30 2 * * *", ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100"]),
    ("America/New_York", "30 1 * * *", ["Sun 01 01:30 -0400", "Mon 02 01:30 -0500"]),
    ("Australia/Lord_Howe", "45 1 * * *", ["Sun 05 01:45 +1100", "Mon 06 01:45 +1030"]),
    ("Europe/Berlin", "*/30 2,3 * * *", ["Sun 25 02:00 +0200", "Sun 25 02:30 +0200", "Sun 25 03:00 +0100", "Sun 25 03:30 +0100"]),
    ("Europe/Berlin", "30 * * * *", ["Sun 25 01:30 +0200", "Sun 25 02:30 +0200", "Sun 25 02:30 +0100", "Sun 25 03:30 +0100"]),
])
def test_a_time_that_clocks_show_twice_comes_once_unless_it_comes_every_hour(zone: str, line: str, expected: list[str]) -> None:
    eve = utc(CHANGES[zone][1]) - timedelta(hours=2)
    assert times(Cron(line, ZoneInfo(zone)), eve, len(expected)) == expected


def test_whole_days_that_were_left_out() -> None:
    """Samoa went from 29 to 31 December 2011."""
    samoa = Cron("0 12 * * *", ZoneInfo("Pacific/Apia"))
    expected = ["Thu 29 12:00 -1000", "Sat 31 00:00 +1400", "Sat 31 12:00 +1400"]
    assert times(samoa, utc("2011-12-29T10:00"), 3) == expected


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from([*CHANGES, "UTC"]), hour=st.sampled_from(["*", "0-3", "1", "1,2", "2", "*/2"]),
    minute=st.sampled_from(["*/10", "0", "15", "45", "5-40/7", "59"]), day=st.sampled_from(["*", "sat-sun", "mon-fri", "sun"]),
    spring=st.booleans(),
)
@example(zone="Europe/Berlin", hour="*", minute="*/10", day="*", spring=False)
@example(zone="Australia/Lord_Howe", hour="1,2", minute="45", day="*", spring=True)
def test_it_agrees_with_clocks_read_minute_by_minute(zone: str, hour: str, minute: str, day: str, spring: bool) -> None:
    change = utc(CHANGES.get(zone, CHANGES["Europe/Berlin"])[0 if spring else 1])
    start, end = change - timedelta(hours=7), change + timedelta(hours=7)
    table = Cron(f"{minute} {hour} * * {day}", ZoneInfo(zone))
    walked: list[datetime] = []
    for at in after(table, start):
        if at > end:
            break
        walked.append(at)
    assert walked == list(watched(zone, (minute, hour, day), start, end))


def watched(zone: str, fields: tuple[str, str, str], start: datetime, end: datetime) -> Iterator[datetime]:
    """The same by looking at a clock each minute: what it shows, what it leaps over, and what it has shown before."""
    minute, hour, day = (chosen(text, least, most) for text, least, most in zip(fields, (0, 0, 0), (59, 23, 6), strict=True))
    shown: set[datetime] = set()
    clock, at = ZoneInfo(zone), start - timedelta(hours=3)
    before = at.astimezone(clock).replace(tzinfo=None, fold=0) - MINUTE
    while at <= end:
        wall = at.astimezone(clock).replace(tzinfo=None, fold=0)
        passed = [before + MINUTE * number for number in range(1, max(1, (wall - before) // MINUTE) + 1)] if wall > before else [wall]
        fits = [one for one in passed if one.minute in minute and one.hour in hour and one.weekday() in day]
        if at > start and any(one not in shown or fields[1] == "*" for one in fits):
            yield at
        shown.update(passed)
        before, at = wall, at + MINUTE


def chosen(text: str, least: int, most: int) -> set[int]:
    """The numbers that a field names, read in another way than the program does."""
    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        first, last = (str(DAYS.index(end)) if end in DAYS else end for end in (first, last))
        ends = (least, most) if span == "*" else (int(first), int(last or first))
        found.update(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


@pytest.mark.parametrize(("line", "why"), [
    ("0 9 * * 1", "day of the week: the number 1 is one day to some programs and another to others; write mon-fri"),
    ("0 9 * * mon-5", "the number 5"),
    ("0 9 * *", "has 4 fields and takes five"),
    ("0 9 1 * mon", "names days of the month and of the week"),
    ("61 * * * *", 'minute: "61" is not among 0-59'),
    ("0 24 * * *", 'hour: "24" is not among 0-23'),
    ("0 9 * jna *", 'month: "jna" is not among 1-12 and jan-dec'),
    ("*/0 * * * *", "a step is at most 59"),
    ("5/10 * * * *", "stands behind \\* or a range"),
    ("0 0 31 feb,apr *", "it never comes"),
    ("0 9 * * monday", '"monday" is not among mon, tue'),
    ("0 10-5 * * *", 'hour: "10-5" ends before it begins'),
    ("0,1, * * * *", 'minute: "" is not understood'),
    ("0 9 * * mon/2", "neither a day nor a range of days"),
    ("0 9 ? * *", "is not understood"),
])
def test_lines_that_may_be_misread_are_refused(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Cron(line, ZoneInfo("UTC"))


def test_names_and_ranges() -> None:
    start = utc("2026-11-21T12:00")  # a Saturday
    assert times(Cron("0 9 * * fri-mon", ZoneInfo("UTC")), start, 4) == [
        "Sun 22 09:00 +0000", "Mon 23 09:00 +0000", "Fri 27 09:00 +0000", "Sat 28 09:00 +0000",
    ]
    assert times(Cron("0 0 29 FEB *", ZoneInfo("UTC")), start, 1) == ["Tue 29 00:00 +0000"]
    assert times(Cron("30 6 1-7/3 jan-feb *", ZoneInfo("UTC")), start, 4)[-1] == "Mon 01 06:30 +0000"


def test_intervals_are_multiples_that_nothing_moves() -> None:
    quarter = Every(timedelta(minutes=15))
    assert times(quarter, utc("2026-03-29T00:50"), 2) == ["Sun 29 01:00 +0000", "Sun 29 01:15 +0000"]
    assert quarter.after(utc("2026-03-29T01:00")) == utc("2026-03-29T01:15")
    assert (quarter.words, Every(timedelta(days=1, hours=2, minutes=3)).words) == ("every 15m", "every 1d2h3m")


@pytest.mark.parametrize("table", [Every(timedelta(hours=6)), Cron("0 */6 * * *", ZoneInfo("UTC"))])
def test_three_days_of_sleep_are_one_time_that_knows_the_others(table: Timetable) -> None:
    asleep, awake = utc("2026-11-20T17:00"), utc("2026-11-23T19:00")
    due = table.due(asleep, awake)
    assert due is not None
    assert due.missed is not None
    assert (due.at, due.missed.count, len(due.missed.times)) == (utc("2026-11-23T18:00"), 12, LISTED)
    assert (due.missed.times[0], due.missed.last, due.missed.at_least) == (utc("2026-11-20T18:00"), utc("2026-11-23T12:00"), False)
    assert table.due(due.at, awake) is None
    assert table.due(awake, asleep) is None
    single = table.due(utc("2026-11-23T17:00"), awake)
    assert single is not None
    assert (single.at, single.missed) == (due.at, None)


def test_beyond_some_thousands_nobody_counts() -> None:
    minutes = Cron("* * * * *", ZoneInfo("Europe/Berlin"))
    now = utc("2026-11-23T12:00:30")
    due = minutes.due(now - timedelta(days=365), now)
    assert due is not None
    assert due.missed is not None
    assert (due.at, due.missed.last) == (utc("2026-11-23T12:00"), utc("2026-11-23T11:59"))
    assert (due.missed.count, due.missed.at_least) == (COUNTED, True)
    exact = minutes.due(now - timedelta(days=3), now)
    assert exact is not None
    assert exact.missed is not None
    assert (exact.missed.count, exact.missed.at_least) == (3 * 24 * 60 - 1, False)


@settings(max_examples=60, deadline=None)
@given(
    line=st.sampled_from(["every", "30 2 * * *", "*/7 * * * *", "0 9 * * mon-fri", "15,45 1-3 * * *"]), zone=st.sampled_from([*CHANGES]),
    start=MOMENTS,
    steps=st.lists(st.integers(0, 40_000), min_size=1, max_size=30),
)
def test_however_often_one_looks_the_times_are_the_same(line: str, zone: str, start: datetime, steps: list[int]) -> None:
    table: Timetable = Every(timedelta(minutes=50)) if line == "every" else Cron(line, ZoneInfo(zone))
    floor = now = begin = start
    seen = 0
    for seconds in steps:
        now += timedelta(seconds=seconds)
        if due := table.due(floor, now):
            assert floor < due.at <= now
            assert table.after(due.at) > now
            seen += due.all.count
            floor = due.at
    whole = table.due(begin, now)
    assert seen == (whole.all.count if whole else 0)
