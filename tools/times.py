"""Times and spans as people and models read them. Knows nothing but the standard library: processes that start often use it."""

from datetime import UTC, datetime


def iso(time: datetime) -> str:
    """ISO 8601 in UTC, to the second; with milliseconds where it has them."""
    time = time.astimezone(UTC)
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds").replace("+00:00", "Z")


def long(seconds: float) -> str:
    """A time span in its two largest units: `3d 4h`."""
    left = int(max(0, seconds))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
