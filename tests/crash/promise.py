"""What has to be true of whatever is left when a bot was killed as often as one likes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agents.core import events as e
from agents.core.approval import digest
from agents.core.calls import Call, CallState
from agents.core.fold import apply, fold
from agents.core.ids import GrantId, RunId, idempotency_key
from agents.core.state import Run
from agents.core.switches import fold_switches
from agents.core.tool import Effect
from tests.crash.outside import SPECS, effect
from tests.crash.stories import TERMS, Story

HAPPENED = (CallState.FINISHED, CallState.CONFIRMED)


@dataclass(frozen=True)
class Left:
    """The journal, and the lines that the world outside has."""

    story: Story
    rows: Mapping[RunId, tuple[e.Recorded, ...]]
    switched: tuple[e.Recorded, ...]
    """What people did with everything at once."""
    effects: Counter[str]
    thread: Counter[str]
    answers: Counter[str]
    broken: tuple[str, ...]

    def check(self) -> None:
        """Hold it against the promise. Raises AssertionError, which says what is broken."""
        wrong = [*self.broken, *self._of_all()]
        for rows in self.rows.values():
            wrong += [*_approved(rows), *_after_stop(rows), *self._of_one(fold(rows), rows)]
        assert not wrong, "; ".join(wrong)

    def _of_all(self) -> Iterator[str]:
        runs = {run_id: fold(rows) for run_id, rows in self.rows.items()}
        if missing := self.story.runs.keys() - runs.keys():
            yield f"{missing} were never begun"
        happened = Counter(
            effect(call.tool, idempotency_key(run.run_id, call.call_id), call.arguments)
            for run in runs.values() for call in run.calls.values() if call.effect is not Effect.NONE and call.state in HAPPENED
        )
        if self.effects != happened:
            yield f"these effects are there: {dict(self.effects)}; these are known: {dict(happened)}"
        if twice := [message for message, times in self.thread.items() if times > 1]:
            yield f"these messages stand twice: {twice}"
        yield from self._grants()
        if fold_switches(self.switched).halts:
            yield "it was left halted"
        if self.story.undoes and len(runs) != 2 * len(self.story.runs):
            yield f"there are {len(runs)} runs, so not each was undone"

    def _grants(self) -> Iterator[str]:
        """However many want to use a grant, it is used as often as was allowed."""
        events = [row.event for rows in self.rows.values() for row in rows]
        used = Counter(GrantId(event.grant) for event in events if isinstance(event, e.CallJudged) and event.grant)
        given = {event.grant_id: event.uses for event in events if isinstance(event, e.GrantGiven)}
        for grant, times in used.items():
            if times > given.get(grant, 0):
                yield f"{grant} was given for {given.get(grant, 0)} calls and used for {times}"
        if any(uses != TERMS.uses for uses in given.values()):
            yield f"other grants than were given: {given}"

    def _of_one(self, run: Run, rows: tuple[e.Recorded, ...]) -> Iterator[str]:
        stopped = run.outcome is e.Outcome.STOPPED and self.story.meanwhile == "stop"
        if run.outcome is not e.Outcome.ANSWERED and not stopped:
            yield f"{run.run_id} was lost: {run.outcome} {run.reason}"
        answered = [row.event.text for row in rows if isinstance(row.event, e.ModelAnswered)]
        if answered != [f"step {number}" for number in range(len(answered))]:
            yield f"{run.run_id} went {answered}"
        undone = [call for call in run.calls.values() if call.state not in HAPPENED and not self._called_off(call)]
        if run.outcome is e.Outcome.ANSWERED and undone:
            yield f"{run.run_id} did not do all: {[call.state for call in run.calls.values()]}"
        yield from self._posts(run, rows)

    def _called_off(self, call: Call) -> bool:
        """Whether a halt came between the intent and the effect, which then never left: the model was told, and there is no effect."""
        return self.story.meanwhile == "halt" and call.state is CallState.FAILED and call.result.endswith("so it did not.")

    def _posts(self, run: Run, rows: tuple[e.Recorded, ...]) -> Iterator[str]:
        """Whatever people were asked and told stands in the thread."""
        wanted = {f"card:{ask.stands_in}" for ask in run.asks.values() if ask.decided_name and ask.state != "withdrawn"}
        wanted |= {f"reminder:{ask.ask_id}" for ask in run.asks.values() if ask.reminded and ask.state != "withdrawn"}
        wanted |= {f"escalation:{ask.ask_id}" for ask in run.asks.values() if ask.escalated and ask.state != "withdrawn"}
        wanted |= {f"answer:{run.steps}"} if run.steps or run.by_hand else set()
        if missing := [post for post in wanted if f"{run.run_id}/{post}" not in self.thread]:
            yield f"{run.run_id} never said {missing}"
        doubts = [row.event.ask_id for row in rows if isinstance(row.event, e.DoubtRaised)]
        if unasked := [ask for ask in doubts if run.asks[ask].open]:
            yield f"{run.run_id} never learnt about {unasked}"


def _approved(rows: tuple[e.Recorded, ...]) -> Iterator[str]:
    """Calls that began without leave in just this form, for this one time."""
    run: Run | None = None
    used: set[str] = set()
    """Questions and grants under which a call began."""
    for row in rows:
        if run is not None and isinstance(row.event, e.ToolStarted):
            call = run.calls[row.event.call_id]
            leave = _leave(run, call)
            if SPECS[call.tool].effect is Effect.EXTERNAL and (leave is None or leave in used):
                yield f"{call.tool} {dict(call.arguments)} began at {row.seq} with leave {leave}"
            used.add(leave or "")
        run = apply(run, row)


def _leave(run: Run, call: Call) -> str | None:
    """The question that was answered with yes for exactly this, or the grant; None where there is neither."""
    ask = run.asks.get(call.ask_id) if call.ask_id else None
    if call.state is CallState.APPROVED and ask and ask.state == "granted":
        names = {vote.actor for vote in ask.votes}
        same = ask.digest == digest(SPECS[call.tool], call.arguments, run.agent, "")
        return str(ask.ask_id) if same and len(names) >= ask.required else None
    return f"{call.grant} {call.call_id}" if call.state is CallState.READY and call.grant else None


def _after_stop(rows: tuple[e.Recorded, ...]) -> Iterator[str]:
    """What began after somebody had stopped the run."""
    stopped = next((row.seq for row in rows if isinstance(row.event, e.RunStopped)), None)
    for row in rows:
        if stopped is not None and row.seq > stopped and isinstance(row.event, e.ToolStarted | e.ModelAsked):
            yield f"{row.event.kind} at {row.seq}, after it was stopped at {stopped}"


def figures(left: Left) -> Counter[str]:
    """What happened, for the record."""
    events = [row.event for rows in left.rows.values() for row in rows]
    kinds = (e.DoubtRaised, e.CallEdited, e.GrantGiven, e.RunStopped, e.CallsGiven)
    names = ("doubts", "edits", "grants", "stops", "undos")
    seen = {name: sum(isinstance(event, kind) for event in events) for name, kind in zip(names, kinds, strict=True)}
    repeated = left.answers.total() - sum(isinstance(event, e.ModelAnswered) for event in events)
    return Counter({
        **seen, "seeds": 1, "repeated answers": repeated, "events": len(events),
        "halts": sum(isinstance(row.event, e.Halted) for row in left.switched),
        "uses of grants": sum(isinstance(event, e.CallJudged) and bool(event.grant) for event in events),
    })
