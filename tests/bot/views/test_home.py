"""The Home tab and the views that it shares with `/ops`: as they look, and what nobody can make of them."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot
from slack_sdk.models.blocks import Block

from agents.core.access import Level
from agents.core.budget import Day
from agents.core.ids import ActorId
from agents.core.state import Run
from agents.core.switches import Halt
from bot.sandbox.slack_blocks import checked_view
from bot.views.blocks import Json
from bot.views.glance import glance
from bot.views.halts import halted, lifted, waits
from bot.views.home import DECIDED, GRANTS, RUNNING, WAITING, Seen, home
from bot.views.overview import agents, grants, spend
from tests.bot.views.made import (
    ASK,
    DANA,
    HOSTILE,
    NOON,
    RUN,
    assert_tame,
    buttons,
    check,
    drawn,
    mrkdwn_of,
    run_of,
    waiting,
)
from tests.bot.views.test_lists import question, summary
from tests.bot.views.test_overview import ACME, ADMIN, GRANT, GUEST, HALT, OPERATOR, USED, VIEWER, doubtful, limited, spec


def check_home(view: Json) -> list[Json]:
    """The view is one that Slack takes; its blocks."""
    blocks: list[Json] = view["blocks"]
    assert [block.to_dict()["type"] for block in Block.parse_all(blocks)] == [block["type"] for block in blocks]
    checked_view(view, "home")
    for text in mrkdwn_of(blocks):
        assert_tame(text)
    return blocks


def full(**more: Any) -> Seen:
    """A busy day."""
    run = run_of(*waiting())
    return Seen(
        OPERATOR, NOON, ("triage", "watcher"), waiting=((run, run.asks[ASK]),), running=(summary(open_asks=1),),
        decided=(question("denied"),), grants=(GRANT,), spend=(USED,), workspace=ACME, **more,
    )


def used(view: Json) -> list[tuple[str, str]]:
    """Action ids and values of all buttons of a view."""
    beside = [block["accessory"] for block in view["blocks"] if "accessory" in block]
    return buttons(view["blocks"]) + [(one["action_id"], one["value"]) for one in beside]


def test_a_busy_day_of_an_operator() -> None:
    blocks = check_home(home(full()))
    assert drawn(blocks) == snapshot("""\
HEADER Waits for you
SECTION *Approval of `restart_service`* for triage, asked by Dana Reyes in <#C01> · until
   <!date^1795276800^{date_short_pretty} at {time}|2026-11-21 16:00 UTC> ·
   <https://acme.slack.com/archives/C01/p1001|Open>
checkout is slow
PREFORMATTED {
  "service": "checkout"
}
SECTION What it would act on
LIST version 12 -> 11
BUTTONS [Approve](approve, primary) [Deny](deny, danger) [Details](details)
----
HEADER At work
SECTION *waits for 1 answer* · `run-abcdefghij234567` · triage for <@U01DANA> in <#C01>,
   <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC> · 3 steps, $0.0123 ·
   <https://acme.slack.com/archives/C01/p1001|Open>
checkout is slow
HEADER Decided in the last day
SECTION *Approval of `restart_service`* for triage, asked <!date^1795262400^{date_short_pretty} at {time}|2026-11-21
   12:00 UTC> · *denied* by <@U01ALICE>, <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC> · `run-
   abcdefghij234567.a1`
HEADER Approved ahead
SECTION *`restart_service`* for triage with `{ "service": "checkout" }`
7 of 10 uses left, until <!date^1795266000^{date_short_pretty} at {time}|2026-11-21 13:00 UTC> · given by <@U01ALICE>,
   <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC> · `run-abcdefghij234567.g1`
HEADER Spent in the last day
SECTION *$1.23* in all
*triage*  $1.2345 · 12 runs, 40 steps, 120,000 tokens
HEADER Switches
SECTION *triage* may work.
SECTION *watcher* may work.
SECTION *Everything at once*
BUTTONS [Refresh](home_refresh)\
""")
    assert [name for name, _ in used(home(full()))] == ["approve", "deny", "details", "home_refresh", "revoke", "halt", "halt", "halt"]


def test_a_quiet_day_of_a_viewer() -> None:
    assert drawn(check_home(home(Seen(VIEWER, NOON, ("triage",))))) == snapshot("""\
HEADER Waits for you
SECTION Nothing waits for you.
----
HEADER At work
SECTION No run is open.
BUTTONS [Refresh](home_refresh)\
""")


def test_the_day_of_each_agent_stands_beside_what_was_spent() -> None:
    days = {"triage": Day(3.1, 20, "")}
    assert "*triage*  today (UTC) $3.10 of $20.00" in str(check_home(home(full(days=days))))
    assert "*triage*  today (UTC) $3.10 of $20.00" in str(check_home(home(replace(full(days=days), spend=()))))
    assert "Spent" not in str(check_home(home(replace(full(), spend=()))))


def test_guests_read_how_to_ask_and_no_more() -> None:
    blocks = check_home(home(replace(full(), voter=GUEST)))
    assert len(blocks) == 1
    assert "run-" not in str(blocks)


def test_a_halt_takes_the_decisions_away_and_admins_get_the_switch() -> None:
    seen = full(halts={"triage": HALT})
    assert not {"approve", "deny", "resume"} & {name for name, _ in used(home(seen))}
    assert ("halt", "triage") not in used(home(seen))
    assert ("halt", "watcher") in used(home(seen))
    assert ("resume", "triage") in used(home(replace(seen, voter=ADMIN)))
    everything = full(halts={"": replace(HALT, scope="")})
    assert ("resume", "all") in used(home(replace(everything, voter=ADMIN)))
    assert "halt" not in {name for name, _ in used(home(everything))}
    assert "*Every agent* is halted by <@U01ALICE>" in str(check_home(home(everything)))


@pytest.mark.parametrize("level", [Level.VIEWER, Level.OPERATOR, Level.ADMIN])
def test_the_switches_are_for_operators(level: Level) -> None:
    names = {name for name, _ in used(home(replace(full(), voter=replace(OPERATOR, level=level, actor=DANA))))}
    assert ({"halt", "revoke"} <= names) == (level >= Level.OPERATOR)


@pytest.mark.parametrize(
    ("arguments", "preview", "here"),
    [
        ({"note": "x" * 500}, "", True), ({"note": "x" * 800}, "", False), ({"note": "x"}, "y" * 800, False),
        ({"note": "\n" * 40}, "", True), ({str(n): n for n in range(40)}, "", False), ({"note": "x"}, "y\n" * 40, False),
    ],
)
def test_only_what_can_be_read_whole_is_decided_here(arguments: dict[str, Any], preview: str, here: bool) -> None:
    run = run_of(*waiting(arguments=arguments, preview=preview))
    view = home(Seen(OPERATOR, NOON, (), waiting=((run, run.asks[ASK]),), workspace=ACME))
    check_home(view)
    assert ("approve" in {name for name, _ in used(view)}) == here
    assert "|Open>" in str(view)


@pytest.mark.parametrize(("run", "words"), [(doubtful(), "Did it happen: `restart_service`"), (limited(), "Limit met: `steps`")])
def test_doubts_and_limits_are_settled_where_they_are_asked(run: Run, words: str) -> None:
    view = home(Seen(OPERATOR, NOON, (), waiting=((run, run.asks[ASK]),), workspace=ACME))
    check_home(view)
    assert words in str(view)
    assert buttons(view["blocks"]) == [("home_refresh", "1795262400")]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_day_fits(text: str) -> None:
    run = run_of(*waiting(text or "x", {"note": text}, text, preview=text))
    grant = replace(GRANT, tool=text or "x", arguments={"note": text}, name=text, by=ActorId("local/" + text))
    halt = Halt(text[:80], ActorId("local/" + text), text, text, NOON)
    names = [text[:80] + str(n) for n in range(40)]
    seen = Seen(
        ADMIN, NOON, names, {text[:80] + str(n): halt for n in range(30)}, [(run, run.asks[ASK])] * 1, [summary(text)] * (RUNNING + 1),
        [question("denied", text)] * (DECIDED + 1), [grant] * (GRANTS + 1), [replace(USED, agent=text)] * 40, ACME,
    )
    check_home(home(seen))
    check(grants([grant] * 10, ADMIN, NOON, notice="Taken back."))
    check(agents({name: spec(name, text) for name in names[:20]}, {"": halt}))
    check(spend([replace(USED, agent=text[:200])] * 20, NOON, {text[:60]: Day(1, 20, text)}))
    check(glance(run, ADMIN, ACME))
    check(halted(halt))
    check(lifted(halt, halt.scope, "Somebody", NOON))
    assert_tame(waits(halt, text))


def test_a_day_on_which_everything_waits_fits() -> None:
    runs = [run_of(*waiting(arguments={"n": n, "note": "x" * 600}, preview="y" * 600)) for n in range(WAITING + 1)]
    asks = [(run, replace(run.asks[ASK], ask_id=f"{RUN}.a{n}")) for n, run in enumerate(runs)]  # type: ignore[arg-type]  # ids to tell them apart
    seen = Seen(
        ADMIN, NOON, [f"agent-{n}" for n in range(30)], {f"agent-{n}": HALT for n in range(14)}, asks, [summary()] * (RUNNING + 1),
        [question("granted")] * (DECIDED + 1), [GRANT] * (GRANTS + 1), [USED] * 30, ACME, "Done.",
    )
    blocks = check_home(home(seen))
    assert len(blocks) <= 100
    for command in ("approvals mine", "runs open", "approvals all", "grants"):
        assert f"There are more: `/ops {command}`" in str(blocks)
