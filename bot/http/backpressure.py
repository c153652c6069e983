"""Whether the bot is behind, and what would make it worse: requests that become deliveries."""

import re
from collections.abc import Callable

from bot.config_http import InboxConfig
from bot.listeners.desk import Backlog

SLACK = "/slack/events"
WEBHOOKS = "/webhooks/"
RUNS = "/v1/runs"

WAIT = "5"
"""Seconds after which to come again."""

SAID = "What arrived before this is not dealt with yet; nothing more is taken in until it is."

_INTAKE = re.compile(rb"POST (?:/slack/events|/webhooks/[^\s?]{1,100}|/v1/runs) HTTP/1\.1\r\n(.{1,8000}?\r\n)\r\n", re.DOTALL)
_LENGTH = re.compile(rb"(?:^|\n)content-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
_UNUSUAL = re.compile(rb"(?:^|\n)(?:transfer-encoding|expect|connection|upgrade|[ \t])", re.IGNORECASE)


class Backpressure:
    """Asks the desk, which costs nothing."""

    def __init__(self, limits: InboxConfig, backlog: Callable[[], Backlog]) -> None:
        self._limits = limits
        self.backlog = backlog

    def holds(self) -> bool:
        """Whether nothing more is to be taken in. A single delivery that is slow is not enough."""
        now = self.backlog()
        late = now.oldest > self._limits.age.total_seconds() and now.pending > self._limits.pending / 10
        return now.pending >= self._limits.pending or late

    def concerns(self, method: str, path: str) -> bool:
        """Whether a request would become a delivery."""
        return method == "POST" and (path.startswith((SLACK, WEBHOOKS)) or path == RUNS)


def is_whole_intake(data: bytes) -> bool:
    """Whether these bytes are exactly one plain request that would become a delivery. Whatever is unusual about it makes it none."""
    match = _INTAKE.match(data)
    if match is None or _UNUSUAL.search(match[1]):
        return False
    lengths = _LENGTH.findall(match[1])
    return len(lengths) == 1 and match[1].lower().count(b"content-length") == 1 and match.end() + int(lengths[0]) == len(data)
