"""The calculator: exact, bounded, and never more than arithmetic."""

import re
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.ports import Done, Failed
from tests.tools.sources import opened
from tools.arithmetic import Wrong, spelled, value_of
from tools.arithmetic_functions import Number, shown


def told(expression: str) -> str:
    found = value_of(spelled(expression))
    return shown(found) if isinstance(found, Number) else str(found)


@pytest.mark.parametrize(("expression", "result"), [
    ("0.1 + 0.2", "0.3"), ("2 + 3 * 4", "14"), ("(2 + 3) * 4", "20"), ("-7 // 2", "-4"), ("-7 % 3", "2"), ("2 ** -3", "0.125"),
    ("1_000.5", "1000.5"), ("2e6", "2000000"), ("0x1F", "31"), ("1/3", "about 0.33333333333333333333 (exactly 1/3)"), ("0 ** 0", "1"),
    ("200 * 15%", "30"), ("200 + 15% - 3", "197.15"), ("2 ** 50%", "about 1.4142135623730950488"), ("10 % 3", "1"), ("10 % (3)", "1"),
    ("6 × 7", "42"), ("6 ÷ 4 − 1", "0.5"), ("1\n+\n1", "2"), ("(-1) ** 10 ** 10", "1"), ("(-1) ** -3", "-1"), ("-0.5", "-0.5"),
    ("1/3 < 0.34", "True"), ("1 < 2 < 2", "False"), ("0.1 + 0.2 == 0.3", "True"), ("1 != 1", "False"),
    ("min(3, 1)", "1"), ("max([3, 1], 7)", "7"), ("sum([])", "0"), ("mean(1, 2)", "1.5"), ("median(3, 1, 2, 10)", "2.5"),
    ("count([1, 2])", "2"),
    ("stdev(2, 4, 4, 4, 5, 5, 7, 9) ** 2", "about 4.5714285714285714286"), ("stdev(1, 3) ** 2", "about 2"),
    ("round(2.5)", "3"), ("round(-2.345, 2)", "-2.35"), ("round(1234, -2)", "1200"), ("floor(-0.5)", "-1"), ("ceil(0.2)", "1"),
    ("abs(-3)", "3"),
    ("sqrt(1/4)", "0.5"), ("sqrt(2)", "about 1.4142135623730950488"), ("(10 ** 600) ** 0.5 == 10 ** 300", "True"),
    ("log(1000, 10)", "3"), ("log(8, 1/2)", "-3"), ("log(2)", "about 0.69314718055994530942"), ("exp(0)", "about 1"),
    ("factorial(20)", "2432902008176640000"),
    ("percent_change(120, 150)", "25"), ("percent_change(-4, -3)", "25"),
    ('days("2026-11-01", "2026-11-28")', "27"),
    ('days("2026-11-28T06:00Z", "2026-11-28T12:00+01:00")', "about 0.20833333333333333333 (exactly 5/24)"),
    ('seconds("2026-11-28T09:00Z", "2026-11-28T09:30Z") / 60', "30"), ("1 / 10 ** 60", "about 1E-60"),
])
def test_it_comes_to(expression: str, result: str) -> None:
    assert told(expression) == result


def test_the_examples_of_the_guide_come_to_what_it_says() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "tools" / "calculator.md").read_text(encoding="utf-8")
    lines = re.findall(r"^(.+?) {2,}(?:is read as .+?)?= (.+)$", guide, re.MULTILINE)
    assert len(lines) >= 5
    assert [(expression, told(expression).lower()) for expression, _ in lines] == lines


@pytest.mark.parametrize(("expression", "what", "at"), [
    ("1 / 0", "divides by zero", 0), ("2 + 0 ** -1", "divides by zero", 4), ("", "no expression", 0),
    ("1,000", "comma", 0), ("2 ^ 3", "**", 0), ("a + 1", "There is no a here", 0), ("1 + nope(1)", "no function nope", 4),
    ("sqrt(-1)", "no square root", 0), ("log(0)", "logarithm", 0), ("log(2, 1)", "logarithm", 0), ("(-8) ** (1/3)", "broken exponent", 0),
    ("sqrt(1, 2)", "sqrt(x)", 0), ("mean([])", "mean(a", 0), ("[1] * 3", "a number is needed", 0), ("'a' * 3", "a number is needed", 0),
    ("True + 1", "a number is needed", 0), ("1j", "a number is needed", 0), ("1 + (2 < 3)", "may only stand for itself", 5),
    ("1 is 1", "compared", 0),
    ('days("today", "2026-11-28")', "Dates are written", 0), ("days(1, 2)", "Dates are written", 0), ("max('a')", "not a text", 0),
    ("round(1, 1.5)", "whole number", 0), ("factorial(0.5)", "whole number", 0), ("stdev(1)", "stdev(a", 0), ("min(key=1)", "no place", 0),
    ("é + 1", "There is no é", 0), ("1 + é", "There is no é", 4), ("'é' + nope(1)", "a number is needed", 0),
    ("1 if 1 else 2", "no place", 0),
    ("(1).real", "no place", 0), ("lambda: 1", "no place", 0), ("[x for x in [1]]", "no place", 0), ("(x := 1)", "no place", 1),
    ("1or 2", "no place", 0),
    ("f'{1}'", "no place", 0), ("__import__('os').system('id')", "no place", 0), ("min.__class__(1)", "no place", 0),
    ("[1][0]", "no place", 0),
    ("b'1'", "a number is needed", 0), ("...", "a number is needed", 0), ("1\0", "no expression", 0), ("\ud800", "no expression", 0),
])
def test_it_says_what_is_wrong_and_where(expression: str, what: str, at: int) -> None:
    with pytest.raises(Wrong) as caught:
        value_of(spelled(expression))
    assert (what in str(caught.value), caught.value.at) == (True, at), caught.value


@pytest.mark.parametrize("expression", [
    "10**10**10", "9**9**9**9", "1e999999999", "1e-999999999", "factorial(10**9)", "exp(10**9)", "exp(10**300)", "2**(10**50)",
    "(1/3)**(10**50)",
    "+".join(["1"] * 400), "-" * 900 + "1", "(" * 400 + "1" + ")" * 400, "[" * 300 + "]" * 300, "1" * 2000, "2**" * 300 + "2",
    "factorial(700)**9",
    "*".join(["factorial(700)"] * 30), "round(1, 10**9)", "1.5**1e5", "10**700.5**700.5", "sqrt(" * 90 + "2" + ")" * 90,
])
def test_what_is_too_large_is_refused_at_once(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(Wrong):
        value_of(spelled(expression))
    assert time.process_time() - began < 0.2


@settings(max_examples=150, deadline=1000)
@given(st.text("0123456789.+-*/%()[], e<=>_minaxsqrtlogdy\"'^", max_size=80) | st.text(max_size=30))
def test_whatever_is_written_there_is_a_value_or_a_reason(expression: str) -> None:
    at = 0
    try:
        value_of(spelled(expression))
    except Wrong as error:
        at = error.at
    assert 0 <= at <= len(spelled(expression)) + 1


SMALL = st.integers(-50, 50)
TREES = st.recursive(
    SMALL.map(lambda n: f"({n})"),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({''.join(parts)})"), max_leaves=8,
)


@settings(max_examples=150)
@given(TREES)
def test_it_agrees_with_fractions(tree: str) -> None:
    exact = re.sub(r"(\d+)", r"Fraction(\1)", tree)
    try:
        expected = eval(exact, {"Fraction": Fraction})  # noqa: S307 - of our own making
    except ZeroDivisionError:
        with pytest.raises(Wrong, match="divides by zero"):
            value_of(tree)
    else:
        found = value_of(tree)
        assert isinstance(found, Number)
        assert (found.value, found.exact) == (expected, True)


async def test_it_is_a_tool_that_shows_how_it_read_what_was_asked() -> None:
    async with opened({"name": "calculator", "calculator": {}}) as toolbox:
        asked: dict[str, Any] = {"expression": "200 *\n15%"}
        assert await toolbox.run("calculator", asked, key="k") == Done("200 * (15/100) = 30")
        assert await toolbox.run("calculator", {"expression": "1 < 2"}, key="k") == Done("1 < 2 = true")
        wrong = await toolbox.run("calculator", {"expression": "7 + x"}, key="k")
        assert isinstance(wrong, Failed)
        assert wrong.text.endswith("\n  7 + x\n      ^")
