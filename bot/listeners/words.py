"""The words behind `/ops`: what is asked for, or what is wrong with the question and what would be right."""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from types import MappingProxyType

from agents.core.access import Level
from bot import duration
from bot.views.mrkdwn import escape


@dataclass(frozen=True, slots=True)
class Verb:
    """A command, and the words that it takes."""

    filters: tuple[str, ...] = ()
    """Names that are each followed by a value."""
    flags: tuple[str, ...] = ()
    """Words that stand for themselves."""
    bare: str = ""
    """The filter that a word without a name is the value of; empty where each value needs its name."""
    needed: bool = False
    """Whether that value has to be there."""
    level: Level | None = None
    """How far somebody must reach to read the answer; None where what is to be done decides that itself, or nothing has to."""


VERBS: Mapping[str, Verb] = {
    "help": Verb(bare="word"),
    "runs": Verb(("before",), ("open", "all"), level=Level.VIEWER),
    "run": Verb(bare="run", needed=True, level=Level.VIEWER),
    "approvals": Verb(("page",), ("open", "mine", "all"), level=Level.VIEWER),
    "audit": Verb(("run", "agent", "tool", "user", "since", "before"), bare="run", level=Level.VIEWER),
    "agents": Verb(level=Level.VIEWER),
    "grants": Verb(("revoke", "page"), ("all",), level=Level.VIEWER),
    "halt": Verb(("because",), bare="agent"),
    "resume": Verb(bare="agent"),
    "stop": Verb(flags=("take over",), bare="run", needed=True),
    "spend": Verb(("since",), level=Level.VIEWER),
    "schedules": Verb(("pause", "resume", "run"), level=Level.VIEWER),
    "monitors": Verb(("page",), level=Level.VIEWER),
    "report": Verb(("since", "page"), bare="monitor", level=Level.VIEWER),
    "memory": Verb(("forget", "before", "about"), bare="about", level=Level.OPERATOR),
    "inbox": Verb(("replay", "drop", "page"), level=Level.OPERATOR),
}
"""Every command."""

READING = frozenset(VERBS) - {"halt", "resume", "stop"}
"""Commands that change nothing, unless one of these words is in them."""

CHANGING: Mapping[str, frozenset[str]] = {
    "grants": frozenset({"revoke"}), "memory": frozenset({"forget"}), "schedules": frozenset({"pause", "resume", "run"}),
    "inbox": frozenset({"replay", "drop"}),
}
"""Filters with which a command that reads does something first, by command."""

REST = frozenset({"because", "about"})
"""Filters whose value is all that follows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that is understood."""

    verb: str
    filters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    flags: frozenset[str] = frozenset()

    @property
    def changing(self) -> Mapping[str, str]:
        """What is to be done before the answer, each with its object."""
        return {name: value for name, value in self.filters.items() if name in CHANGING.get(self.verb, ())}

    def words(self, *without: str) -> str:
        """The command again, as it could have been written, without these filters."""
        flags = sorted(self.flags)
        named = VERBS[self.verb].filters
        filters = (f"{name} {value}" if name in named else value for name, value in self.filters.items() if name not in without)
        return " ".join((self.verb, *flags, *filters))


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a command is not understood, or cannot be carried out."""

    text: str
    """Mrkdwn, escaped, with what would be right."""


def parse(text: str) -> Asked | Mistake:
    """What is asked for by these words."""
    words = text.split()
    name = words[0].lower() if words else "help"
    verb = VERBS.get(name)
    if verb is None:
        return Mistake(f"There is no `/ops {escape(words[0][:60])}`{nearest(name, VERBS)} `/ops help` lists what there is.")
    found = _read(name, verb, words[1:])
    if isinstance(found, Asked) and verb.needed and verb.bare not in found.filters:
        return Mistake(f"Which one? {_example(verb.bare, f'/ops {name} ')}")
    return found


def _read(name: str, verb: Verb, rest: list[str]) -> Asked | Mistake:
    """The words behind a verb, one after the other."""
    filters: dict[str, str] = {}
    flags: set[str] = set()
    while rest:
        word = rest.pop(0)
        flag = _flag(verb, word, rest)
        named = word.lower() if word.lower() in verb.filters else verb.bare if _is_value(name, verb, word, filters) else ""
        if flag:
            flags.add(flag)
            del rest[: flag.count(" ")]
        elif not named:
            return Mistake(_unknown(name, verb, word))
        elif named in filters:
            return Mistake(f"`{named}` is given twice.")
        elif word.lower() not in verb.filters:
            filters[named] = " ".join((word, *rest)) if named in REST else word
            rest = [] if named in REST else rest
        elif not rest or (named not in REST and rest[0].lower() in verb.filters):
            return Mistake(f"`{named}` needs a value: {_example('pause', f'{named} ') if name == 'schedules' else _example(named)}")
        else:
            filters[named] = " ".join(rest) if named in REST else rest[0]
            del rest[: len(rest) if named in REST else 1]
    return Asked(name, filters, frozenset(flags))


def _flag(verb: Verb, word: str, rest: list[str]) -> str:
    """The flag that begins with this word; empty where none does."""
    for flag in verb.flags:
        length = flag.count(" ")
        if " ".join((word, *rest[:length])).lower() == flag:
            return flag
    return ""


def _is_value(name: str, verb: Verb, word: str, filters: Mapping[str, str]) -> bool:
    """Whether a word may stand without its name. Among the filters of the audit only a run's id is told from a slip of the pen."""
    return bool(verb.bare) and verb.bare not in filters and (name != "audit" or word.lower().startswith("run-"))


def moment(text: str, now: datetime) -> datetime | None:
    """The moment that `2h`, `3d`, `1h30m`, `2026-11-20` or `2026-11-20T14:30` (both UTC) means; None where it means none."""
    with contextlib.suppress(ValueError, OverflowError):
        return now - duration.parse(text.lower())
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def nearest(word: str, known: Collection[str]) -> str:
    """The end of a sentence about a word that is not known: what was meant perhaps."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean `{escape(close[0])}`?" if close else "."


def _unknown(name: str, verb: Verb, word: str) -> str:
    known = (*verb.filters, *verb.flags)
    if not known:
        return f"`/ops {name}` takes {'one word and no more' if verb.bare else 'no further words'}; `{escape(word[:60])}` is too much."
    listed = ", ".join(f"`{one}`" for one in known)
    return f"`/ops {name}` does not know `{escape(word[:60])}`{nearest(word.lower(), known)} It knows {listed}."


def _example(name: str, before: str = "") -> str:
    value = {
        "pause": "weekday-report", "resume": "weekday-report",
        "run": "run-abc123", "agent": "triage", "tool": "restart_service", "user": "@somebody", "since": "2h", "before": "120",
        "page": "2", "revoke": "run-abc123.g1", "because": "the deploy went wrong", "word": "audit", "forget": "m12", "monitor": "orders",
        "about": "checkout deploys", "replay": "17", "drop": "17",
    }[name]
    more = {
        "run": " (the first letters are enough)", "user": ", or `user me`", "since": ", `since 3d` or `since 2026-11-20`",
        "before": ", as the page before it says", "revoke": ", as `/ops grants` lists them",
        "forget": ", as `/ops memory` lists them",
    }.get(name, "")
    return f"`{before or f'{name} '}{value}`{more}"
