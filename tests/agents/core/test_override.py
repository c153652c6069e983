"""People's hand on a run: halts, stops, grants that lapse, messages that wait for one another."""

from dataclasses import replace

from agents.core import events as e
from agents.core.actions import AskModel, AskPeople, AskProbe, CheckRights, PostMessage, Record, RunTool
from agents.core.calls import CallState
from agents.core.decide import decide, intent
from agents.core.grants import Grant
from agents.core.ids import GrantId
from agents.core.plan import plan
from agents.core.policy import Rules
from agents.core.state import Run
from agents.core.switches import Halt
from agents.core.tool import Effect, Repeat
from tests.agents.core.histories import (
    A1,
    A2,
    C1,
    C2,
    GRANT,
    RUN,
    VOTE,
    after,
    answered,
    asked,
    asks,
    begins,
    call,
    judged,
    later,
    proposed,
    started,
    waiting,
)
from tests.agents.core.test_decide import APPROVED_DIGEST, RULES, next_of
from tests.world import ALICE, BOB, NOON, WRITE

D = e.Decision
HALTED = replace(RULES, halt=Halt("triage", BOB, "Bob", "", NOON))
GIVEN = Grant(GrantId("run-x.g1"), "triage", "write", WRITE.digest, {}, BOB, "Bob", NOON, later(hours=1), 3, 1)
GRANTED = replace(RULES, grants=(GIVEN,))


def event_of(run: Run, law: Rules = RULES) -> e.Event:
    """The one thing that is written down next."""
    (action,) = next_of(run, law)
    assert isinstance(action, Record)
    return action.event


def test_a_halted_run_speaks_and_does_nothing() -> None:
    run = after(waiting(), VOTE, GRANT, actor=ALICE)
    assert next_of(run, HALTED) == ()
    assert next_of(proposed(call()), HALTED) == ()
    assert next_of(started(), HALTED) == ()
    assert decide(started(), HALTED, NOON) == (PostMessage("progress", False, "post:progress"),)


def test_a_halted_run_that_came_to_its_end_ends() -> None:
    run = after(started(terminal=True), asked(), answered("Done."))
    assert event_of(run, HALTED) == e.RunFinished(e.Outcome.ANSWERED)


def test_a_stopped_run_begins_nothing_more() -> None:
    approved = after(waiting(), VOTE, GRANT, actor=ALICE)
    for run in (proposed(call()), approved, started(), waiting()):
        stopped = after(run, e.RunStopped("Bob"), actor=BOB)
        assert event_of(replace(stopped, trigger=replace(stopped.trigger, place=None))) == e.RunFinished(
            e.Outcome.STOPPED, "Stopped by Bob."
        )


def stopped_amid(effect: Effect, *, probe: bool = False, repeat: Repeat = Repeat.NEVER) -> Run:
    """A run that was stopped while a call was under way, and whose program then ended."""
    run = after(proposed(call(), terminal=True), judged(D.ALLOW, effect=effect, probe=probe, repeat=repeat), begins())
    return after(run, e.RunStopped("Bob"), actor=BOB)


def test_after_a_stop_what_had_begun_is_settled_and_never_repeated() -> None:
    run = stopped_amid(Effect.EXTERNAL, repeat=Repeat.FREE)
    free = replace(RULES, tools={"write": replace(WRITE, repeat=Repeat.FREE)})
    assert isinstance(event_of(run, free), e.CallInterrupted)
    cut = after(run, e.CallInterrupted(C1, "write", "x"))
    assert isinstance(event_of(cut, free), e.DoubtRaised)
    doubted = after(cut, e.DoubtRaised(A1, C1, "write", "x", ("role:operators",)))
    assert next_of(doubted) == ()
    for choice in ("happened", "retry", "abandon"):
        settled = after(doubted, e.DoubtResolved(A1, C1, "write", choice, "Bob"), actor=BOB)
        assert isinstance(event_of(settled), e.RunFinished)
    read = after(stopped_amid(Effect.NONE), e.CallInterrupted(C1, "write", "x"))
    assert isinstance(event_of(read), e.ToolFailed)
    probed = after(stopped_amid(Effect.EXTERNAL, probe=True), e.CallInterrupted(C1, "write", "x"))
    assert next_of(probed) == (AskProbe(C1, "call:c1"),)


def test_what_is_under_way_when_a_run_is_stopped_comes_to_its_end_first() -> None:
    run = stopped_amid(Effect.EXTERNAL)
    assert plan(run, (), RULES, NOON, ("call:c1",)).facts == ()
    planned = plan(run, (e.Fact(e.ToolFinished(C1, "write", "ok"), ALICE, NOON),), RULES, NOON, ())
    assert [fact.event.kind for fact in planned.facts] == ["tool_finished", "run_finished"]


def test_a_granted_call_begins_once_whoever_gave_the_grant_was_looked_up() -> None:
    planned = plan(proposed(call(), terminal=True), (), GRANTED, NOON, ())
    assert [fact.event.kind for fact in planned.facts] == ["call_judged"]
    assert planned.begin == (CheckRights(C1, "call:c1"),)
    assert intent(planned.run, planned.begin[0]) is None
    checked = after(planned.run, e.RightsChecked(C1, "write"))
    used_up = replace(RULES, grants=(replace(GIVEN, left=0),))
    assert next_of(checked, used_up) == (RunTool(C1, 1, "call:c1"),)
    assert next_of(checked, used_up, later(minutes=2)) == (CheckRights(C1, "call:c1"),)
    assert event_of(checked) == e.GrantLapsed(GIVEN.grant_id, C1, "write", "it was taken back, or its time is up")
    lapsed = after(checked, e.GrantLapsed(GIVEN.grant_id, C1, "write", "it was taken back"))
    assert (lapsed.calls[C1].state, lapsed.calls[C1].grant) == (CallState.TO_ASK, "")
    assert next_of(lapsed) == (AskPeople(C1, "call:c1"),)


def test_the_last_use_of_a_grant_is_for_the_first_call_that_needs_it() -> None:
    planned = plan(proposed(call(1, x=1), call(2, x=2), terminal=True), (), GRANTED, NOON, ())
    verdicts = [fact.event.decision for fact in planned.facts if isinstance(fact.event, e.CallJudged)]
    assert verdicts == [D.ALLOW, D.ASK]


def test_an_edited_call_is_judged_and_asked_about_anew() -> None:
    run = after(waiting(), e.CallEdited(A1, C1, "write", "Bob", {"x": 2}), actor=BOB)
    planned = plan(run, (), RULES, NOON, ("post:progress", f"post:card:{A1}"))
    assert [fact.event.kind for fact in planned.facts] == ["call_judged"]
    assert planned.begin == (AskPeople(C1, "call:c1"),)


def posts_of(run: Run, law: Rules = RULES) -> set[str]:
    """The messages that are begun."""
    return {action.post for action in decide(run, law, NOON) if isinstance(action, PostMessage)} - {"progress"}


def test_a_card_waits_for_all_calls_of_its_turn_to_be_asked_about() -> None:
    run = after(proposed(call(1, x=1), call(2, x=2)), judged(D.ASK, 1), judged(D.ASK, 2), asks())
    assert posts_of(run) == set()
    second = e.ApprovalAsked(A2, C2, "write", "d", "", "", ("role:operators",), 1, later(hours=4))
    assert posts_of(after(run, second)) == {f"card:{A1}"}


def test_reminders_and_second_channels_are_messages_of_their_own_while_it_is_open() -> None:
    run = after(waiting(), e.ApprovalReminded(A1, C1, "write"), e.ApprovalEscalated(A1, C1, "write"))
    assert posts_of(run) == {f"card:{A1}", f"reminder:{A1}", f"escalation:{A1}"}
    decided = after(run, e.ApprovalDenied(A1, C1, "write", "Bob", ""))
    assert posts_of(decided) == set()
    begun = after(run, e.PostStarted(f"escalation:{A1}"))
    assert posts_of(after(begun, e.ApprovalDenied(A1, C1, "write", "Bob", ""))) == {f"escalation:{A1}"}


def test_a_doubt_has_a_card_of_its_own_at_once() -> None:
    run = after(proposed(call(1), call(2, x=2)), judged(D.ALLOW, 1), begins(), e.CallInterrupted(C1, "write", "x"))
    assert posts_of(after(run, e.DoubtRaised(A1, C1, "write", "x", ()))) == {f"card:{A1}"}


def test_a_run_by_hand_needs_no_model_unless_somebody_speaks() -> None:
    run = after(started("Undo it."), e.CallsGiven((call(),)), judged(D.NOTIFY), begins(), e.ToolFinished(C1, "write", "ok"))
    assert posts_of(run) == {"answer:0"}
    assert next_of(run) == ()
    spoken = after(run, e.InputReceived("k2", "Bob", "and now?"))
    assert next_of(spoken) == (AskModel(1, "smart"),)
    assert run.run_id == RUN


def test_what_a_grant_let_run_and_is_asked_about_again_runs_by_that_approval_alone() -> None:
    granted = replace(judged(D.ALLOW), grant=GIVEN.grant_id)
    cut = after(proposed(call(), terminal=True), granted, begins(), e.CallInterrupted(C1, "write", "x"))
    doubt = e.DoubtRaised(A1, C1, "write", "x", ("role:operators",))
    again = replace(asks(2, digest=APPROVED_DIGEST), supersedes=A1)
    vote, yes = replace(VOTE, ask_id=again.ask_id), replace(GRANT, ask_id=again.ask_id)
    asked_again = after(cut, doubt, e.DoubtResolved(A1, C1, "write", "retry", "Bob"), again)
    approved = after(asked_again, vote, yes, actor=ALICE)
    assert next_of(approved) == next_of(approved, GRANTED) == (RunTool(C1, 1, "call:c1"),)


def test_a_grant_under_a_rule_that_takes_several_people_by_now_lapses() -> None:
    planned = plan(proposed(call(), terminal=True), (), GRANTED, NOON, ())
    stricter = replace(GRANTED, approvals=tuple(replace(rule, required=2) for rule in GRANTED.approvals))
    lapsed = event_of(planned.run, stricter)
    assert lapsed == e.GrantLapsed(GIVEN.grant_id, C1, "write", "the rule on who approves this has changed")
