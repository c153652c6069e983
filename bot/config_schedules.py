"""The section `schedules:`: runs that begin by themselves."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import TypeAdapter

from agents.core.duration import show
from agents.core.ids import fingerprint
from agents.schedules import Schedule, Timetable
from bot.config_mistakes import checked, named_once, nearest, quoted
from bot.config_shape import Duration, Name, SecondChannel, Shape, Text
from bot.config_source import Source, Where

if TYPE_CHECKING:
    from scheduler.timetable import Cron

LEAST = timedelta(minutes=1)
"""The shortest interval."""

LOOKED_AT = 50
"""So many times are looked at to see how close two of them come."""


class ScheduleConfig(Shape):
    """An item of `schedules:`."""

    name: Name
    cron: Text | None = None
    """Minute, hour, day of the month, month, day of the week by its name."""
    every: Duration | None = None
    """A length of time instead, counted from 1970 in UTC."""
    zone: Text | None = None
    """The IANA time zone of `cron`; None for UTC."""
    agent: Text
    channel: SecondChannel | None = None
    """Where its runs speak; None for runs that are followed from the terminal."""
    prompt: Text
    """What the agent is asked, behind which schedule this is and what was missed."""
    jitter: Duration | None = None
    """Its runs begin up to this much later; how much follows from its name, and is always the same."""
    overlap: Literal["skip", "allow"] = "skip"
    """What happens where its time comes and its last run is still open."""
    enabled: bool = True
    """With false, only people start it."""


_SHAPE = TypeAdapter(ScheduleConfig)


def read_schedules(source: Source, items: list[Any], agents: Mapping[str, object]) -> dict[str, Schedule]:
    """The schedules by name, without those with mistakes, which are noted. `agents` are all that there are."""
    found: dict[str, Schedule] = {}
    for where, item in named_once(source, "schedules", items):
        config = checked(_SHAPE, item, source, where)
        if config is None:
            continue
        if config.agent not in agents:
            source.wrong((*where, "agent"), f"there is no agent {quoted(config.agent)}{nearest(config.agent, agents)}")
        times = timetable(config.cron, config.every, config.zone, source, where)
        if times and not _too_wide(config, times, source, where):
            found[config.name] = _schedule(config, times)
    return found


def _schedule(config: ScheduleConfig, times: Timetable) -> Schedule:
    jitter = int(config.jitter.total_seconds()) if config.jitter else 0
    share = timedelta(seconds=int(fingerprint(config.name)[:8], 16) % (jitter + 1))
    return Schedule(
        config.name, times, config.agent, config.prompt, config.channel or "", share, config.overlap == "allow", config.enabled
    )


def timetable(
    cron: str | None, every: timedelta | None, zone: str | None, source: Source, where: Where, least: timedelta = LEAST
) -> Timetable | None:
    """When something happens again and again, or None after its mistakes were noted."""
    if (cron is None) == (every is None):
        source.wrong(where, 'needs either cron: "0 9 * * mon-fri" or every: 15m')
        return None
    if every is None:
        return _cron(str(cron), zone, source, where)
    if zone is not None:
        source.wrong((*where, "zone"), "an interval is the same in every zone; leave it out, or write cron")
    if every < least or every % timedelta(seconds=1):
        source.wrong((*where, "every"), f"is at least {show(least)}")
        return None
    from scheduler.timetable import Every

    return Every(every)


def _cron(line: str, zone: str | None, source: Source, where: Where) -> "Cron | None":
    from scheduler.timetable import Cron  # its library takes a tenth of a second to import, and not everybody has schedules

    try:
        known = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        names = available_timezones()
        advice = nearest(zone, names) if names else "; install tzdata, which has them all"
        source.wrong((*where, "zone"), f"this machine knows no time zone {quoted(zone or 'UTC')}{advice}")
        return None
    try:
        return Cron(line, known)
    except ValueError as error:
        source.wrong((*where, "cron"), str(error))
        return None


def _too_wide(config: ScheduleConfig, times: Timetable, source: Source, where: Where) -> bool:
    """Whether the jitter could put a time behind the next one, which is noted."""
    if config.jitter is None:
        return False
    at, coming = datetime.now(UTC), []
    for _ in range(LOOKED_AT):
        coming.append(at := times.after(at))
    closest = min(later - earlier for earlier, later in pairwise(coming))
    if wide := config.jitter >= closest:
        source.wrong((*where, "jitter"), f"has to be shorter than the time from one run to the next, which is {show(closest)} at times")
    return wide
