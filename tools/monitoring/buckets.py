"""Buckets: stretches of equal length that begin at multiples counted from 1970 in UTC, each without its end. Days begin at midnight UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agents.core.ids import fingerprint

NONE, EMPTY, OTHER = "(none)", "(empty)", "(other)"
"""What stands for a dimension that is null, for one that is an empty text, and for all the values that are not told apart."""

LENGTHS = (300, 900, 3600, 6 * 3600, 86_400)
"""Seconds of buckets that are suggested."""

LONGEST = 60
"""Characters of a dimension's value."""


def begin_of(moment: datetime, bucket: timedelta) -> datetime:
    """The begin of the bucket in which this moment lies."""
    length = int(bucket.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // length * length, UTC)


def begins(since: datetime, until: datetime, bucket: timedelta) -> range:
    """The begins, in Unix seconds, of the buckets that begin in [since, until)."""
    length = int(bucket.total_seconds())
    first, end = -(-int(since.timestamp()) // length) * length, -(-int(until.timestamp()) // length) * length
    return range(first, end, length)


def at(second: int) -> datetime:
    """This Unix second, in UTC."""
    return datetime.fromtimestamp(second, UTC)


def named(names: Sequence[str], values: Sequence[str]) -> str:
    """A combination of dimensions as a series has it: `region=eu, tier=gold`."""
    return ", ".join(f"{name}={plain(value)}" for name, value in zip(names, values, strict=True))


def plain(value: str) -> str:
    """A value on one line, without what separates values, and not too long. Where that changes it, a mark tells it from others."""
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split()).replace(", ", " ")[:LONGEST]
    return line if line == value and line else f"{line}~{fingerprint(value)[:6]}" if value else EMPTY
