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


def parsed(value: object) -> object:
    """The same for a value of the configuration, whatever it is. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("write a number and a unit, such as 90s, 15m, 4h or 2d")
    return parse(value)
