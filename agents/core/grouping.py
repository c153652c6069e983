"""Which incident a finding belongs to. A storm is one message, and what has one cause is told together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

STORM = 5
"""More new findings than this at one look of one source, of several monitors, are one incident."""


@dataclass(frozen=True, slots=True)
class New:
    """A finding that nobody was told of yet."""

    monitor: str
    fingerprint: str
    source: str
    """What its monitor reads."""
    channel: str
    """Where it is told. What is told in one channel is not hidden in another's message."""
    node: str = ""
    """Its place in a lineage; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Open:
    """A finding that is open."""

    fingerprint: str
    incident: str
    monitor: str
    channel: str
    node: str = ""


Related = Callable[[New, Open], bool]
"""Whether the one is made from the other, or the other from the one."""


def monitor_incident(monitor: str) -> str:
    """The incident of a monitor's own findings."""
    return f"monitor:{monitor}"


def source_incident(source: str, channel: str) -> str:
    """The incident of a source whose monitors find much at once."""
    return f"source:{source} {channel}".rstrip()


def grouped(new: Sequence[New], open_: Sequence[Open], related: Related) -> dict[str, str]:
    """The incident of each new finding, by fingerprint.

    First what the monitor has open already; then a storm of its source, open or new; then what is open up or down the lineage; else a new
    one of the monitor. Of those that are new together, the earlier ones count as open for the later ones.
    """
    known = list(open_)
    found: dict[str, str] = {}
    for one in new:
        found[one.fingerprint] = incident = _of_one(one, new, known, related)
        known.append(Open(one.fingerprint, incident, one.monitor, one.channel, one.node))
    return found


def _of_one(one: New, new: Sequence[New], known: Sequence[Open], related: Related) -> str:
    own = [other.incident for other in known if other.monitor == one.monitor]
    if own:
        return own[0]
    storm = source_incident(one.source, one.channel)
    together = [other.monitor for other in new if (other.source, other.channel) == (one.source, one.channel)]
    if (len(together) > STORM and len(set(together)) > 1) or any(other.incident == storm for other in known):
        return storm
    near = (other.incident for other in known if other.channel == one.channel and one.node and other.node and related(one, other))
    return next(near, monitor_incident(one.monitor))
