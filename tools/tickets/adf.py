"""The Atlassian document format, to and from plain Markdown.

Format: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tools.told import at, list_at, text_at

DEEPEST = 20
"""Nodes inside one another that are read."""

_FENCE = re.compile(r"^```(\S*)\s*$")
_HEADING = re.compile(r"^(#{1,6}) +(.+)$")
_BULLET = re.compile(r"^[-*] +(.+)$")
_NUMBER = re.compile(r"^(\d{1,9})[.)] +(.+)$")
_INLINE = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\((https?://[^\s)]+)\)|(https?://[^\s<>()]+)")


def to_adf(text: str) -> dict[str, Any]:
    """Paragraphs, headings, flat lists, fenced code, and within a line code, bold and links. All else stays as it is written."""
    blocks = list(_blocks(text.replace("\r\n", "\n").split("\n")))
    return {"type": "doc", "version": 1, "content": blocks or [{"type": "paragraph", "content": []}]}


def from_adf(node: Any) -> str:
    """The document as Markdown; what cannot be said in it is named in brackets."""
    return re.sub(r"\n{3,}", "\n\n", "".join(_read(node, 0))).strip()


def _blocks(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    at_line = 0
    while at_line < len(lines):
        line = lines[at_line]
        if fence := _FENCE.match(line):
            end = next((number for number in range(at_line + 1, len(lines)) if lines[number].strip() == "```"), len(lines))
            yield _code("\n".join(lines[at_line + 1 : end]), fence[1])
            at_line = end + 1
            continue
        pattern = next((one for one in (_BULLET, _NUMBER) if one.match(line)), None)
        end = at_line + 1
        if pattern:
            while end < len(lines) and pattern.match(lines[end]):
                end += 1
            yield _list(pattern, lines[at_line:end])
        elif heading := _HEADING.match(line):
            yield {"type": "heading", "attrs": {"level": len(heading[1])}, "content": _inline(heading[2])}
        elif line.strip():
            while end < len(lines) and _continues(lines[end]):
                end += 1
            yield _paragraph(lines[at_line:end])
        at_line = end


def _continues(line: str) -> bool:
    return bool(line.strip()) and not any(one.match(line) for one in (_FENCE, _HEADING, _BULLET, _NUMBER))


def _code(text: str, language: str) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
    return node | ({"attrs": {"language": language}} if language else {})


def _list(pattern: re.Pattern[str], lines: Sequence[str]) -> dict[str, Any]:
    found = [match for match in map(pattern.match, lines) if match]
    items = [{"type": "listItem", "content": [_paragraph([match[match.lastindex or 1]])]} for match in found]
    if pattern is _BULLET:
        return {"type": "bulletList", "content": items}
    return {"type": "orderedList", "attrs": {"order": int(found[0][1])}, "content": items}


def _paragraph(lines: Sequence[str]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        content += [{"type": "hardBreak"}] if number else []
        content += _inline(line)
    return {"type": "paragraph", "content": content}


def _inline(line: str) -> list[dict[str, Any]]:
    """A line's text nodes. None of them is empty: Jira refuses those."""
    nodes, end = [], 0
    for found in _INLINE.finditer(line):
        nodes.append(_text(line[end : found.start()]))
        code, bold, words, target, bare = found.groups()
        if code or bold:
            nodes.append(_text(code or bold, {"type": "code" if code else "strong"}))
        else:
            nodes.append(_text(words or bare, {"type": "link", "attrs": {"href": target or bare}}))
        end = found.end()
    return [node for node in (*nodes, _text(line[end:])) if node["text"]]


def _text(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def _read(node: Any, depth: int) -> Iterator[str]:
    kind = text_at(node, "type")
    if depth > DEEPEST:
        yield "[…]"
    elif kind in _WRITTEN:
        yield _WRITTEN[kind](node, depth)
    elif kind in _LEAVES:
        yield str(next((found for name in _LEAVES[kind] if (found := at(node, "attrs", name))), f"[{kind}]"))
    else:
        yield _inside(node, depth) + ("\n\n" if kind in _APART else "")


_APART = ("paragraph", "table", "panel", "expand", "mediaSingle", "mediaGroup")
"""Nodes that stand apart from what follows."""

_LEAVES: Mapping[Any, tuple[str, ...]] = {
    "mention": ("text", "id"), "emoji": ("text", "shortName"), "inlineCard": ("url",), "blockCard": ("url",), "date": ("timestamp",),
    "status": ("text",), "media": ("alt",), "mediaInline": ("alt",), "extension": (), "inlineExtension": (), "bodiedExtension": (),
}
"""Nodes without content, by the attributes that say what they are."""


def _inside(node: Any, depth: int) -> str:
    return "".join(piece for one in list_at(node, "content") for piece in _read(one, depth + 1))


def _listed(node: Any, depth: int) -> str:
    start, lines = at(node, "attrs", "order"), []
    for number, item in enumerate(list_at(node, "content"), start if isinstance(start, int) else 1):
        sign = "- " if at(node, "type") == "bulletList" else f"{number}. "
        text = re.sub(r"\n{2,}", "\n", _inside(item, depth + 1).strip())
        lines.append(sign + text.replace("\n", "\n" + " " * len(sign)) + "\n")
    return "\n" + "".join(lines) + "\n"


def _fenced(node: Any, depth: int) -> str:
    return f"\n\n```{at(node, 'attrs', 'language') or ''}\n{_inside(node, depth)}\n```\n\n"


def _headed(node: Any, depth: int) -> str:
    level = at(node, "attrs", "level")
    return f"\n\n{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {_inside(node, depth)}\n\n"


def _row(node: Any, depth: int) -> str:
    return " | ".join(" ".join(_inside(cell, depth + 1).split()) for cell in list_at(node, "content")) + "\n"


def _quoted(node: Any, depth: int) -> str:
    return "\n\n" + "\n".join(f"> {line}".rstrip() for line in _inside(node, depth).strip().splitlines()) + "\n\n"


def _marked(node: Any, depth: int) -> str:
    text = str(at(node, "text") or "")
    for mark in list_at(node, "marks"):
        match at(mark, "type"):
            case "code":
                text = f"`{text}`"
            case "strong":
                text = f"**{text}**"
            case "link":
                target = str(at(mark, "attrs", "href") or "")
                text = text if target in ("", text) else f"[{text}]({target})"
    return text


_WRITTEN: Mapping[Any, Callable[[Any, int], str]] = {
    "text": _marked, "hardBreak": lambda *_: "\n", "rule": lambda *_: "\n\n---\n\n", "bulletList": _listed, "orderedList": _listed,
    "codeBlock": _fenced, "heading": _headed, "tableRow": _row, "blockquote": _quoted,
}
"""How nodes with content are written."""
