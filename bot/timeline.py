"""What happened in a run, event by event, in plain words. For terminals and for lists; it holds no markup."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from agents.core import events as e
from agents.core.ids import SYSTEM
from agents.core.state import Run
from bot import duration

WIDTH = 300
"""Characters of what people, models or tools wrote that a line shows."""


def sentence(event: e.Event) -> str:
    """What happened, in one line."""
    kinds = (_of_run, _of_question, _of_model, _of_call, _of_approval, _of_people, _of_control, _of_intake)
    return (next((told for kind in kinds if (told := kind(event))), "") or event.kind.replace("_", " ")).strip()


def who(recorded: e.Recorded) -> str:
    """Who did it, as lists show it."""
    return "" if recorded.actor == SYSTEM else str(recorded.actor)


def outcome(run: Run) -> str:
    """How the run stands, in one line."""
    if run.outcome is not None:
        return f"{run.outcome}{f': {run.reason}' if run.reason else ''}"
    if run.waiting:
        return "waits for people: " + ", ".join(ask.ask_id for ask in run.open_asks)
    return "under way"


def _of_run(event: e.Event) -> str | None:
    match event:
        case e.RunStarted(agent=agent, trigger=trigger, text=text):
            return f"{trigger.actor_name} asked {agent} ({trigger.source}): {_cut(text)}"
        case e.InputReceived(name=name, text=text):
            return f"{name} wrote: {_cut(text)}"
        case e.SignalReceived(title=title, status=status, severity=severity):
            return f"alert {status}{f' ({_cut(severity)})' if severity else ''}: {_cut(title)}"
        case e.PostStarted(post=post):
            return f"posting {post}"
        case e.PostFinished(post=post, shows=shows, error=error):
            return f"could not post {post}: {error}" if error else f"posted {post}{f' ({shows})' if shows else ''}"
        case e.RunStopped(name=name, takes_over=takes_over):
            return f"{name} {'took it over' if takes_over else 'stopped it'}"
        case e.RunFinished(outcome=outcome, reason=reason):
            return f"over: {outcome}{f': {_cut(reason)}' if reason else ''}"
    return None


def _of_question(event: e.Event) -> str | None:
    match event:
        case e.HelpAsked(call_id=call, question=question, ask_id=ask):
            return f"{call} asks people: {_cut(question)} Asked as {ask}"
        case e.HelpGiven(call_id=call, name=name):
            return f"{name} answered {call}"
        case e.LimitReached(ask_id=ask, detail=detail):
            return f"paused: {detail} Asked as {ask}"
        case e.LimitAnswered(choice=choice, limit=limit, name=name):
            return f"{name} chose {choice} for {limit}"
        case e.LimitLifted(limit=limit, why=why):
            return f"the limit {limit} is not met any more: {_cut(why)}"
    return None


def _of_model(event: e.Event) -> str | None:
    match event:
        case e.ModelAsked(step=step, tier=tier):
            return f"model asked, step {step}, tier {tier}"
        case e.ModelAnswered():
            return _answered(event)
        case e.ModelFailed(error=error):
            return f"model failed: {_cut(error)}"
    return None


def _of_call(event: e.Event) -> str | None:
    match event:
        case e.CallRejected(call_id=call, tool=tool, error=error):
            return f"{call} {tool} not accepted: {_cut(error)}"
        case e.CallJudged(call_id=call, tool=tool, decision=decision, rules=rules, risk=risk, effect=effect, reason=reason):
            said = f": {reason}" if reason else ""
            return f"{call} {tool} judged: {decision} by “{'; '.join(rules)}”{said} (risk {risk}, effect {effect})"
        case e.CallsGiven(calls=calls):
            return f"no model is asked: {_calls(calls)}"
        case e.ToolStarted(call_id=call, tool=tool, attempt=attempt):
            return f"{call} {tool} started{f', attempt {attempt}' if attempt > 1 else ''}"
        case e.ToolFinished(call_id=call, tool=tool, result=result, ms=ms):
            return f"{call} {tool} finished in {_ms(ms)}: {_cut(result)}"
        case e.ToolFailed(call_id=call, tool=tool, error=error, ms=ms):
            return f"{call} {tool} failed after {_ms(ms)}: {_cut(error)}"
        case e.CallInterrupted(call_id=call, tool=tool, why=why):
            return f"{call} {tool} interrupted: {_cut(why)}"
        case e.ProbeAnswered(call_id=call, tool=tool, happened=happened):
            return f"{call} {tool} probed: {'it happened' if happened else 'cannot tell' if happened is None else 'it did not happen'}"
    return None


def _of_approval(event: e.Event) -> str | None:
    match event:
        case e.ApprovalAsked(ask_id=ask, tool=tool, approvers=approvers, required=required):
            return f"approval of {tool} asked as {ask}: {required} of {', '.join(approvers) or 'nobody'}"
        case e.VoteCast(name=name, tool=tool):
            return f"{name} approved {tool}"
        case e.VoteWithdrawn(name=name, tool=tool):
            return f"{name} may not approve {tool} any more, so their approval does not count"
        case e.ApprovalReminded(ask_id=ask, tool=tool):
            return f"reminded of {ask} ({tool})"
        case e.ApprovalEscalated(ask_id=ask, tool=tool):
            return f"nobody has decided on {ask} ({tool}): shown in the second channel"
        case e.ApprovalGranted(tool=tool, by=by):
            return f"approval of {tool} granted by {len(by)} {'person' if len(by) == 1 else 'people'}"
        case e.ApprovalDenied(name=name, tool=tool, reason=reason):
            return f"{name} denied {tool}{f': {_cut(reason)}' if reason else ''}"
        case e.ApprovalExpired(tool=tool):
            return f"approval of {tool} expired: nobody decided"
        case e.ApprovalVoided(tool=tool, why=why):
            return f"approval of {tool} void: {_cut(why)}"
    return None


def _of_people(event: e.Event) -> str | None:
    match event:
        case e.CallEdited(name=name, call_id=call, tool=tool, arguments=arguments):
            return f"{name} changed {call} to {tool}({_arguments(arguments)})"
        case e.GrantGiven(name=name, tool=tool, grant_id=grant, arguments=arguments, uses=uses, until=until):
            bound = f"({_arguments(arguments)})" if arguments else ""
            return f"{name} granted {tool}{bound} {uses} {'time' if uses == 1 else 'times'} until {until:%Y-%m-%d %H:%M} UTC, as {grant}"
        case e.GrantLapsed(call_id=call, tool=tool, grant_id=grant, why=why):
            return f"{call} {tool} is not covered by the grant {grant} any more: {_cut(why)}"
        case e.RightsChecked(call_id=call, tool=tool):
            return f"{call} {tool}: whoever let it run was looked up again, and still may"
        case e.ClickRefused(ask_id=ask, code=code):
            return f"refused a decision on {ask}: {code}"
        case e.FindingMarked(mark=mark, name=name, until=until):
            return f"{name} said of what was found: {mark}{f' until {until:%Y-%m-%d %H:%M} UTC' if until else ''}"
        case e.DoubtRaised(ask_id=ask, tool=tool, why=why):
            return f"{tool} in doubt, asked as {ask}: {_cut(why)}"
        case e.DoubtResolved(name=name, tool=tool, choice=choice):
            return f"{name} said of {tool}: {choice}"
        case e.FeedbackGiven(name=name, good=good, note=note):
            return f"{name} found it {'good' if good else 'bad'}{f': {_cut(note)}' if note else ''}"
    return None


def _of_control(event: e.Event) -> str | None:
    match event:
        case e.Halted(name=name, scope=scope, reason=reason):
            return f"{name} halted {scope or 'every agent'}{f': {_cut(reason)}' if reason else ''}"
        case e.Resumed(name=name, scope=scope):
            return f"{name} ended the halt of {scope or 'every agent'}"
        case e.HaltTold(scope=scope, channel=channel, ts=ts, lifted=lifted):
            what = f"{'the end of ' if lifted else ''}the halt of {scope or 'every agent'}"
            return f"{channel} was told of {what}" if ts else f"{channel} could not be told of {what}"
        case e.GrantRevoked(name=name, grant_id=grant, tool=tool):
            return f"{name} took back the grant {grant} of {tool}"
        case e.MemoryForgotten(name=name, number=number, agent=agent):
            return f"{name} had the memory m{number} of {agent or 'the terminal'} erased"
        case e.ToolTrusted(name=name, tool=tool, digest=digest):
            return f"{name} trusts {tool} as it is described ({digest[:12]})"
        case e.ToolChanged(tool=tool, digest=digest):
            return f"{tool} is described otherwise ({digest[:12]}) than it was trusted: it is off"
        case e.ToolChangeTold(tool=tool, user=user, ts=ts):
            return f"{user} {'was' if ts else 'could not be'} told that {tool} is off"
    return _of_breaker(event) or _of_schedule(event) or _of_api(event)


def _of_schedule(event: e.Event) -> str | None:
    match event:
        case e.SchedulePaused(name=name, schedule=schedule):
            return f"{name} paused the schedule {schedule}"
        case e.ScheduleResumed(name=name, schedule=schedule):
            return f"{name} resumed the schedule {schedule}"
        case e.ScheduleCalled(name=name, schedule=schedule):
            return f"{name} wants a run of the schedule {schedule} now"
        case e.ScheduleSkipped(schedule=schedule, run=run):
            return f"{schedule} begins no other run while {run} is open"
    return None


def _of_breaker(event: e.Event) -> str | None:
    match event:
        case e.BreakerOpened(what=what, since=since, why=why):
            return f"{what} is not answering since {since:%Y-%m-%d %H:%M:%S} UTC: {_cut(why)}"
        case e.BreakerClosed(what=what, how=how):
            ends = {"answered": "answers again", "forgotten": "was not called for long: calls go out again"}
            return f"{what} {ends.get(how, 'was not answering when the program ended: calls go out again')}"
        case e.BreakerTold(what=what, channel=channel, shows="nothing"):
            return f"{channel} is about to be told of {what}"
        case e.BreakerTold(what=what, channel=channel, shows=shows, ts=ts):
            about = f"{what} {'does not answer' if shows == 'outage' else 'is called again'}"
            return f"{channel} was told that {about}" if ts else f"{channel} could not be told that {about}"
    return None


def _of_intake(event: e.Event) -> str | None:
    match event:
        case e.DeliveryParked(delivery=key, attempts=attempts, why=why):
            return f"the delivery {key} is parked after {attempts} attempts: {_cut(why)}"
        case e.DeliveryReplayed(delivery=key, name=name):
            return f"{name} had the delivery {key} tried again"
        case e.DeliveryDropped(delivery=key, name=name):
            return f"{name} dropped the delivery {key}"
        case e.RequestsRefused(counts=counts, seconds=seconds, addresses=addresses):
            told = "; ".join(f"{times:,} times {what}" for what, times in counts.items())
            return _cut(f"requests refused within {duration.show(timedelta(seconds=seconds))}: {told} (from {addresses})")
    return None


def _of_api(event: e.Event) -> str | None:
    match event:
        case e.TokenMade(name=name, token=token, role=role, agents=agents, expires_at=until):
            bound = f" for {', '.join(agents)}" if agents else ""
            return f"{name} made the token {token} ({role}{bound}){f', until {until:%Y-%m-%d %H:%M} UTC' if until else ''}"
        case e.TokenRevoked(name=name, token=token):
            return f"{name} revoked the token {token}"
        case e.CallbackTried(attempt=attempt, error=""):
            return f"the end was told to the callback address (attempt {attempt})"
        case e.CallbackTried(attempt=attempt, error=error, again_at=again):
            then = f"again at {again:%Y-%m-%d %H:%M:%S} UTC" if again else "given up"
            return f"the callback address did not take the end (attempt {attempt}: {_cut(error)}); {then}"
    return None


def _answered(event: e.ModelAnswered) -> str:
    usage = event.usage
    calls = _calls(event.calls)
    said = f"{event.model} answered in {_ms(event.ms)} ({usage.total:,} tokens, ${event.cost:.4f})"
    return said + (f": {_cut(event.text)}" if event.text else "") + (f" -> {calls}" if calls else "")


def _calls(calls: Iterable[e.Proposal]) -> str:
    return ", ".join(f"{call.call_id} {call.tool}({_arguments(call.arguments)})" for call in calls)


def _arguments(arguments: Mapping[str, Any]) -> str:
    return _cut(", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items()), 120)


def _cut(text: str, width: int = WIDTH) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _ms(ms: int) -> str:
    return f"{ms} ms" if ms < 1000 else duration.show(timedelta(milliseconds=ms))
