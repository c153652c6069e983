"""What a host asks of robots. Format: RFC 9309."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

NAME = "countersign"
"""What we are called, in the User-Agent and in robots.txt."""

LARGEST = 500_000
"""Bytes of a robots.txt that are read, as the RFC asks at least."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line that allows or disallows."""

    allows: bool
    pattern: str
    """A path's beginning, in which `*` is anything, and `$` at the end its end."""

    def matches(self, path: str) -> bool:
        """Whether the rule is for this path. Without regular expressions: a hostile pattern would keep those busy."""
        end, pattern = self.pattern.endswith("$"), self.pattern.removesuffix("$")
        first, *rest = pattern.split("*")
        if not path.startswith(first):
            return False
        place = len(first)
        for number, piece in enumerate(rest):
            if end and number == len(rest) - 1:
                return path.endswith(piece) and len(path) - len(piece) >= place
            found = path.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        return not end or place == len(path)


def rules_in(text: str, name: str = NAME) -> tuple[Rule, ...]:
    """The rules for us: those of all groups with our name, or of those for everybody."""
    groups: dict[str, list[Rule]] = {}
    agents: list[str] = []
    listing = False
    for line in text.removeprefix("\ufeff").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            agents = [*([] if listing else agents), value.lower()]
            listing = False
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow"):
            listing = True
            if value:
                for agent in agents:
                    groups[agent].append(Rule(key == "allow", value))
    return tuple(groups.get(name, groups.get("*", [])))


def allows(rules: Sequence[Rule], url: str) -> bool:
    """Whether we may read this address: the longest rule that matches counts, and between equals the one that allows."""
    parts = urlsplit(url)
    path = re.sub(r"^(?!/)", "/", parts.path) + (f"?{parts.query}" if parts.query else "")
    found = [rule for rule in rules if rule.matches(path)]
    return path == "/robots.txt" or not found or max(found, key=lambda rule: (len(rule.pattern), rule.allows)).allows
