"""What a run is at one moment. `fold.py` makes it from events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.calls import WAITING, Call, CallState
from agents.core.ids import ActorId, AskId, CallId, RunId
from agents.core.incident import Alert, counted, is_resolved
from agents.core.parts import Ask, AskKind, Feedback, Marked, Post, Said, Turn, Vote
from agents.core.trigger import Trigger

__all__ = ("Ask", "AskKind", "Feedback", "Marked", "Post", "Run", "Said", "Turn", "Vote")


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
    """Name of the person who stopped it or took it over; empty where nobody did."""
    taken_over: bool = False
    """Whether whoever stopped it goes on with the case themselves."""
    grants: int = 0
    """How many grants were given in it."""
    feedback: tuple[Feedback, ...] = ()
    signals: Mapping[str, Alert] = field(default_factory=dict)
    """What is known of each alert of its incident, by fingerprint, in the order in which they came; empty where it has none."""
    marks: tuple[Marked, ...] = ()
    """What people said of its findings, the newest last."""
    resolved_late: bool = False
    """Whether the last of these was resolved when the run was over, so that the model was not told."""
    callback: e.CallbackTried | None = None
    """The newest try to tell its end to whoever waits for it; None where nobody does, or none was made yet."""
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
    def spoken(self) -> tuple[Said, ...]:
        """What people wrote that the model has not been given yet."""
        return tuple(said for said in self.unread if not said.signals)

    @property
    def resolved(self) -> bool:
        """Whether there were alerts, and none of them is left."""
        return is_resolved(self.signals)

    @property
    def quiet(self) -> bool:
        """Whether it only tells people so far: nobody has asked anything."""
        return self.trigger.quiet and not self.turns and len(self.spoken) < 2

    @property
    def by_hand(self) -> bool:
        """Whether a person gave its calls, so that it begins without a model."""
        return bool(self.turns) and self.turns[0].given

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
        if newest is None or newest is not self.turns[-1] or self.unread:
            return None
        if newest.given:
            return None if self.pending else "\n".join(_told(self.calls[call_id]) for call_id in newest.calls)
        if newest.calls or newest.stop is not e.Stop.END:
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
        if self.quiet and self.resolved:
            return e.Outcome.RESOLVED, "It is over, and nobody had it looked into."
        if self.quiet and not self.trigger.incident:
            return e.Outcome.RESOLVED, "It was only to be told."
        if self.taken_over:
            return e.Outcome.HANDED_OVER, f"{self.stopped_by} took it over."
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
        return bool(self.open_asks) and all(call.state in WAITING for call in self.pending)

    def on_card(self, ask_id: AskId) -> tuple[Ask, ...]:
        """The questions in the message that begins with this one, oldest first."""
        return tuple(ask for ask in self.asks.values() if ask.stands_in == ask_id)

    def turn_of(self, call_id: CallId) -> Turn | None:
        """The turn in which a call was asked for."""
        return next((turn for turn in self.turns if call_id in turn.calls), None)

    def showing(self, post: str) -> str:
        """The state that a message of this run should show now."""
        name, _, about = post.partition(":")
        match name:
            case "card":
                return " ".join(self._shown(ask) for ask in self.on_card(AskId(about)))
            case "escalation" | "reminder":
                return self._shown(self.asks[AskId(about)])
            case "opening" if self.signals:
                marked = f"/{len(self.marks)}" if self.marks else ""
                asked = "/asked" if self.trigger.quiet and not self.quiet else ""
                return f"{'over' if self.conclusion else 'open'}/{counted(self.signals)}{marked}{asked}"
            case "progress" | "opening" if self.conclusion:
                return "over"
        return "open"

    def _shown(self, ask: Ask) -> str:
        """What a card shows of a question: its own state, and what became of its call."""
        call = self.calls.get(ask.call_id) if ask.call_id else None
        ended = f"/{call.state}" if call and call.over and ask.state == "granted" and call.ask_id == ask.ask_id else ""
        return f"{ask.state}/{len(ask.votes)}{ended}{'/resolved' if ask.open and self.resolved else ''}"


def _told(call: Call) -> str:
    """What became of a call that a person gave, as the answer of its run."""
    if call.state in (CallState.FINISHED, CallState.CONFIRMED):
        return f"Done: {call.tool}."
    return f"{call.tool} did not happen ({call.state}). {call.result}"
