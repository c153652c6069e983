"""Where links in what the bot posts may lead. Everything else is text: data must not leave with a click, nor with a preview of a page."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.views.mrkdwn import visible

_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:[/?#][!-;=?-\[\]-{}~]*)?")
"""An address that every reader reads in one way: plain characters, nobody's name before the host, no backslash."""
_WORD = re.compile(r"[^\s<>|`]+")
_LIKE = re.compile(r"://|mailto:|[\w-][.\u2024\u3002\uff0e\uff61][^\W\d_]{2}", re.IGNORECASE)
"""What makes a word one that a reader may take for an address, with or without a scheme, or for one of mail."""
_BEFORE, _BEHIND = "([{'\"*_~", ".,:;!?)]}'\"*_~"
"""What stands around an address and is none of it."""


@dataclass(frozen=True, slots=True)
class Clickable:
    """The places to which links may lead."""

    hosts: frozenset[str] = frozenset()
    """In lower case; one that begins with `*.` means every host below it."""
    workspace: str = ""
    """The host of the Slack workspace, to whose messages links may lead."""

    def admits(self, url: str) -> bool:
        """Whether this may be a link."""
        found = _ADDRESS.fullmatch(url)
        if found is None:
            return False
        host, path = found[2].lower(), urlsplit(url).path
        if self.workspace and host == self.workspace and found[1] == "https" and re.match(r"/archives/[A-Z0-9]+(/|$)", path):
            return True
        return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in self.hosts)


NOTHING = Clickable()
"""No links."""


def clickable(hosts: tuple[str, ...], workspace: str) -> Clickable:
    """These hosts, and messages of the workspace at this address."""
    return Clickable(frozenset(hosts), urlsplit(workspace).hostname or "")


def stretches(text: str, allowed: Clickable) -> list[tuple[str, bool]]:
    """The text in order, and of each stretch whether a reader could make a link of it that is not allowed."""
    made: list[tuple[str, bool]] = []
    at = 0
    for found in _WORD.finditer(text):
        word = found.group().lstrip(_BEFORE)
        begin, word = found.end() - len(word), word.rstrip(_BEHIND)
        if _LIKE.search(word) and not allowed.admits(word if "://" in word else f"https://{word}"):
            made += [(text[at:begin], False), (word, True)]
            at = begin + len(word)
    return [*made, (text[at:], False)]


def fixed(address: str) -> str:
    """An address as text in fixed width, of which nobody makes a link."""
    return f"`{visible(address).replace('`', '%60')}`"
