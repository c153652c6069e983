"""What a call may do: ordered rules, first match wins. Nothing that a model, a message or a document says has a part in it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from agents.core import events as e
from agents.core.approval import ApprovalRule, rule_for
from agents.core.budget import Limits, Used
from agents.core.calls import Call, CallState, same_call
from agents.core.exact import LONGEST, exact_text
from agents.core.grants import Grant
from agents.core.state import Run
from agents.core.switches import Halt
from agents.core.tool import Condition, Effect, Risk, ToolSpec


class Autonomy(StrEnum):
    """How much an agent may do by itself."""

    SHADOW = "shadow"
    SUPERVISED = "supervised"
    PARTIAL = "partial"
    FULL = "full"


D = e.Decision

DIAL: Mapping[Autonomy, Mapping[Risk, e.Decision]] = {
    Autonomy.SHADOW: {Risk.LOW: D.SIMULATE, Risk.MEDIUM: D.SIMULATE, Risk.HIGH: D.SIMULATE},
    Autonomy.SUPERVISED: {Risk.LOW: D.ASK, Risk.MEDIUM: D.ASK, Risk.HIGH: D.ASK},
    Autonomy.PARTIAL: {Risk.LOW: D.ALLOW, Risk.MEDIUM: D.ASK, Risk.HIGH: D.ASK},
    Autonomy.FULL: {Risk.LOW: D.ALLOW, Risk.MEDIUM: D.NOTIFY, Risk.HIGH: D.ASK},
}
"""What each level of autonomy makes of a call with an effect. Reads run, unless their risk is high."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides about the calls of one agent at this moment."""

    tools: Mapping[str, ToolSpec]
    """The agent's own tools; no other exists for it."""
    invalid: Callable[[str, Mapping[str, Any]], str | None]
    """Why arguments do not fit a tool, in words for the model. A pure function."""
    autonomy: Autonomy = Autonomy.SUPERVISED
    approvals: tuple[ApprovalRule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    tier: str = "smart"
    """Which model reasons."""
    halt: Halt | None = None
    """Who froze this agent or everything, and why; None where nobody did."""
    grants: tuple[Grant, ...] = ()
    """Those that hold for this agent at this moment, oldest first."""
    used: Used = field(default_factory=Used)
    """What was used lately beyond the one run."""


def spend(rules: Rules, event: e.Event | None) -> Rules:
    """The rules once this event is written: a verdict that names a grant uses it up by one, and what may run counts for its tool's rate."""
    if not isinstance(event, e.CallJudged):
        return rules
    spec = rules.tools.get(event.tool)
    if spec is not None and spec.per_minute and event.decision in (D.ALLOW, D.NOTIFY):
        calls = {**rules.used.calls, event.tool: rules.used.calls.get(event.tool, 0) + 1}
        rules = replace(rules, used=replace(rules.used, calls=calls))
    if not event.grant:
        return rules
    left = tuple(replace(grant, left=grant.left - 1) if grant.grant_id == event.grant else grant for grant in rules.grants)
    return replace(rules, grants=left)


def judge(run: Run, call: Call, rules: Rules) -> e.CallRejected | e.CallJudged:
    """The verdict on a call, once. The first rule that matches decides and is named in the verdict."""
    spec = rules.tools.get(call.tool)
    if spec is None:
        known = ", ".join(sorted(rules.tools)) or "none"
        return e.CallRejected(call.call_id, call.tool, f"There is no tool {call.tool} here. Your tools are: {known}.")
    if call.malformed is not None:
        return e.CallRejected(call.call_id, call.tool, "The arguments were not a JSON object. Write them again, whole.")
    if wrong := rules.invalid(call.tool, call.arguments):
        return e.CallRejected(call.call_id, call.tool, wrong)
    risk = risk_of(spec, call.arguments)
    decision, name, grant = _first_match(run, call, spec, risk, rules)
    if decision is D.ASK and (too_long := len(exact_text(call.arguments)) - LONGEST) > 0:
        why = f"Somebody has to approve this, and nobody can be shown that much: its arguments are {too_long:,} characters too long."
        return e.CallRejected(call.call_id, call.tool, f"{why} Shorten them, or do it in parts.")
    return e.CallJudged(
        call.call_id, call.tool, decision, (name,), risk, spec.effect, spec.repeat, spec.probe, spec.digest, grant,
        int(spec.undo.within.total_seconds()) if spec.undo else 0, spec.grantable,
    )


def risk_of(spec: ToolSpec, arguments: Mapping[str, Any]) -> Risk:
    """The highest of the tool's own risk and of every rule that its arguments meet."""
    met = [rule.risk for rule in spec.risk_rules if meets(rule.when, arguments)]
    return max((spec.risk, *met), key=lambda risk: risk.rank)


def meets(condition: Condition, arguments: Mapping[str, Any]) -> bool:
    """Whether the arguments meet a condition."""
    if condition.argument not in arguments:
        return False
    value = arguments[condition.argument]
    if condition.above is not None:
        return isinstance(value, bool) or not isinstance(value, int | float) or not value <= condition.above
    if condition.matches is not None:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        return re.search(condition.matches, text) is not None
    if condition.one_of:
        return value in condition.one_of
    return bool(value == condition.equals)


def _first_match(run: Run, call: Call, spec: ToolSpec, risk: Risk, rules: Rules) -> tuple[e.Decision, str, str]:
    """The verdict, the rule that made it, and the grant that was used."""
    for decision, name in _refusals(run, call, spec, rules):
        return decision, name, ""
    if run.tainted and spec.effect is Effect.EXTERNAL:
        return D.ASK, "tainted run, external effect", ""
    if call.edits:
        return D.ASK, f"{call.edits[-1].name} changed it", ""
    decision, name = dial(rules.autonomy, spec.effect, risk)
    if decision is D.ASK and (grant := _grant(run, call, spec, rules)):
        return D.ALLOW, f"{grant.name}'s grant {grant.grant_id}", grant.grant_id
    return decision, name, ""


def dial(autonomy: Autonomy, effect: Effect, risk: Risk) -> tuple[e.Decision, str]:
    """What the agent's autonomy alone makes of a call, and that rule's name."""
    if effect is Effect.NONE and risk is not Risk.HIGH:
        return D.ALLOW, "reads run"
    if effect is Effect.NONE and autonomy is Autonomy.SHADOW:
        return D.ASK, "high-risk read"
    return DIAL[autonomy][risk], f"{autonomy} autonomy, {risk} risk"


def _refusals(run: Run, call: Call, spec: ToolSpec, rules: Rules) -> Iterator[tuple[e.Decision, str]]:
    """What keeps the call from running whoever would approve it; the first counts."""
    if rules.halt is not None:
        yield D.DENY, "halt"
    if run.finishing is not None:
        yield D.DENY, "the run was told to finish"
    if _in_doubt(run, call):
        yield D.DENY, "the same action is in doubt"
    if rules.autonomy is Autonomy.SHADOW and spec.effect is not Effect.NONE:
        yield D.SIMULATE, "shadow"


def _grant(run: Run, call: Call, spec: ToolSpec, rules: Rules) -> Grant | None:
    """The first live grant that covers the call."""
    covering = (grant for grant in rules.grants if grant.covers(run.agent, call.tool, spec.digest, call.arguments))
    return next((grant for grant in covering if admits(grant, call, spec, rules)), None)


def admits(grant: Grant, call: Call, spec: ToolSpec, rules: Rules) -> bool:
    """Whether whoever gave this grant could approve this very call alone: not where they asked for it, nor where it takes several."""
    rule = rule_for(call.tool, rules.approvals)
    return spec.grantable and rule.required == 1 and (rule.allow_initiator or grant.by not in call.askers)


def _in_doubt(run: Run, call: Call) -> bool:
    """Whether the same action was left with its outcome unknown earlier in this run."""
    same = same_call(call.tool, call.arguments)
    unknown = (CallState.INTERRUPTED, CallState.DOUBTED, CallState.ABANDONED)
    return any(other.state in unknown and same_call(other.tool, other.arguments) == same for other in run.calls.values())
