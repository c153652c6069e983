"""Block Kit's parts as plain functions that keep Slack's limits. Text that is not ours goes into `plain`, `quote` and `exact`."""

import re
from collections.abc import Sequence
from typing import Any

from bot.views.mrkdwn import cut, visible

Json = dict[str, Any]

SECTION = 3000
"""Characters of a section's text."""
MESSAGE = 9000
"""Characters of all text in one message. Slack refuses somewhere above 9,600 and documents no number."""
BLOCKS = 50
"""Blocks of one message."""
VIEW_BLOCKS = 100
"""Blocks of one modal."""

_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_ITEM = re.compile(r"^([ \t]*)[-*+][ \t]+", re.MULTILINE)


def section(text: str, **more: Any) -> Json:
    """A paragraph of mrkdwn that is ours, or escaped. Nothing in it becomes a link or a mention that is not written as one."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True}, **more}


def context(*texts: str) -> Json:
    """Small print, in mrkdwn that is ours, or escaped."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True} for text in texts[:10]]}


def header(text: str) -> Json:
    """A title, literally."""
    return {"type": "header", "text": plain(text, 150)}


def plain(text: str, limit: int) -> Json:
    """Text that is shown as it is."""
    return {"type": "plain_text", "text": shorten(visible(text), limit), "emoji": False}


def quote(text: str, limit: int) -> Json:
    """Somebody's words, literally and marked as theirs."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [_literal(shorten(visible(text), limit))]}]}


def words(text: str, limit: int) -> Json:
    """What a model wrote, quoted: bold where it says so, its lists with dots, all else literally. Nothing in it leads anywhere."""
    shown = _ITEM.sub(r"\1• ", shorten(visible(text), limit))
    parts = [(part, "bold" if number % 2 else "") for number, part in enumerate(_BOLD.split(shown)) if part]
    elements = [_literal(part) | _styled(style) for part, style in parts]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": elements or [_literal(" ")]}]}


def exact(text: str, limit: int) -> Json:
    """Text in which each character counts, in a fixed-width box that nothing inside can leave."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [_literal(shorten(visible(text), limit))]}]}


def bullets(items: Sequence[str]) -> Json:
    """A list of literal lines."""
    sections = [{"type": "rich_text_section", "elements": [_literal(visible(item))]} for item in items]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": sections}]}


def button(text: str, action_id: str, value: str, style: str | None = None, *, sure: Json | None = None) -> Json:
    """A button; `style` is `primary` or `danger`; `sure` is what is asked before it counts, see `confirm`."""
    made = {"type": "button", "text": plain(text, 75), "action_id": action_id, "value": value}
    made |= {"style": style} if style else {}
    return made | {"confirm": sure} if sure else made


def confirm(title: str, text: str, yes: str) -> Json:
    """What a person is asked before their click counts."""
    return {"title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30), "deny": plain("Cancel", 30)}


def choice(text: str, value: str, description: str = "") -> Json:
    """One of several things to pick, literally."""
    made = {"text": plain(text, 75), "value": value}
    return {**made, "description": plain(description, 75)} if description else made


def field(block_id: str, label: str, element: Json, hint: str = "", *, optional: bool = False, **more: Any) -> Json:
    """An input of a modal. Its element is known by the same name as the block."""
    made = {
        "type": "input", "block_id": block_id, "label": plain(label, 150), "element": {**element, "action_id": block_id},
        "optional": optional, **more,
    }
    return {**made, "hint": plain(hint, 300)} if hint else made


def listed(title: str, items: Sequence[Sequence[tuple[str, str]]]) -> Json:
    """A bold title over a list. Each item is made of literal texts, each with its style: `bold`, `strike`, `italic`, or none."""
    head, *rows = (
        {"type": "rich_text_section", "elements": [_literal(visible(text) or " ") | _styled(style) for text, style in item]}
        for item in ([(title, "bold")], *items)
    )
    return {"type": "rich_text", "elements": [head, {"type": "rich_text_list", "style": "bullet", "elements": rows}]}


def actions(block_id: str, *buttons: Json) -> Json:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id[:255], "elements": list(buttons)}


def divider() -> Json:
    """A line."""
    return {"type": "divider"}


def shorten(text: str, limit: int) -> str:
    """Literal text of at most `limit` characters that says how much of it is missing."""
    if len(text) <= limit:
        return text or " "
    kept = max(limit - 40, limit // 2)
    return f"{text[:kept]}… ({len(text) - kept:,} more characters)"[:limit]


def text_size(block: object) -> int:
    """Characters of all text in a block, however deep."""
    if isinstance(block, dict):
        return sum(len(value) if key == "text" and isinstance(value, str) else text_size(value) for key, value in block.items())
    return sum(text_size(item) for item in block) if isinstance(block, list | tuple) else 0


def pieces(text: str, limit: int = SECTION) -> tuple[str, ...]:
    """Literal text in pieces of at most `limit` characters that together are the text; cut at line ends where there are any."""
    cuts = []
    start = 0
    while len(text) - start > limit:
        line = text.rfind("\n", start + limit // 2, start + limit)
        end = line + 1 if line >= 0 else start + limit
        cuts.append(text[start:end])
        start = end
    return (*cuts, text[start:])


def _literal(text: str) -> Json:
    return {"type": "text", "text": text}


def _styled(style: str) -> Json:
    return {"style": {style: True}} if style else {}
