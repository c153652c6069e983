"""Cutting text that is not ours where no secret is cut with it: what is left of one would not be known as a secret any more.

It knows the standard library alone, so that it can be used in a process of its own.
"""

import re

_RUN = re.compile(r"[A-Za-z0-9+/=_.~%-]+\Z")
"""What a token is made of, at the end of a text."""


def fitting(text: str, most: int) -> str:
    """The first characters of a text, at most so many. A word that would be cut is left out, however long it is."""
    if len(text) <= most:
        return text
    return _RUN.sub("", text[:most]) if _RUN.fullmatch(text[most]) else text[:most]


def shorter(text: str, most: int) -> str:
    """The same, with an ellipsis behind what was cut."""
    kept = fitting(text, most)
    return text if kept == text else f"{kept}…"
