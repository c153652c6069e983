"""What concerns no single run, as a fold of the stream `CONTROL`.

Halts, grants that were taken back, tools of other programs that are trusted or have changed since, outages, and who was told of each;
what people said of schedules; and tokens of the API.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.errors import IllegalTransition
from agents.core.ids import ActorId, GrantId
from agents.core.schedule import UNTOUCHED, Said, Timing
from agents.core.tokens import Token


@dataclass(frozen=True, slots=True)
class Halt:
    """An agent, or everything, is frozen."""

    scope: str
    """The agent's name; empty for everything."""
    by: ActorId
    name: str
    """How people call whoever did it."""
    reason: str
    at: datetime

    @property
    def what(self) -> str:
        """What is frozen, in words."""
        return self.scope or "every agent"


@dataclass(frozen=True, slots=True)
class Told:
    """A channel that was told of a halt."""

    scope: str
    channel: str
    ts: str
    lifted: bool
    """Whether it was told of the end as well."""


FLAP = timedelta(minutes=30)
"""What stops answering again so soon after it answered is told in the message that tells of the first time."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that tools need does not answer, or did not a while ago."""

    what: str
    """`host NAME` or `tool NAME`."""
    since: datetime
    why: str
    opened_at: datetime
    closed_at: datetime | None = None
    """None while it does not answer."""
    how: str = ""
    """How it ended, see `BreakerClosed`."""

    @property
    def open(self) -> bool:
        """Whether it does not answer."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class OutageTold:
    """A channel that was told of an outage."""

    what: str
    channel: str
    shows: str
    """`nothing` while it is about to be told, `outage` or `end`."""
    ts: str
    """Of the message; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How a tool of another program was described when somebody accepted it."""

    digest: str
    definition: str
    by: ActorId
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A tool that is off, because it was described otherwise than it was accepted."""

    tool: str
    digest: str
    """Of what was seen."""
    at: datetime
    told: Mapping[str, str] = field(default_factory=dict)
    """The message to each admin who was told, by user id; empty where it could not be posted."""


@dataclass(frozen=True, slots=True)
class Switches:
    """How everything is switched at one moment."""

    seq: int = 0
    """Number of the newest event of the stream."""
    halts: Mapping[str, Halt] = field(default_factory=dict)
    """By scope."""
    told: Mapping[tuple[str, str], Told] = field(default_factory=dict)
    """By scope and channel: whom the newest halt of this scope was told to."""
    revoked: frozenset[GrantId] = frozenset()
    trusts: Mapping[str, Trust] = field(default_factory=dict)
    """By tool: what was accepted last."""
    changes: Mapping[str, Change] = field(default_factory=dict)
    """By tool: what was seen since then. Such a tool is off."""
    outages: Mapping[str, Outage] = field(default_factory=dict)
    """By what does not answer: those that go on, and those that are over and were told."""
    outages_told: Mapping[tuple[str, str], OutageTold] = field(default_factory=dict)
    """By what does not answer, and channel."""
    schedules: Mapping[str, Timing] = field(default_factory=dict)
    """What people have said of schedules, by name."""
    tokens: Mapping[str, Token] = field(default_factory=dict)
    """By name, those that are revoked or expired too."""

    @property
    def open_outages(self) -> frozenset[str]:
        """What does not answer."""
        return frozenset(what for what, outage in self.outages.items() if outage.open)

    def halt_of(self, agent: str) -> Halt | None:
        """What freezes this agent; None where nothing does."""
        return self.halts.get("") or self.halts.get(agent)


def fold_switches(recorded: Iterable[e.Recorded], switches: Switches | None = None) -> Switches:
    """The switches that these events make, on top of what was folded before. Raises IllegalTransition."""
    now = switches or Switches()
    for row in recorded:
        if row.seq != now.seq + 1:
            raise IllegalTransition(f"{row.run_id} is at event {now.seq}; event {row.seq} cannot follow.")
        now = replace(_after(now, row), seq=row.seq)
    return now


def _after(now: Switches, row: e.Recorded) -> Switches:
    match row.event:
        case e.Halted(scope=scope, name=name, reason=reason):
            told = {key: one for key, one in now.told.items() if one.scope != scope}
            return replace(now, halts={**now.halts, scope: Halt(scope, row.actor, name, reason, row.at)}, told=told)
        case e.Resumed(scope=scope):
            return replace(now, halts={one: halt for one, halt in now.halts.items() if one != scope})
        case e.HaltTold() as event:
            return _told(now, event)
        case e.GrantRevoked(grant_id=grant):
            return replace(now, revoked=now.revoked | {grant})
        case e.ToolTrusted() | e.ToolChanged() | e.ToolChangeTold():
            return _trust(now, row, row.event)
        case e.BreakerOpened() | e.BreakerClosed() | e.BreakerTold():
            return _after_breaker(now, row)
        case e.SchedulePaused() | e.ScheduleResumed() | e.ScheduleCalled() | e.ScheduleSkipped() as event:
            timing = _timed(now.schedules.get(event.schedule, UNTOUCHED), row, event)
            return replace(now, schedules={**now.schedules, event.schedule: timing})
        case e.MemoryForgotten() | e.DeliveryParked() | e.DeliveryReplayed() | e.DeliveryDropped() | e.RequestsRefused():
            return now  # they are told of, and switch nothing
        case e.TokenMade() | e.TokenRevoked() as event:
            return replace(now, tokens={**now.tokens, event.token: _token(now.tokens.get(event.token), row, event)})
    raise IllegalTransition(f"{row.event.kind} is no event of {row.run_id}.")


def _told(now: Switches, event: e.HaltTold) -> Switches:
    if event.lifted and event.scope in now.halts:
        return now  # the end of an earlier halt was told while this one had begun: of this one the channel has yet to hear
    return replace(now, told={**now.told, (event.scope, event.channel): Told(event.scope, event.channel, event.ts, event.lifted)})


def _token(known: Token | None, row: e.Recorded, event: e.TokenMade | e.TokenRevoked) -> Token:
    if isinstance(event, e.TokenMade) and known is None:
        return Token(event.token, event.hash, event.role, event.agents, row.at, event.name, event.expires_at)
    if isinstance(event, e.TokenRevoked) and known is not None:
        return replace(known, revoked_at=row.at, revoked_by=event.name)
    raise IllegalTransition(f"{event.token} {'is there already' if known else 'is no token'}; {event.kind} at {row.seq} cannot follow.")


def _trust(now: Switches, row: e.Recorded, event: e.ToolTrusted | e.ToolChanged | e.ToolChangeTold) -> Switches:
    if isinstance(event, e.ToolTrusted):
        trust = Trust(event.digest, event.definition, row.actor, event.name, row.at)
        changes = {tool: change for tool, change in now.changes.items() if tool != event.tool}
        return replace(now, trusts={**now.trusts, event.tool: trust}, changes=changes)
    if isinstance(event, e.ToolChanged):
        return replace(now, changes={**now.changes, event.tool: Change(event.tool, event.digest, row.at)})
    change = now.changes.get(event.tool)
    if change is None or change.digest != event.digest:
        return now  # it was accepted while an admin was told
    return replace(now, changes={**now.changes, event.tool: replace(change, told={**change.told, event.user: event.ts})})


def _after_breaker(now: Switches, row: e.Recorded) -> Switches:
    match row.event:
        case e.BreakerOpened(what=what, since=since, why=why):
            now = _without_old(now, row.at)
            return replace(now, outages={**now.outages, what: Outage(what, since, why, row.at)})
        case e.BreakerClosed(what=what, how=how) if what in now.outages:
            return replace(now, outages={**now.outages, what: replace(now.outages[what], closed_at=row.at, how=how)})
        case e.BreakerTold(what=what, channel=channel, shows=shows, ts=ts):
            return replace(now, outages_told={**now.outages_told, (what, channel): OutageTold(what, channel, shows, ts)})
    return now


def _without_old(now: Switches, at: datetime) -> Switches:
    """Without the outages that were over so long ago that another is told anew. What has not been told of their end is kept."""
    untold = {told.what for told in now.outages_told.values() if told.shows != "end"}
    kept = {
        what: outage for what, outage in now.outages.items()
        if outage.closed_at is None or what in untold or at - outage.closed_at < FLAP
    }
    return replace(now, outages=kept, outages_told={key: told for key, told in now.outages_told.items() if told.what in kept})


def _timed(timing: Timing, row: e.Recorded, event: e.SchedulePaused | e.ScheduleResumed | e.ScheduleCalled | e.ScheduleSkipped) -> Timing:
    if isinstance(event, e.ScheduleSkipped):
        return replace(timing, told=event.run)
    said = Said(row.seq, row.actor, event.name, row.at)
    match event:
        case e.SchedulePaused():
            return replace(timing, paused=said)
        case e.ScheduleResumed():
            return replace(timing, paused=None, resumed=said)
    return replace(timing, called=said)
