"""Words about runs and calls that several views share."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from agents.core.approval import ROLE
from agents.core.calls import Call, CallState, Edit
from agents.core.ids import ActorId
from agents.core.state import Ask, Run
from bot.views.blocks import shorten
from bot.views.mrkdwn import cut, escape, named, person

Mentions = Mapping[str, str]
"""How to call the people of each role, as mrkdwn that mentions them."""

MARKS: Mapping[CallState, str] = {
    CallState.FINISHED: "done",
    CallState.CONFIRMED: "happened",
    CallState.FAILED: "failed",
    CallState.REJECTED: "not accepted",
    CallState.DENIED: "denied by policy",
    CallState.SIMULATED: "simulated, not carried out",
    CallState.REFUSED: "denied",
    CallState.EXPIRED: "expired",
    CallState.ABANDONED: "outcome unknown",
    CallState.STARTED: "running",
    CallState.INTERRUPTED: "cut off",
    CallState.DOUBTED: "in doubt",
    CallState.ASKED: "waits for approval",
    CallState.APPROVED: "approved",
}
"""What people read of a call's state; what is not here has not begun."""


def one_line(call: Call, *, ended: bool = False) -> str:
    """A call and what became of it, literally, in at most 160 characters. Where its run has `ended`, it waits for nothing any more."""
    mark = "did not run" if ended and call.state in (CallState.ASKED, CallState.APPROVED) else MARKS.get(call.state, "waits")
    return f"{shorten(call.tool, 60)}({brief(call.arguments)}): {mark}"


def gist(result: str) -> str:
    """What a call told, for a line: of a JSON object its plain values first, then how much there is of the others; other text as it is."""
    try:
        told = json.loads(result)
    except (ValueError, RecursionError):
        return result
    if not isinstance(told, dict) or not told:
        return result
    plain = [f"{name}: {value}" for name, value in told.items() if not isinstance(value, dict | list)]
    return ", ".join([*plain, *(f"{name}: {len(value)} items" for name, value in told.items() if isinstance(value, dict | list))])


def brief(arguments: Mapping[str, Any], limit: int = 70) -> str:
    """Arguments literally on one line, cut; the short ones first, because they tell calls apart, and empty ones not at all."""
    shown = sorted((f"{name}: {value}" for name, value in sorted(arguments.items()) if value not in ("", [], {})), key=len)
    text = " ".join(", ".join(shown)[: 2 * limit].split())
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def initiator(run: Run) -> str:
    """Who caused the run, by name: it calls nobody."""
    return named(run.trigger.actor, run.trigger.actor_name)


def voters(ask: Ask) -> str:
    """Who has approved, by name."""
    return ", ".join(named(vote.actor, vote.name) for vote in ask.votes)


def approver_list(approvers: Sequence[str], mentions: Mentions, *, but: Collection[ActorId] = (), limit: int = 1000) -> str:
    """Who may decide, as mrkdwn that mentions them, except those who need not or may not act (`but`).

    The words for nobody where the list is empty.
    """
    spared = {f"<@{actor.rpartition('/')[2]}>" for actor in but}
    shown = []
    for name in approvers:
        role = name.removeprefix(ROLE)
        if role == name:
            called = person(ActorId(name))
            shown.append(escape(name.rpartition("/")[2]) if called in spared else called)
        else:
            who = " ".join(one for one in mentions.get(role, "").split() if one not in spared)
            shown.append(f"{escape(role)} ({who})" if who else escape(role))
    return cut(", ".join(shown), limit) or "nobody: the configuration names no approvers for this tool"


def spared(run: Run, ask: Ask) -> frozenset[ActorId]:
    """Those among the approvers who need not act, or may not: who has approved, and who asked for it."""
    own = frozenset[ActorId]() if ask.allow_initiator or not ask.call_id else run.calls[ask.call_id].askers
    return own | {vote.actor for vote in ask.votes}


def asked_arguments(run: Run, ask: Ask) -> Mapping[str, Any]:
    """The arguments that this question is about: a call that was changed later had others when it was asked about."""
    call, changed = the_call(run, ask), len(edits_until(run, ask))
    return call.edits[changed].before if changed < len(call.edits) else call.arguments


def edits_until(run: Run, ask: Ask) -> tuple[Edit, ...]:
    """What people had changed in the call before this question was asked: each change superseded a question."""
    asks = tuple(run.asks.values())
    asked_before = asks[: asks.index(ask)]
    return the_call(run, ask).edits[: sum(one.call_id == ask.call_id and one.state == "superseded" for one in asked_before)]


def edit_of(run: Run, ask: Ask) -> Edit | None:
    """The change that superseded this question; None where none did."""
    return the_call(run, ask).edits[len(edits_until(run, ask))] if ask.state == "superseded" else None


def replacement(run: Run, ask: Ask) -> Ask | None:
    """The question that replaces this one; None where none does."""
    return next((one for one in run.asks.values() if one.supersedes == ask.ask_id), None)


def the_call(run: Run, ask: Ask) -> Call:
    """The call that a question is about. Raises ValueError where it is about none."""
    if ask.call_id is None:
        raise ValueError(f"{ask.ask_id} asks about no call.")
    return run.calls[ask.call_id]
