"""The clock, so that a model need not guess what time it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agents.ports import Clock, Done, Failed
from tools.argument import Argument, Part
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext


class ClockConfig(Part):
    """It has nothing to say."""


class ClockEntry(Entry):
    """`{name: clock, clock: {}}`."""

    clock: ClockConfig = ClockConfig()


@asynccontextmanager
async def _connect(entry: ClockEntry, context: SourceContext) -> AsyncIterator[Clock]:
    yield context.clock


async def _tell(clock: Clock, arguments: Arguments, use: Use) -> Done | Failed:
    name = arguments["zone"]
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return Failed(f"There is no time zone {name}. Write one such as Europe/Berlin, or UTC.")
    return Done(_told(clock().astimezone(zone), name))


def _told(now: datetime, name: str) -> str:
    return f"{now:%A} {now.isoformat(timespec='seconds')} ({name}), week {now.isocalendar().week}, Unix {int(now.timestamp())}"


CLOCK = Pack("clock", ClockEntry, (
    Operation(
        "", "Tell the date and the time now: weekday, ISO 8601 with its offset, ISO week, Unix seconds.", _tell,
        {"zone": Argument(type="string", default="UTC", description="IANA time zone, such as Europe/Berlin")},
    ),
), _connect)
