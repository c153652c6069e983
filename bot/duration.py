"""Lengths of time as people read them, and as they write them."""

from datetime import timedelta

from agents.core.duration import parse

__all__ = ["parse", "show"]


def show(length: timedelta) -> str:
    """The same length in the two largest units that it has, such as `4h`, `3m 20s` or `0.4s`."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 10:
        return f"{seconds:.1f}s" if seconds % 1 >= 0.05 else f"{seconds:.0f}s"
    left = round(seconds)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        amount, left = divmod(left, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts[:2])
