"""How runs and questions look at the terminal."""

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from agents.core import events as e
from agents.core.calls import Call
from agents.core.exact import exact_text
from agents.core.fold import fold
from agents.core.ids import CONTROL, RunId
from agents.core.state import Ask, AskKind, Run
from agents.core.switches import fold_switches
from agents.ports import Journal
from bot import duration, terminal, timeline
from bot.cli import FAILED, WAITS

COLOURS = {
    "run_started": "cyan", "approval_asked": "yellow", "doubt_raised": "yellow", "limit_reached": "yellow", "help_asked": "yellow",
    "approval_granted": "green",
    "approval_denied": "red", "approval_expired": "red", "tool_failed": "red", "call_interrupted": "red", "model_failed": "red",
    "tool_finished": "green", "run_finished": "cyan", "call_edited": "yellow", "approval_escalated": "yellow", "grant_given": "green",
    "grant_lapsed": "red", "run_stopped": "red", "halted": "red", "resumed": "green", "grant_revoked": "yellow",
    "tool_trusted": "green", "tool_changed": "red", "memory_forgotten": "yellow",
    "limit_lifted": "green", "breaker_opened": "red", "breaker_closed": "green",
}
"""The events that stand out in a timeline."""


def print_event(recorded: e.Recorded, began: datetime) -> None:
    """Print one line of a timeline: time since the beginning, what happened, who did it."""
    after = duration.show(recorded.at - began)
    said = terminal.plain(timeline.sentence(recorded.event))
    by = timeline.who(recorded)
    coloured = click.style(said, fg=COLOURS.get(recorded.event.kind))
    click.echo(f"{terminal.dim(f'{after:>8}')}  {coloured}{terminal.dim(f'  {terminal.plain(by)}') if by else ''}")


def how_to_decide(run: Run, ask: Ask) -> str:
    """A question with its object, and the commands that answer it."""
    call = run.calls[ask.call_id] if ask.call_id else None
    lines = [terminal.heading(f"{ask.ask_id} waits ({ask.kind})")]
    if call:
        changed = f", as {call.edits[-1].name} changed it" if call.edits else ""
        lines += [f"  {line}" for line in terminal.plain(f"{call.tool}{changed}\n{exact_text(call.arguments)}").split("\n")]
    lines += [f"  {line}" for line in terminal.plain(ask.preview or ask.detail).splitlines()]
    if ask.approvers:
        lines.append(f"  decided by {', '.join(ask.approvers)}{_left(ask)}")
    return "\n".join([*lines, *(f"  countersign {command}" for command in _commands(ask, call))])


def granted(fixed: Mapping[str, Any], free: Collection[str] | None) -> str:
    """Which calls a grant covers: the arguments that are fixed, and those that may be anything; None where all others may."""
    same = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fixed.items()]
    said = [*([", ".join(same)] if same else []), *([f"any {', '.join(free)}"] if free else [])]
    return "; ".join(said) or ("any arguments" if free is None else "no arguments")


def _commands(ask: Ask, call: Call | None) -> Iterator[str]:
    match ask.kind:
        case AskKind.APPROVAL:
            yield f"approve {ask.ask_id}"
            if call and call.grantable and ask.required == 1:
                yield f"approve {ask.ask_id} --for 1h --uses 10"
            yield f"edit {ask.ask_id} --arg NAME=VALUE"
            yield f"deny {ask.ask_id} --reason …"
        case AskKind.DOUBT:
            yield f"answer {ask.ask_id} happened | retry | abandon"
        case AskKind.HELP:
            yield f"answer {ask.ask_id} reply --reason …"
        case AskKind.LIMIT:
            yield f"answer {ask.ask_id} raise | finish | stop"


def _left(ask: Ask) -> str:
    if ask.expires_at is None:
        return ""
    left = ask.expires_at - datetime.now(UTC)
    return f", expires in {duration.show(left)}" if left.total_seconds() > 0 else ", its time is up"


def print_end(run: Run) -> int:
    """Print a run's answer, or the questions that it waits for; the exit code that says which."""
    if run.answer is not None:
        click.echo(f"\n{terminal.plain(run.answer)}")
    for ask in run.open_asks:
        click.echo(f"\n{how_to_decide(run, ask)}")
    if not run.over:
        return WAITS
    return 0 if run.outcome is e.Outcome.ANSWERED else FAILED


async def follow(journal: Journal, run_id: RunId, *, after: int = 0, patience: float = 0.2) -> Run:
    """Print what a run does behind event `after`, until it is over or waits for people. It is looked at every `patience` seconds.

    A run whose agent is halted waits for people as well.
    """
    events = await journal.read(run_id)
    while True:
        run = fold(events)
        for recorded in events[after:]:
            if not isinstance(recorded.event, e.PostStarted | e.PostFinished):
                print_event(recorded, run.started_at)
        after = len(events)
        if run.over or run.waiting:
            return run
        await asyncio.sleep(patience)
        more = await journal.read(run_id, after=run.seq)
        if not more and (halt := fold_switches(await journal.read(CONTROL)).halt_of(run.agent)):
            click.echo(f"{terminal.plain(halt.name)} has halted {halt.what}. It goes on after: countersign resume {halt.scope}".rstrip())
            return run
        events += more
