"""What the domain needs from the world, in its own words. Adapters live in storage, tools, bot and `agents/claude.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from agents.core.approval import Voter
from agents.core.events import Fact, Recorded, Stop, Usage
from agents.core.ids import ActorId, RunId
from agents.core.state import Run
from agents.core.tool import ToolSpec
from agents.core.trigger import Place

Clock = Callable[[], datetime]
"""The time now, in UTC."""


class Journal(Protocol):
    """The append-only store of events, the only truth."""

    async def append(self, run_id: RunId, facts: Sequence[Fact], *, after: int, agent: str) -> tuple[Recorded, ...]:
        """Write these facts as the events `after + 1`, … of the run: all of them or none, durable on return.

        Raises JournalConflict where the run's last event is not `after` (0: the run does not exist yet).
        """

    async def read(self, run_id: RunId, *, after: int = 0) -> tuple[Recorded, ...]:
        """The events of a run behind number `after`, in order; nothing for a run that does not exist. Raises JournalTampered."""

    async def open_runs(self) -> tuple[RunId, ...]:
        """Every run that is not over: first those that wait for nobody, the oldest first."""

    async def last_in_thread(self, place: Place) -> RunId | None:
        """The run that hears what is said in this thread: the newest open one, rather none that undoes; where all are over, the newest."""

    async def last_of_incident(self, incident: str) -> RunId | None:
        """The newest run of this incident; None where it has none."""

    async def unshown(self) -> tuple[RunId, ...]:
        """Runs of incidents that have heard of an alert or a click last: their message may not show it, though they may be over."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that arrived from outside and must not be lost."""

    key: str
    """Two deliveries with one key are one delivery."""
    kind: str
    """`event`, `action`, `view`, …: which listener takes it."""
    body: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Undone:
    """A delivery that was not dealt with, as a list shows it: without its body."""

    number: int
    """Its place in the order of arrival, by which people name it."""
    key: str
    kind: str
    received_at: datetime
    attempts: int
    """How often dealing with it came to nothing."""
    why: str
    """What went wrong the last time; empty where nothing did."""
    parked_at: datetime | None
    """Since when it is not tried any more."""


class Inbox(Protocol):
    """Deliveries, durable before they are acknowledged, kept until they are dealt with."""

    async def receive(self, delivery: Delivery) -> bool:
        """Store it; durable on return. False where this key was stored before."""

    async def done(self, key: str) -> None:
        """It was dealt with. Its body is dropped, its key stays."""

    async def pending(self, key: str | None = None) -> tuple[Delivery, ...]:
        """What has not been dealt with and is not parked, oldest first; with a key, that delivery alone."""

    async def failed(self, key: str, why: str, *, times: int = 1) -> int:
        """Dealing with it came to nothing, once more or as often as was counted before; how often by now."""

    async def park(self, key: str, at: datetime) -> None:
        """Keep it, and do not try it any more."""

    async def replay(self, number: int) -> Delivery | None:
        """Let it be tried as if it were new; None where there is no such delivery that was not dealt with."""

    async def undone(self, number: int | None = None, *, limit: int = 500) -> tuple[Undone, ...]:
        """What was not dealt with: first what is parked, then the others, each oldest first; with a number, that delivery alone."""


class Uses(Protocol):
    """When tokens were last used."""

    async def note(self, token: str, at: datetime) -> None:
        """It was used then."""

    async def all(self) -> Mapping[str, datetime]:
        """The last use of each token that was ever used."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call in the model's turn, as it came over the wire."""

    tool: str
    arguments: dict[str, Any]
    malformed: str | None = None
    """The raw text where it was not a JSON object."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt: what was said, the calls that it makes, or the results that it brings."""

    role: Literal["user", "assistant"]
    texts: tuple[str, ...] = ()
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    """(call id, tool, arguments); assistant only."""
    results: tuple[tuple[str, str, bool], ...] = ()
    """(call id, text, is an error); user only, and before its texts."""
    thinking: str = ""
    """What the model thought in this turn, as its `Answer` had it; assistant only."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything the model is given. Of two prompts of one run the later begins with the earlier."""

    system: str
    tools: tuple[ToolSpec, ...]
    messages: tuple[Message, ...]
    tier: str
    max_tokens: int = 4096
    tools_allowed: bool = True
    """False where the run must come to its end with what it has; the tools stay in the prompt for the cache's sake."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's turn."""

    model: str
    text: str
    calls: tuple[ModelCall, ...]
    stop: Stop
    usage: Usage
    cost: float
    """US dollars by the configured prices; 0 where none is configured."""
    thinking: str = ""
    """What it thought, for the adapter alone to read; it is kept as it is and given back in the turn's `Message`."""


class Model(Protocol):
    """A language model."""

    async def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None) -> Answer:
        """The model's next turn. `on_text` is called with each piece of text as it is written; an empty piece voids what came before.

        Retries what is transient and falls back to the tier's fallback; raises ModelUnavailable when all of that failed.
        """


@dataclass(frozen=True, slots=True)
class Done:
    """The call came to its end."""

    text: str
    taints: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The call certainly had no effect; the text is for the model."""

    text: str
    taints: bool = False
    """Whether outsiders could have written the text."""
    outage: bool = field(default=False, compare=False)
    """Whether the other side is at fault, which gave no answer or an error of its own: breakers count that."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request left and nobody knows what became of it."""

    why: str
    taints: bool = False
    """Whether outsiders could have written why."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would change."""

    text: str
    """For people: short, escaped by the view, not by the tool."""
    fingerprint: str
    """SHA-256 of the state that the text was made from."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made."""

    run_id: RunId
    agent: str
    place: Place | None
    """Where its run speaks; None for one that is followed from the terminal."""
    initiator: ActorId
    """Who caused the run."""
    tainted: bool = False
    """Whether the run has read what an outsider could have written."""
    called_off: Callable[[], str] = field(default=lambda: "", compare=False, repr=False)
    """Asked when a call has waited for its turn: why it does not leave any more; empty where it may."""


TERMINAL = Caller(RunId(""), "", None, ActorId("local/"))
"""A tool that a person calls by itself, outside any run."""


class Toolbox(Protocol):
    """The tools that exist. It executes; it never decides."""

    def specs(self) -> Mapping[str, ToolSpec]:
        """Every tool by its name."""

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        """Why these arguments do not fit the tool's schema, in words that the model can act on; None where they do."""

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as they will be sent: defaults filled in, whole numbers written as such."""

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        """Have the effect. The same key and arguments always send the same bytes."""

    async def preview(self, tool: str, arguments: Mapping[str, Any]) -> Preview:
        """What the call would change. Reads only. A preview that cannot be had says so in its text and has a fingerprint of its own."""

    async def probe(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        """Whether the call with this key happened; None where it cannot be told. Reads only."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message stands in Slack."""

    ts: str
    shows: str
    """The state that it shows; empty where that is not known, because it was found and not written now."""
    channel: str = ""
    """Where it stands, if that is not the run's own channel."""
    picture: str = ""
    drawn: str = ""
    """See `PostFinished` on both."""


class Surface(Protocol):
    """Where a run speaks to people."""

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        """Post `progress`, `answer:STEPS`, `card:ASK`, `reminder:ASK` or `notice:CALL` in the run's thread.

        `opening` stands in its channel and begins the thread, `escalation:ASK` in another channel.

        With `search`, the thread is searched first for a message that carries this key. Waits out what is transient; raises
        SurfaceError where the message can never be delivered.
        """

    async def update(self, run: Run, post: str) -> Posted:
        """Make the message show the run's present state. Repeating it is harmless. Raises SurfaceError."""

    def progress(self, run: Run, line: str) -> None:
        """Say what happens just now: latest wins, may be dropped, never delays anything."""

    def say(self, run: Run, piece: str) -> None:
        """Show what the model writes while it writes it, as `Model.ask` tells it; likewise."""

    def moved(self, run: Run) -> None:
        """The run as it stands after something was written down; likewise."""


class Dispatcher(Protocol):
    """Sees to it that a run is driven."""

    def wake(self, run_id: RunId, *, urgent: bool = False) -> None:
        """Drive this run, or let whoever drives it read on. Urgent where a person has just acted: those go first."""


class Directory(Protocol):
    """Who people are, asked at the moment of a click."""

    async def voter(self, actor: ActorId) -> Voter:
        """The person with the roles of this moment. What cannot be learnt counts against them."""
