"""Arguments as people check them, and how much of them anybody can be asked to check."""

import json
from collections.abc import Mapping
from typing import Any

LONGEST = 20_000
"""Characters of a call's arguments beyond which nobody can be asked to approve it: a dialog shows no more."""


def exact_text(arguments: Mapping[str, Any]) -> str:
    """The arguments whole, in an order that never changes, with every invisible character written as its escape."""
    text = json.dumps(arguments, indent=2, ensure_ascii=False, sort_keys=True)
    return text if text.isascii() else "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
