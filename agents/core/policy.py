"""What a call may do: ordered rules, first match wins. Nothing that a model, a message or a document says has a part in it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from agents.core import events as e
from agents.core.approval import ApprovalRule, rule_for
from agents.core.budget import Limits, Used
from agents.core.calls import Call, CallState, same_call
from agents.core.exact import LONGEST, exact_text
from agents.core.grants import Grant
from agents.core.patterns import found
from agents.core.rules import Case, Rule, fit
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
    policy: tuple[Rule, ...] = ()
    """The installation's own rules, in their order."""

    @property
    def foreign(self) -> bool:
        """Whether outsiders wrote the description of any of its tools, so that whoever is shown them has read what outsiders wrote."""
        return any(spec.foreign for spec in self.tools.values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules make of a call."""

    decision: e.Decision
    rules: tuple[str, ...]
    """Names of those that made it, the one that decided first."""
    reason: str = ""
    """Of the rule, for people and for the model."""
    grant: str = ""
    """The grant that was used; empty where none was."""
    firm: bool = True
    """Whether no grant outweighs it."""
    by_rule: bool = False
    """Whether a rule of the installation made it."""


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


def judge(run: Run, call: Call, rules: Rules, now: datetime) -> e.CallRejected | e.CallJudged:
    """The verdict on a call, once. The first rule that matches decides; those that had a part in it are named in the verdict."""
    spec = rules.tools.get(call.tool)
    if spec is None:
        known = ", ".join(sorted(rules.tools)) or "none"
        return e.CallRejected(call.call_id, call.tool, f"There is no tool {call.tool} here. Your tools are: {known}.")
    if call.malformed is not None:
        return e.CallRejected(call.call_id, call.tool, "The arguments were not a JSON object. Write them again, whole.")
    if wrong := rules.invalid(call.tool, call.arguments):
        return e.CallRejected(call.call_id, call.tool, wrong)
    case = Case(run.agent, run.trigger, run.tainted, spec, call.arguments, spec.effect, risk_of(spec, call.arguments), now)
    verdict = _first_match(run, call, case, rules)
    if verdict.decision is D.ASK and (too_long := len(exact_text(call.arguments)) - LONGEST) > 0:
        why = f"Somebody has to approve this, and nobody can be shown that much: its arguments are {too_long:,} characters too long."
        return e.CallRejected(call.call_id, call.tool, f"{why} Shorten them, or do it in parts.")
    return e.CallJudged(
        call.call_id, call.tool, verdict.decision, verdict.rules, case.risk, spec.effect, spec.repeat, spec.probe, spec.digest,
        verdict.grant, int(spec.undo.within.total_seconds()) if spec.undo else 0, spec.grantable and not verdict.by_rule, verdict.reason,
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
        return found(condition.matches, text) is not False
    if condition.one_of:
        return value in condition.one_of
    return bool(value == condition.equals)


def still(run: Run, call: Call, rules: Rules, now: datetime) -> Verdict:
    """What the rules make by now of a call that was judged before, by itself: no grant, no rate and nobody's approval has a part in it."""
    case = Case(run.agent, run.trigger, run.tainted, rules.tools[call.tool], call.arguments, call.effect, call.risk, now)
    return next(_firm(call, case, rules, (*_ruled(case, rules, deny=True), *_shadow(case, rules))), None) or _dialled(case, rules)


def _first_match(run: Run, call: Call, case: Case, rules: Rules) -> Verdict:
    before = (*_refusals(run, call, rules), *_ruled(case, rules, deny=True), *_shadow(case, rules), *_over(case, rules))
    if verdict := next(_firm(call, case, rules, before), None):
        return verdict
    verdict = _dialled(case, rules)
    if verdict.decision is D.ASK and (grant := _grant(run, call, case.spec, rules)):
        return Verdict(D.ALLOW, (f"{grant.name}'s grant {grant.grant_id}", *verdict.rules), grant=grant.grant_id)
    return verdict


def _firm(call: Call, case: Case, rules: Rules, before: tuple[Verdict, ...]) -> Iterator[Verdict]:
    """What no grant and no dial changes, in order; the first counts."""
    yield from before
    if case.tainted and case.effect is Effect.EXTERNAL:
        yield Verdict(D.ASK, ("tainted run, external effect",))
    if call.edits:
        yield Verdict(D.ASK, (f"{call.edits[-1].name} changed it",))
    yield from _ruled(case, rules, deny=False)


def _ruled(case: Case, rules: Rules, *, deny: bool) -> Iterator[Verdict]:
    """What the installation's own rules say: those that deny, or the others."""
    for rule in rules.policy:
        if (rule.then is D.DENY) is deny and (fits := fit(rule, case)):
            yield Verdict(rule.then, fits, rule.reason, by_rule=True)


def _shadow(case: Case, rules: Rules) -> Iterator[Verdict]:
    if rules.autonomy is Autonomy.SHADOW and case.effect is not Effect.NONE:
        yield Verdict(D.SIMULATE, ("shadow",))


def _over(case: Case, rules: Rules) -> Iterator[Verdict]:
    """What was called so often of late that people are asked."""
    if 0 < case.spec.per_minute <= rules.used.calls.get(case.spec.name, 0):
        yield Verdict(D.ASK, (f"more than {case.spec.per_minute} calls a minute",))


def _dialled(case: Case, rules: Rules) -> Verdict:
    decision, name = dial(rules.autonomy, case.effect, case.risk)
    return Verdict(decision, (name,), firm=False)


def dial(autonomy: Autonomy, effect: Effect, risk: Risk) -> tuple[e.Decision, str]:
    """What the agent's autonomy alone makes of a call, and that rule's name."""
    if effect is Effect.NONE and risk is not Risk.HIGH:
        return D.ALLOW, "reads run"
    if effect is Effect.NONE and autonomy is Autonomy.SHADOW:
        return D.ASK, "high-risk read"
    return DIAL[autonomy][risk], f"{autonomy} autonomy, {risk} risk"


def _refusals(run: Run, call: Call, rules: Rules) -> Iterator[Verdict]:
    """What keeps the call from running whoever would approve it."""
    if rules.halt is not None:
        yield Verdict(D.DENY, ("halt",))
    if run.finishing is not None:
        yield Verdict(D.DENY, ("the run was told to finish",))
    if _in_doubt(run, call):
        yield Verdict(D.DENY, ("the same action is in doubt",))


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
