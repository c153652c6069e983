"""What a run does next: a function of the run, its rules and the time. It neither acts nor remembers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.actions import Action, AskModel, AskPeople, AskProbe, CheckRights, PostMessage, Record, RunTool
from agents.core.approval import digest as approval_digest
from agents.core.approval import next_ask, rule_changed, rule_for
from agents.core.budget import day_reached, reached
from agents.core.calls import Call, CallState, same_call
from agents.core.help import help_asked, is_question
from agents.core.ids import AskId, GrantId, idempotency_key
from agents.core.policy import Rules, admits, judge, spend, still
from agents.core.posts import posts, posts_of_alerts
from agents.core.rules import LETS
from agents.core.state import Ask, Run
from agents.core.tool import Effect, Repeat

FRESH = timedelta(minutes=10)
"""How long after its approval a call with a preview may begin; the bot may have been down in between."""

RECHECK = timedelta(minutes=1)
"""How long after somebody's click, or after they were looked up, a call may begin without their being looked up again."""

UNSETTLED = frozenset({CallState.STARTED, CallState.INTERRUPTED, CallState.DOUBTED})
"""States in which a call's effect may be under way or may have happened."""

ABOUT_TO = frozenset({CallState.READY, CallState.APPROVED})
"""States in which a call begins as soon as nothing stands against it."""

ATTEMPTS = 3
"""How often a call that may be repeated is started before its outcome counts as unknown."""

THE_END = "run"
"""Key of the action that ends a run. It waits until nothing else is under way."""


def decide(run: Run, rules: Rules, now: datetime) -> tuple[Action, ...]:
    """Everything that the run could do now, side by side; nothing where it is over or must wait.

    It speaks of a call whose effect is under way as if the program had just been started: whoever drives the run leaves out the
    actions whose key is under way already.
    """
    if run.over:
        return tuple(posts_of_alerts(run))
    speech = tuple(posts(run))
    if run.conclusion is not None:
        outcome, reason = run.conclusion
        if left := (*speech, *_unsettled(run, rules)):
            return left
        return () if run.open_asks else (Record(e.RunFinished(outcome, reason), THE_END),)
    return speech if rules.halt is not None or run.quiet else (*speech, *_work(run, rules, now))


def intent(run: Run, action: Action) -> e.Event | None:
    """What has to be durable before the action begins; None where repeating it does no harm."""
    match action:
        case Record(event):
            return event
        case AskModel(step, tier, taints=taints):
            return e.ModelAsked(step, tier, taints)
        case RunTool(call_id, attempt):
            return e.ToolStarted(call_id, run.calls[call_id].tool, idempotency_key(run.run_id, call_id), attempt)
        case PostMessage(post):
            return e.PostStarted(post)
        case _:
            return None


def _unsettled(run: Run, rules: Rules) -> Iterator[Action]:
    """Of a run that was stopped: what became of calls that had begun. Nothing begins any more, not even again."""
    for call in run.pending if run.stopped_by else ():
        if call.state is CallState.STARTED:
            yield _cut_off(call)
        elif call.state is CallState.INTERRUPTED:
            yield _after_interruption(run, call, rules, _key(call))


def _work(run: Run, rules: Rules, now: datetime) -> Iterator[Action]:
    """What brings the run closer to its end."""
    if pending := run.pending:
        for call in pending:
            for action in _next_of(run, call, rules, now):
                if isinstance(action, Record):
                    rules = spend(rules, action.event)  # the last use of a grant, or of a minute, is for the first call that needs it
                yield action
    elif run.open_asks:
        if lifted := _lifted(run, run.open_asks[0], rules, now):
            yield Record(lifted, "limit")
    elif run.being_asked:
        yield AskModel(run.steps + 1, rules.tier, taints=rules.foreign)
    elif run.finishing is None and (met := reached(run, rules.limits, now) or day_reached(run.agent, rules.limits, rules.used)):
        yield Record(e.LimitReached(next_ask(run), *met), "limit")
    else:
        yield AskModel(run.steps + 1, rules.tier, taints=rules.foreign)


def _lifted(run: Run, ask: Ask, rules: Rules, now: datetime) -> e.LimitLifted | None:
    """What ends the wait for more of the agent's day by itself: it was raised in another run, or the day is over."""
    if ask.limit is not e.Limit.DAY or day_reached(run.agent, rules.limits, rules.used):
        return None
    if now.date() != ask.asked_at.date():
        return e.LimitLifted(ask.ask_id, ask.limit, "a new day has begun (UTC)")
    by = rules.used.raised_by
    return e.LimitLifted(ask.ask_id, ask.limit, f"{by} has raised it, for all runs of the agent" if by else "more is allowed by now")


def _next_of(run: Run, call: Call, rules: Rules, now: datetime) -> Iterator[Action]:
    key = _key(call)
    match call.state:
        case CallState.PROPOSED:
            yield Record(judge(run, call, rules, now), key)
        case CallState.READY if call.tool in rules.tools and is_question(rules.tools[call.tool], call.arguments):
            yield Record(help_asked(run, call, rules.approvals), key)
        case CallState.LISTENING if run.spoken and call.ask_id:
            yield Record(e.HelpGiven(call.ask_id, call.call_id, call.tool, run.spoken[0].name), key)
        case CallState.READY:
            yield from _start(run, call, rules, now, key)
        case CallState.APPROVED:
            yield from _run_approved(run, call, rules, now, key)
        case CallState.TO_ASK | CallState.VOID:
            yield AskPeople(call.call_id, key) if call.tool in rules.tools else Record(taken_away(call), key)
        case CallState.STARTED:
            yield _cut_off(call)
        case CallState.INTERRUPTED:
            yield _after_interruption(run, call, rules, key, now)
        case _:
            return  # it waits for people


def _key(call: Call) -> str:
    """What actions on this call are known by."""
    return f"call:{call.call_id}"


def _cut_off(call: Call) -> Record:
    return Record(e.CallInterrupted(call.call_id, call.tool, "The program ended before the outcome was known."), _key(call))


def taken_away(call: Call) -> e.CallRejected:
    """A call that nobody can be asked about, because its agent does not have the tool any more."""
    return e.CallRejected(call.call_id, call.tool, f"The tool {call.tool} was taken away from this agent.")


def _start(run: Run, call: Call, rules: Rules, now: datetime, key: str) -> Iterator[Action]:
    """Run what may run, if it is still what was judged; of two calls that would do the same the second waits for the first."""
    twins = _twins(run, call)
    if any(twin.state is CallState.ABANDONED for twin in twins):
        yield Record(e.CallRejected(call.call_id, call.tool, "The same action is in doubt, so it did not run."), key)
    elif any(twin.state in UNSETTLED or (twin.state in ABOUT_TO and twin.number < call.number) for twin in twins):
        return
    elif _as_judged(call, rules) and (stricter := _stricter(run, call, rules, now)):
        yield Record(e.CallRejected(call.call_id, call.tool, f"The policy does not let it run any more ({stricter})."), key)
    elif _as_judged(call, rules):
        yield from _start_granted(call, rules, now, key) if call.grant else (RunTool(call.call_id, 1, key),)
    else:
        why = f"The definition of {call.tool} changed before it ran. Propose it again if it is still right."
        yield Record(e.CallRejected(call.call_id, call.tool, why), key)


def _start_granted(call: Call, rules: Rules, now: datetime, key: str) -> Iterator[Action]:
    """Run what a grant lets run, if it still does and whoever gave it still may."""
    grant = next((one for one in rules.grants if one.grant_id == call.grant), None)
    if grant is None:
        yield Record(e.GrantLapsed(GrantId(call.grant), call.call_id, call.tool, "it was taken back, or its time is up"), key)
    elif not admits(grant, call, rules.tools[call.tool], rules):
        why = "the rule on who approves this has changed"
        yield Record(e.GrantLapsed(grant.grant_id, call.call_id, call.tool, why), key)
    elif call.checked_at is None or now - call.checked_at > RECHECK:
        yield CheckRights(call.call_id, key)
    else:
        yield RunTool(call.call_id, 1, key)


def _twins(run: Run, call: Call) -> list[Call]:
    """Other calls of the run that would have the same effect; a read has none."""
    if call.effect is Effect.NONE:
        return []
    same = same_call(call.tool, call.arguments)
    return [c for c in run.calls.values() if c.tool == call.tool and c.number != call.number and same_call(c.tool, c.arguments) == same]


def _stricter(run: Run, call: Call, rules: Rules, now: datetime) -> str:
    """The rule by which what ran by itself, or by a grant, would not any more. Empty for none."""
    if call.state is CallState.APPROVED:
        return ""  # people let it run, and what they may not is seen to before
    verdict = still(run, call, rules, now)
    if verdict.decision in LETS or (call.grant and verdict.decision is e.Decision.ASK and not verdict.firm):
        return ""
    return ", ".join(verdict.rules)


def _as_judged(call: Call, rules: Rules) -> bool:
    """Whether the tool is still defined as it was when the call was judged."""
    spec = rules.tools.get(call.tool)
    return spec is not None and call.digest in ("", spec.digest)


def _run_approved(run: Run, call: Call, rules: Rules, now: datetime, key: str) -> Iterator[Action]:
    """Run what was approved, if it is still what would run and would still be let run."""
    ask = run.asks[call.ask_id or AskId("")]
    verdict = judge(run, call, rules, now)
    if why := _no_longer(run, call, ask, rules, now):
        yield Record(e.ApprovalVoided(ask.ask_id, call.call_id, call.tool, why), key)
    elif isinstance(verdict, e.CallRejected):
        yield Record(verdict, key)
    elif verdict.decision in (e.Decision.DENY, e.Decision.SIMULATE):
        why = f"The policy does not let it run any more ({', '.join(verdict.rules)})."
        yield Record(e.CallRejected(call.call_id, call.tool, why), key)
    elif max(ask.decided_at or ask.asked_at, call.checked_at or ask.asked_at) < now - RECHECK:
        yield CheckRights(call.call_id, key)
    else:
        yield from _start(run, call, rules, now, key)


def _no_longer(run: Run, call: Call, ask: Ask, rules: Rules, now: datetime) -> str | None:
    """Why an approval does not hold any more; None where it does."""
    spec = rules.tools.get(call.tool)
    if spec is None:
        return f"{call.tool} was taken away from this agent."
    if approval_digest(spec, call.arguments, run.agent, ask.fingerprint) != ask.digest:
        return f"The definition of {call.tool} changed after it was approved."
    if ask.expires_at is not None and now >= ask.expires_at:
        return "It was approved in time, and its time was up before it could run."
    if spec.preview and ask.decided_at is not None and now - ask.decided_at > FRESH:
        return "It could not run for so long after it was approved that what it would act on may have changed."
    return rule_changed(ask, rule_for(call.tool, rules.approvals))


def _after_interruption(run: Run, call: Call, rules: Rules, key: str, now: datetime | None = None) -> Action:
    """Repeat what may be repeated at this moment, ask the tool, and where nobody else can tell, ask a person.

    Without `now` nothing is repeated.
    """
    spec = rules.tools.get(call.tool) if _as_judged(call, rules) else None
    if now and spec and spec.repeat is not Repeat.NEVER and _may_repeat(run, call, rules, now):
        return RunTool(call.call_id, call.attempt + 1, key)
    if call.effect is Effect.NONE:
        return Record(e.ToolFailed(call.call_id, call.tool, f"No answer after {call.attempt} attempts. {call.why}"), key)
    if spec and call.probe and not call.probed:
        return AskProbe(call.call_id, key)
    rule = rule_for(call.tool, rules.approvals)
    approvers = rule.approvers or (run.asks[call.ask_id].approvers if call.ask_id else ())
    return Record(e.DoubtRaised(next_ask(run), call.call_id, call.tool, call.why, approvers, rule.allow_initiator), key)


def _may_repeat(run: Run, call: Call, rules: Rules, now: datetime) -> bool:
    """Whether a call that had begun may begin again: no rule stands against it by now that did not when it began."""
    if call.repeat is Repeat.NEVER or call.attempt >= ATTEMPTS:
        return False
    verdict = still(run, call, rules, now)
    approved = call.ask_id is not None and run.asks[call.ask_id].state == "granted"
    return verdict.decision in LETS or (verdict.decision is e.Decision.ASK and (approved or not verdict.by_rule))
