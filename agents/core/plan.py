"""One turn of the crank: what to write down and what to begin, from a run, what has just been learnt, and what is under way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agents.core.actions import Action, Record
from agents.core.approval import next_ask
from agents.core.decide import THE_END, decide, intent
from agents.core.events import ApprovalAsked, DoubtRaised, Fact, HelpAsked, Recorded
from agents.core.fold import apply
from agents.core.ids import SYSTEM
from agents.core.policy import Rules, spend
from agents.core.state import Run


@dataclass(frozen=True, slots=True)
class Plan:
    """Write the facts in one transaction; when they are durable, begin the actions."""

    run: Run
    """The run as it is once the facts are written."""
    facts: tuple[Fact, ...]
    """What was learnt, what follows from it, and what is about to begin."""
    begin: tuple[Action, ...]
    """Side by side."""


def plan(run: Run, learnt: Sequence[Fact], rules: Rules, now: datetime, under_way: Collection[str], *, draining: bool = False) -> Plan:
    """Fold what was learnt, then decide until nothing new follows.

    `under_way` holds the keys of actions that have begun already. While `draining`, what was learnt is kept and nothing begins.
    Raises IllegalTransition where what was learnt cannot have happened.
    """
    facts: list[Fact] = []
    for fact in learnt:
        facts.append(_numbered(run, fact))
        run = apply(run, recorded(run, facts[-1]))
    begin: dict[str, Action] = {}
    while not draining and (new := [a for a in decide(run, rules, now) if a.key not in under_way and a.key not in begin]):
        if [action.key for action in new] == [THE_END] and (under_way or begin):
            break
        for action in new:
            event = intent(run, action)
            if not isinstance(action, Record):
                begin[action.key] = action
            rules = spend(rules, event)
            if event is not None:
                fact = _numbered(run, Fact(event, SYSTEM, now))
                facts.append(fact)
                run = apply(run, recorded(run, fact))
    return Plan(run, tuple(facts), tuple(begin.values()))


def _numbered(run: Run, fact: Fact) -> Fact:
    """A question gets its number when it is written: several may have been prepared side by side."""
    if isinstance(fact.event, ApprovalAsked | DoubtRaised | HelpAsked):
        return replace(fact, event=replace(fact.event, ask_id=next_ask(run)))
    return fact


def recorded(run: Run, fact: Fact) -> Recorded:
    """A fact as the run's next event."""
    return Recorded(run.run_id, run.seq + 1, fact.at, fact.actor, run.agent, fact.event)
