"""Whether a person may take back what a call did, and by which call."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agents.core.access import Level
from agents.core.approval import Refusal, Voter, may_decide, rule_for
from agents.core.calls import Call
from agents.core.policy import Rules
from agents.core.state import Run
from agents.core.undo import inverse


def undoing(run: Run, call: Call, rules: Rules, voter: Voter, now: datetime) -> tuple[str, Mapping[str, Any]] | Refusal:
    """The tool and the arguments of the call that takes this one back, or why this person may not have it made now."""
    spec = rules.tools.get(call.tool)
    until = call.undo_until
    if until is None or spec is None or spec.undo is None:
        return Refusal("closed", f"{call.tool} cannot be undone.")
    if now >= until:
        return Refusal("expired", f"It could be undone until {until:%Y-%m-%d %H:%M} UTC. Ask the agent to put it right.")
    if call.digest not in ("", spec.digest):
        return Refusal("closed", f"The definition of {call.tool} has changed since, so what would take it back is not known.")
    if rules.halt is not None:
        return Refusal("halted", f"{rules.halt.name} has halted {rules.halt.what}: nothing begins until somebody resumes it.")
    rule = rule_for(call.tool, rules.approvals)
    if not voter.is_member or not (voter.level >= Level.OPERATOR or may_decide(rule.approvers, voter)):
        return Refusal("role", f"Only operators, and those who may approve {call.tool}, can undo it.")
    arguments = inverse(spec.undo, call)
    return Refusal("closed", arguments) if isinstance(arguments, str) else (spec.undo.tool, arguments)
