"""Short ways to write a run's history."""

from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.fold import apply, fold
from agents.core.ids import SYSTEM, ActorId, CallId, RunId, ask_id, idempotency_key
from agents.core.state import Run
from agents.core.tool import Effect, Repeat, Risk
from tests.world import ALICE, DANA, NOON, trigger

RUN = RunId("run-test")
C1, C2 = CallId("c1"), CallId("c2")
A1, A2 = ask_id(RUN, 1), ask_id(RUN, 2)
VOTE, GRANT = e.VoteCast(A1, C1, "write", "Alice"), e.ApprovalGranted(A1, C1, "write", (ALICE,))
"""Alice countersigns the first question."""


def started(text: str = "Do it.", *, tainted: bool = False, terminal: bool = False) -> Run:
    """A run at its first event."""
    cause = trigger(place=None, tainted=tainted) if terminal else trigger(tainted=tainted)
    return fold([e.Recorded(RUN, 1, NOON, DANA, "triage", e.RunStarted("triage", cause, text))])


def after(run: Run, *events: e.Event, at: datetime = NOON, actor: ActorId = SYSTEM) -> Run:
    """The run after these events."""
    for event in events:
        run = apply(run, e.Recorded(run.run_id, run.seq + 1, at, actor, run.agent, event))
    return run


def later(**delta: float) -> datetime:
    """Some time after noon."""
    return NOON + timedelta(**delta)


def asked() -> e.ModelAsked:
    """The model is asked."""
    return e.ModelAsked(1, "smart")


def answered(text: str = "", *calls: e.Proposal, stop: e.Stop | None = None) -> e.ModelAnswered:
    """The model answers."""
    return e.ModelAnswered("claude-test", text, calls, stop or (e.Stop.TOOLS if calls else e.Stop.END), e.Usage(10, 5), 0.01, 7)


def call(number: int = 1, tool: str = "write", **arguments: object) -> e.Proposal:
    """The model wants to use a tool."""
    return e.Proposal(CallId(f"c{number}"), tool, arguments)


def judged(
    decision: e.Decision, number: int = 1, tool: str = "write", *,
    repeat: Repeat = Repeat.NEVER, effect: Effect = Effect.EXTERNAL, probe: bool = False,
) -> e.CallJudged:
    """The policy's verdict."""
    risk = Risk.LOW if decision is e.Decision.ALLOW else Risk.HIGH
    return e.CallJudged(CallId(f"c{number}"), tool, decision, ("a rule",), risk, effect, repeat, probe)


def asks(number: int = 1, *, digest: str = "d", required: int = 1, approvers: tuple[str, ...] = ("role:operators",)) -> e.ApprovalAsked:
    """People are asked about the first call."""
    return e.ApprovalAsked(ask_id(RUN, number), C1, "write", digest, "before and after", "f-v1", approvers, required, later(hours=4))


def begins(number: int = 1, attempt: int = 1, tool: str = "write") -> e.ToolStarted:
    """A call begins."""
    return e.ToolStarted(CallId(f"c{number}"), tool, idempotency_key(RUN, CallId(f"c{number}")), attempt)


def proposed(*calls: e.Proposal, terminal: bool = False) -> Run:
    """A run whose model has just asked for these calls."""
    return after(started(terminal=terminal), asked(), answered("I propose this.", *calls))


def waiting(**question: object) -> Run:
    """A run that waits for its first approval."""
    return after(proposed(call()), judged(e.Decision.ASK), asks(**question))  # type: ignore[arg-type]  # the keywords of asks
