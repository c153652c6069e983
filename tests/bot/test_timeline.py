"""Every event has a sentence of its own."""

from datetime import UTC, datetime
from typing import get_args

from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import ActorId, AskId, CallId
from agents.core.tool import Effect, Repeat, Risk
from agents.core.trigger import Source, Trigger
from bot.timeline import sentence

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASK, C1 = AskId("run-x.a1"), CallId("c1")
DANA = ActorId("T1/U1")

EVENTS: tuple[e.Event, ...] = (
    e.RunStarted("triage", Trigger(Source.MENTION, "k", DANA, "Dana"), "checkout\nis slow"),
    e.InputReceived("k2", "Dana", "hurry"),
    e.ModelAsked(1, "smart"),
    e.ModelAnswered("m-1", "I look.", (e.Proposal(C1, "read", {"a": "é", "n": 1}),), e.Stop.TOOLS, e.Usage(1000, 20), 0.0123, 2300),
    e.ModelFailed("overloaded"),
    e.CallRejected(C1, "read", "no such tool"),
    e.CallJudged(C1, "write", e.Decision.ASK, ("partial autonomy, high risk",), Risk.HIGH, Effect.EXTERNAL, Repeat.NEVER),
    e.ApprovalAsked(ASK, C1, "write", "d", "p", "f", ("role:ops",), 2, NOON),
    e.VoteCast(ASK, C1, "write", "Alice"),
    e.ApprovalGranted(ASK, C1, "write", (ActorId("T1/U2"), ActorId("T1/U3"))),
    e.ApprovalDenied(ASK, C1, "write", "Alice", "not now"),
    e.ApprovalExpired(ASK, C1, "write"),
    e.ApprovalVoided(ASK, C1, "write", "The target has changed."),
    e.ClickRefused(ASK, "initiator"),
    e.ToolStarted(C1, "write", "key", 2),
    e.ToolFinished(C1, "write", "done", 12),
    e.ToolFailed(C1, "write", "404", 1500),
    e.CallInterrupted(C1, "write", "timeout"),
    e.ProbeAnswered(C1, "write", None),
    e.DoubtRaised(ASK, C1, "write", "timeout", ("role:ops",)),
    e.DoubtResolved(ASK, C1, "write", "happened", "Alice"),
    e.LimitReached(ASK, e.Limit.STEPS, "It has used 25 turns of the model."),
    e.LimitAnswered(ASK, e.Limit.STEPS, "raise", "Alice"),
    e.PostStarted("progress"),
    e.PostFinished("progress", "1.2", "open"),
    e.RunFinished(e.Outcome.FAILED, "The model declined to answer this."),
)

SENTENCES = snapshot("""\
Dana asked triage (mention): checkout is slow
Dana wrote: hurry
model asked, step 1, tier smart
m-1 answered in 2.3s (1,020 tokens, $0.0123): I look. -> c1 read(a="é", n=1)
model failed: overloaded
c1 read not accepted: no such tool
c1 write judged: ask by “partial autonomy, high risk” (risk high, effect external)
approval of write asked as run-x.a1: 2 of role:ops
Alice approved write
approval of write granted by 2 people
Alice denied write: not now
approval of write expired: nobody decided
approval of write void: The target has changed.
refused a decision on run-x.a1: initiator
c1 write started, attempt 2
c1 write finished in 12 ms: done
c1 write failed after 1.5s: 404
c1 write interrupted: timeout
c1 write probed: cannot tell
write in doubt, asked as run-x.a1: timeout
Alice said of write: happened
paused: It has used 25 turns of the model. Asked as run-x.a1
Alice chose raise for steps
posting progress
posted progress (open)
over: failed: The model declined to answer this.\
""")


def test_every_event_is_told_in_words() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(e.Event))
    assert "\n".join(sentence(event) for event in EVENTS) == SENTENCES
