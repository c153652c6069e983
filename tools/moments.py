"""Times as a model writes them, and as it is told them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.ports import Failed
from tools.argument import Argument
from tools.times import iso

_AGO = re.compile(r"-?\s*(\d{1,6})\s*(s|m|h|d|w)(?:\s+ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HOW = "Write how long ago (90m, 6h, 2d), an ISO 8601 time with its offset (2026-11-28T09:30:00+01:00; UTC where it has none), or now."


def since(default: str, what: str = "from when on") -> Argument:
    """The beginning of a span, as an argument."""
    return Argument(type="string", default=default, maxLength=40, description=f"{what}: how long ago (90m, 6h, 2d), or an ISO 8601 time")


UNTIL = Argument(type="string", default="now", maxLength=40, description="until when: now, how long ago, or an ISO 8601 time")


def moment(text: str, now: datetime) -> datetime:
    """The time that is meant, in UTC. Raises ValueError, whose text says how times are written."""
    text = text.strip()
    if text == "now":
        return now.astimezone(UTC)
    try:
        if found := _AGO.fullmatch(text):
            return now.astimezone(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        if re.fullmatch(r"\d{9,10}(\.\d+)?", text, re.ASCII):
            return datetime.fromtimestamp(float(text), UTC)
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time. {HOW}") from None


def span(arguments: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime] | Failed:
    """The span between the arguments `since` and `until`; its end is not before its beginning."""
    try:
        begin, end = moment(arguments["since"], now), moment(arguments["until"], now)
    except ValueError as error:
        return Failed(str(error))
    if end <= begin:
        return Failed(f"since ({iso(begin)}) has to be before until ({iso(end)}); it is {iso(now)} now.")
    return begin, end
