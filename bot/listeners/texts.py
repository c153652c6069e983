"""What a message says, in Slack's own markup: of people their text, of apps also what lies in blocks and attachments."""

from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 12_000
"""Characters of a message that anybody here reads."""

_PARTS = ("pretext", "author_name", "title", "text", "fallback")
"""The texts of an attachment, in the order in which they are read. The last one stands in for all of them."""


def spoken(message: Mapping[str, Any]) -> str:
    """The text of a message. An app's text may be a mere summary, or empty: then what its blocks and attachments say counts too."""
    said = [str(message.get("text") or "")]
    if message.get("bot_id") or not said[0].strip():
        for text in (*_of_blocks(message.get("blocks")), *_of_attachments(message.get("attachments"))):
            if text.strip() and not any(text in other for other in said):
                said.append(text)
    return "\n".join(text for text in said if text.strip())[:LONGEST]


def borrowed(message: Mapping[str, Any]) -> bool:
    """Whether what `spoken` reads is not all its author's: a message or a page that they share comes as an attachment."""
    return bool(message.get("attachments")) and not str(message.get("text") or "").strip()


def _of_attachments(attachments: object) -> Iterator[str]:
    for attachment in _dicts(attachments):
        texts = [str(attachment[part]) for part in _PARTS if attachment.get(part)]
        yield from texts if len(texts) == 1 or not attachment.get("fallback") else texts[:-1]
        for field in _dicts(attachment.get("fields")):
            yield ": ".join(str(field[part]) for part in ("title", "value") if field.get(part))
        yield from _of_blocks(attachment.get("blocks"))


def _of_blocks(blocks: object) -> Iterator[str]:
    for block in _dicts(blocks):
        if block.get("type") == "rich_text":
            yield _of_rich_text(block)
            continue
        for part in (block.get("text"), *_dicts(block.get("fields")), *_dicts(block.get("elements"))):
            text = part.get("text") if isinstance(part, Mapping) else part
            if isinstance(text, str):
                yield text


def _of_rich_text(part: Mapping[str, Any]) -> str:
    """The words of a tree of rich text, line by line; what it mentions is left out."""
    own = part.get("text") or part.get("url") or ""
    inner = [_of_rich_text(element) for element in _dicts(part.get("elements"))]
    return f"{own}{('' if part.get('type') == 'rich_text_section' else chr(10)).join(inner)}"


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else iter(())
