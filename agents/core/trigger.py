"""Why a run exists: a normalized cause with its actor, its place and its dedupe key."""

from enum import StrEnum

from pydantic.dataclasses import dataclass

from agents.core.ids import ActorId, RunId


class Source(StrEnum):
    """Where a trigger came from."""

    MENTION = "mention"
    """Somebody mentioned the bot in a channel."""
    DIRECT_MESSAGE = "direct_message"
    """Somebody wrote to the bot alone."""
    THREAD_REPLY = "thread_reply"
    """Somebody wrote in the thread of a run that is over."""
    WATCHED = "watched"
    """Somebody, or another app, wrote in a watched channel what the configuration looks out for."""
    SHORTCUT = "shortcut"
    """Somebody picked a message and had it looked into."""
    UNDO = "undo"
    """Somebody takes back what an earlier run did."""
    WEBHOOK = "webhook"
    """Another system called `/webhooks/NAME`: an alert, an event."""
    SCHEDULE = "schedule"
    """A time in the configuration has come."""
    API = "api"
    """`POST /v1/runs`."""
    FINDING = "finding"
    """A monitor found something."""
    TERMINAL = "terminal"
    """`countersign ask` on this machine."""


@dataclass(frozen=True, slots=True)
class Place:
    """A thread in Slack: where a run reads replies and posts what it has to say."""

    team: str
    """Workspace id."""
    channel: str
    """Channel id."""
    thread_ts: str
    """Timestamp id of the thread's first message; empty where the run has yet to open its thread with a message of its own."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A normalized cause of a run, without its text (which is content and can be erased)."""

    source: Source
    dedupe_key: str
    """Two triggers with one key are one trigger; a message's key is its team, channel and timestamp."""
    actor: ActorId
    """Who caused it: the run's initiator."""
    actor_name: str
    """How people call the initiator; for reading only."""
    place: Place | None = None
    """Where the run speaks, or None for a run that is followed from the terminal."""
    tainted: bool = False
    """Whether an outsider could have written what started this, or what the run that caused it has read."""
    continues: RunId | None = None
    """The finished run in whose thread this was written; its history comes first."""
    channel: str = ""
    """What the channel was called at that moment, as `#name` or `dm`; empty where that is not known, or where there is none."""
    incident: str = ""
    """What all deliveries of one incident have in common; empty where it is none."""
    quiet: bool = False
    """Whether it only tells people: no model is asked until somebody wants to know more."""
    callback: str = ""
    """The address to which the run's end is told; empty where nobody waits for it there."""
