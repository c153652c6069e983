"""robots.txt, by the examples of RFC 9309 and of those who wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.web.robots import Rule, allows, rules_in

TEXT = """
# everybody
User-agent: *
User-agent: other
Disallow: /private   # not here
Allow: /private/public
Disallow: /*.gif$
Disallow: /tmp*/x
Disallow:

User-Agent: Countersign
Disallow: /only/us

user-agent: countersign
Allow: /
Disallow: /only/more
"""


@pytest.mark.parametrize(
    ("path", "fine"),
    [
        ("/", True),
        ("/private", False),
        ("/private/x", False),
        ("/private/public/x", True),
        ("/a/b.gif", False),
        ("/a/b.gif?x", True),
        ("/tmp1/a/x", False),
        ("/tmp1/a/y", True),
        ("/only/us", True),
        ("/robots.txt", True),
        ("", True),
        ("?q=/private", True),
    ],
)
def test_the_longest_rule_counts(path: str, fine: bool) -> None:
    assert allows(rules_in(TEXT, "nobody"), f"https://a.example{path}") is fine


def test_our_own_groups_count_alone_and_together() -> None:
    rules = rules_in(TEXT)
    assert [allows(rules, f"https://a.example{path}") for path in ("/only/us", "/only/more", "/private")] == [False, False, True]
    assert rules_in("Disallow: /") == rules_in("") == rules_in("\ufeffnonsense") == ()
    assert not allows(rules_in("\ufeffUser-agent: *\nDisallow: /"), "https://a.example/")


@given(st.text("ab*$/", max_size=12), st.text("ab/", max_size=12))
def test_patterns_match_as_their_regular_expressions_do(pattern: str, path: str) -> None:
    import re

    end = pattern.endswith("$")
    expression = ".*".join(map(re.escape, pattern.removesuffix("$").split("*"))) + ("$" if end else "")
    assert Rule(True, pattern).matches(path) is bool(re.match(expression, path))


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not Rule(True, "/" + "*a" * 5_000 + "b$").matches("/" + "a" * 20_000)
