"""Who may decide, on what exactly, and until when. Every check is made on the server, at the moment of the click."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.core import events as e
from agents.core.access import Level
from agents.core.calls import Call
from agents.core.grants import LONGEST, MOST, Terms
from agents.core.ids import ActorId, AskId, ask_id, canonical, fingerprint, grant_id
from agents.core.state import Ask, AskKind, Run, Vote
from agents.core.switches import Halt
from agents.core.tool import ToolSpec

ROLE = "role:"
"""What an approver's name begins with where it means everybody in a role."""


CHOICES: Mapping[AskKind, tuple[str, ...]] = {
    AskKind.APPROVAL: ("approve", "deny", "edit", "grant"),
    AskKind.DOUBT: ("happened", "retry", "abandon"),
    AskKind.LIMIT: ("raise", "finish", "stop"),
    AskKind.HELP: ("reply",),
}
"""How each kind of question can be answered. To grant is to approve, and to allow calls of the kind for some time; to edit is to have
the changed call asked about anew."""


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Who countersigns which tool."""

    tool: str
    """A tool's name, or `*` for every tool that has no rule of its own."""
    approvers: tuple[str, ...]
    """`role:NAME` or user ids. Empty admits nobody."""
    required: int = 1
    """How many different people."""
    expires: timedelta = timedelta(hours=4)
    allow_initiator: bool = False
    """Whether the person who started the run may approve its calls."""
    allow_guests: bool = False
    allow_foreign: bool = False
    """Whether members of other workspaces may decide."""
    remind: timedelta | None = None
    """How long after it was asked those who may decide are reminded; None for never."""
    escalate: str = ""
    """The second channel, as `#name` or by its id, in which it is shown when nobody has decided; empty for none."""
    escalate_after: timedelta | None = None
    """How long after it was asked; None for twice `remind`, or half of `expires` where nobody is reminded."""

    @property
    def escalates(self) -> timedelta | None:
        """How long after it was asked it is shown in the second channel; None for never."""
        if not self.escalate:
            return None
        return self.escalate_after or (2 * self.remind if self.remind else self.expires / 2)


@dataclass(frozen=True, slots=True)
class Voter:
    """A person as the directory knows them at the moment of the click."""

    actor: ActorId
    user: str
    """User id in the workspace, or the account's name at the terminal."""
    name: str
    team: str
    """Workspace id; `local` at the terminal."""
    roles: frozenset[str] = field(default_factory=frozenset)
    level: Level = Level.NOBODY
    """How far they may reach beside deciding approvals."""
    is_local: bool = False
    """At the terminal of the machine that runs the bot: holds every role."""
    is_token: bool = False
    """A program with a token of the API: holds no role and belongs to no workspace; it decides what names it, and nothing else."""
    agents: tuple[str, ...] = ()
    """The only agents with which they have to do; empty for all."""
    is_bot: bool = False
    is_guest: bool = False
    is_foreign: bool = False
    """Of another workspace."""
    is_deactivated: bool = False
    is_unknown: bool = False
    """The directory could not say who this is."""

    @property
    def is_member(self) -> bool:
        """Whether they are a full member of the workspace, who may read what agents do."""
        return not (self.is_guest or self.is_foreign or self.is_deactivated or self.is_unknown or self.is_bot)

    def covers(self, agent: str) -> bool:
        """Whether they have to do with this agent."""
        return not self.agents or agent in self.agents


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not decide this."""

    code: str
    """`closed`, `expired`, `halted`, `unknown`, `deactivated`, `bot`, `guest`, `foreign`, `initiator`, `approver`, `role`, `twice`,
    `grant`, `arguments` or `choice`."""
    text: str
    """For the person: what is wrong and who could do it."""


def rule_for(tool: str, rules: tuple[ApprovalRule, ...]) -> ApprovalRule:
    """The first rule that names the tool, else the first for every tool, else one that admits nobody."""
    for name in (tool, "*"):
        for rule in rules:
            if rule.tool == name:
                return rule
    return ApprovalRule(tool, ())


def rule_changed(ask: Ask, rule: ApprovalRule) -> str | None:
    """Why a question that was asked under another rule does not hold any more; None where the rule is the same."""
    asked = (ask.approvers, ask.required, ask.allow_initiator, ask.allow_guests, ask.allow_foreign)
    if asked == (rule.approvers, rule.required, rule.allow_initiator, rule.allow_guests, rule.allow_foreign):
        return None
    return "Who may approve this has changed since it was asked."


def digest(spec: ToolSpec, arguments: Mapping[str, Any], agent: str, preview_fingerprint: str) -> str:
    """What an approval binds to: the tool and its whole definition, the exact arguments, the agent and what the preview showed."""
    return fingerprint(spec.name, spec.digest, canonical(arguments), agent, preview_fingerprint)


def question(run: Run, call: Call, spec: ToolSpec, rule: ApprovalRule, preview: tuple[str, str], now: datetime) -> e.ApprovalAsked:
    """The question that asks people to countersign this call. `preview` is its text and its fingerprint."""
    text, seen = preview
    after = rule.escalates
    return e.ApprovalAsked(
        ask_id=next_ask(run), call_id=call.call_id, tool=call.tool, digest=digest(spec, call.arguments, run.agent, seen),
        preview=text, fingerprint=seen, approvers=rule.approvers, required=rule.required, expires_at=now + rule.expires,
        allow_initiator=rule.allow_initiator, supersedes=call.ask_id, allow_guests=rule.allow_guests, allow_foreign=rule.allow_foreign,
        remind_at=now + rule.remind if rule.remind else None, escalate_at=now + after if after else None, escalate_to=rule.escalate,
    )


def next_ask(run: Run) -> AskId:
    """The id of the run's next question."""
    return ask_id(run.run_id, len(run.asks) + 1)


def due(ask: Ask, tool: str, now: datetime, halt: Halt | None) -> e.Event | None:
    """What time alone makes of a question: its end, its second channel, its reminder; None where nothing is due.

    While its agent is halted nobody is called; its time passes all the same, which is the safe side.
    """
    if not ask.open or ask.call_id is None:
        return None
    if ask.expires_at is not None and now >= ask.expires_at:
        return e.ApprovalExpired(ask.ask_id, ask.call_id, tool)
    if halt is not None:
        return None
    if ask.escalate_at is not None and not ask.escalated and now >= ask.escalate_at:
        return e.ApprovalEscalated(ask.ask_id, ask.call_id, tool)
    if ask.remind_at is not None and not ask.reminded and now >= ask.remind_at:
        return e.ApprovalReminded(ask.ask_id, ask.call_id, tool)
    return None


def admit(run: Run, ask: Ask, voter: Voter, choice: str, now: datetime, halt: Halt | None = None) -> Refusal | None:
    """Whether this person may make this choice now; None where they may."""
    if choice not in CHOICES[ask.kind]:
        return Refusal("choice", f"This can be answered with {', '.join(CHOICES[ask.kind])}, not with {choice}.")
    if ask.open and run.over:
        return Refusal("closed", "This run is over, so there is nothing left to decide.")
    if not ask.open:
        by = f" by {ask.decided_name}" if ask.decided_name else ""
        return Refusal("closed", f"This was already decided: {ask.state}{by}.")
    if ask.expires_at is not None and now >= ask.expires_at:
        return Refusal("expired", f"This expired at {ask.expires_at:%H:%M} UTC, before your click. It was neither approved nor denied.")
    if halt is not None:
        return Refusal("halted", f"{halt.name} has halted {halt.what}: nothing is decided until somebody resumes it with /ops resume.")
    return _not_anybody(voter, run, ask) or _not_entitled(run, ask, voter, choice)


def _not_anybody(voter: Voter, run: Run, ask: Ask | ApprovalRule) -> Refusal | None:
    home = run.trigger.place.team if run.trigger.place else voter.team
    foreign = voter.is_foreign or (voter.team != home and not (voter.is_local or voter.is_token))
    refusals = (
        (voter.is_unknown, Refusal("unknown", "Who you are could not be looked up just now, so your click does not count. Try again.")),
        (voter.is_deactivated, Refusal("deactivated", "A deactivated account cannot decide.")),
        (not voter.covers(run.agent), Refusal("role", f"This token has nothing to do with {run.agent}.")),
        (voter.is_bot, Refusal("bot", "A bot cannot decide; a person has to.")),
        (voter.is_guest and not ask.allow_guests, Refusal("guest", "Guests cannot decide this.")),
        (
            foreign and not ask.allow_foreign,
            Refusal("foreign", "Only members of the workspace in which this was asked can decide it."),
        ),
    )
    return next((refusal for refused, refusal in refusals if refused), None)


def _not_entitled(run: Run, ask: Ask, voter: Voter, choice: str) -> Refusal | None:
    if ask.kind is AskKind.HELP:
        return None  # whoever may read the thread may write in it
    initiator = voter.actor in (run.calls[ask.call_id].askers if ask.call_id else {run.trigger.actor})
    if ask.kind is AskKind.LIMIT:
        return _not_for_limit(ask, voter, choice, initiator=initiator)
    if initiator and choice == "deny":
        return None  # to take back one's own request is always safe
    if initiator and not ask.allow_initiator:
        return Refusal("initiator", "You asked for this, so somebody else has to countersign it.")
    if voter.is_local and ask.kind is AskKind.DOUBT:
        return None  # whoever holds the machine can say what happened, also where the configuration names nobody any more
    if not may_decide(ask.approvers, voter):
        who = ", ".join(ask.approvers) or "nobody: the configuration names no approvers for this tool"
        return Refusal("approver", f"You are not among those who may decide this. They are: {who}.")
    if choice in ("approve", "grant") and any(vote.actor == voter.actor for vote in ask.votes):
        return Refusal("twice", "Your approval is counted already; it takes another person.")
    if choice == "grant":
        return _not_grantable(run, ask)
    return None


def _not_for_limit(ask: Ask, voter: Voter, choice: str, *, initiator: bool) -> Refusal | None:
    for_all = ask.limit is e.Limit.DAY and choice == "raise"
    if voter.level >= (Level.ADMIN if for_all else Level.OPERATOR) or (initiator and choice != "raise"):
        return None  # to end one's own run is always safe
    who = "Only admins may raise what an agent may spend in a day" if for_all else "Only operators may raise a limit"
    others = "Operators, and whoever asked," if for_all else "Whoever asked"
    return Refusal("role", f"{who}. {others} may finish the run with what it has, or stop it.")


def _not_grantable(run: Run, ask: Ask) -> Refusal | None:
    if ask.required > 1:
        return Refusal("grant", f"This takes {ask.required} people, and one alone cannot let calls like it run ahead of time. Approve it.")
    if ask.call_id and not run.calls[ask.call_id].grantable:
        why = "a rule asks about each, or its tool is marked as not grantable"
        return Refusal("grant", f"Calls like this are approved one by one: {why}. Approve this one.")
    return None


def may_stop(run: Run, voter: Voter, *, takes_over: bool = False) -> Refusal | None:
    """Whether this person may end the run now, or take it over; None where they may."""
    if run.over or run.stopped_by:
        return Refusal("closed", f"{run.run_id} is over already." if run.over else f"{run.stopped_by} has stopped {run.run_id} already.")
    if voter.covers(run.agent) and (voter.level >= Level.OPERATOR or (voter.actor in run.askers and not takes_over)):
        return None
    return Refusal("role", f"Only operators{'' if takes_over else ', and whoever asked for it,'} may do that.")


def may_decide(approvers: tuple[str, ...], voter: Voter) -> bool:
    """Whether an approver list holds this person, by id or by a role of this moment. An empty list holds nobody."""
    if voter.is_local:
        return bool(approvers)
    roles = {ROLE + role for role in voter.roles}
    return any(name in roles or name in (voter.user, voter.actor) for name in approvers)


def withdrawn_right(run: Run, asked: Ask | ApprovalRule, voter: Voter, name: str) -> str | None:
    """Why what this person let run does not count any more, as the directory knows them now; None where it does."""
    if voter.is_unknown:
        return f"Whether {name} still may approve this could not be looked up."
    if _not_anybody(voter, run, asked) or not may_decide(asked.approvers, voter):
        return f"{name} may not approve this any more."
    return None


def lost(run: Run, ask: Ask, voters: Mapping[ActorId, Voter]) -> tuple[Vote, ...]:
    """The votes of people who may not decide this any more, as the directory knows them now."""
    return tuple(vote for vote in ask.votes if withdrawn_right(run, ask, voters[vote.actor], vote.name))


def approve(
    run: Run, ask: Ask, call: Call, voter: Voter, fresh: str, changed: str, gone: tuple[Vote, ...] = ()
) -> tuple[e.Event, ...]:
    """What an admitted yes makes: a vote and, with enough of them, the grant; or the end of the question where its object moved.

    `fresh` is the digest taken at the click; `changed` says what is different where it is not the digest that was asked about.
    `gone` are earlier votes that do not count any more, see `lost`.
    """
    if fresh != ask.digest:
        return (e.ApprovalVoided(ask.ask_id, call.call_id, call.tool, changed),)
    withdrawn = tuple(e.VoteWithdrawn(ask.ask_id, call.call_id, call.tool, vote.actor, vote.name) for vote in gone)
    voted: tuple[e.Event, ...] = (*withdrawn, e.VoteCast(ask.ask_id, call.call_id, call.tool, voter.name))
    standing = tuple(vote.actor for vote in ask.votes if vote not in gone)
    if len(standing) + 1 < ask.required:
        return voted
    return *voted, e.ApprovalGranted(ask.ask_id, call.call_id, call.tool, (*standing, voter.actor))


def allow(run: Run, call: Call, ask: Ask, name: str, terms: Terms, now: datetime) -> e.GrantGiven:
    """The grant that somebody gives together with their approval of this call; longer and more often than is allowed it never is."""
    return e.GrantGiven(
        grant_id(run.run_id, run.grants + 1), ask.ask_id, call.call_id, call.tool, call.digest,
        {argument: value for argument, value in call.arguments.items() if argument in terms.fixed},
        now + timedelta(seconds=min(terms.seconds, LONGEST)), max(1, min(terms.uses, MOST)), name,
        tuple(argument for argument in call.arguments if argument not in terms.fixed),
    )
