"""Findings of monitors: told in words, silent until somebody asks, and over when somebody says that they were expected."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agents.core import events as e
from agents.core.actions import AskModel, PostMessage, Record, UpdateMessage
from agents.core.decide import decide
from agents.core.errors import IllegalTransition
from agents.core.finding import Finding, Mark, Suspect, drawing, expected, number, told
from agents.core.fold import apply, fold
from agents.core.incident import first_key, foremost
from agents.core.state import Run
from agents.core.terms import Outcome
from agents.core.trigger import Place, Source, Trigger
from tests.agents.core.histories import RUN, after
from tests.agents.core.test_decide import RULES
from tests.world import DANA, NOON, TEAM

FINDING = Finding(
    "orders", "volume", "analytics.orders, region=eu", "below", NOON, "4 times the usual deviation below Fridays at noon.", "rows", 12.0,
    900.0, 1100.0, 4.0, owner="data team", node="model.shop.orders", impact=("revenue_daily",),
    action="Roll back the change of stg_orders.",
    suspects=(
        Suspect("stg_orders", ("stg_orders", "orders"), "changed", ("its SQL changed at 11:40",)),
        Suspect("orders", ("orders",)),
    ),
)  # fmt: skip
CAUSE = Trigger(
    Source.FINDING, first_key("monitor:orders", ""), DANA, "orders", Place(TEAM, "C1", ""), incident="monitor:orders", quiet=True
)


def found(*events: e.Event, status: str = "firing", cause: Trigger = CAUSE) -> Run:
    """A run of a finding, after these events."""
    started = fold([e.Recorded(RUN, 1, NOON, DANA, "pipeline", e.RunStarted("pipeline", cause, "volume of orders"))])
    return after(started, signal(), *events)


def signal(status: str = "firing", finding: Finding | None = FINDING) -> e.SignalReceived:
    return e.SignalReceived(f"orders/1/{status}", "orders/1", status, "Fewer orders", "high", {}, (), "", finding=finding)  # type: ignore[arg-type]


POSTED = (e.PostStarted("opening"), e.PostFinished("opening", "5.5", "open/1/1/1"))


def test_a_finding_is_told_whole() -> None:
    assert told(FINDING).splitlines() == [
        "volume of analytics.orders, region=eu: 12 rows, expected 900 to 1,100 rows",
        "Since 2026-11-21 12:00 UTC. 4 times the usual deviation below Fridays at noon.",
        "Suspect 1 (changed): stg_orders, by way of stg_orders → orders",
        "  its SQL changed at 11:40",
        "Suspect 2 (unknown): orders",
        "Downstream: revenue_daily",
        "Owner: data team",
        "Proposed: Roll back the change of stg_orders.",
    ]
    bare = Finding("orders", "schema", "orders", "changed", NOON, "Column amount was removed.")
    assert told(bare).splitlines() == ["schema of orders:", "Since 2026-11-21 12:00 UTC. Column amount was removed."]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(1, 2, "1 to 2 rows"), (-4e-110, 4e-110, "0 rows"),
     (0.25, None, "at least 0.25 rows"), (None, 1234.5, "at most 1,234 rows"), (None, None, "")],
)
def test_the_expected_range_is_told_as_far_as_there_is_one(low: float | None, high: float | None, text: str) -> None:
    assert expected(replace(FINDING, low=low, high=high)) == text


def test_numbers_have_four_figures_that_count() -> None:
    assert [number(value) for value in (0.123456, 3.0, 12.5, 1234567.8, -0.5, -4e-110)] == [
        "0.1235", "3", "12.5", "1,234,568", "-0.5", "0",
    ]


def test_a_quiet_run_posts_its_report_and_asks_no_model() -> None:
    assert decide(found(), RULES, NOON) == (PostMessage("opening", False, "post:opening"),)
    told_of = found(*POSTED)
    assert told_of.quiet
    assert decide(told_of, RULES, NOON) == ()


def test_whoever_asks_wakes_it_and_the_time_before_does_not_count() -> None:
    run = found(*POSTED, e.InputReceived("k2", "Alice", "Look into it."))
    assert not run.quiet
    assert [type(action) for action in decide(run, RULES, NOON)] == [PostMessage, UpdateMessage, AskModel]
    silent = found(*POSTED)
    late = apply(silent, e.Recorded(RUN, silent.seq + 1, NOON + timedelta(days=1), DANA, "pipeline", replace(signal(), key="again")))
    assert late.waited == timedelta(days=1)


def test_what_is_not_quiet_is_looked_into_at_once() -> None:
    run = found(*POSTED, cause=replace(CAUSE, quiet=False))
    assert any(isinstance(action, AskModel) for action in decide(run, RULES, NOON))


def test_a_quiet_run_ends_with_what_it_tells_of() -> None:
    run = found(*POSTED, signal("resolved", None))
    assert run.signals["orders/1"].finding == FINDING
    assert run.conclusion == (Outcome.RESOLVED, "It is over, and nobody had it looked into.")
    assert decide(run, RULES, NOON) == (UpdateMessage("opening", "post:opening"),)
    shown = after(run, e.PostFinished("opening", "5.5", run.showing("opening")))
    (end,) = decide(shown, RULES, NOON)
    assert isinstance(end, Record)
    assert end.event == e.RunFinished(Outcome.RESOLVED, "It is over, and nobody had it looked into.")


@pytest.mark.parametrize("mark", list(Mark))
def test_what_people_say_is_shown_and_may_close_it(mark: Mark) -> None:
    run = found(*POSTED, e.FindingMarked(mark, "Alice", NOON if mark is Mark.SNOOZED else None))
    assert run.marks[0].mark is mark
    assert (run.marks[0].name, run.marks[0].until) == ("Alice", NOON if mark is Mark.SNOOZED else None)
    assert run.resolved is mark.closes
    assert run.showing("opening") == ("over/0/1/1/1" if mark.closes else "open/1/1/1/1")


def test_a_finding_can_be_marked_after_its_run() -> None:
    run = found(*POSTED, signal("resolved"), e.RunFinished(Outcome.RESOLVED), e.FindingMarked(Mark.FALSE_ALARM, "Alice"))
    assert run.over
    assert decide(run, RULES, NOON) == (UpdateMessage("opening", "post:opening"),)


def test_a_report_shows_that_somebody_asked() -> None:
    assert found(*POSTED, e.InputReceived("k2", "Alice", "Look into it.")).showing("opening") == "open/1/1/1/asked"
    assert found(*POSTED, cause=replace(CAUSE, quiet=False)).showing("opening") == "open/1/1/1"


def test_it_is_known_when_it_was_over() -> None:
    run = found(*POSTED, signal("resolved"))
    first = run.signals["orders/1"].ended
    assert first is not None
    assert after(run, replace(signal("resolved"), key="again")).signals["orders/1"].ended == first
    assert after(run, e.FindingMarked(Mark.FALSE_ALARM, "Alice")).signals["orders/1"].ended == first
    assert found(*POSTED, e.FindingMarked(Mark.FALSE_ALARM, "Alice")).signals["orders/1"].ended is not None
    assert found(*POSTED).signals["orders/1"].ended is None
    assert after(run, replace(signal(), key="new", began="2")).signals["orders/1"].ended is None


def test_another_picture_is_drawn_when_people_would_see_something_else() -> None:
    shown = replace(FINDING, points=tuple((n, float(n)) for n in range(9)))
    assert drawing(FINDING) == drawing(replace(FINDING, points=((1, None), (2, 1.0), (3, 1.0)))) == ""
    assert len(drawing(shown)) == 16
    assert drawing(replace(shown, points=shown.points[1:], score=4.5, why="Else.")) == drawing(shown)
    others = [replace(shown, direction="above"), replace(shown, since=NOON - timedelta(1)), replace(shown, score=9.0),
              replace(shown, score=float("inf"))]  # fmt: skip
    assert len({drawing(shown), *map(drawing, others)}) == 5
    first, soon, later = (drawing(replace(shown, central=((day * 86_400, 1.0),))) for day in (7, 13, 14))
    assert first == soon != later


def test_a_forecast_has_a_limit_and_nothing_else_has() -> None:
    ahead = replace(FINDING, low=1.0, high=9.0, direction="above", central=((1, 2.0),))
    assert [ahead.limit, replace(ahead, direction="below").limit, replace(ahead, central=()).limit] == [9.0, 1.0, None]


def test_the_foremost_finding_goes_on_is_severe_and_is_far_outside() -> None:
    mild = found(replace(signal(), key="b", fingerprint="b", severity="info"))
    assert foremost(mild.signals.values()) is mild.signals["orders/1"]
    far = found(replace(signal(finding=replace(FINDING, score=9.0)), key="b", fingerprint="b"))
    assert foremost(far.signals.values()) is far.signals["b"]
    over = after(far, replace(signal("resolved"), key="c", fingerprint="b"))
    assert foremost(over.signals.values()) is over.signals["orders/1"]
    assert foremost(found(signal(finding=None)).signals.values()) is not None
    assert foremost([]) is None


ADVISED = e.FindingMarked(Mark.FALSE_ALARM, "Alice", advice="volume of orders: with sensitivity 0.5 less.")


def test_a_false_alarm_too_many_has_advice_in_its_thread_once() -> None:
    run = found(*POSTED, ADVISED)
    assert decide(run, RULES, NOON) == (PostMessage("advice", False, "post:advice"), UpdateMessage("opening", "post:opening"))
    begun = after(run, e.PostFinished("opening", "5.5", run.showing("opening")), e.PostStarted("advice"))
    assert decide(begun, RULES, NOON) == (PostMessage("advice", True, "post:advice"),)
    (end,) = decide(after(begun, e.PostFinished("advice", "5.6", "open")), RULES, NOON)
    assert isinstance(end, Record)


def test_advice_may_come_after_the_end_of_the_run() -> None:
    run = found(*POSTED, signal("resolved"), e.RunFinished(Outcome.RESOLVED), ADVISED)
    assert run.over
    assert decide(run, RULES, NOON) == (UpdateMessage("opening", "post:opening"), PostMessage("advice", False, "post:advice"))
    shown = after(run, e.PostFinished("opening", "5.5", run.showing("opening")), e.PostStarted("advice"))
    assert decide(shown, RULES, NOON) == (PostMessage("advice", True, "post:advice"),)
    assert decide(after(shown, e.PostFinished("advice", "5.6", "open")), RULES, NOON) == ()
    unposted = e.PostFinished("opening", "", "", "The channel is archived.")
    nowhere = found(signal("resolved"), e.PostStarted("opening"), unposted, e.RunFinished(Outcome.RESOLVED))
    assert decide(after(nowhere, ADVISED), RULES, NOON) == ()
    with pytest.raises(IllegalTransition):
        after(run, e.PostStarted("progress"))
    with pytest.raises(IllegalTransition):
        after(run, e.PostStarted("opening"))


def test_what_is_only_to_be_told_is_posted_and_over_until_somebody_asks() -> None:
    cause = Trigger(Source.SCHEDULE, "digest/1", DANA, "daily digest", Place(TEAM, "C1", ""), quiet=True)
    started = fold([e.Recorded(RUN, 1, NOON, DANA, "pipeline", e.RunStarted("pipeline", cause, "Daily digest\nAll of it."))])
    assert decide(started, RULES, NOON) == (PostMessage("opening", False, "post:opening"),)
    (end,) = decide(after(started, e.PostStarted("opening"), e.PostFinished("opening", "5.5", "over")), RULES, NOON)
    assert isinstance(end, Record)
    assert end.event == e.RunFinished(Outcome.RESOLVED, "It was only to be told.")


def test_it_is_known_why_it_is_over_and_how_far_it_had_gone() -> None:
    worse, back = replace(FINDING, score=9.0, observed=2.0), replace(FINDING, score=0.5, observed=990.0, why="It is back.")
    run = found(*POSTED, replace(signal(finding=worse), key="2"), replace(signal(), key="3"), signal("resolved", back))
    alert = run.signals["orders/1"]
    assert (alert.over, alert.peak, alert.finding) == ("It is back.", worse, back)
    again = after(run, replace(signal(), key="new", began="2")).signals["orders/1"]
    assert (again.over, again.peak) == ("", FINDING)
    silent = after(run, replace(signal("resolved", None), key="5", text="orders is not watched any more")).signals["orders/1"]
    assert (silent.over, silent.peak) == ("orders is not watched any more", worse)
    late = found(*POSTED, replace(signal("resolved", back), began="1"), replace(signal(), key="late", began="1")).signals["orders/1"]
    assert (late.status, late.over, late.peak) == ("resolved", "It is back.", FINDING)
    assert found(signal("resolved", back)).signals["orders/1"].peak == FINDING
