"""Halts as a fold, levels of access, and calls that take others back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agents.core import events as e
from agents.core.access import Level, level_of
from agents.core.approval import Refusal
from agents.core.errors import IllegalTransition
from agents.core.exact import exact_text, visible
from agents.core.ids import CONTROL, GrantId, run_of, sha256
from agents.core.switches import Change, Halt, Switches, Told, Trust, fold_switches
from agents.core.tool import Undo
from agents.core.undo import inverse, places
from agents.core.undoing import undoing
from tests.agents.core.histories import C1, after, begins, call, judged, later, proposed
from tests.agents.core.test_decide import RULES
from tests.world import ALICE, BOB, DANA, NOON, WRITE, voter


def rows(*events: e.Event) -> list[e.Recorded]:
    return [e.Recorded(CONTROL, number, NOON, BOB, "", event) for number, event in enumerate(events, 1)]


def test_a_halt_holds_until_it_is_lifted() -> None:
    halted = rows(e.Halted("", "Bob", "a leak"), e.Halted("triage", "Bob"))
    now = fold_switches(halted)
    assert now.halt_of("triage") == Halt("", BOB, "Bob", "a leak", NOON)
    assert (now.halts[""].what, now.halts["triage"].what) == ("every agent", "triage")
    lifted = fold_switches([e.Recorded(CONTROL, 3, NOON, BOB, "", e.Resumed("", "Bob"))], now)
    assert lifted.halt_of("other") is None
    assert lifted.halt_of("triage") == Halt("triage", BOB, "Bob", "", NOON)


def test_whom_a_halt_was_told_to_counts_for_that_halt_alone() -> None:
    end = e.HaltTold("", "C1", "1.2", lifted=True)
    told = rows(e.Halted("", "Bob"), e.HaltTold("", "C1", "1.2"), e.Resumed("", "Bob"), end)
    assert fold_switches(told).told == {("", "C1"): Told("", "C1", "1.2", True)}
    assert fold_switches([*told, e.Recorded(CONTROL, 5, NOON, BOB, "", e.Halted("", "Bob"))]).told == {}
    late = rows(e.Halted("", "Bob"), e.HaltTold("", "C1", "1.2"), e.Resumed("", "Bob"), e.Halted("", "Bob"), end)
    assert fold_switches(late).told == {}


def test_grants_that_were_taken_back() -> None:
    assert fold_switches(rows(e.GrantRevoked(GrantId("run-x.g1"), "write", "Bob"))).revoked == {"run-x.g1"}


def test_a_memory_that_somebody_erased_switches_nothing() -> None:
    assert fold_switches(rows(e.MemoryForgotten(12, "triage", "Bob"))) == Switches(seq=1)
    assert run_of(GrantId("run-x.g1")) == "run-x"


def test_a_tool_that_changed_is_off_until_it_is_trusted_again() -> None:
    trusted = rows(e.ToolTrusted("files_read", "d1", "Bob", "{}"))
    assert fold_switches(trusted).trusts == {"files_read": Trust("d1", "{}", BOB, "Bob", NOON)}
    changed = [*trusted, *rows(*[e.ToolChanged("files_read", "d2", "{1}")] * 2)[1:]]
    told = [*changed, e.Recorded(CONTROL, 3, NOON, BOB, "", e.ToolChangeTold("files_read", "d2", "U01BOB", "1.2"))]
    assert fold_switches(told).changes == {"files_read": Change("files_read", "d2", NOON, {"U01BOB": "1.2"})}
    other = e.Recorded(CONTROL, 4, NOON, BOB, "", e.ToolChangeTold("files_read", "d1", "U01EVE", "1.3"))
    assert fold_switches([*told, other]).changes == fold_switches(told).changes
    again = fold_switches([*told, e.Recorded(CONTROL, 4, NOON, BOB, "", e.ToolTrusted("files_read", "d2", "Bob", "{1}"))])
    assert (again.trusts["files_read"].digest, again.changes) == ("d2", {})
    late = e.Recorded(CONTROL, 5, NOON, BOB, "", e.ToolChangeTold("files_read", "d2", "U01EVE", "1.3"))
    assert fold_switches([late], again).changes == {}


def test_what_arrives_and_becomes_nothing_switches_nothing() -> None:
    parked = e.DeliveryParked("k", "webhook", 5, "no"), e.DeliveryReplayed("k", "Bob"), e.DeliveryDropped("k", "Bob")
    assert fold_switches(rows(*parked, e.RequestsRefused({"x": 1}, 60))) == Switches(seq=4)


def test_the_stream_has_no_gaps_and_no_other_events() -> None:
    with pytest.raises(IllegalTransition, match="cannot follow"):
        fold_switches(rows(e.Halted("", "Bob"))[:1], Switches(seq=4))
    with pytest.raises(IllegalTransition, match="is no event of control"):
        fold_switches(rows(e.RunFinished(e.Outcome.ANSWERED)))


@pytest.mark.parametrize(
    ("held", "configured", "level"),
    [
        ("", "", Level.ADMIN),
        ("", "operators", Level.VIEWER),
        ("operators", "operators", Level.ADMIN),
        ("operators", "operators admins", Level.OPERATOR),
        ("", "admins", Level.OPERATOR),
        ("admins", "operators admins", Level.ADMIN),
        ("", "operators viewers", Level.NOBODY),
        ("viewers", "operators viewers", Level.VIEWER),
        ("directors", "operators directors", Level.VIEWER),
    ],
)
def test_levels(held: str, configured: str, level: Level) -> None:
    assert level_of(frozenset(held.split()), frozenset(configured.split())) is level


TEMPLATE = {"to": "{result.before.version}", "service": "{service}", "why": "Undo of {service}", "n": [1, "{count}"]}
UNDO = Undo("write", TEMPLATE, timedelta(minutes=5))
OPERATOR = voter(BOB, "operators")
RESULT = '{"before": {"version": "11"}, "ok": true}'


def done(result: str = RESULT, **arguments: Any) -> Any:
    run = after(proposed(call(**(arguments or {"service": "web", "count": 3}))), replace(judged(e.Decision.NOTIFY), undo=300), begins())
    return after(run, e.ToolFinished(C1, "write", result))


def test_the_call_that_takes_another_back() -> None:
    run = done()
    assert inverse(UNDO, run.calls[C1]) == {"to": "11", "service": "web", "why": "Undo of web", "n": [1, 3]}
    assert places(UNDO.arguments) == {"result.before.version", "service", "count"}
    assert inverse(Undo("write", {"x": 1}, timedelta(minutes=5)), run.calls[C1]) == {"x": 1}


@pytest.mark.parametrize("result", ["no json", pytest.param("[" * 100_000, id="deep"), "[]", '{"before": 3}', '{"before": {}}'])
def test_what_is_not_known_is_named(result: str) -> None:
    assert "result.before.version" in str(inverse(UNDO, done(result).calls[C1]))


def test_who_may_undo_until_when() -> None:
    run = done()
    law = replace(RULES, tools={"write": replace(WRITE, undo=UNDO)})

    def code(law: Any = law, who: Any = OPERATOR, now: Any = NOON, run: Any = run) -> str | None:
        found = undoing(run, run.calls[C1], law, who, now)
        return found.code if isinstance(found, Refusal) else None

    assert code() is None
    assert code(who=voter(DANA)) == "role"
    assert code(who=replace(OPERATOR, is_guest=True)) == "role"
    assert code(now=later(minutes=5)) == "expired"
    assert code(law=RULES) == "closed"
    assert code(law=replace(law, tools={})) == "closed"
    assert code(law=replace(law, halt=Halt("", ALICE, "Alice", "", NOON))) == "halted"
    assert code(run=done("no json")) == "closed"
    other = after(proposed(call()), replace(judged(e.Decision.NOTIFY), undo=300, digest="old"), begins())
    assert code(run=after(other, e.ToolFinished(C1, "write", RESULT))) == "closed"
    assert code(run=after(proposed(call()), judged(e.Decision.NOTIFY), begins())) == "closed"


def test_arguments_as_people_check_them() -> None:
    assert exact_text({"b": 1, "a": "x"}) == '{\n  "a": "x",\n  "b": 1\n}'
    assert visible("é\u200b\nb") == "é\\u200b\nb"
    assert sha256("é\ud800") != sha256("é")
    assert exact_text({"a": "é\u200b\u202e"}) == '{\n  "a": "é\\u200b\\u202e"\n}'
