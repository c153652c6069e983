"""What a run is at one moment. `fold.py` makes it from events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from agents.core import events as e
from agents.core.calls import Call, CallState
from agents.core.ids import ActorId, AskId, CallId, RunId
from agents.core.trigger import Trigger


class AskKind(StrEnum):
    """What people are asked."""

    APPROVAL = "approval"
    DOUBT = "doubt"
    LIMIT = "limit"


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
    approvers: tuple[str, ...] = ()
    required: int = 1
    allow_initiator: bool = False
    expires_at: datetime | None = None
    digest: str = ""
    preview: str = ""
    fingerprint: str = ""
    supersedes: AskId | None = None
    limit: e.Limit | None = None
    detail: str = ""
    """Why people are asked: the limit's figures, or what is known of a call in doubt."""
    votes: tuple[Vote, ...] = ()
    state: str = "open"
    """`open`, `granted`, `denied`, `expired`, `void`, or what was chosen: `happened`, `retry`, `abandon`, `raise`, `finish`, `stop`."""
    decided_at: datetime | None = None
    decided_by: ActorId | None = None
    decided_name: str = ""
    reason: str = ""
    """Of a denial, or of a void question."""

    @property
    def open(self) -> bool:
        """Whether it still waits for people."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the run."""

    name: str
    text: str


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


@dataclass(frozen=True, slots=True)
class Post:
    """A message in Slack."""

    ts: str | None = None
    """None while it is being posted; empty where it never could be."""
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one agent for one trigger: a pure function of its events."""

    run_id: RunId
    seq: int
    """Number of its newest event."""
    agent: str
    trigger: Trigger
    started_at: datetime
    moved_at: datetime
    turns: tuple[Turn, ...] = ()
    unread: tuple[Said, ...] = ()
    """Messages that the model has not been given yet."""
    inputs: frozenset[str] = frozenset()
    """Dedupe keys of the messages that were received, the one that started it among them."""
    askers: frozenset[ActorId] = frozenset()
    """Who has told it what to do: its initiator, and who wrote in its thread."""
    refused: frozenset[tuple[ActorId, AskId, str]] = frozenset()
    """Who was refused on which question, and why: each is recorded once."""
    calls: Mapping[CallId, Call] = field(default_factory=dict)
    asks: Mapping[AskId, Ask] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    usage: e.Usage = field(default_factory=e.Usage)
    cost: float = 0.0
    steps: int = 0
    """How often the model answered."""
    waited: timedelta = timedelta()
    """How long it did nothing but wait for people."""
    raised: Mapping[e.Limit, float] = field(default_factory=dict)
    """What it had used of each limit when people last raised it: from there it may use as much again."""
    finishing: int | None = None
    """Number of steps at the moment when people told it to finish with what there is."""
    stopped_by: str = ""
    """Name of the person who stopped it; empty where nobody did."""
    model_error: str = ""
    """Why the model could not be asked; empty where it can."""
    tainted: bool = False
    """Whether it has read what an outsider could have written. Never unset."""
    malformed: int = 0
    """Calls in a row that did not get as far as the policy."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How often in a row each call, by tool and arguments, came to nothing."""
    outcome: e.Outcome | None = None
    reason: str = ""

    @property
    def text(self) -> str:
        """What it was asked first."""
        first = self.turns[0].said if self.turns else self.unread
        return first[0].text

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.outcome is not None

    @property
    def open_asks(self) -> tuple[Ask, ...]:
        """Questions that wait for people, oldest first."""
        return tuple(ask for ask in self.asks.values() if ask.open)

    def used(self, now: datetime) -> Mapping[e.Limit, float]:
        """What it has used: turns, tokens, US dollars, and minutes in which it did not only wait for people."""
        minutes = (now - self.started_at - self.waited).total_seconds() / 60
        return {e.Limit.STEPS: self.steps, e.Limit.TOKENS: self.usage.total, e.Limit.COST: self.cost, e.Limit.TIME: minutes}

    @property
    def newest(self) -> Turn | None:
        """The newest turn that the model has written."""
        for turn in reversed(self.turns):
            if turn.text is not None:
                return turn
        return None

    @property
    def being_asked(self) -> bool:
        """Whether a request to the model has left and neither an answer nor a failure has come."""
        return bool(self.turns) and self.turns[-1].text is None and not self.model_error

    @property
    def pending(self) -> tuple[Call, ...]:
        """Calls that have no result yet, in their order."""
        newest = self.newest
        return tuple(call for i in newest.calls if not (call := self.calls[i]).over) if newest else ()

    @property
    def answer(self) -> str | None:
        """The model's last word, put together where the length limit cut it, or None while there is more to do."""
        newest = self.newest
        if newest is None or newest is not self.turns[-1] or newest.calls or self.unread or newest.stop is not e.Stop.END:
            return None
        texts = [newest.text or ""]
        for turn in reversed(self.turns[:-1]):
            if turn.stop is not e.Stop.LENGTH or turn.calls:
                break
            texts.append(turn.text or "")
        return "".join(reversed(texts))

    @property
    def conclusion(self) -> tuple[e.Outcome, str] | None:
        """How it ends and why, as soon as that is settled, even if it has not been told yet."""
        newest = self.newest
        if self.stopped_by:
            return e.Outcome.STOPPED, f"Stopped by {self.stopped_by}."
        if self.finishing is not None and self.model_error:
            return e.Outcome.FAILED, f"The model could not be reached: {self.model_error}"
        if newest is not None and newest.stop is e.Stop.REFUSAL:
            return e.Outcome.FAILED, "The model declined to answer this."
        if self.answer is not None:
            return e.Outcome.ANSWERED, ""
        if self.finishing is not None and self.steps > self.finishing:
            return e.Outcome.FAILED, "The model was told to finish and did not."
        return None

    @property
    def waiting(self) -> bool:
        """Whether it can do nothing until somebody answers a question."""
        return bool(self.open_asks) and all(call.state in (CallState.ASKED, CallState.DOUBTED) for call in self.pending)

    def showing(self, post: str) -> str:
        """The state that a message of this run should show now."""
        name, _, about = post.partition(":")
        if name == "card":
            ask = self.asks[AskId(about)]
            return f"{ask.state}/{len(ask.votes)}"
        return "over" if name == "progress" and self.conclusion else "open"
