"""The words of a search. What people and models write is never a query in itself: it is words, and nothing else of it counts."""

import re

MOST = 24
"""Words that count."""


def search_words(said: str) -> tuple[str, ...]:
    """The words to search for, each once and folded to lower case; letters and digits of any script only."""
    return tuple(dict.fromkeys(re.findall(r"[^\W_]+", said.casefold())))[:MOST]
