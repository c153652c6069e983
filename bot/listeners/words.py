"""The words behind `/ops`: what is asked for, or what is wrong with the question and what would be right."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from types import MappingProxyType

from bot import duration
from bot.views.mrkdwn import escape

VERBS: Mapping[str, tuple[str, ...]] = {
    "help": (),
    "runs": (),
    "approvals": (),
    "audit": ("run", "agent", "tool", "user", "since", "before"),
}
"""Every command, and the filters that it takes; each filter is followed by its value."""

FLAGS: Mapping[str, tuple[str, ...]] = {"runs": ("open", "all"), "approvals": ("open", "all")}
"""Words without a value that a command takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that is understood."""

    verb: str
    filters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a command is not understood."""

    text: str
    """Mrkdwn, escaped, with what would be right."""


def parse(text: str) -> Asked | Mistake:
    """What is asked for by these words."""
    words = text.split()
    verb = words[0].lower() if words else "help"
    if verb not in VERBS:
        return Mistake(f"There is no `/ops {escape(words[0][:60])}`{_nearest(verb, VERBS)} `/ops help` lists what there is.")
    filters: dict[str, str] = {}
    flags: set[str] = set()
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        name = word.lower()
        if name in FLAGS.get(verb, ()):
            flags.add(name)
        elif name in VERBS[verb]:
            if not rest or rest[0].lower() in VERBS[verb]:
                return Mistake(f"`{name}` needs a value: {_example(name)}")
            if name in filters:
                return Mistake(f"`{name}` is given twice.")
            filters[name] = rest.pop(0)
        elif verb == "audit" and word.startswith("run-") and "run" not in filters:
            filters["run"] = word
        else:
            return Mistake(_unknown(verb, word))
    return Asked(verb, filters, frozenset(flags))


def moment(text: str, now: datetime) -> datetime | None:
    """The moment that `2h`, `3d`, `1h30m`, `2026-11-20` or `2026-11-20T14:30` (both UTC) means; None where it means none."""
    with contextlib.suppress(ValueError, OverflowError):
        return now - duration.parse(text.lower())
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _unknown(verb: str, word: str) -> str:
    known = (*VERBS[verb], *FLAGS.get(verb, ()))
    if not known:
        return f"`/ops {verb}` takes no further words."
    listed = ", ".join(f"`{one}`" for one in known)
    return f"`/ops {verb}` does not know `{escape(word[:60])}`{_nearest(word.lower(), known)} It knows {listed}."


def _nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else "."


def _example(name: str) -> str:
    return {
        "run": "`run run-abc123` (the first letters are enough)", "agent": "`agent triage`", "tool": "`tool restart_service`",
        "user": "`user @somebody` or `user me`", "since": "`since 2h`, `since 3d` or `since 2026-11-20`",
        "before": "`before 120`, as the page before it says",
    }[name]
