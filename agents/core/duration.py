"""Lengths of time as people write and read them: `90s`, `15m`, `4h`, `2d`, `1h30m`."""

import re
from collections.abc import Iterator
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


def parsed(value: object) -> object:
    """The same for a value of the configuration, whatever it is. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("write a number and a unit, such as 90s, 15m, 4h or 2d")
    return parse(value)


def written(length: timedelta) -> str:
    """A length of whole seconds as `parse` reads it, such as `1h30m`; nothing of it is left out."""
    return "".join(f"{amount}{unit}" for unit, amount in _parts(int(length.total_seconds())) if amount)


def show(length: timedelta) -> str:
    """A length in the two largest units that it has, such as `4h`, `3m 20s` or `0.4s`."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 10:
        return f"{seconds:.1f}s" if seconds % 1 >= 0.05 else f"{seconds:.0f}s"
    return " ".join([f"{amount}{unit}" for unit, amount in _parts(round(seconds)) if amount][:2])


def _parts(seconds: int) -> Iterator[tuple[str, int]]:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        amount, seconds = divmod(seconds, size)
        yield unit, amount
