"""A configuration with sources that monitors can name, one monitor of it, and the mistakes of others."""

import re

from agents.monitors import Monitor
from tests.bot.configured import ENVIRON, GOOD, mistakes, read

SOURCES = GOOD.replace(
    "agents:\n",
    '  - {name: warehouse, sql: {url: "sqlite:///x.db"}}\n  - {name: metrics, prometheus: {url: "http://127.0.0.1:9"}}\nagents:\n', 1,
)  # fmt: skip


def one(item: str, **environ: str) -> Monitor:
    """The monitor that this item makes."""
    (found,) = read(f"{SOURCES}\nmonitors:\n  - {item}\n", {**ENVIRON, **environ}).monitors.values()
    return found


def wrong(*items: str) -> tuple[str, ...]:
    """The mistakes of these items, each with its way from the item on."""
    lines = mistakes("\n  - ".join([f"{SOURCES}\nmonitors:", *items]) + "\n")
    return tuple(re.sub(r"^c\.yaml:\d+  ?monitors\[\d+\](\.|: )", "", line) for line in lines)
