"""The small parts that a run consists of: questions and votes, turns and messages, posts, what people think of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agents.core import events as e
from agents.core.finding import Mark
from agents.core.ids import ActorId, AskId, CallId


class AskKind(StrEnum):
    """What people are asked."""

    APPROVAL = "approval"
    DOUBT = "doubt"
    LIMIT = "limit"
    HELP = "help"
    """Something in words; what somebody writes in the thread is the answer."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes."""

    actor: ActorId
    name: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to people and what became of it."""

    ask_id: AskId
    kind: AskKind
    asked_at: datetime
    call_id: CallId | None = None
    """The call it is about; None for a limit."""
    card: AskId | None = None
    """The first question of the message in which it stands; None where that is this one."""
    approvers: tuple[str, ...] = ()
    required: int = 1
    allow_initiator: bool = False
    expires_at: datetime | None = None
    digest: str = ""
    preview: str = ""
    fingerprint: str = ""
    supersedes: AskId | None = None
    allow_guests: bool = False
    allow_foreign: bool = False
    remind_at: datetime | None = None
    reminded: bool = False
    """Whether those who may decide were reminded."""
    escalate_at: datetime | None = None
    escalate_to: str = ""
    escalated: bool = False
    """Whether it was shown in the second channel as well."""
    limit: e.Limit | None = None
    detail: str = ""
    """Why people are asked: the limit's figures, what is known of a call in doubt, or the question itself."""
    votes: tuple[Vote, ...] = ()
    state: str = "open"
    """`open`, `granted`, `denied`, `expired`, `void`, `superseded` by a changed call, `withdrawn` with its run, `lifted` where its limit
    is not met any more, or what was chosen: `happened`, `retry`, `abandon`, `raise`, `finish`, `stop`, `replied`."""
    decided_at: datetime | None = None
    decided_by: ActorId | None = None
    decided_name: str = ""
    reason: str = ""
    """Of a denial, or of a question that is void or was lifted."""
    grant: str = ""
    """The grant that was given together with its approval; empty where none was."""

    @property
    def stands_in(self) -> AskId:
        """The question whose message shows this one."""
        return self.card or self.ask_id

    @property
    def open(self) -> bool:
        """Whether it still waits for people."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the run."""

    name: str
    text: str
    signals: tuple[str, ...] = ()
    """Fingerprints of the alerts that it tells of; empty where a person wrote it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A part of the conversation with the model: what was put before it, then what it wrote."""

    said: tuple[Said, ...] = ()
    """Messages that it read, behind the results of the calls of the turn before."""
    text: str | None = None
    """What it wrote; None while it is being asked."""
    calls: tuple[CallId, ...] = ()
    stop: e.Stop = e.Stop.END
    """Why it stopped writing."""
    thinking: str = ""
    """What it thought before, sealed by the adapter; empty where it did not think."""
    given: bool = False
    """Whether a person gave the calls, and no model was asked."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message in Slack."""

    ts: str | None = None
    """None while it is being posted; empty where it never could be."""
    shows: str = ""
    channel: str = ""
    """Where it stands, if that is not the run's own channel."""
    picture: str = ""
    """See `PostFinished.picture`."""
    drawn: str = ""
    """See `PostFinished.drawn`."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What a person said of the findings of an incident."""

    mark: Mark
    actor: ActorId
    name: str
    at: datetime
    until: datetime | None = None
    """When a snooze ends."""
    advice: str = ""
    """See `FindingMarked.advice`."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person thinks of the run."""

    actor: ActorId
    name: str
    good: bool
    note: str = ""
