"""Facts of what a run says in Slack. See `events.py` for what all events have in common."""

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostStarted:
    """A message is about to be posted; after a crash the thread is searched for its key first."""

    post: str
    """What is posted: `opening`, `advice`, `progress`, `answer:STEPS`, `card:ASK`, `reminder:ASK`, `escalation:ASK`, `notice:CALL`."""
    kind: Literal["post_started"] = "post_started"
    CONTENT: ClassVar = frozenset[str]()


@dataclass(frozen=True, slots=True)
class PostFinished:
    """A message stands in Slack, and shows this."""

    post: str
    ts: str
    """Its timestamp id; empty where it could not be posted."""
    shows: str = ""
    """The state that it shows, see `Run.showing`."""
    error: str = ""
    """Why it could not be posted and will not be tried again."""
    channel: str = ""
    """Where it stands, if that is not the run's own channel."""
    picture: str = ""
    """Id of the file that it shows; empty for none."""
    drawn: str = ""
    """What that was drawn of, see `finding.drawing`; also where it could not be drawn, so that it is not tried again."""
    kind: Literal["post_finished"] = "post_finished"
    CONTENT: ClassVar = frozenset[str]()
