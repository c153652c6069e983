"""Arguments as people check them, and how much of them anybody can be asked to check."""

import json
import re

LONGEST = 20_000
"""Characters of a call's arguments beyond which nobody can be asked to approve it: a dialog shows no more."""

_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Characters that count as printable and that nobody sees: fillers, joiners, selectors of variants."""


_DOUBTFUL = re.compile(r"[^\n -~]")


def exact_text(value: object) -> str:
    """The arguments, or one of them, whole, in an order that never changes, with every invisible character written as its escape."""
    return _DOUBTFUL.sub(_seen, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def visible(text: str) -> str:
    """Text of others with every invisible character written as its escape; line breaks stay."""
    return _DOUBTFUL.sub(_seen, text)


def _seen(found: re.Match[str]) -> str:
    character = found.group()
    return character if character.isprintable() and not _UNSEEN.match(character) else json.dumps(character)[1:-1]
