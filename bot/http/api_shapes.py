"""What the API tells of runs and of what they ask people, as JSON."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from agents.core.calls import Call
from agents.core.events import Recorded, RunStarted
from agents.core.state import Ask, Run
from agents.ledger import AskSummary, RunSummary
from bot import timeline

RUN = "run-k3xq4mwz7dhn2f5a"
"""The run of every example."""

WITHHELD = {"thinking", "hash"}
"""Fields of events that are for the program alone."""


class Told(BaseModel):
    """What the API tells."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class ThreadOut(Told):
    """A thread in Slack."""

    team: str = Field(examples=["T01ACME"])
    channel: str = Field(examples=["C01INCIDENTS"])
    thread_ts: str = Field(description="Empty while the run has yet to open its thread.", examples=["1700000000.000100"])


class CallOut(Told):
    """One use of a tool."""

    id: str = Field(examples=["c1"])
    tool: str = Field(examples=["service_status"])
    arguments: dict[str, Any] = Field(description="As they would be sent, with what people changed.", examples=[{"service": "checkout"}])
    state: str = Field(description="Where it stands: proposed, asked, approved, started, finished, refused, …", examples=["finished"])
    decision: str | None = Field(description="What the policy said: allow, notify, ask, deny, simulate.", examples=["allow"])
    rules: list[str] = Field(description="The rules of the policy that led to it.", examples=[["reads of low risk run"]])
    risk: str = Field(examples=["low"])
    effect: str = Field(examples=["none"])
    result: str = Field(description="What the agent reads of it; empty while it is not over.", examples=["checkout is slow"])
    is_error: bool
    gate: str | None = Field(description="The newest question to people about it.", examples=[None])
    grant: str | None = Field(description="The grant that let it run without asking.", examples=[None])
    edited: bool = Field(description="Whether people changed its arguments.")
    started_at: datetime | None
    ended_at: datetime | None


class GateOut(Told):
    """A question to people that a run has met."""

    id: str = Field(examples=[f"{RUN}.a1"])
    run: str = Field(examples=[RUN])
    agent: str = Field(examples=["triage"])
    kind: str = Field(description="approval, doubt, limit or help.", examples=["approval"])
    subject: str = Field(description="The tool that would run, or the limit that was met.", examples=["rollback_service"])
    state: str = Field(
        description="open, granted, denied, expired, void, superseded, withdrawn, replied, or what was chosen.", examples=["open"]
    )
    asked_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None = Field(description="`TEAM/USER`, `local/NAME` or `api/TOKEN`.", examples=["T01ACME/U01ALICE"])


class GateDetail(GateOut):
    """A question to people, whole: what would run, and who may decide."""

    call: str | None = Field(examples=["c3"])
    arguments: dict[str, Any] | None = Field(examples=[{"service": "checkout", "to_version": "2.4.1"}])
    preview: str = Field(description="What would change, or why people are asked.", examples=["version: 2.5.0 -> 2.4.1"])
    approvers: list[str] = Field(description="`role:NAME`, user ids, or `api/TOKEN`.", examples=[["role:operators"]])
    required: int = Field(description="How many different approvals it takes.", examples=[1])
    votes: list[str] = Field(description="Who has approved so far.", examples=[[]])
    reason: str = Field(description="Of a denial, or why it is void.", examples=[""])


class TokensOut(Told):
    """Tokens that the model read and wrote."""

    input: int = Field(examples=[4200])
    output: int = Field(examples=[310])
    cache_read: int = Field(examples=[3900])
    cache_write: int = Field(examples=[0])
    total: int = Field(examples=[8410])


class CallbackOut(Told):
    """How far the end was told to the callback address."""

    url: str = Field(description="Without its query.", examples=["https://hooks.example.com/countersign"])
    state: str = Field(description="waiting (for the run's end), pending, delivered or given up.", examples=["delivered"])
    attempts: int = Field(examples=[1])
    error: str = Field(description="What went wrong the last time.", examples=[""])
    again_at: datetime | None


class RunLine(Told):
    """A run as lists show it."""

    id: str = Field(examples=[RUN])
    agent: str = Field(examples=["triage"])
    state: str = Field(description="running, waiting (for people), or over.", examples=["over"])
    outcome: str | None = Field(description="answered, failed, stopped or handed over; null while it is not over.", examples=["answered"])
    source: str = Field(description="What started it: api, mention, webhook, schedule, …", examples=["api"])
    started_by: str = Field(examples=["api/ci"])
    started_at: datetime
    moved_at: datetime = Field(description="When its newest event happened.")
    thread: ThreadOut | None = Field(description="Where it speaks in Slack; null where it does not.")
    prompt: str = Field(description="What it was asked.", examples=["Is checkout healthy?"])
    open_gates: int = Field(description="How many questions wait for people.", examples=[0])
    steps: int = Field(description="Turns of the model.", examples=[3])
    total_tokens: int = Field(examples=[8410])
    cost: float = Field(description="US dollars.", examples=[0.021])


class RunOut(RunLine):
    """A run, whole."""

    reason: str = Field(description="Why it ended so, where that needs saying.", examples=[""])
    output: str | None = Field(description="The agent's answer; null while there is none.", examples=["checkout is healthy since 14:02."])
    calls: list[CallOut] = Field(description="In the order in which they were asked for.")
    gates: list[GateDetail] = Field(description="Every question to people that it met.")
    tokens: TokensOut
    tainted: bool = Field(description="Whether it has read what an outsider could have written.")
    continues: str | None = Field(description="The finished run that it continues.", examples=[None])
    callback: CallbackOut | None
    seq: int = Field(description="Number of its newest event: where its event stream can be taken up.", examples=[17])


class EventOut(Told):
    """Something that happened."""

    run: str = Field(description="`control` for what people did to all runs at once.", examples=[RUN])
    seq: int = Field(description="Its number in the run, counted from 1 without gaps.", examples=[5])
    at: datetime
    actor: str = Field(description="Who did it; `countersign` for the program itself.", examples=["T01ACME/U01ALICE"])
    agent: str = Field(examples=["triage"])
    kind: str = Field(examples=["approval_granted"])
    text: str = Field(description="The same for people, in one line.", examples=["approval of rollback_service granted by 1 person"])
    event: dict[str, Any] = Field(description="Its fields, by kind.", examples=[{"ask_id": f"{RUN}.a1", "tool": "rollback_service"}])


def run_line(run: RunSummary) -> RunLine:
    """A run as lists show it."""
    thread = ThreadOut(team=run.place.team, channel=run.place.channel, thread_ts=run.place.thread_ts) if run.place else None
    state = "over" if run.outcome is not None else "waiting" if run.open_asks else "running"
    return RunLine(
        id=run.run_id, agent=run.agent, state=state, outcome=run.outcome, source=run.source, started_by=run.actor,
        started_at=run.started_at, moved_at=run.moved_at, thread=thread, prompt=run.text, open_gates=run.open_asks, steps=run.steps,
        total_tokens=run.tokens, cost=run.cost,
    )


def run_out(run: Run) -> RunOut:
    """A run, whole."""
    place, used = run.trigger.place, run.usage
    return RunOut(
        id=run.run_id, agent=run.agent, state="over" if run.over else "waiting" if run.open_asks else "running", outcome=run.outcome,
        source=run.trigger.source, started_by=run.trigger.actor, started_at=run.started_at, moved_at=run.moved_at,
        thread=ThreadOut(team=place.team, channel=place.channel, thread_ts=place.thread_ts) if place else None, prompt=run.text,
        open_gates=len(run.open_asks), steps=run.steps, total_tokens=used.total, cost=run.cost, reason=run.reason,
        output=run.answer, calls=[_call(call) for call in run.calls.values()], gates=[gate_detail(run, ask) for ask in run.asks.values()],
        tokens=TokensOut(
            input=used.input, output=used.output, cache_read=used.cache_read, cache_write=used.cache_write, total=used.total
        ),
        tainted=run.tainted, continues=run.trigger.continues, callback=_callback(run), seq=run.seq,
    )


def gate_out(ask: AskSummary) -> GateOut:
    """A question as lists show it."""
    return GateOut(
        id=ask.ask_id, run=ask.run_id, agent=ask.agent, kind=ask.kind, subject=ask.subject, state=ask.state, asked_at=ask.asked_at,
        expires_at=ask.expires_at, decided_at=ask.decided_at, decided_by=ask.decided_by,
    )


def gate_detail(run: Run, ask: Ask) -> GateDetail:
    """A question, whole."""
    call = run.calls[ask.call_id] if ask.call_id else None
    return GateDetail(
        id=ask.ask_id, run=run.run_id, agent=run.agent, kind=ask.kind, subject=call.tool if call else str(ask.limit), state=ask.state,
        asked_at=ask.asked_at, expires_at=ask.expires_at, decided_at=ask.decided_at, decided_by=ask.decided_by,
        call=ask.call_id, arguments=dict(call.arguments) if call else None, preview=ask.preview or ask.detail,
        approvers=list(ask.approvers), required=ask.required, votes=[vote.actor for vote in ask.votes], reason=ask.reason,
    )


def event_out(row: Recorded) -> EventOut:
    """An event."""
    fields = to_jsonable_python(row.event, fallback=str)
    told = {name: value for name, value in fields.items() if name not in WITHHELD and name != "kind"}
    if isinstance(row.event, RunStarted):
        told["trigger"]["callback"] = row.event.trigger.callback.partition("?")[0]
    return EventOut(
        run=row.run_id, seq=row.seq, at=row.at, actor=row.actor, agent=row.agent, kind=row.event.kind, text=timeline.sentence(row.event),
        event=told,
    )


def _call(call: Call) -> CallOut:
    return CallOut(
        id=call.call_id, tool=call.tool, arguments=dict(call.arguments), state=call.state, decision=call.decision, rules=list(call.rules),
        risk=call.risk, effect=call.effect, result=call.result, is_error=call.is_error, gate=call.ask_id, grant=call.grant or None,
        edited=bool(call.edits), started_at=call.started_at, ended_at=call.ended_at,
    )


def _callback(run: Run) -> CallbackOut | None:
    if not run.trigger.callback:
        return None
    tried, url = run.callback, run.trigger.callback.partition("?")[0]
    if tried is None:
        return CallbackOut(url=url, state="pending" if run.over else "waiting", attempts=0, error="", again_at=None)
    state = "pending" if tried.again_at else "given up" if tried.error else "delivered"
    return CallbackOut(url=url, state=state, attempts=tried.attempt, error=tried.error, again_at=tried.again_at)
