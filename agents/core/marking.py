"""Who may say what of a finding. As for approvals, it is asked at the moment of the click."""

from agents.core.access import Level
from agents.core.approval import Refusal, Voter
from agents.core.finding import Mark
from agents.core.state import Run

NAMES = {Mark.LEARN: "expected, and normal from now on", Mark.EXCLUDE: "expected, and an exception", Mark.FALSE_ALARM: "a false alarm"}
"""What somebody has said, in a sentence."""


def may_mark(run: Run, voter: Voter, mark: Mark) -> Refusal | None:
    """Why this person may not say this of the findings of the run; None where they may.

    Everybody who may read what agents do may say what a finding is. To have it forgotten what was usual is for operators, because a
    monitor that takes everything for usual tells of nothing any more.
    """
    if refusal := _no_reader(voter, "say what findings mean"):
        return refusal
    if mark is Mark.LEARN and voter.level < Level.OPERATOR:
        return Refusal("role", "Only operators can make it normal from now on. That it was an exception, or a false alarm, you can say.")
    if not run.resolved:
        return None
    closed = next((said for said in reversed(run.marks) if said.mark.closes), None)
    if closed is not None and (closed.mark, closed.actor) != (mark, voter.actor):
        return Refusal("closed", f"It is over: {closed.name} has said that it was {NAMES[closed.mark]}.")
    return Refusal("closed", "It is over already.") if not mark.closes else None


def may_investigate(voter: Voter) -> Refusal | None:
    """Why this person may not have it looked into; None where they may."""
    return _no_reader(voter, "have findings looked into")


def _no_reader(voter: Voter, what: str) -> Refusal | None:
    if voter.is_unknown:
        return Refusal("unknown", "Who you are could not be looked up just now. Try again.")
    if not (voter.is_member or voter.is_local) or voter.level < Level.VIEWER:
        return Refusal("role", f"Only full members of this workspace who may read what agents do can {what}.")
    return None
