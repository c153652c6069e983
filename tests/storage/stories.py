"""Runs as they are written, for tests: facts in the order in which a run appends them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agents.core import events as e
from agents.core.ids import SYSTEM, ActorId, AskId, CallId, RunId, ask_id, call_id, grant_id, idempotency_key, person, run_id_for
from agents.core.tool import Effect, Repeat, Risk
from agents.core.trigger import Place, Source, Trigger
from agents.ports import Journal

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ALICE = person("T01ACME", "U01ALICE")
BOB = person("T01ACME", "U02BOB")
PLACE = Place("T01ACME", "C01INCIDENTS", "1763712000.000100")


def fact(event: e.Event, actor: ActorId = SYSTEM, second: float = 0) -> e.Fact:
    """A fact, so many seconds after START."""
    return e.Fact(event, actor, START + timedelta(seconds=second))


def started(key: str, text: str = "Checkout is slow.", *, agent: str = "triage", place: Place | None = PLACE, second: float = 0) -> e.Fact:
    """The first fact of the run with this dedupe key."""
    return fact(e.RunStarted(agent, Trigger(Source.MENTION, key, ALICE, "Alice", place), text), ALICE, second)


def answered(*calls: e.Proposal, text: str = "I look.", cost: float = 0.1) -> e.ModelAnswered:
    """A turn of the model."""
    return e.ModelAnswered("claude-sonnet-5-5", text, calls, e.Stop.TOOLS if calls else e.Stop.END, e.Usage(400, 80, 5000, 300), cost, 900)


def judged(call: CallId, tool: str, decision: e.Decision, grant: str = "") -> e.CallJudged:
    """A verdict."""
    return e.CallJudged(call, tool, decision, ("autonomy",), Risk.HIGH, Effect.INTERNAL, Repeat.NEVER, grant=grant)


def asked(
    run_id: RunId, number: int, call: CallId, tool: str, second: float = 0, expires: timedelta = timedelta(hours=4),
    remind: timedelta | None = None, escalate: timedelta | None = None,
) -> e.Fact:
    """A question about a call; what is due of it counts from START."""
    event = e.ApprovalAsked(
        ask_id(run_id, number), call, tool, "d" * 64, "From v42 to v41", "f" * 64, ("role:operators",), 1, START + expires,
        remind_at=START + remind if remind else None, escalate_at=START + escalate if escalate else None, escalate_to="#ops-leads",
    )
    return fact(event, second=second)


def given(run_id: RunId, uses: int, *, until: timedelta = timedelta(hours=1), number: int = 1, second: float = 0) -> e.Fact:
    """A grant for calls that roll back checkout; `until` counts from START."""
    event = e.GrantGiven(
        grant_id(run_id, number), ask_id(run_id, 1), call_id(1), "roll_back", "t" * 64, {"service": "checkout"}, START + until, uses, "Bob"
    )
    return fact(event, BOB, second)


def story(key: str, *, agent: str = "triage", second: float = 0) -> tuple[RunId, list[list[e.Fact]]]:
    """A whole run: it reads, asks, is approved, is cut off, is resolved by a person and ends."""
    run_id = run_id_for(key)
    read, write = call_id(1), call_id(2)
    first, second_ask, third = (ask_id(run_id, n) for n in (1, 2, 3))
    batches: list[list[e.Event]] = [
        [e.ModelAsked(1, "smart")],
        [
            answered(e.Proposal(read, "query_metrics", {"service": "checkout"})), judged(read, "query_metrics", e.Decision.ALLOW),
            e.ToolStarted(read, "query_metrics", idempotency_key(run_id, read)),
        ],
        [e.ToolFinished(read, "query_metrics", "p95 1840 ms " * 40, 12), e.ModelAsked(2, "smart")],
        [answered(e.Proposal(write, "roll_back", {"service": "checkout"}), text=""), judged(write, "roll_back", e.Decision.ASK)],
        [_question(first, write)],
        [e.VoteCast(first, write, "roll_back", "Bob"), e.ApprovalGranted(first, write, "roll_back", (BOB,))],
        [e.ToolStarted(write, "roll_back", idempotency_key(run_id, write))],
        [e.CallInterrupted(write, "roll_back", "The connection broke."), e.DoubtRaised(second_ask, write, "roll_back", "?", (BOB,))],
        [e.DoubtResolved(second_ask, write, "roll_back", "happened", "Bob"), e.LimitReached(third, e.Limit.STEPS, "It has used 25 turns.")],
        [e.LimitAnswered(third, e.Limit.STEPS, "raise", "Bob"), e.ModelAsked(3, "smart")],
        [answered(text="Rolled back."), e.RunFinished(e.Outcome.ANSWERED)],
    ]
    people = (e.VoteCast, e.ApprovalGranted, e.DoubtResolved, e.LimitAnswered)
    facts = [[fact(event, BOB if isinstance(event, people) else SYSTEM, second + n) for event in b] for n, b in enumerate(batches, 1)]
    return run_id, [[started(key, agent=agent, second=second)], *facts]


def _question(ask: AskId, call: CallId) -> e.ApprovalAsked:
    return e.ApprovalAsked(ask, call, "roll_back", "d" * 64, "v42 to v41", "f" * 64, ("role:operators",), 1, START + timedelta(hours=4))


async def tell(journal: Journal, run_id: RunId, batches: Sequence[Sequence[e.Fact]], *, agent: str = "triage") -> int:
    """Append a story; the number of its events."""
    seq = 0
    for batch in batches:
        await journal.append(run_id, batch, after=seq, agent=agent)
        seq += len(batch)
    return seq
