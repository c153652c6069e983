"""References to the environment, `${NAME}`: a secret is named where it is written down, and looked up when it is sent."""

import re
from collections.abc import Callable, Iterator

REFERENCE = re.compile(r"\$(\$\{)|\$\{([^{}]*)\}")
"""`$${`, which stands for a plain `${`, or `${NAME}`."""

HEADERS = ("http", "headers")
"""Where in an item of `tools:` the values keep their references until the request is made."""

Secret = Callable[[str], str]
"""The value of an environment variable; empty where it is not set."""


def nothing(name: str) -> str:
    """An environment in which nothing is set."""
    return ""


class Unset(Exception):
    """The environment has not what is referred to. Never leaves the tool."""


def names_in(text: str) -> Iterator[str]:
    """The variables that it refers to."""
    return (match[2] for match in REFERENCE.finditer(text) if not match[1])


def expanded(text: str, secret: Secret) -> str:
    """The text with what it refers to. Raises Unset where the environment has it not, or has it in a form that no header can hold."""
    def value(match: re.Match[str]) -> str:
        found = secret(match[2])
        if not found:
            raise Unset(f"the environment has no {match[2]}")
        if not fits(found):
            raise Unset(f"what the environment has as {match[2]} is not printable ASCII on one line, which a header has to be")
        return found

    return REFERENCE.sub(lambda match: match[1] or value(match), text)


def fits(value: str) -> bool:
    """Whether a header can hold it."""
    return value.isascii() and value.isprintable() and value == value.strip()
