"""Log lines hold no secrets and cannot be forged."""

import logging
import sys

from bot.logs import Lines
from tools.redact import Redactor


def line(message: str, *arguments: object, broke: bool = False) -> str:
    """A record as it would be logged."""
    record = logging.LogRecord("bot", logging.WARNING, __file__, 1, message, arguments, sys.exc_info() if broke else None)
    return Lines(Redactor(("s3cret-token",))).format(record)


def test_secrets_are_marked() -> None:
    assert line("the key is %s", "s3cret-token").endswith("WARNING bot: the key is [redacted]")


def test_a_message_cannot_pass_for_a_line_of_ours() -> None:
    forged = line("/ops %s", "audit\n2026-11-21 12:00:00 INFO bot: all is well\x1b[2J")
    assert forged.splitlines()[1].startswith("  2026-11-21")
    assert "\x1b" not in forged


def test_a_traceback_is_indented_and_has_no_secrets() -> None:
    try:
        raise RuntimeError("no s3cret-token here")
    except RuntimeError:
        text = line("it broke", broke=True)
    assert "RuntimeError: no [redacted] here" in text
    assert all(part.startswith("  ") for part in text.splitlines()[1:])
