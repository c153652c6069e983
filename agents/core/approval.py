"""Who may decide, on what exactly, and until when. Every check is made on the server, at the moment of the click."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.core import events as e
from agents.core.calls import Call
from agents.core.ids import ActorId, AskId, ask_id, canonical, fingerprint
from agents.core.state import Ask, AskKind, Run
from agents.core.tool import ToolSpec

ROLE = "role:"
"""What an approver's name begins with where it means everybody in a role."""


CHOICES: Mapping[AskKind, tuple[str, ...]] = {
    AskKind.APPROVAL: ("approve", "deny"),
    AskKind.DOUBT: ("happened", "retry", "abandon"),
    AskKind.LIMIT: ("raise", "finish", "stop"),
}
"""How each kind of question can be answered."""


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
    is_local: bool = False
    """At the terminal of the machine that runs the bot: holds every role."""
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not decide this."""

    code: str
    """`closed`, `expired`, `unknown`, `deactivated`, `bot`, `guest`, `foreign`, `initiator`, `approver`, `twice` or `choice`."""
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
    if (ask.approvers, ask.required, ask.allow_initiator) == (rule.approvers, rule.required, rule.allow_initiator):
        return None
    return "Who may approve this has changed since it was asked."


def digest(spec: ToolSpec, arguments: Mapping[str, Any], agent: str, preview_fingerprint: str) -> str:
    """What an approval binds to: the tool and its whole definition, the exact arguments, the agent and what the preview showed."""
    return fingerprint(spec.name, spec.digest, canonical(arguments), agent, preview_fingerprint)


def question(run: Run, call: Call, spec: ToolSpec, rule: ApprovalRule, preview: tuple[str, str], now: datetime) -> e.ApprovalAsked:
    """The question that asks people to countersign this call. `preview` is its text and its fingerprint."""
    text, seen = preview
    return e.ApprovalAsked(
        ask_id=next_ask(run), call_id=call.call_id, tool=call.tool, digest=digest(spec, call.arguments, run.agent, seen),
        preview=text, fingerprint=seen, approvers=rule.approvers, required=rule.required, expires_at=now + rule.expires,
        allow_initiator=rule.allow_initiator, supersedes=call.ask_id,
    )


def next_ask(run: Run) -> AskId:
    """The id of the run's next question."""
    return ask_id(run.run_id, len(run.asks) + 1)


def admit(run: Run, ask: Ask, voter: Voter, choice: str, now: datetime) -> Refusal | None:
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
    return _not_anybody(voter, run) or _not_an_approver(run, ask, voter, choice)


def _not_anybody(voter: Voter, run: Run) -> Refusal | None:
    home = run.trigger.place.team if run.trigger.place else voter.team
    refusals = (
        (voter.is_unknown, Refusal("unknown", "Who you are could not be looked up just now, so your click does not count. Try again.")),
        (voter.is_deactivated, Refusal("deactivated", "A deactivated account cannot decide.")),
        (voter.is_bot, Refusal("bot", "A bot cannot decide; a person has to.")),
        (voter.is_guest, Refusal("guest", "Guests cannot decide this.")),
        (
            voter.is_foreign or (voter.team != home and not voter.is_local),
            Refusal("foreign", "Only members of the workspace in which this was asked can decide it."),
        ),
    )
    return next((refusal for refused, refusal in refusals if refused), None)


def _not_an_approver(run: Run, ask: Ask, voter: Voter, choice: str) -> Refusal | None:
    if ask.kind is AskKind.LIMIT:
        return None  # to spend more or to end the run is for anybody who is a member here
    initiator = voter.actor in (run.calls[ask.call_id].askers if ask.call_id else {run.trigger.actor})
    if initiator and choice == "deny":
        return None  # to take back one's own request is always safe
    if initiator and not ask.allow_initiator:
        return Refusal("initiator", "You asked for this, so somebody else has to countersign it.")
    if voter.is_local and ask.kind is AskKind.DOUBT:
        return None  # whoever holds the machine can say what happened, also where the configuration names nobody any more
    if not may_decide(ask.approvers, voter):
        who = ", ".join(ask.approvers) or "nobody: the configuration names no approvers for this tool"
        return Refusal("approver", f"You are not among those who may decide this. They are: {who}.")
    if any(vote.actor == voter.actor for vote in ask.votes):
        return Refusal("twice", "Your approval is counted already; it takes another person.")
    return None


def may_decide(approvers: tuple[str, ...], voter: Voter) -> bool:
    """Whether an approver list holds this person, by id or by a role of this moment. An empty list holds nobody."""
    if voter.is_local:
        return bool(approvers)
    roles = {ROLE + role for role in voter.roles}
    return any(name in roles or name in (voter.user, voter.actor) for name in approvers)


def approve(run: Run, ask: Ask, call: Call, voter: Voter, fresh: str, changed: str) -> tuple[e.Event, ...]:
    """What an admitted yes makes: a vote and, with enough of them, the grant; or the end of the question where its object moved.

    `fresh` is the digest taken at the click; `changed` says what is different where it is not the digest that was asked about.
    """
    if fresh != ask.digest:
        return (e.ApprovalVoided(ask.ask_id, call.call_id, call.tool, changed),)
    vote = e.VoteCast(ask.ask_id, call.call_id, call.tool, voter.name)
    if len(ask.votes) + 1 < ask.required:
        return (vote,)
    by = (*(v.actor for v in ask.votes), voter.actor)
    return vote, e.ApprovalGranted(ask.ask_id, call.call_id, call.tool, by)
