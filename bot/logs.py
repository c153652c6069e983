"""What the bot logs: lines on the standard error, without secrets, and with nothing in them that could pass for a line of its own."""

import logging
from collections.abc import Callable

from bot.http.request_id import current

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

NOISY = ("alembic", "apscheduler", "httpcore", "httpcore2", "httpx", "httpx2", "slack_bolt", "slack_sdk")
"""Libraries that log every request and every tick, some of them with headers."""


class Lines(logging.Formatter):
    """One line a message; what follows it, such as a traceback, is indented."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__(FORMAT)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        request = f"[{known}] " if (known := current.get()) else ""
        lines = self._redact(request + super().format(record)).splitlines()
        return "\n  ".join("".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in line) for line in lines)


def configure(redact: Callable[[str], str], level: int = logging.INFO) -> None:
    """Log to the standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(redact))
    logging.basicConfig(level=level, handlers=[handler])
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
