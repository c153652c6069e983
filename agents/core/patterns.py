"""Regular expressions of operators, searched for in text that anybody could have written: what a search costs has an end."""

import math
import re
from functools import lru_cache

COST = 4_000_000
"""Steps of one search at most, about; less than a tenth of a second."""
LONGEST = 100_000
"""Characters that are searched at most."""
MANY = 10
"""A repetition that can go on so often counts as one without end."""
FEW = 4
"""A group that is repeated at most so often may hold what varies in length."""
DEEPEST = 4
"""Repetitions without end that a pattern may have one after another, its search for a beginning among them."""

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?#[^)]*\)|\(\?[a-zA-Z]+\)|\((?:\?(?:P<\w+>|P=\w+|<?[=!]|[a-zA-Z-]*:|>|\(\w+\)))?|\)|\|"
    r"|(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})[?+]?|.",
    re.DOTALL,
)
"""What opens, closes, repeats or divides something in a regular expression."""
_COUNTED = re.compile(r"\{\d*,?\d*\}")
_ANCHORED = re.compile(r"(?:\(\?[aiLsu]+\))?(?:\^|\\A)")


@lru_cache(maxsize=1000)
def reach(pattern: str) -> int:
    """How many characters can be searched for this pattern, whoever wrote them.

    Raises ValueError, with what to do about it, where some texts would keep it busy for ever, or where it is no regular expression.
    """
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from error
    degree, divided = _degree(pattern)
    degree += not _ANCHORED.match(pattern) or divided
    if degree > DEEPEST:
        raise ValueError(f"the pattern repeats too much without end; at most {DEEPEST - 1} such repetitions can be searched for")
    return min(LONGEST, int((COST * math.factorial(degree)) ** (1 / degree))) if degree else LONGEST


def found(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in the text; None where that cannot be told, because the text is too long to be searched whole."""
    return None if len(text) > reach(pattern) else re.search(pattern, text) is not None


def _degree(pattern: str) -> tuple[int, bool]:
    """How many repetitions without end it has one after another, and whether it is divided into alternatives. Raises ValueError."""
    groups: list[tuple[int, bool]] = [(0, False)]  # of each open group: its degree, and whether its length varies
    last = (0, False)  # the same of what a repetition would repeat
    divided = False
    for part in _TOKEN.findall(pattern):
        if part == ")":
            if len(groups) == 1:
                raise ValueError("the pattern holds a bracket in a comment or a set, so it cannot be checked; write it without")
            last = groups.pop()
            groups[-1] = (groups[-1][0] + last[0], groups[-1][1] or last[1])
        elif part[0] == "(":
            groups += [] if part.endswith(")") else [(0, False)]
            last = (0, False)
        elif part == "|":
            groups[-1], divided = (groups[-1][0], True), divided or len(groups) == 1
        elif part[0] in "*+?" or _COUNTED.match(part):
            degree = _repeated(part, last)
            groups[-1] = (groups[-1][0] + degree, True)
            last = (0, False)
        else:
            last = (0, False)
    return groups[0][0], divided


def _repeated(mark: str, inner: tuple[int, bool]) -> int:
    """By how much a repetition of something raises the degree. Raises ValueError where it would be without bounds."""
    least, most = _bounds(mark)
    degree, varies = inner
    if varies and most > FEW:
        raise ValueError(
            "the pattern repeats a group in which something is repeated or left open, and some texts would keep it busy for ever; "
            "repeat single characters or sets, such as [a-z.]+"
        )
    return degree * (int(most) - 1) if most <= FEW else int(most >= MANY and most > least)


def _bounds(mark: str) -> tuple[float, float]:
    """How often a repetition repeats at least and at most."""
    if mark[0] != "{":
        return (1 if mark[0] == "+" else 0), (1 if mark[0] == "?" else math.inf)
    least, comma, most = mark.rstrip("?+").strip("{}").partition(",")
    return float(least or 0), float(most or math.inf) if comma else float(least)
