import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import CallId
from agents.core.tool import Effect, Repeat, Risk
from bot.views.questions import card
from bot.views.reply import reply, words_of
from tests.bot.views.made import ALICE, ASK, HOSTILE, MENTIONS, buttons, check, check_modal, drawn, judged, mrkdwn_of, run_of, started, turn

CALL, SECOND, TOOL = CallId("c1"), CallId("c2"), "restart_service"


def doubted(why: str = "The connection broke.", arguments: str = "checkout") -> tuple[e.Event, ...]:
    """A call whose outcome nobody knows."""
    return (
        started(why or "Hm."), *turn("Restarting.", (TOOL, {"service": arguments})), judged(decision=e.Decision.ALLOW),
        e.ToolStarted(CALL, TOOL, "k"), e.CallInterrupted(CALL, TOOL, why), e.DoubtRaised(ASK, CALL, TOOL, why, ("role:operators",)),
    )


def limited(detail: str = "It has used 25 turns of the model.", limit: e.Limit = e.Limit.STEPS) -> tuple[e.Event, ...]:
    """A run that has met a limit."""
    return started(), *turn("Hm."), e.LimitReached(ASK, limit, detail)


def test_a_call_in_doubt_offers_three_choices_and_no_default() -> None:
    run = run_of(*doubted())
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert drawn(shown.blocks) == snapshot("""\
HEADER Did this happen? restart_service
SECTION *triage* was asked by Dana Reyes:
QUOTE The connection broke.
SECTION `restart_service` was started (<!date^1795262405^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC>), and
   nobody can tell from here whether it took effect. What is known:
QUOTE The connection broke.
SECTION *Exactly this:* `restart_service` with
PREFORMATTED {
  "service": "checkout"
}
SECTION Look at the other side before you answer. It is never repeated by itself.
*It happened:* the run goes on from there.
*It did not:* it is asked anew, under a new approval.
*Abandon:* it is left at that, and the agent may not propose it again.
*Who may say:* operators (<@U01ALICE> <!subteam^S01OPS>). This waits until somebody does.
BUTTONS [It happened](resolve_happened) [It did not: ask again](resolve_retry) [Abandon](resolve_abandon, danger)
   [Details](details) [Take over](take_over)
SMALL run-abcdefghij234567 · question a1\
""")
    assert [name for name, _ in buttons(shown.blocks)] == ["resolve_happened", "resolve_retry", "resolve_abandon", "details", "take_over"]


@pytest.mark.parametrize(("choice", "words"), [("happened", "it happened"), ("retry", "asked anew"), ("abandon", "left as it is")])
def test_a_settled_doubt_says_who_settled_it_and_how(choice: str, words: str) -> None:
    run = run_of(*doubted(), (e.DoubtResolved(ASK, CALL, TOOL, choice, "Alice Moreau"), ALICE))  # type: ignore[arg-type]  # of three
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert "*Alice Moreau decided*" in mrkdwn_of(list(shown.blocks))[0]
    assert words in mrkdwn_of(list(shown.blocks))[0]
    assert buttons(shown.blocks) == []


def test_a_limit_tells_what_was_used_and_what_each_choice_means() -> None:
    run = run_of(*limited())
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert drawn(shown.blocks) == snapshot("""\
HEADER Paused: steps
SECTION *triage* was asked by Dana Reyes:
QUOTE checkout is slow
SECTION *Why it paused*
QUOTE It has used 25 turns of the model.
SECTION *Used so far:* 1 step, 1,200 tokens, $0.01, 3s
*Raise:* it goes on and may use as much again.
*Finish:* it answers with what it has.
*Stop:* it ends now.
*Who may choose:* operators (<@U01ALICE> <!subteam^S01OPS>); whoever asked may finish or stop it as well. Until then it
   waits.
BUTTONS [Raise the limit](limit_raise, primary) [Finish with what there is](limit_finish) [Stop](stop, danger)
   [Details](details) [Take over](take_over)
SMALL run-abcdefghij234567 · question a1\
""")
    names = ["limit_raise", "limit_finish", "stop", "details", "take_over"]
    assert buttons(shown.blocks) == [(name, ASK) for name in names]


@pytest.mark.parametrize(("choice", "words"), [("raise", "may use as much again"), ("finish", "what it has"), ("stop", "stopped")])
def test_an_answered_limit_has_no_buttons(choice: str, words: str) -> None:
    run = run_of(*limited(), (e.LimitAnswered(ASK, e.Limit.STEPS, choice, "Alice Moreau"), ALICE))  # type: ignore[arg-type]  # of three
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert words in mrkdwn_of(list(shown.blocks))[0]
    assert buttons(shown.blocks) == []


def helped(question: str = "Which cluster is it?", *approvers: str) -> tuple[e.Event, ...]:
    """A run that asks people something in words, after it has read something."""
    read, asking = (
        e.CallJudged(name, tool, e.Decision.ALLOW, ("reads run",), Risk.LOW, Effect.NONE, Repeat.FREE)
        for name, tool in ((CALL, "read"), (SECOND, "ask_human"))
    )
    return (
        started(), *turn("Hm.", ("read", {}), ("ask_human", {"question": question})), read, asking,
        e.ToolStarted(CALL, "read", "k"), e.ToolFinished(CALL, "read", question or "p95 is 2,310 ms"),
        e.HelpAsked(ASK, SECOND, "ask_human", question, approvers),
    )


def test_a_question_in_words_shows_what_was_found_and_whom_it_is_for() -> None:
    run = run_of(*helped("Which cluster is it?", "role:operators"))
    assert drawn(check(card(run, run.asks[ASK], MENTIONS)).blocks) == snapshot("""\
HEADER A question for you
SECTION *triage* was asked by Dana Reyes:
QUOTE checkout is slow
SECTION *The agent asks*
QUOTE Which cluster is it?
SECTION *The agent's own words*
QUOTE Hm.
SECTION *What it rests on*
• `read` Which cluster is it?
SECTION *For:* operators (<@U01ALICE> <!subteam^S01OPS>). Reply in this thread, or here. It waits until somebody does.
BUTTONS [Answer](reply, primary) [Details](details) [Take over](take_over)
SMALL run-abcdefghij234567 · question a1\
""")
    run = run_of(*helped())
    assert "*For:* <@U01DANA>." in drawn(card(run, run.asks[ASK], MENTIONS).blocks)


def test_an_answered_question_calls_nobody_any_more() -> None:
    run = run_of(*helped(), (e.HelpGiven(ASK, SECOND, "ask_human", "Alice Moreau"), ALICE))
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert "*Alice Moreau answered*" in mrkdwn_of(list(shown.blocks))[0]
    assert buttons(shown.blocks) == []
    assert "<@" not in str(shown.blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_dialog_for_an_answer_holds_any_question(text: str) -> None:
    run = run_of(*helped(text))
    check_modal(reply(run.asks[ASK], None))
    assert words_of({"state": {"values": {"words": {"words": {"value": " Blue. "}}}}}) == "Blue."


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_in_their_place(text: str) -> None:
    for facts in (doubted(text, text), limited(text), helped(text)):
        run = run_of(*facts)
        check(card(run, run.asks[ASK], {}))


def test_the_limit_of_a_day_says_who_may_raise_it_and_what_ends_it_by_itself() -> None:
    why = "triage has spent 20.31 of 20.00 US dollars today (UTC), all its runs together."
    facts = limited(why, e.Limit.DAY)
    run = run_of(*facts)
    shown = check(card(run, run.asks[ASK], MENTIONS))
    assert drawn(shown.blocks) == snapshot("""\
HEADER Paused: cost per day
SECTION *triage* was asked by Dana Reyes:
QUOTE checkout is slow
SECTION *Why it paused*
QUOTE triage has spent 20.31 of 20.00 US dollars today (UTC), all its runs together.
SECTION *Used so far:* 1 step, 1,200 tokens, $0.01, 3s
*Raise:* triage may spend as much again today, in all its runs; those that wait go on.
*Finish:* it answers with what it has.
*Stop:* it ends now.
*Who may choose:* admins; operators and whoever asked may finish or stop this run. With the new day (UTC) it goes on by
   itself.
BUTTONS [Raise the limit](limit_raise, primary) [Finish with what there is](limit_finish) [Stop](stop, danger)
   [Details](details) [Take over](take_over)
SMALL run-abcdefghij234567 · question a1\
""")
    lifted = run_of(*facts, e.LimitLifted(ASK, e.Limit.DAY, "a new day has begun (UTC)"))
    shown = check(card(lifted, lifted.asks[ASK], MENTIONS))
    assert mrkdwn_of(list(shown.blocks))[0].startswith("*Nobody has to decide any more*")
    assert "a new day has begun (UTC). The run goes on." in mrkdwn_of(list(shown.blocks))[0]
    assert buttons(shown.blocks) == []
