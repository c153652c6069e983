"""The report of a finding: all that a person needs to judge it, whatever it says, and that it is over."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.finding import Direction, Finding, Mark, Suspect
from agents.core.fold import fold
from agents.core.ids import ActorId, RunId
from agents.core.state import Run
from agents.core.trigger import Place, Source, Trigger
from bot.views.blocks import section
from bot.views.clickable import NOTHING, Clickable
from bot.views.opening import opening
from bot.views.report import off_by
from bot.views.report_buttons import chosen
from tests.bot.views.made import ALICE, BOB, HOSTILE, NOON, check, drawn, judged, turn

RUN = RunId("run-abcdefghij234567")
HOUR = timedelta(hours=1)
FINDING = Finding(
    "orders", "volume", "shop.orders (region=eu)", "below", NOON, "Fewer rows than on any Friday at noon of the last four weeks.", "rows",
    412.0, 1180.0, 1420.0, 4.2, owner="data team", node="orders", impact=tuple(f"report_{n}" for n in range(8)),
    action="Roll back the change of stg_orders.",
    suspects=(
        Suspect("raw.orders", ("raw.orders", "stg_orders", "orders"), "measured", ("420 rows instead of 1,300", "since 11:40")),
        Suspect("stg_orders", ("stg_orders", "orders"), "changed", ("its SQL changed at 11:38",)),
        Suspect("job load_orders"),
    ),
)  # fmt: skip
CAUSE = Trigger(
    Source.FINDING, "k", ActorId("monitor/orders"), "orders", Place("T01", "C01", ""), incident="monitor:orders", quiet=True
)


def signal(
    name: str = "orders/1", finding: Finding | None = FINDING, status: str = "firing", severity: str = "warning", **more: object
) -> e.SignalReceived:
    return e.SignalReceived(
        f"{name}/{status}", name, status, "Fewer orders", severity, {}, ("https://x.test/orders",), "", finding=finding, **more  # type: ignore[arg-type]
    )


def reported(*events: e.Event | tuple[e.Event, ActorId], after: timedelta = HOUR) -> Run:
    """The run of a finding, whose events come an hour apart."""
    given = [event if isinstance(event, tuple) else (event, CAUSE.actor) for event in (e.RunStarted("pipeline", CAUSE, "volume"), *events)]
    return fold(e.Recorded(RUN, n, NOON + (n - 1) * after, actor, "pipeline", event) for n, (event, actor) in enumerate(given, 1))


def shown(run: Run, allowed: Clickable = NOTHING, chart: Sequence[dict[str, object]] = ()) -> str:
    return drawn(check(opening(run, allowed, chart)).blocks)


def test_a_finding_with_all_that_is_known_of_it() -> None:
    run = reported(signal())
    assert shown(run, Clickable(frozenset({"x.test"})), [section("CHART")]) == snapshot("""\
HEADER Warning: volume of shop.orders (region=eu) is too low
SECTION :large_orange_circle: :arrow_down: *412 rows*, expected 1,180 to 1,420 rows · *65 % below*
:clock3: *Since* <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>
SECTION CHART
SECTION *Why it fired*
Fewer rows than on any Friday at noon of the last four weeks.
SECTION *Probable cause* · `raw.orders` (measured)
raw.orders → stg_orders → orders
• 420 rows instead of 1,300
• since 11:40
_or_ `stg_orders` (changed): its SQL changed at 11:38
_or_ `job load_orders`
SECTION *Downstream* · report_0, report_1, report_2, report_3, report_4, report_5 and 2 more
*Proposed* · Roll back the change of stg_orders.
SMALL <https://x.test/orders>
SMALL *Owner* data team · monitor orders · run-abcdefghij234567
BUTTONS [Acknowledge](finding_ack, primary) [Investigate](finding_investigate) [False alarm](finding_false)
BUTTONS [Snooze: 1 hour/1 day/1 week](finding_snooze) [Expected: Learn it/Leave it out](finding_expected)\
""")
    assert opening(run).text == snapshot(
        "Warning: volume of shop.orders (region=eu) is too low. :arrow_down: *412 rows*, expected 1,180 to 1,420 rows · *65 % below*"
    )


def test_who_looks_after_it_and_until_when_it_is_silent() -> None:
    acknowledged = (e.FindingMarked(Mark.ACKNOWLEDGED, "Alice Moreau"), ALICE)
    snoozed = (e.FindingMarked(Mark.SNOOZED, "Bob <!here>", NOON + 6 * HOUR), BOB)
    assert "finding_ack" not in shown(reported(signal(), acknowledged))
    text = shown(reported(signal(), acknowledged, snoozed))
    assert ":eyes: *Alice Moreau* looks after it, since <!date^1795269600^" in text
    assert ":zzz: Silent until <!date^1795284000^{date_short_pretty} at {time}|2026-11-21 18:00 UTC>, says *Bob &lt;!here&gt;*" in text
    asked = e.InputReceived("k2", "Alice", "Look into it.")
    assert "It is being looked into" in shown(reported(signal(), asked))
    assert "finding_investigate" not in shown(reported(signal(), asked))


def test_several_findings_are_one_message() -> None:
    worse = replace(FINDING, measure="null_rate(amount)", direction="above", observed=0.31, low=0.0, high=0.05, unit="", score=9.0)
    gone = replace(FINDING, measure="freshness")
    others = [signal(f"orders/{n}", replace(FINDING, subject=f"shop.table_{n}")) for n in range(3, 12)]
    run = reported(signal(), signal("orders/2", worse, severity="critical"), signal("orders/12", gone), *others,
                   signal("orders/12", gone, "resolved"))
    assert shown(run) == snapshot("""\
HEADER Critical: null_rate(amount) of shop.orders (region=eu) is too high, and 10 more
SECTION :red_circle: :arrow_up: *0.31*, expected 0 to 0.05 · *6.2 times as much*
:clock3: *Since* <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>
SECTION *Why it fired*
Fewer rows than on any Friday at noon of the last four weeks.
SECTION *Probable cause* · `raw.orders` (measured)
raw.orders → stg_orders → orders
• 420 rows instead of 1,300
• since 11:40
_or_ `stg_orders` (changed): its SQL changed at 11:38
_or_ `job load_orders`
SECTION *Downstream* · report_0, report_1, report_2, report_3, report_4, report_5 and 2 more
*Proposed* · Roll back the change of stg_orders.
SECTION 11 more of this incident
LIST volume of shop.orders (region=eu): 412 rows, 65 % below
LIST volume of shop.table_3: 412 rows, 65 % below
LIST volume of shop.table_4: 412 rows, 65 % below
LIST volume of shop.table_5: 412 rows, 65 % below
LIST volume of shop.table_6: 412 rows, 65 % below
LIST volume of shop.table_7: 412 rows, 65 % below
LIST and 5 more
SMALL `https://x.test/orders`
SMALL *Owner* data team · monitor orders · told 13 times · run-abcdefghij234567
BUTTONS [Acknowledge](finding_ack, primary) [Investigate](finding_investigate) [False alarm](finding_false)
BUTTONS [Snooze: 1 hour/1 day/1 week](finding_snooze) [Expected: Learn it/Leave it out](finding_expected)\
""")


def test_what_is_over_is_short() -> None:
    run = reported(signal(), (e.FindingMarked(Mark.ACKNOWLEDGED, "Alice Moreau"), ALICE), signal(finding=None, status="resolved"))
    assert shown(run) == snapshot("""\
HEADER Resolved: volume of shop.orders (region=eu)
SECTION :white_check_mark: *It is back to normal.*
Over after 3h. It was :arrow_down: *412 rows*, expected 1,180 to 1,420 rows · *65 % below*
:eyes: *Alice Moreau* looked after it
SMALL `https://x.test/orders`
SMALL *Owner* data team · monitor orders · told 2 times · run-abcdefghij234567
BUTTONS [Investigate](finding_investigate) [False alarm](finding_false) [Expected: Learn it/Leave it
   out](finding_expected)\
""")


@pytest.mark.parametrize("mark", [mark for mark in Mark if mark.closes])
def test_what_people_said_it_was(mark: Mark) -> None:
    text = shown(reported(signal(), (e.FindingMarked(mark, "Bob Lindqvist"), BOB)))
    assert "*Bob Lindqvist*" in text
    assert "BUTTONS" not in text
    assert "Over after 2h" in text


@pytest.mark.parametrize(
    ("direction", "words"),
    [("missing", "has no data"), ("changed", "has changed"), ("failed", "could not be looked at")],
)
def test_what_has_no_numbers(direction: Direction, words: str) -> None:
    bare = Finding("orders", "schema", "shop.orders", direction, NOON, "")
    assert f"schema of shop.orders {words}" in shown(reported(signal(finding=bare, severity="")))
    assert "Over after 2h" in shown(reported(signal(finding=bare), signal(finding=bare, status="resolved")))


@pytest.mark.parametrize(
    ("observed", "low", "high", "words"),
    [
        (412.0, 1180.0, None, "65 % below"), (1600.0, None, 1420.0, "13 % above"), (0.31, 0.0, 0.05, "6.2 times as much"),
        (1.0, None, 0.0, "above"), (-1.0, 0.0, None, "below"), (5.0, 0.0, 9.0, ""), (None, 0.0, 9.0, ""), (-4.0, None, -5.0, "20 % above"),
    ],
)  # fmt: skip
def test_how_far_it_is_off(observed: float | None, low: float | None, high: float | None, words: str) -> None:
    assert off_by(replace(FINDING, observed=observed, low=low, high=high)) == words


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_write_makes_no_mention_and_no_link_and_breaks_nothing(text: str) -> None:
    suspect = Suspect(text, (text, text), text, (text,) * 9)
    hostile = replace(FINDING, monitor=text, measure=text, subject=text, why=text, unit=text, owner=text, suspects=(suspect,) * 4,
                      impact=(text,) * 20, action=text)  # fmt: skip
    signals = [signal(str(n), hostile, severity=text) for n in range(20)]
    marks = [(e.FindingMarked(mark, text, NOON), ALICE) for mark in (Mark.ACKNOWLEDGED, Mark.SNOOZED, Mark.FALSE_ALARM)]
    for run in (reported(*signals), reported(*signals, *marks[:2]), reported(*signals, *marks)):
        check(opening(run))
        check(opening(run, Clickable(frozenset({"x.test"}))))


def test_a_menu_says_which_run_and_what() -> None:
    assert chosen("run-a|1h") == ("run-a", "1h")
    assert chosen("run-a") == ("run-a", "")


def test_only_what_a_monitor_tells_ranks_suspects_whatever_an_agent_says() -> None:
    holders = [kind.__name__ for kind in get_args(e.Event) if {"Finding", "Suspect"} & set(re.findall(r"\w+", str(kind.__annotations__)))]
    assert holders == ["SignalReceived"]
    before = shown(reported(signal()))
    says = turn("job load_orders is first.", ("trace", {"cause": "job load_orders", "ground": "proven"}))
    after = shown(reported(signal(), *says, judged("trace", e.Decision.ALLOW)))
    cause = before.index("*Probable cause*"), before.index("SECTION *Downstream*")
    assert before[slice(*cause)] in after
