"""Operators' patterns on hostile text: they end, or they are refused when they are read."""

import time

import pytest

from agents.core.patterns import LONGEST, found, reach


@pytest.mark.parametrize(
    ("pattern", "characters"),
    [
        (r"^secrets/", LONGEST),
        (r"drop table", LONGEST),
        (r"^[a-z.-]+$", LONGEST),
        (r"(?i)^prod", LONGEST),
        (r"(foo|bar)\Z", LONGEST),
        (r"(?#any)x", LONGEST),
        (r"x{3}y{2,5}z?", LONGEST),
        (r"x{,2}y", LONGEST),
        (r"(a)|b+", 2828),
        (r"^a+|b", 2828),
        (r"x{12}y{2,}", 2828),
        (r"(?P<one>[)(*]+)(?P=one)", 2828),
        (r"(\d{1,3}\.){3}\d+?", 2828),
        (r"\(a+\)", 2828),
        (r"select.+from.+where", 288),
        (r"(a+){0,3}b", 98),
        (r"(?=x)a*b*", 288),
        (r"^(a|b)c+{x}$", LONGEST),
        (r"a{b}{1,}", 2828),
    ],
)
def test_how_much_can_be_searched(pattern: str, characters: int) -> None:
    assert reach(pattern) == characters


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+b", "busy for ever"),
        (r"(a|a)*b", "busy for ever"),
        (r"(a{1,20})*b", "busy for ever"),
        (r"(a?){30}a", "busy for ever"),
        (r"((a*)b)*", "busy for ever"),
        (r".*.*.*.*x", "too much"),
        (r"[", "no regular expression"),
        ("(?x)a # )\n", "cannot be checked"),
    ],
)
def test_what_would_never_end_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        reach(pattern)


def test_the_worst_text_takes_no_time() -> None:
    for pattern in (r".*foo.*bar", r"a+a+b", r"(a+){0,3}b", r"^(a|b)c+$", r"\d+\.\d+$"):
        for text in ("a", "foo", "1.", "ab", "fooa"):
            began = time.perf_counter()
            found(pattern, (text * reach(pattern))[: reach(pattern)])
            assert time.perf_counter() - began < 1.5


def test_what_is_too_long_is_not_judged() -> None:
    assert found("^a+$", "a" * LONGEST) is True
    assert found("^a+$", "a" * (LONGEST + 1)) is None
    assert found("b", "a") is False
