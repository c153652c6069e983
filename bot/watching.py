"""Watched channels: which messages an agent reacts to without being mentioned."""

import re
from dataclasses import dataclass

SEARCHED = 4_000
"""Characters of a message that are searched: what a pattern costs has an end."""

_WRITTEN = re.compile(r"message:/(.*)/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Watch:
    """Messages in which a pattern is found."""

    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> "Watch":
        """The watch that is written `message:/PATTERN/`. Raises ValueError with what is wrong."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            hint = "; for upper and lower case alike, begin it with (?i)" if re.fullmatch(r"message:/.*/\w+", text, re.DOTALL) else ""
            raise ValueError(f'a watched pattern is written "message:/PATTERN/"{hint}')
        try:
            return cls(re.compile(written[1]))
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"is no regular expression: {error}") from error

    def matches(self, text: str) -> bool:
        """Whether the pattern is found in a message."""
        return self.pattern.search(text[:SEARCHED]) is not None
