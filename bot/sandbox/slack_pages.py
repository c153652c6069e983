"""Slack's cursors: a long list in parts."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_errors import SlackRefusal

Item = TypeVar("Item")
LARGEST = 1000
"""Items in one part at most."""


def page(items: Sequence[Item], arguments: Arguments, default: int) -> tuple[list[Item], str]:
    """The part that `limit` and `cursor` ask for, and the next cursor, empty at the end; refuses with `invalid_limit`, `invalid_cursor`.

    `default` is the limit when none is given; 0 stands for no limit.
    """
    limit = arguments.number("limit", default)
    if limit < 0 or limit > LARGEST:
        raise SlackRefusal("invalid_limit")
    start = _start(arguments.optional("cursor"))
    end = start + limit if limit else len(items)
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), following


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word != "next":
            raise ValueError(word)
        return int(number)
    except (binascii.Error, ValueError):
        raise SlackRefusal("invalid_cursor") from None
