"""Every kind of person, on a card in every state, at every moment, with every choice: only the cells that are named here act."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import CHOICES, ApprovalRule, Refusal, Voter
from agents.core.grants import Terms
from agents.core.ids import CONTROL, ActorId, RunId, local_person, person
from agents.core.state import AskKind
from agents.runs import Runs
from tests.agents.core.histories import A1, C1, GRANT, RUN, VOTE, answered, asked, asks, begins, call, judged
from tests.agents.core.test_decide import APPROVED_DIGEST
from tests.world import AGENT, ALICE, BOB, DANA, NOON, TEAM, World, trigger, voter

EXPIRES = NOON + timedelta(hours=4)
ERIN, OPERATES, ROOT = person(TEAM, "U_ERIN"), person(TEAM, "U_FRED"), local_person("root")
OPERATOR = voter(ALICE, "operators")

PEOPLE: dict[str, Voter] = {
    "approver": OPERATOR,
    "approver by id": replace(voter(ERIN), user="U_ERIN"),
    "approver who asked for it": voter(DANA, "operators"),
    "who asked for it": voter(DANA),
    "member": voter(BOB),
    "operator who is no approver": replace(voter(OPERATES), level=Level.OPERATOR),
    "admin who is no approver": replace(voter(BOB, "admins"), level=Level.ADMIN),
    "guest among the approvers": replace(OPERATOR, is_guest=True),
    "stranger among the approvers": replace(OPERATOR, actor=ActorId("T2/U_ALICE"), team="T2", is_foreign=True),
    "bot among the approvers": replace(OPERATOR, is_bot=True),
    "deactivated approver": replace(OPERATOR, is_deactivated=True),
    "somebody who cannot be looked up": replace(OPERATOR, is_unknown=True),
    "whoever holds the machine": Voter(ROOT, "root", "root", "local", level=Level.ADMIN, is_local=True),
}

BEFORE: tuple[e.Event, ...] = (
    asked(), answered("I propose this.", call()), judged(e.Decision.ASK),
    replace(asks(digest=APPROVED_DIGEST), approvers=("role:operators", "U_ERIN")),
)
CUT = (VOTE, GRANT, begins(), e.CallInterrupted(C1, "write", "It broke."))
DOUBT = e.DoubtRaised(A1.replace(".a1", ".a2"), C1, "write", "It broke.", ("role:operators", "U_ERIN"))  # type: ignore[arg-type]

STATES: dict[str, tuple[e.Event, ...]] = {
    "open": (),
    "open, with the vote of this approver": (VOTE,),
    "granted": (VOTE, GRANT),
    "denied": (e.ApprovalDenied(A1, C1, "write", "Bob", ""),),
    "expired": (e.ApprovalExpired(A1, C1, "write"),),
    "void": (e.ApprovalVoided(A1, C1, "write", "It moved."),),
    "superseded": (e.CallEdited(A1, C1, "write", "Bob", {"x": 2}),),
    "withdrawn": (e.RunStopped("Bob"),),
    "its run is over": (e.RunFinished(e.Outcome.FAILED, "x"),),
    "halted": (),
    "in doubt": (*CUT, DOUBT),
    "a limit": (),
    "a limit of the day": (),
}
MOMENTS = {
    "in time": NOON + timedelta(hours=1),
    "a second before its time is up": EXPIRES - timedelta(seconds=1),
    "when its time is up": EXPIRES,
}
VERBS = sorted({verb for verbs in CHOICES.values() for verb in verbs})


def may(who: str, state: str, moment: str, verb: str) -> bool:
    """The cells that act."""
    if state.startswith("a limit"):
        ends = verb in ("finish", "stop") and who in ("who asked for it", "approver who asked for it")
        admins = ("admin who is no approver", "whoever holds the machine")
        operators = ("approver", "approver who asked for it", "operator who is no approver", *admins)
        raises = who in (admins if state == "a limit of the day" else operators)
        return ends or (verb in CHOICES[AskKind.LIMIT] and (raises if verb == "raise" else who in operators))
    if state == "in doubt":
        return verb in CHOICES[AskKind.DOUBT] and who in ("approver", "approver by id", "whoever holds the machine")
    if not state.startswith("open") or moment == "when its time is up" or verb not in CHOICES[AskKind.APPROVAL]:
        return False
    if who in ("who asked for it", "approver who asked for it"):
        return verb == "deny"
    if state != "open" and who == "approver":
        return verb in ("deny", "edit")
    return who in ("approver", "approver by id", "whoever holds the machine")


class Nobody:
    """No run is driven: only what the click itself writes counts."""

    def wake(self, run_id: RunId, *, urgent: bool = False) -> None:
        """Nothing."""


async def clicked(who: str, state: str, moment: str, verb: str) -> tuple[list[str], Refusal | None]:
    """What one click writes, and how it is refused."""
    world = World()
    rule = ApprovalRule("*", ("role:operators", "U_ERIN"), required=2 if "vote" in state else 1)
    world.agents["triage"] = replace(AGENT, approvals=(rule,))
    met = e.Limit.DAY if state == "a limit of the day" else e.Limit.STEPS
    limit = (e.LimitReached(A1, met, "25 turns"),)
    question = tuple(replace(event, required=rule.required) if isinstance(event, e.ApprovalAsked) else event for event in BEFORE)
    history = (e.RunStarted("triage", trigger(), "Do it."), *(limit if state.startswith("a limit") else question), *STATES[state])
    world.journal.rows[RUN] = [
        e.Recorded(RUN, seq, NOON, DANA if seq == 1 else ALICE if isinstance(event, e.VoteCast) else BOB, "triage", event)
        for seq, event in enumerate(history, 1)
    ]
    if state == "halted":
        world.journal.rows[CONTROL] = [e.Recorded(CONTROL, 1, NOON, BOB, "", e.Halted("", "Bob"))]
    await world.standing.refresh()
    voter_ = PEOPLE[who]
    world.directory.known |= {ALICE: OPERATOR, voter_.actor: voter_}
    runs = Runs(
        journal=world.journal, dispatcher=Nobody(), directory=world.directory, toolbox=world.toolbox, standing=world.standing,
        rules_for=world.rules_for, clock=lambda: MOMENTS[moment],
    )
    ask = DOUBT.ask_id if state == "in doubt" else A1
    said = await runs.answer(ask, verb, voter_.actor, arguments={"x": 3}, terms=Terms(60, 1, ()))
    return [row.event.kind for row in world.journal.rows[RUN][len(history):]], said if isinstance(said, Refusal) else None


@pytest.mark.parametrize("state", STATES)
async def test_only_the_cells_that_are_named_act(state: str) -> None:
    wrong: list[str] = []
    for who, moment, verb in product(PEOPLE, MOMENTS, VERBS):
        wrote, refusal = await clicked(who, state, moment, verb)
        acted = wrote != ["click_refused"]
        expected = may(who, state, moment, verb) and not (verb == "grant" and "vote" in state)
        if acted is not expected or acted is (refusal is not None):
            wrong.append(f"{who} · {moment} · {verb}: wrote {wrote}, {refusal and refusal.code}")
    assert wrong == []
