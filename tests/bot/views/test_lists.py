from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import CallId
from agents.core.trigger import Source
from agents.ledger import AskSummary, AuditPage, RunSummary
from bot.listeners.words import VERBS
from bot.views.audit import audit
from bot.views.help import USES, help_text
from bot.views.lists import Pages, asks, runs
from tests.bot.views.made import ALICE, ASK, DANA, HOSTILE, NOON, PLACE, RUN, buttons, check, drawn, rows, turn, waiting

CALL, TOOL = CallId("c1"), "restart_service"


def summary(text: str = "checkout is slow", outcome: str | None = None, open_asks: int = 0) -> RunSummary:
    """A run as the ledger tells it."""
    return RunSummary(RUN, "triage", Source.MENTION, DANA, PLACE, text, NOON, NOON, outcome, open_asks, 3, 900, 0.0123)


def question(state: str = "open", subject: str = TOOL) -> AskSummary:
    """A question as the ledger tells it."""
    decided = (NOON, ALICE) if state != "open" else (None, None)
    return AskSummary(ASK, RUN, "triage", "approval", subject, state, NOON, NOON + timedelta(hours=4), *decided)


def test_help_teaches_every_command() -> None:
    assert set(USES) == set(VERBS)
    assert all(f"/ops {verb}" in str(check(help_text()).blocks) for verb in VERBS)
    for verb in VERBS:
        assert f"/ops {verb}" in check(help_text(verb)).blocks[0]["text"]["text"]


def test_pages_are_turned_by_buttons() -> None:
    shown = check(runs([summary()], Pages("runs before 7", "runs")))
    assert buttons(shown.blocks) == [("page", "runs before 7"), ("page_first", "runs")]
    assert buttons(check(asks([], Pages("approvals page 3"))).blocks) == [("page", "approvals page 3")]
    assert buttons(check(runs([summary()], Pages("x" * 2001))).blocks) == []


def test_a_run_that_speaks_in_slack_is_linked() -> None:
    said = check(runs([summary()], workspace="https://acme.slack.com/")).blocks[1]["text"]["text"]
    assert "<https://acme.slack.com/archives/C01/p1001|Open>" in said


def test_runs_tell_their_state() -> None:
    shown = check(runs([summary(), summary(open_asks=1), summary(outcome="answered")]))
    assert drawn(shown.blocks) == snapshot("""\
SECTION *3 runs*, newest first
SECTION *at work* · `run-abcdefghij234567` · triage for <@U01DANA> in <#C01>, <!date^1795262400^{date_short_pretty} at
   {time}|2026-11-21 12:00 UTC> · 3 steps, $0.0123
checkout is slow
*waits for 1 answer* · `run-abcdefghij234567` · triage for <@U01DANA> in <#C01>, <!date^1795262400^{date_short_pretty}
   at {time}|2026-11-21 12:00 UTC> · 3 steps, $0.0123
checkout is slow
*answered* · `run-abcdefghij234567` · triage for <@U01DANA> in <#C01>, <!date^1795262400^{date_short_pretty} at
   {time}|2026-11-21 12:00 UTC> · 3 steps, $0.0123
checkout is slow\
""")


def test_questions_tell_what_became_of_them() -> None:
    assert drawn(check(asks([question(), question("denied")])).blocks) == snapshot("""\
SECTION *2 questions*
SECTION *Approval of `restart_service`* for triage, asked <!date^1795262400^{date_short_pretty} at {time}|2026-11-21
   12:00 UTC>, expires <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC> · `run-abcdefghij234567.a1`
*Approval of `restart_service`* for triage, asked <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>
   · *denied* by <@U01ALICE>, <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC> · `run-
   abcdefghij234567.a1`\
""")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hundred_hostile_lines_fit_one_message(text: str) -> None:
    check(runs([summary(text)] * 100))
    check(asks([question(subject=text)] * 100))
    facts = waiting(text, {"note": text}, text, preview=text)
    check(audit(AuditPage(rows(*facts) * 30, 7), f"audit tool {text[:100]}"))


def test_nothing_is_said_in_words() -> None:
    assert check(runs([])).text.startswith("There are no such runs")
    assert check(asks([])).text.startswith("Nothing waits for anybody")
    assert check(audit(AuditPage((), None), "audit")).text.startswith("Nothing that you may see matches")


def test_an_audit_page_reads_like_a_log() -> None:
    facts = (
        *waiting(), (e.ClickRefused(ASK, "initiator"), DANA), (e.VoteCast(ASK, CALL, TOOL, "Alice"), ALICE),
        (e.ApprovalGranted(ASK, CALL, TOOL, (ALICE,)), ALICE), e.ToolStarted(CALL, TOOL, "k"), e.ToolFinished(CALL, TOOL, "restarted", 40),
        *turn("Done."), e.PostStarted("answer"), e.PostFinished("answer", "1.1", "open"), e.RunFinished(e.Outcome.ANSWERED),
    )
    page = AuditPage(tuple(reversed(rows(*facts))), 12)
    shown = check(audit(page, "audit run run-abc"))
    assert drawn(shown.blocks) == snapshot("""\
SECTION *15 events*, newest first, of `run-abcdefghij234567`
SECTION <!date^1795262415^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · over: answered
<!date^1795262414^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · posted answer (open)
<!date^1795262413^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · posting answer
<!date^1795262412^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · claude-test answered in 900 ms (1,200 tokens,
   $0.0123): Done.
<!date^1795262411^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · model asked, step 1, tier smart
<!date^1795262410^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · c1 restart_service finished in 40 ms:
   restarted
<!date^1795262409^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · c1 restart_service started
<!date^1795262408^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · approval of restart_service granted by 1
   person · <@U01ALICE>
<!date^1795262407^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · Alice approved restart_service · <@U01ALICE>
<!date^1795262406^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · refused a decision on run-abcdefghij234567.a1:
   initiator · <@U01DANA>
<!date^1795262405^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · approval of restart_service asked as run-
   abcdefghij234567.a1: 1 of role:operators
<!date^1795262404^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · c1 restart_service judged: ask by “partial
   autonomy, high risk” (risk high, effect internal)
<!date^1795262403^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · claude-test answered in 900 ms (1,200 tokens,
   $0.0123): A restart should help. -&gt; c1 restart_service(service="checkout")
<!date^1795262402^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · model asked, step 1, tier smart
<!date^1795262401^{date_short_pretty} {time_secs}|2026-11-21 12:00 UTC> · Dana Reyes asked triage (mention): checkout is
   slow
BUTTONS [Next page](page)\
""")
