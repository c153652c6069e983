"""When a line of a log was written, by the forms in which programs write it. Standard library only."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_MONTH = "|".join(_MONTHS)

_ISO = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|[+-]\d\d:?\d\d))?", re.ASCII)
"""`2026-11-28T09:30:00.123+01:00`, `2026-11-28 09:30:00,123`, `2026/11/28 09:30:00`."""

_ACCESS = re.compile(rf"\[(\d\d)/({_MONTH})/(\d{{4}}):(\d\d):(\d\d):(\d\d) ([+-]\d{{4}})\]", re.ASCII)
"""`[28/Nov/2026:09:30:00 +0000]`, as web servers write it."""

_SYSLOG = re.compile(rf"(?:<\d{{1,3}}>)?({_MONTH}) {{1,2}}(\d\d?) (\d\d):(\d\d):(\d\d)", re.ASCII)
"""`Nov 28 09:30:00`."""

_KLOG = re.compile(r"[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,9})", re.ASCII)
"""`E1128 09:30:00.123456`, as Kubernetes writes it."""

_UNIX = re.compile(r"\[?(\d{10})(?:\.(\d{1,9})|(\d{3})|)\b", re.ASCII)
"""Seconds, with a fraction, or milliseconds."""

_FIELD = re.compile(r'"(?:@timestamp|timestamp|time|ts|t)"\s*:\s*"?([^",}]{8,40})', re.IGNORECASE)
"""The time in a line of JSON."""

_LOGFMT = re.compile(r'\b(?:ts|time|timestamp)="?([^" ]{8,40}(?: [^" ]{5,20}(?="))?)', re.IGNORECASE)
"""The time in a line of `key=value`."""

NEAR = 60
"""A time stands within so many characters from a line's beginning, unless a field is named so or a web server wrote it."""


def written_at(line: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The time in the line, in UTC; None where it has none. `zone` is that of times without an offset; `now` tells a missing year."""
    head = line[:1_000]
    if head.startswith("{"):
        field = _FIELD.search(head)
        return _read(field[1], now, zone) if field else None
    if found := _read(head[:NEAR], now, zone):
        return found
    try:
        if found_access := _ACCESS.search(head):
            return _access(found_access)
    except ValueError:
        return None
    field = _LOGFMT.search(head)
    return _read(field[1], now, zone) if field else None


def _read(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    forms: tuple[tuple[re.Match[str] | None, Callable[[re.Match[str]], datetime]], ...] = (
        (_ISO.search(text), lambda found: _iso(found, zone)), (_SYSLOG.match(text), lambda found: _syslog(found, now, zone)),
        (_KLOG.match(text), lambda found: _klog(found, now, zone)), (_UNIX.match(text), _unix),
    )  # fmt: skip
    for found, make in forms:
        if found:
            try:
                return make(found).astimezone(UTC)
            except (ValueError, OverflowError):
                return None
    return None


def _iso(found: re.Match[str], zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    return datetime(year, month, day, hour, minute, min(second, 59), _micro(found[7]), _offset(found[8]) if found[8] else zone)


def _access(found: re.Match[str]) -> datetime:
    hour, minute, second = (int(part) for part in found.groups()[3:6])
    when = datetime(int(found[3]), _MONTHS[found[2]], int(found[1]), hour, minute, min(second, 59), tzinfo=_offset(found[7]))
    return when.astimezone(UTC)


def _syslog(found: re.Match[str], now: datetime, zone: tzinfo) -> datetime:
    return _latest(_MONTHS[found[1]], int(found[2]), (int(found[3]), int(found[4]), int(found[5])), 0, now, zone)


def _klog(found: re.Match[str], now: datetime, zone: tzinfo) -> datetime:
    return _latest(int(found[1]), int(found[2]), (int(found[3]), int(found[4]), int(found[5])), _micro(found[6]), now, zone)


def _latest(month: int, day: int, clock: tuple[int, int, int], micro: int, now: datetime, zone: tzinfo) -> datetime:
    """In the latest year in which it is not in the future; clocks may differ by a day."""
    for year in (now.year + 1, now.year, now.year - 1):
        try:
            when = datetime(year, month, day, clock[0], clock[1], min(clock[2], 59), micro, zone)
        except ValueError:
            continue  # 29 February of a year that has none
        if when <= now + timedelta(days=1):
            return when
    raise ValueError("no such day")


def _unix(found: re.Match[str]) -> datetime:
    fraction = found[2] or found[3] or ""
    return datetime.fromtimestamp(int(found[1]), UTC).replace(microsecond=_micro(fraction))


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _micro(fraction: str | None) -> int:
    return int((fraction or "").ljust(6, "0")[:6])
