"""Words about runs and calls that several views share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agents.core.approval import ROLE
from agents.core.calls import Call, CallState
from agents.core.ids import ActorId
from agents.core.state import Run
from bot.views.blocks import shorten
from bot.views.mrkdwn import cut, escape, person

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


def as_json(arguments: Mapping[str, Any]) -> str:
    """Arguments as people check them: whole, in an order that never changes, with every invisible character written as its escape."""
    text = json.dumps(arguments, indent=2, ensure_ascii=False, sort_keys=True)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def one_line(call: Call) -> str:
    """A call and what became of it, literally, in at most 160 characters."""
    brief = ", ".join(f"{name}: {value}" for name, value in sorted(call.arguments.items()))
    return f"{shorten(call.tool, 60)}({shorten(' '.join(brief.split()), 70).strip()}): {MARKS.get(call.state, 'waits')}"


def initiator(run: Run) -> str:
    """Who caused the run, as mrkdwn."""
    return person(run.trigger.actor, run.trigger.actor_name)


def approver_list(approvers: Sequence[str], mentions: Mentions, *, limit: int = 1000) -> str:
    """Who may decide, as mrkdwn that mentions them; the words for nobody where the list is empty."""
    shown = []
    for name in approvers:
        role = name.removeprefix(ROLE)
        if role == name:
            shown.append(person(ActorId(name)))
        else:
            shown.append(f"{escape(role)} ({mentions[role]})" if mentions.get(role) else escape(role))
    return cut(", ".join(shown), limit) or "nobody: the configuration names no approvers for this tool"
