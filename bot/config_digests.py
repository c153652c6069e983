"""The section `digests:`: when and where it is told what monitors found."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, TypeAdapter

from agents.digests import Digest
from agents.monitors import Monitor
from bot.config_mistakes import checked, nearest, quoted
from bot.config_schedules import timetable
from bot.config_shape import ChannelConfig, Name, SecondChannel, Shape, Text
from bot.config_source import Source, Where

MORNING = "08:00"
"""When a weekly digest comes where nothing is said of a daily one."""


def _hour(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('is no time of day; write it in quotes, such as "08:00"')
    return value


class DigestConfig(Shape):
    """An item of `digests:`."""

    channel: SecondChannel
    daily: Annotated[str, AfterValidator(_hour)] | None = None
    """Hour and minute; None for no daily digest."""
    weekly: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    """The day on which a digest of the week comes, in place of the daily one; None for none."""
    zone: Text | None = None
    """The IANA time zone of both; None for UTC."""
    monitors: tuple[Name, ...] | None = None
    """Those that it is about; None for those that report to its channel."""
    agent: Text | None = None
    """Who answers in its thread; None for the channel's own agent, or that of its first monitor."""


_SHAPE = TypeAdapter(DigestConfig)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_digests(
    source: Source, items: list[Any], agents: Mapping[str, object], monitors: Mapping[str, Monitor],
    channels: Mapping[str, ChannelConfig | None],
) -> tuple[Digest, ...]:
    """The digests, without those with mistakes, which are noted. `agents`, `monitors` and `channels` are all that there are."""
    found: list[Digest] = []
    for number, item in enumerate(items):
        where: Where = ("digests", number)
        config = checked(_SHAPE, item, source, where)
        if config is not None and _is_right(config, source, where, agents, monitors):
            found += _digests(config, source, where, _about(config, monitors), channels)
    names = [digest.name for digest in found]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        source.wrong(("digests",), f"two are posted to one channel at one time ({twice.removeprefix('digest/')}); put them together")
    return tuple(found)


def _is_right(
    config: DigestConfig, source: Source, where: Where, agents: Mapping[str, object], monitors: Mapping[str, Monitor]
) -> bool:
    before = len(source.mistakes)
    if config.daily is None and config.weekly is None:
        source.wrong(where, 'needs daily: "08:00", or weekly: mon, or both')
    if config.agent is not None and config.agent not in agents:
        source.wrong((*where, "agent"), f"there is no agent {quoted(config.agent)}{nearest(config.agent, agents)}")
    for place, name in enumerate(config.monitors or ()):
        if name not in monitors:
            source.wrong((*where, "monitors", place), f"there is no monitor {quoted(name)}{nearest(name, monitors)}")
    if config.monitors is None and not _about(config, monitors):
        source.wrong(where, f"no monitor reports to {config.channel}; name those that it is about under monitors")
    return len(source.mistakes) == before


def _about(config: DigestConfig, monitors: Mapping[str, Monitor]) -> list[Monitor]:
    if config.monitors is not None:
        return [monitors[name] for name in config.monitors if name in monitors]
    return [monitor for monitor in monitors.values() if monitor.channel == config.channel]


def _digests(
    config: DigestConfig, source: Source, where: Where, about: list[Monitor], channels: Mapping[str, ChannelConfig | None]
) -> list[Digest]:
    hour, _, minute = (config.daily or MORNING).partition(":")
    channel = channels.get(config.channel)
    agent = config.agent or (channel.agent if channel else about[0].agent)
    others = ",".join(day for day in _DAYS if day != config.weekly)
    daily = f"{int(minute)} {int(hour)} * * {others if config.weekly else '*'}"
    weekly = f"{int(minute)} {int(hour)} * * {config.weekly}"
    kinds: list[tuple[Literal["daily", "weekly"], str]] = [("daily", daily)] if config.daily else []
    kinds += [("weekly", weekly)] if config.weekly else []
    made = []
    for kind, line in kinds:
        if times := timetable(line, None, config.zone, source, where):
            made.append(Digest(config.channel, kind, times, frozenset(one.name for one in about), agent))
    return made
