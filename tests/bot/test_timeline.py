"""Every event has a sentence of its own."""

from datetime import UTC, datetime
from typing import get_args

from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.finding import Mark
from agents.core.ids import ActorId, AskId, CallId, GrantId, RunId
from agents.core.tool import Effect, Repeat, Risk
from agents.core.trigger import Source, Trigger
from bot.timeline import sentence

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASK, C1, GRANT = AskId("run-x.a1"), CallId("c1"), GrantId("run-x.g1")
DANA = ActorId("T1/U1")

EVENTS: tuple[e.Event, ...] = (
    e.RunStarted("triage", Trigger(Source.MENTION, "k", DANA, "Dana"), "checkout\nis slow"),
    e.InputReceived("k2", "Dana", "hurry"),
    e.SignalReceived("k3", "f", "firing", "HighLatency: checkout is slow", "critical", {"a": "b"}, (), "p95"),
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
    e.HelpAsked(ASK, C1, "ask_human", "Which cluster?"),
    e.HelpGiven(ASK, C1, "ask_human", "Alice"),
    e.LimitReached(ASK, e.Limit.STEPS, "It has used 25 turns of the model."),
    e.LimitAnswered(ASK, e.Limit.STEPS, "raise", "Alice"),
    e.PostStarted("progress"),
    e.PostFinished("progress", "1.2", "open"),
    e.RunFinished(e.Outcome.FAILED, "The model declined to answer this."),
    e.CallsGiven((e.Proposal(C1, "write", {"a": 1}),)),
    e.VoteWithdrawn(ASK, C1, "write", DANA, "Dana"),
    e.ApprovalReminded(ASK, C1, "write"),
    e.ApprovalEscalated(ASK, C1, "write"),
    e.CallEdited(ASK, C1, "write", "Alice", {"a": 2, "b": "c"}),
    e.GrantGiven(GRANT, ASK, C1, "write", "d", {"a": 2}, NOON, 10, "Alice"),
    e.GrantLapsed(GRANT, C1, "write", "it was taken back, or its time is up"),
    e.RightsChecked(C1, "write"),
    e.RunStopped("Alice", True),
    e.FeedbackGiven("Dana", False, "It was\nthe wrong service."),
    e.Halted("triage", "Alice", "Sale."),
    e.Resumed("", "Alice"),
    e.HaltTold("triage", "C01INCIDENTS", "1.2"),
    e.GrantRevoked(GRANT, "write", "Alice"),
    e.MemoryForgotten(12, "triage", "Alice"),
    e.ToolTrusted("files_read", "ab" * 32, "Alice", "{}"),
    e.ToolChanged("files_read", "cd" * 32, "{}"),
    e.ToolChangeTold("files_read", "cd" * 32, "U01ALICE", "1.2"),
    e.LimitLifted(ASK, e.Limit.DAY, "a new day has begun (UTC)"),
    e.BreakerOpened("tool scale", NOON, "calls leave and no whole answer comes", "scale"),
    e.BreakerTold("tool scale", "C01INCIDENTS", "nothing"),
    e.BreakerTold("tool scale", "C01INCIDENTS", "outage", "1.2"),
    e.BreakerClosed("tool scale", "restarted", "scale"),
    e.BreakerTold("tool scale", "C01INCIDENTS", "end"),
    e.SchedulePaused("nightly", "Alice"), e.ScheduleResumed("nightly", "Alice"),
    e.ScheduleCalled("nightly", "Alice"), e.ScheduleSkipped("nightly", RunId("run-x")),
    e.DeliveryParked("alerts:4711", "webhook", 5, "OSError: The disk is full."),
    e.DeliveryReplayed("alerts:4711", "Alice"),
    e.DeliveryDropped("alerts:4711", "Alice"),
    e.RequestsRefused({"/webhooks/alerts 401: It is not signed.": 1200, "connection 408: Too slow.": 3}, 60, "203.0.113.7"),
    e.TokenMade("ci", "0" * 64, "operator", "Alice", ("triage",), NOON), e.TokenMade("all", "0" * 64, "viewer", "Alice"),
    e.TokenRevoked("ci", "Alice"),
    e.CallbackTried(1, 500, "It was answered with 500.", NOON), e.CallbackTried(2, 0, "no answer"), e.CallbackTried(3, 200),
    e.FindingMarked(Mark.ACKNOWLEDGED, "Alice"), e.FindingMarked(Mark.SNOOZED, "Alice", NOON),
)

SENTENCES = snapshot("""\
Dana asked triage (mention): checkout is slow
Dana wrote: hurry
alert firing (critical): HighLatency: checkout is slow
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
c1 asks people: Which cluster? Asked as run-x.a1
Alice answered c1
paused: It has used 25 turns of the model. Asked as run-x.a1
Alice chose raise for steps
posting progress
posted progress (open)
over: failed: The model declined to answer this.
no model is asked: c1 write(a=1)
Dana may not approve write any more, so their approval does not count
reminded of run-x.a1 (write)
nobody has decided on run-x.a1 (write): shown in the second channel
Alice changed c1 to write(a=2, b="c")
Alice granted write(a=2) 10 times until 2026-11-21 12:00 UTC, as run-x.g1
c1 write is not covered by the grant run-x.g1 any more: it was taken back, or its time is up
c1 write: whoever let it run was looked up again, and still may
Alice took it over
Dana found it bad: It was the wrong service.
Alice halted triage: Sale.
Alice ended the halt of every agent
C01INCIDENTS was told of the halt of triage
Alice took back the grant run-x.g1 of write
Alice had the memory m12 of triage erased
Alice trusts files_read as it is described (abababababab)
files_read is described otherwise (cdcdcdcdcdcd) than it was trusted: it is off
U01ALICE was told that files_read is off
the limit cost per day is not met any more: a new day has begun (UTC)
tool scale is not answering since 2026-11-21 12:00:00 UTC: calls leave and no whole answer comes
C01INCIDENTS is about to be told of tool scale
C01INCIDENTS was told that tool scale does not answer
tool scale was not answering when the program ended: calls go out again
C01INCIDENTS could not be told that tool scale is called again
Alice paused the schedule nightly
Alice resumed the schedule nightly
Alice wants a run of the schedule nightly now
nightly begins no other run while run-x is open
the delivery alerts:4711 is parked after 5 attempts: OSError: The disk is full.
Alice had the delivery alerts:4711 tried again
Alice dropped the delivery alerts:4711
requests refused within 1m: 1,200 times /webhooks/alerts 401: It is not signed.; 3 times connection 408: Too slow. (from 203.0.113.7)
Alice made the token ci (operator for triage), until 2026-11-21 12:00 UTC
Alice made the token all (viewer)
Alice revoked the token ci
the callback address did not take the end (attempt 1: It was answered with 500.); again at 2026-11-21 12:00:00 UTC
the callback address did not take the end (attempt 2: no answer); given up
the end was told to the callback address (attempt 3)
Alice said of what was found: acknowledged
Alice said of what was found: snoozed until 2026-11-21 12:00 UTC\
""")


def test_every_event_is_told_in_words() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(e.Event))
    assert "\n".join(sentence(event) for event in EVENTS) == SENTENCES


def test_what_differs_is_told() -> None:
    assert sentence(e.HaltTold("", "C1", "", True)) == "C1 could not be told of the end of the halt of every agent"
    assert sentence(e.HaltTold("", "C1", "1.2", True)) == "C1 was told of the end of the halt of every agent"
    assert sentence(e.Halted("", "Alice")) == "Alice halted every agent"
    assert sentence(e.RunStopped("Alice")) == "Alice stopped it"
    assert sentence(e.FeedbackGiven("Dana", True)) == "Dana found it good"
    assert sentence(e.GrantGiven(GRANT, ASK, C1, "write", "d", {}, NOON, 1, "Alice")).startswith("Alice granted write 1 time until")
