"""Lengths of time as people write them: `90s`, `15m`, `4h`, `2d`, `1h30m`."""

import re
from datetime import timedelta

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_WHOLE = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse(text: str) -> timedelta:
    """The length of time that the text names, more than nothing. Raises ValueError."""
    match = _WHOLE.fullmatch(text.strip())
    amounts = {unit: int(amount) for unit, amount in zip(_UNITS.values(), match.groups(), strict=True) if amount} if match else {}
    length = timedelta(**amounts)
    if not length:
        raise ValueError(f"{text[:40]!r} is no length of time; write a number and a unit, such as 90s, 15m, 4h or 2d")
    return length


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
