"""Rules of the installation: what they fit, and on which side they fall where nothing can be told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.judging import Test
from agents.core.rules import Case, Hours, Rule, fit
from agents.core.tool import Effect, Risk
from agents.core.trigger import Place, Source
from tests.world import NOON, WRITE, trigger

D = e.Decision
SPEC = replace(
    WRITE, name="gh_merge", labels={"environment": "production"},
    schema={"type": "object", "properties": {"x": {}, "amount": {}}, "additionalProperties": False},
)
CASE = Case("triage", replace(trigger(), channel="#ops"), False, SPEC, {"x": "web", "amount": 50}, Effect.EXTERNAL, Risk.HIGH, NOON)


def fits(case: Case = CASE, then: D = D.DENY, **when: Any) -> bool:
    return fit(Rule("r", then, **when), case) is not None


@pytest.mark.parametrize(
    ("when", "fitting"),
    [
        ({}, True),
        ({"tools": ("gh_merge",)}, True),
        ({"tools": ("read", "gh_*")}, True),
        ({"tools": ("gh_merg",)}, False),
        ({"tools": ("*",)}, True),
        ({"agents": ("triage",)}, True),
        ({"agents": ("other",)}, False),
        ({"effects": (Effect.INTERNAL, Effect.EXTERNAL)}, True),
        ({"effects": (Effect.NONE,)}, False),
        ({"risks": (Risk.HIGH,)}, True),
        ({"risks": (Risk.LOW,)}, False),
        ({"tainted": False}, True),
        ({"tainted": True}, False),
        ({"labels": {"environment": ("production", "staging")}}, True),
        ({"labels": {"environment": ("staging",)}}, False),
        ({"labels": {"team": ("web",)}}, False),
        ({"sources": (Source.MENTION,)}, True),
        ({"sources": (Source.WATCHED,)}, False),
        ({"channels": ("#ops",)}, True),
        ({"channels": ("C1",)}, True),
        ({"channels": ("#other", "dm")}, False),
        ({"arguments": {"x": Test(equals="web")}}, True),
        ({"arguments": {"x": Test(equals="web"), "amount": Test(above=100)}}, False),
        ({"tools": ("gh_*",), "arguments": {"x": Test(equals="db")}}, False),
    ],
)
def test_what_is_known_fits_or_does_not_whatever_the_rule_does(when: Mapping[str, Any], fitting: bool) -> None:
    assert fits(then=D.DENY, **when) is fits(then=D.ALLOW, **when) is fitting


UNKNOWN = [
    ("absent", {"arguments": {"x": Test(equals="web")}}, {}),
    ("another type", {"arguments": {"amount": Test(above=100)}}, {"amount": "12"}),
    ("true is no number", {"arguments": {"amount": Test(below=100)}}, {"amount": True}),
    ("no number", {"arguments": {"amount": Test(above=100)}}, {"amount": float("nan")}),
    ("a number is no text", {"arguments": {"x": Test(matches="1")}}, {"x": 1}),
    ("one is not true", {"arguments": {"x": Test(equals=True)}}, {"x": 1}),
    ("nor a text", {"arguments": {"x": Test(equals=1)}}, {"x": "1"}),
    ("an object", {"arguments": {"x": Test(equals="a")}}, {"x": {"a": 1}}),
    ("null", {"arguments": {"x": Test(one_of=("a", "b"))}}, {"x": None}),
    ("an empty list", {"arguments": {"x": Test(equals="a")}}, {"x": []}),
    ("a mixed list", {"arguments": {"x": Test(matches="^docs/")}}, {"x": ["docs/a", "secrets/b"]}),
    ("upper case", {"arguments": {"x": Test(equals="production")}}, {"x": " Production"}),
    ("wide letters", {"arguments": {"x": Test(equals="production")}}, {"x": "ｐroduction"}),
    ("invisible", {"arguments": {"x": Test(matches="secrets")}}, {"x": "sec\u200brets"}),
    ("a hidden line end", {"arguments": {"x": Test(matches="^[a-z]+$")}}, {"x": "abc\n"}),
    ("too long", {"arguments": {"x": Test(matches="^a")}}, {"x": "a" * 100_001}),
    ("not in, but nearly", {"arguments": {"x": Test(none_of=("web",))}}, {"x": "WEB"}),
    ("undeclared, of a tool that is named", {"tools": ("gh_merge",), "arguments": {"amont": Test(above=1)}}, {"x": "a"}),
]


@pytest.mark.parametrize(("when", "arguments"), [one[1:] for one in UNKNOWN], ids=[one[0] for one in UNKNOWN])
def test_what_cannot_be_told_counts_against_the_call(when: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    case = replace(CASE, arguments=arguments)
    assert fits(case, D.DENY, **when)
    assert fits(case, D.ASK, **when)
    assert not fits(case, D.ALLOW, **when)
    assert not fits(case, D.NOTIFY, **when)


def test_the_verdict_says_what_could_not_be_judged() -> None:
    rule = Rule("big", D.ASK, arguments={"amount": Test(above=100)})
    assert fit(rule, replace(CASE, arguments={})) == ("rule big", "amount cannot be judged")
    assert fit(rule, replace(CASE, arguments={"amount": 101})) == ("rule big",)


@pytest.mark.parametrize(
    ("test", "value", "fitting"),
    [
        (Test(above=10, below=20), 15, True),
        (Test(above=10, below=20), 20, False),
        (Test(above=10), 10.5, True),
        (Test(equals=5), 5.0, True),
        (Test(equals=True), True, True),
        (Test(equals=True), False, False),
        (Test(equals="a"), "b", False),
        (Test(equals="a\u0301"), "a\u0301", True),
        (Test(one_of=("a", 1)), 1, True),
        (Test(one_of=("a", "b")), "c", False),
        (Test(none_of=("a", "b")), "c", True),
        (Test(none_of=("a", "b")), "a", False),
        (Test(matches="^docs/"), ["docs/a", "docs/b"], True),
        (Test(matches="^docs/"), ["x", "y"], False),
        (Test(matches="b$"), "a\nb", True),
    ],
)
def test_what_can_be_told_is_told(test: Test, value: Any, fitting: bool) -> None:
    assert test.fits(value) is fitting


def test_an_argument_that_a_tool_does_not_have_is_not_meant() -> None:
    assert not fits(arguments={"namespace": Test(equals="prod")})
    assert not fits(tools=("gh_*",), arguments={"namespace": Test(equals="prod")})


def test_where_a_run_speaks() -> None:
    nameless = replace(CASE, trigger=trigger())
    assert (fits(nameless, D.DENY, channels=("#ops",)), fits(nameless, D.ALLOW, channels=("#ops",))) == (True, False)
    assert not fits(nameless, channels=("dm", "C2"))
    terminal = replace(CASE, trigger=trigger(place=None))
    assert not fits(terminal, channels=("#ops", "C1", "dm"))
    direct = replace(CASE, trigger=trigger(place=Place("T1", "D7", "1.1")))
    assert fits(direct, D.ALLOW, channels=("dm",))
    assert not fits(direct, channels=("#ops",))


VIENNA = ZoneInfo("Europe/Vienna")
OFFICE = Hours(VIENNA, frozenset(range(5)), time(9), time(17, 30))
NIGHT = Hours(VIENNA, frozenset({4}), time(22), time(6))


@pytest.mark.parametrize(
    ("hours", "at", "held"),
    [
        (OFFICE, "2026-11-20 08:00", True),  # Friday, 9:00 in Vienna
        (OFFICE, "2026-11-20 07:59", False),
        (OFFICE, "2026-11-20 16:30", False),
        (OFFICE, "2026-11-21 10:00", False),  # Saturday
        (OFFICE, "2026-07-20 07:00", True),  # in summer an hour earlier
        (NIGHT, "2026-11-20 21:00", True),
        (NIGHT, "2026-11-21 04:59", True),  # still Friday's night
        (NIGHT, "2026-11-21 05:00", False),
        (NIGHT, "2026-11-20 04:00", False),
        (Hours(VIENNA, frozenset({5})), "2026-11-21 22:59", True),
        (Hours(VIENNA, frozenset({5})), "2026-11-21 23:00", False),
    ],
)
def test_parts_of_the_week(hours: Hours, at: str, held: bool) -> None:
    now = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert hours.hold(now) is held
    assert fits(replace(CASE, now=now), hours=hours) is held


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6
)


@given(value=ANYTHING)
@pytest.mark.parametrize("test", [
    Test(equals="web"), Test(equals=3), Test(one_of=("a", 1, True)), Test(none_of=("a", 1)), Test(matches="^a+$"), Test(above=1, below=9),
])
def test_nothing_breaks_a_rule_and_nothing_passes_both_ways(test: Test, value: Any) -> None:
    case = replace(CASE, arguments={"x": value})
    let = fits(case, D.ALLOW, arguments={"x": test})
    assert let is (test.fits(value) is True)
    assert fits(case, D.DENY, arguments={"x": test}) is (test.fits(value) is not False)
    assert not let or fits(case, D.DENY, arguments={"x": test})
