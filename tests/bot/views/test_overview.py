"""Agents, grants, spend, runs at a glance and halts: as they look to whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.budget import Day
from agents.core.grants import Grant
from agents.core.ids import ActorId, CallId, GrantId
from agents.core.policy import Autonomy
from agents.core.state import Run
from agents.core.switches import Halt
from agents.ledger import Spend
from agents.spec import AgentSpec
from bot.views.glance import glance
from bot.views.halts import halted, lifted, waits
from bot.views.overview import agents, grants, spend
from tests.bot.views.made import ALICE, ASK, DANA, NOON, RUN, buttons, check, drawn, judged, run_of, started, turn, waiting

ACME = "https://acme.slack.com/"
OPERATOR = Voter(ALICE, "U01ALICE", "Alice Moreau", "T01", level=Level.OPERATOR)
VIEWER, ADMIN, GUEST = (replace(OPERATOR, level=level) for level in (Level.VIEWER, Level.ADMIN, Level.NOBODY))
HALT = Halt("triage", ALICE, "Alice Moreau", "The deploy went wrong.", NOON)
GRANT = Grant(
    GrantId(f"{RUN}.g1"), "triage", "restart_service", "d", {"service": "checkout"}, ALICE, "Alice Moreau", NOON, NOON + timedelta(hours=1),
    10, 7,
)
USED = Spend("triage", 12, 40, 120_000, 1.2345)


def spec(name: str, text: str) -> AgentSpec:
    """An agent."""
    return AgentSpec(name, text, "You work.", ("read", "write"), autonomy=Autonomy.PARTIAL)


def doubtful() -> Run:
    """A run of which a call is in doubt."""
    call = ("restart_service", {"service": "checkout"})
    return run_of(
        started(), *turn("", call), judged(decision=e.Decision.ALLOW), e.ToolStarted(CallId("c1"), "restart_service", "k"),
        e.CallInterrupted(CallId("c1"), "restart_service", "cut off"),
        e.DoubtRaised(ASK, CallId("c1"), "restart_service", "cut off", ("role:operators",)),
    )


def limited() -> Run:
    """A run that has met a limit."""
    return run_of(started(), *turn("", ("read", {})), e.LimitReached(ASK, e.Limit.STEPS, "It used 25 of 25 steps."))


def test_agents_tell_how_free_they_are() -> None:
    found = {"triage": spec("triage", "Triages."), "watcher": AgentSpec("watcher", "Watches.", "You watch.", ())}
    assert drawn(check(agents(found, {"triage": HALT})).blocks) == snapshot("""\
SECTION *2 agents*
SECTION *triage* · :octagonal_sign: *halted by <@U01ALICE>, <!date^1795262400^{date_short_pretty} at {time}|2026-11-21
   12:00 UTC>: The deploy went wrong.*
Triages.
_partial: asks before what is of medium or high risk_ · `read`, `write`
*watcher*
Watches.
_supervised: asks before everything that has an effect_ · no tools\
""")
    assert check(agents({}, {})).text == "No agent is configured."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "7 of 10 uses left, until"), ({"until": NOON}, "over since"), ({"arguments": {}}, "with any arguments"),
        ({"revoked_at": NOON, "revoked_by": "Bob"}, "taken back by Bob"),
    ],
)
def test_grants_tell_what_is_left_of_them(change: dict[str, Any], words: str) -> None:
    grant = replace(GRANT, **change)
    shown = check(grants([grant], OPERATOR, NOON))
    assert words in str(shown.blocks)
    assert ("accessory" in shown.blocks[1]) == grant.live(NOON)
    assert "accessory" not in check(grants([grant], replace(VIEWER, actor=DANA), NOON)).blocks[1]


def test_spend_is_added_up() -> None:
    assert drawn(check(spend([USED, replace(USED, agent="watcher", runs=1, cost=0.5)], NOON, {})).blocks) == snapshot("""\
SECTION *$1.73* since <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>, by the runs that began
   since then
SECTION *triage*  $1.2345 · 12 runs, 40 steps, 120,000 tokens
*watcher*  $0.5000 · 1 run, 40 steps, 120,000 tokens\
""")


def test_a_day_is_told_also_where_nothing_ran() -> None:
    days = {"triage": Day(20.314, 20, ""), "watcher": Day(1, 22.5, "Carol Ng")}
    assert drawn(check(spend([], NOON, days)).blocks) == snapshot("""\
SECTION Nothing was used since <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>.
SECTION :hourglass: *triage*  today (UTC) $20.31 of $20.00
*watcher*  today (UTC) $1.00 of $22.50, raised by Carol Ng\
""")


def test_a_run_that_waits_at_a_glance() -> None:
    shown = check(glance(run_of(*waiting()), OPERATOR, ACME))
    assert drawn(shown.blocks) == snapshot("""\
HEADER triage: waits for people
SECTION For Dana Reyes in <#C01>, <!date^1795262401^{date_short_pretty} at {time}|2026-11-21 12:00 UTC> · `run-
   abcdefghij234567` · <https://acme.slack.com/archives/C01/p1001|Open>
QUOTE checkout is slow
SECTION *1 call*
LIST restart_service(service: checkout): waits for approval
SECTION *Waits for*
• approval of `restart_service`, until <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC> ·
   <https://acme.slack.com/archives/C01/p1001|Open the question>
SMALL 1 step, 1,200 tokens, $0.0123 · moved last <!date^1795262405^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>
BUTTONS [Timeline](timeline) [Stop](stop, danger) [Take over](take_over)\
""")
    for actor, may in ((DANA, {"timeline", "stop"}), (ActorId("T01/U9"), {"timeline"})):
        shown = check(glance(run_of(*waiting()), replace(VIEWER, actor=actor)))
        assert {name for name, _ in buttons(shown.blocks)} == may


def test_a_run_that_is_over_at_a_glance() -> None:
    run = run_of(started(), *turn("It was the deploy."), e.RunFinished(e.Outcome.ANSWERED))
    assert drawn(check(glance(run, OPERATOR)).blocks) == snapshot("""\
HEADER triage: answered
SECTION For Dana Reyes in <#C01>, <!date^1795262401^{date_short_pretty} at {time}|2026-11-21 12:00 UTC> · `run-
   abcdefghij234567`
QUOTE checkout is slow
SECTION *Answered*
QUOTE It was the deploy.
SMALL 1 step, 1,200 tokens, $0.0123 · moved last <!date^1795262404^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>
BUTTONS [Timeline](timeline)\
""")


@pytest.mark.parametrize("run", [doubtful(), limited(), run_of(started("x", tainted=True))])
def test_other_runs_at_a_glance(run: Run) -> None:
    shown = check(glance(run, OPERATOR, ACME))
    assert ("outsiders" in str(shown.blocks)) == run.tainted


def test_halts_are_told_and_lifted() -> None:
    assert drawn(check(halted(HALT)).blocks) == snapshot("""\
SECTION :octagonal_sign: *Alice Moreau has halted triage*, <!date^1795262400^{date_short_pretty} at {time}|2026-11-21
   12:00 UTC>.
QUOTE The deploy went wrong.
SECTION Nothing new begins here, and nothing can be approved. What was under way came to its end; questions keep
   waiting, and their time runs on. An admin ends this with `/ops resume triage`.\
""")
    assert drawn(check(lifted(HALT, "triage", "<@U01CAROL>", NOON)).blocks) == snapshot("""\
SECTION :arrow_forward: *<@U01CAROL> has resumed triage*, <!date^1795262400^{date_short_pretty} at {time}|2026-11-21
   12:00 UTC>. What waited goes on.
SMALL Alice Moreau had halted it, <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>.\
""")
    assert check(lifted(None, "", "Somebody", None)).text == ":arrow_forward: *Somebody has resumed every agent*. What waited goes on."
    assert "has halted triage. What you asked of triage is kept" in waits(replace(HALT, reason=""), "triage")
