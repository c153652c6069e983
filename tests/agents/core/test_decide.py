"""Given events, what comes next."""

from dataclasses import replace
from datetime import datetime

from agents.core import events as e
from agents.core.actions import Action, AskModel, AskPeople, AskProbe, CheckRights, PostMessage, Record, RunTool, UpdateMessage
from agents.core.approval import digest
from agents.core.decide import decide, intent
from agents.core.plan import plan
from agents.core.policy import Autonomy, Rules
from agents.core.state import Run
from agents.core.tool import Effect, Repeat
from tests.agents.core.histories import (
    A1,
    A2,
    C1,
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
from tests.world import AGENT, ALICE, NOON, SPECS, WRITE

D = e.Decision
RULES = Rules(
    SPECS, lambda tool, arguments: "x is wrong" if arguments.get("x") == "bad" else None, Autonomy.PARTIAL, approvals=AGENT.approvals
)
APPROVED_DIGEST = digest(WRITE, {}, "triage", "f-v1")


def next_of(run: Run, rules: Rules = RULES, now: datetime = NOON) -> tuple[Action, ...]:
    """What comes next, beside messages."""
    return tuple(a for a in decide(run, rules, now) if not isinstance(a, PostMessage | UpdateMessage))


def test_first_a_sign_of_life_beside_the_first_question_to_the_model() -> None:
    assert decide(started(), RULES, NOON) == (PostMessage("progress", False, "post:progress"), AskModel(1, "smart"))
    assert decide(started(terminal=True), RULES, NOON) == (AskModel(1, "smart"),)


def test_a_post_that_was_cut_off_is_searched_for() -> None:
    run = after(started(), e.PostStarted("progress"))
    assert decide(run, RULES, NOON)[0] == PostMessage("progress", True, "post:progress")


def test_proposals_are_judged_and_lawful_calls_run_side_by_side() -> None:
    run = proposed(call(1, "read"), call(2, "read", x=2), terminal=True)
    assert [type(a) for a in decide(run, RULES, NOON)] == [Record, Record]
    planned = plan(run, (), RULES, NOON, ())
    assert [f.event.kind for f in planned.facts] == ["call_judged", "call_judged", "tool_started", "tool_started"]
    assert [a.key for a in planned.begin] == ["call:c1", "call:c2"]
    assert plan(planned.run, (), RULES, NOON, ("call:c1", "call:c2")).facts == ()


def test_people_are_asked_and_then_it_waits() -> None:
    assert next_of(after(proposed(call()), judged(D.ASK))) == (AskPeople(C1, "call:c1"),)
    assert next_of(waiting()) == ()
    assert next_of(after(waiting(), e.ApprovalVoided(A1, C1, "write", "It moved."))) == (AskPeople(C1, "call:c1"),)


def test_a_tool_that_was_taken_away_is_not_asked_about() -> None:
    (action,) = next_of(after(proposed(call()), judged(D.ASK)), replace(RULES, tools={}))
    assert isinstance(action, Record)
    assert isinstance(action.event, e.CallRejected)


def test_what_was_approved_runs_if_it_is_still_the_same() -> None:
    run = after(waiting(digest=APPROVED_DIGEST), VOTE, GRANT, actor=ALICE)
    assert next_of(run) == (RunTool(C1, 1, "call:c1"),)
    changed = replace(RULES, tools={"write": replace(WRITE, digest="new")})
    for law, why in ((changed, "definition of write changed"), (replace(RULES, tools={}), "taken away")):
        (action,) = next_of(run, law)
        assert isinstance(action, Record)
        assert isinstance(action.event, e.ApprovalVoided)
        assert why in action.event.why


def cut(repeat: Repeat, effect: Effect, *, probe: bool = False, attempts: int = 1) -> Run:
    """A run whose call was cut off this often."""
    run = after(proposed(call()), judged(D.ALLOW, repeat=repeat, effect=effect, probe=probe))
    for attempt in range(1, attempts + 1):
        run = after(run, begins(attempt=attempt), e.CallInterrupted(C1, "write", "It broke."))
    return run


def test_after_an_interruption() -> None:
    free, keyed = (replace(RULES, tools={"write": replace(WRITE, repeat=repeat)}) for repeat in (Repeat.FREE, Repeat.KEYED))
    assert next_of(cut(Repeat.FREE, Effect.NONE), free) == (RunTool(C1, 2, "call:c1"),)
    assert next_of(cut(Repeat.KEYED, Effect.EXTERNAL, attempts=2), keyed) == (RunTool(C1, 3, "call:c1"),)
    (doubt,) = next_of(cut(Repeat.KEYED, Effect.EXTERNAL))  # it may not be repeated any more
    assert isinstance(doubt, Record)
    assert isinstance(doubt.event, e.DoubtRaised)
    assert next_of(cut(Repeat.NEVER, Effect.EXTERNAL, probe=True)) == (AskProbe(C1, "call:c1"),)
    (failed,) = next_of(cut(Repeat.FREE, Effect.NONE, attempts=3))
    assert isinstance(failed, Record)
    assert isinstance(failed.event, e.ToolFailed)
    for run in (cut(Repeat.NEVER, Effect.INTERNAL), cut(Repeat.KEYED, Effect.EXTERNAL, attempts=3)):
        (doubt,) = next_of(run)
        assert isinstance(doubt, Record)
        assert isinstance(doubt.event, e.DoubtRaised)
    probed = after(cut(Repeat.NEVER, Effect.EXTERNAL, probe=True), e.ProbeAnswered(C1, "write", None))
    (doubt,) = next_of(probed)
    assert isinstance(doubt, Record)


def test_what_was_let_run_does_not_run_under_another_definition() -> None:
    run = after(proposed(call()), replace(judged(D.ALLOW), digest=WRITE.digest))
    assert next_of(run) == (RunTool(C1, 1, "call:c1"),)
    for tools in ({"write": replace(WRITE, digest="new")}, {}):
        (action,) = next_of(run, replace(RULES, tools=tools))
        assert isinstance(action, Record)
        assert isinstance(action.event, e.CallRejected)
    cut_off = after(run, begins(), e.CallInterrupted(C1, "write", "It broke."))
    (action,) = next_of(cut_off, replace(RULES, tools={"write": replace(WRITE, digest="new", repeat=Repeat.FREE)}))
    assert isinstance(action, Record)
    assert isinstance(action.event, e.DoubtRaised)


def test_an_approval_does_not_outlive_its_time_its_preview_or_its_rule() -> None:
    run = after(waiting(digest=APPROVED_DIGEST), VOTE, GRANT, actor=ALICE)
    unseen = replace(RULES, tools={"write": replace(WRITE, preview=False)})
    others = (AGENT.approvals[0], replace(AGENT.approvals[0], required=2))
    for law, now, why in (
        (unseen, later(hours=4), "time was up"),
        (RULES, later(minutes=11), "may have changed"),
        (replace(RULES, approvals=others[1:]), NOON, "Who may approve"),
    ):
        (action,) = next_of(run, law, now)
        assert isinstance(action, Record)
        assert isinstance(action.event, e.ApprovalVoided)
        assert why in action.event.why
    assert next_of(run, unseen, later(hours=3)) == (CheckRights(C1, "call:c1"),)
    looked_up = after(run, e.RightsChecked(C1, "write"), at=later(hours=3))
    assert next_of(looked_up, unseen, later(hours=3, seconds=59)) == (RunTool(C1, 1, "call:c1"),)
    assert next_of(looked_up, unseen, later(hours=3, seconds=61)) == (CheckRights(C1, "call:c1"),)


def test_a_policy_that_became_stricter_counts_for_what_was_approved() -> None:
    run = after(waiting(digest=APPROVED_DIGEST), VOTE, GRANT, actor=ALICE)
    unfit = replace(RULES, invalid=lambda tool, arguments: "no")
    for law in (replace(RULES, autonomy=Autonomy.SHADOW), unfit):
        (action,) = next_of(run, law)
        assert isinstance(action, Record)
        assert isinstance(action.event, e.CallRejected)


def test_a_doubt_can_be_settled_by_those_who_were_asked_before() -> None:
    run = after(waiting(), VOTE, GRANT, begins(), e.CallInterrupted(C1, "write", "It broke."), actor=ALICE)
    (action,) = next_of(run, replace(RULES, approvals=()))
    assert isinstance(action, Record)
    assert isinstance(action.event, e.DoubtRaised)
    assert action.event.approvers == ("role:operators",)


def test_a_call_under_way_is_spoken_of_as_if_the_program_had_just_started() -> None:
    run = after(proposed(call()), judged(D.ALLOW), begins())
    (action,) = next_of(run)
    assert isinstance(action, Record)
    assert isinstance(action.event, e.CallInterrupted)
    assert plan(run, (), RULES, NOON, ("call:c1", "post:progress")).facts == ()


def test_limits_pause_unless_it_is_finishing() -> None:
    law = replace(RULES, limits=replace(RULES.limits, steps=1))
    run = after(proposed(call()), judged(D.DENY))
    (action,) = next_of(run, law)
    assert action == Record(e.LimitReached(A1, e.Limit.STEPS, "It has used 1 of 1 turns of the model."), "limit")
    paused = after(run, e.LimitReached(A1, e.Limit.STEPS, "x"))
    assert next_of(paused, law) == ()
    assert next_of(after(paused, e.LimitAnswered(A1, e.Limit.STEPS, "finish", "Bob")), law) == (AskModel(2, "smart"),)
    assert next_of(after(paused, e.LimitAnswered(A1, e.Limit.STEPS, "raise", "Bob")), law) == (AskModel(2, "smart"),)


def test_time_is_a_limit() -> None:
    run = started()
    assert next_of(run, now=later(minutes=14)) == (AskModel(1, "smart"),)
    down = after(run, e.LimitReached(A1, e.Limit.TIME, "x"), at=later(hours=10))
    raised = after(down, e.LimitAnswered(A1, e.Limit.TIME, "raise", "Bob"), at=later(hours=11))
    assert next_of(raised, now=later(hours=11, minutes=14)) == (AskModel(1, "smart"),)  # one click is enough, however long it was down
    (action,) = next_of(raised, now=later(hours=11, minutes=15))
    assert isinstance(action, Record)
    (action,) = next_of(run, now=later(minutes=15))
    assert isinstance(action, Record)
    assert next_of(after(run, asked()), now=later(minutes=15)) == (AskModel(1, "smart"),)  # it is being asked: the answer is waited for


def test_the_end_waits_for_what_is_under_way() -> None:
    run = after(started(terminal=True), asked(), answered("Hello."))
    assert plan(run, (), RULES, NOON, ("post:answer:1",)).facts == ()
    assert [f.event.kind for f in plan(run, (), RULES, NOON, ()).facts] == ["run_finished"]


def test_only_what_cannot_be_repeated_has_an_intent() -> None:
    run = after(waiting(), VOTE, GRANT, actor=ALICE)
    assert intent(run, RunTool(C1, 1, "call:c1")) == e.ToolStarted(C1, "write", f"{RUN}.c1", 1)
    assert intent(run, AskModel(3, "smart")) == e.ModelAsked(3, "smart")
    assert intent(run, PostMessage("answer", False, "post:answer")) == e.PostStarted("answer")
    for action in (AskProbe(C1, "k"), AskPeople(C1, "k"), UpdateMessage("answer", "k")):
        assert intent(run, action) is None


def test_draining_keeps_what_was_learnt_and_begins_nothing() -> None:
    run = after(proposed(call(1, "read")), judged(D.ALLOW, 1, "read"), begins(1, tool="read"))
    learnt = (e.Fact(e.ToolFinished(C1, "read", "ok"), ALICE, NOON),)
    planned = plan(run, learnt, RULES, NOON, (), draining=True)
    assert (planned.facts, planned.begin) == (learnt, ())


def test_questions_prepared_side_by_side_get_their_numbers_when_they_are_written() -> None:
    run = after(proposed(call(1), call(2)), judged(D.ASK, 1), judged(D.ASK, 2))
    prepared = asks(1)
    learnt = tuple(e.Fact(replace(prepared, call_id=c.call_id), ALICE, NOON) for c in run.pending)
    planned = plan(run, learnt, RULES, NOON, ())
    assert [f.event.ask_id for f in planned.facts if isinstance(f.event, e.ApprovalAsked)] == [A1, A2]


def test_two_calls_that_were_cut_off_together_are_two_doubts() -> None:
    run = after(proposed(call(1), call(2)), judged(D.ALLOW, 1), judged(D.ALLOW, 2), begins(1), begins(2))
    planned = plan(run, (), RULES, NOON, ())
    assert [f.event.ask_id for f in planned.facts if isinstance(f.event, e.DoubtRaised)] == [A1, A2]
