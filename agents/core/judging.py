"""Tests of what a call's arguments hold. Each says yes, no, or None where it cannot be told: who asks decides what that means."""

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agents.core.patterns import found

_UNSEEN = ("Cf", "Cc", "Mn")

Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Test:
    """A test of one argument. One of the tests is set; `above` and `below` may both be."""

    __test__ = False  # pytest takes it for one of its own

    equals: Scalar | None = None
    one_of: tuple[Scalar, ...] | None = None
    none_of: tuple[Scalar, ...] | None = None
    matches: str | None = None
    """A regular expression that is searched for, see `patterns.reach`."""
    above: float | None = None
    below: float | None = None

    def fits(self, value: Any) -> bool | None:
        """Whether the value passes. Of a list each item has to say the same."""
        if isinstance(value, list | tuple):
            said = {self.fits(item) for item in value}
            return said.pop() if len(said) == 1 else None
        if self.matches is not None:
            return _found(self.matches, value)
        if self.above is not None or self.below is not None:
            return _between(value, self.above, self.below)
        if self.none_of is not None:
            among = _among(value, self.none_of)
            return None if among is None else not among
        return _among(value, (self.equals,) if self.one_of is None else self.one_of)


def _among(value: Any, known: Iterable[Scalar | None]) -> bool | None:
    said = [_same(value, one) for one in known]
    return True if True in said else None if None in said else False


def _same(value: Any, wanted: Scalar | None) -> bool | None:
    """Whether the two are equal; None where others than we might take them for equal, or they are of different kinds."""
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted or (None if _folded(value) == _folded(wanted) else False)
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted if isinstance(value, bool) and isinstance(wanted, bool) else None
    return value == wanted if isinstance(value, int | float) and isinstance(wanted, int | float) else None


def _between(value: Any, above: float | None, below: float | None) -> bool | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return (above is None or value > above) and (below is None or value < below)


def _found(pattern: str, value: Any) -> bool | None:
    """Whether the pattern is found; None where it is found only in what the text may be taken for."""
    if not isinstance(value, str):
        return None
    said = found(pattern, value)
    if said is False:
        return False if found(pattern, _seen(value)) is False else None
    return None if said and value.endswith("\n") and "$" in pattern else said  # Python's `$` is in front of a last line end, too


def _folded(text: str) -> str:
    """The text as a careless reader takes it: upper and lower case alike, and without spaces around it."""
    return _seen(text).casefold().strip()


def _seen(text: str) -> str:
    """The text without what is invisible, and with wide and other fancy letters as plain ones."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in _UNSEEN or c in "\n\t")
