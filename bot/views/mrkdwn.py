"""Text for Slack: everything that is not ours is escaped, every limit is counted after escaping, and no entity is ever cut."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

from agents.core.ids import ActorId

_JOINERS = "\u200c\u200d"  # they hold emoji and some scripts together
_ID = re.compile(r"[UWB][A-Z0-9]{2,30}")
_TOKEN = re.compile(r"<([^<>\s|]+)(?:\|([^<>]*))?>|<([^<>|]+)(?:\|([^<>]*))?>")


def visible(text: str) -> str:
    """The text with its invisible characters written out: what turns reading around, hides or splits a word is shown as such."""
    return "".join(f"⟨U+{ord(c):04X}⟩" if _hidden(c) else c for c in text) if not text.isascii() or not text.isprintable() else text


def escape(text: str) -> str:
    """Text that is not ours as mrkdwn: it can mention nobody, link nowhere and hide nothing."""
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inline(text: str, limit: int) -> str:
    """Text that is not ours on one line of mrkdwn, of at most `limit` characters after escaping."""
    return cut(escape(" ".join(text.split())[: limit + 1]), limit)  # no character gets shorter by escaping


def cut(text: str, limit: int) -> str:
    """Mrkdwn of at most `limit` characters; what is cut ends in an ellipsis."""
    return text if len(text) <= limit else text[: _safe_end(text, 0, limit - 1)].rstrip() + "…"


def split(text: str, limit: int) -> tuple[str, ...]:
    """Mrkdwn in pieces of at most `limit` characters, which together are the text; cut at line ends and spaces where there are any."""
    pieces = []
    start = 0
    while len(text) - start > limit:
        end = _good_end(text, start, _safe_end(text, start, start + limit)) or start + limit
        pieces.append(text[start:end])
        start = end
    return (*pieces, text[start:]) if start < len(text) or not pieces else tuple(pieces)


def date(at: datetime, form: str = "{date_short_pretty} at {time}") -> str:
    """A moment in the reader's own time zone. `form` is of Slack's date tokens."""
    return f"<!date^{int(at.timestamp())}^{form}|{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC>"


def person(actor: ActorId, name: str = "") -> str:
    """Somebody as mrkdwn: a mention where they are a member of the workspace, else their name."""
    user = actor.rpartition("/")[2]
    if _ID.fullmatch(user) and not actor.startswith("local/"):
        return f"<@{user}>"
    return escape(name or user)


def named(actor: ActorId | None, name: str) -> str:
    """Somebody as mrkdwn that calls nobody: by their name."""
    return inline(name or (actor or "").rpartition("/")[2], 80) or "somebody"


def user_id(text: str) -> str | None:
    """The user id in a mention such as `<@U01ALICE|alice>`, or in a bare id; None where there is none."""
    found = re.fullmatch(r"<@([A-Z0-9]+)(?:\|[^>]*)?>", text) or re.fullmatch(rf"@?({_ID.pattern})", text)
    return found.group(1) if found else None


def plain(text: str, names: Mapping[str, str]) -> str:
    """What somebody wrote in Slack as plain text: `names` says how the people and groups that it mentions are called."""
    def shown(token: re.Match[str]) -> str:
        target, label = token.group(1) or token.group(3), token.group(2) or token.group(4) or ""
        if target[0] == "@":
            return "@" + (names.get(target[1:]) or label or target[1:])
        if target[0] == "#":
            return "#" + (label or target[1:])
        if target.startswith("!subteam^"):
            return "@" + (label.removeprefix("@") or target.removeprefix("!subteam^"))
        if target[0] == "!":
            return label or "@" + target[1:].partition("^")[0]
        return target if not label or label in target else f"{label} ({target})"

    return _TOKEN.sub(shown, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentioned(text: str) -> frozenset[str]:
    """Ids of the people whom a Slack text mentions."""
    return frozenset(re.findall(r"<@([A-Z0-9]+)", text))


def _hidden(character: str) -> bool:
    if character in "\n\t" or character in _JOINERS:
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _safe_end(text: str, start: int, end: int) -> int:
    """The last place up to `end` that is inside no entity and no token of ours."""
    if end >= len(text):
        return len(text)
    safe = end
    entity = text.rfind("&", max(start, end - 4), end)
    if entity >= 0 and ";" not in text[entity:end]:
        safe = entity
    token = text.rfind("<", start, safe)
    if token > text.rfind(">", start, safe):
        safe = token
    return safe


def _good_end(text: str, start: int, end: int) -> int:
    """A place behind a paragraph, a line or a word in the second half before `end`, else `end` itself; 0 where there is none."""
    if end == start:
        return 0  # one token is longer than a piece
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, start + (end - start) // 2, end)
        if found >= 0:
            behind = found + len(mark)
            return behind if _safe_end(text, start, behind) == behind else end
    return end
