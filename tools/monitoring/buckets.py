"""Buckets: stretches of equal length that begin at multiples counted from 1970 in UTC, each without its end. Days begin at midnight UTC."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

NONE, OTHER = "(none)", "(other)"
"""What stands for a dimension that is null, and for all the values that are not told apart."""

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


def labelled(labels: Mapping[str, str]) -> str:
    """The same from labels, by their names."""
    return named(sorted(labels), [labels[name] for name in sorted(labels)])


def plain(value: str) -> str:
    """A value on one line, without what separates values, and not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split()).replace(", ", " ")
    return (line if len(line) <= LONGEST else f"{line[:LONGEST]}…") or NONE
