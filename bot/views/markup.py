"""The Markdown that models write, as mrkdwn and fixed-width boxes. It may be bold; it can neither mention nor pretend.

Models that know of Slack write its own `*bold*` and `_italic_`; both are left as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from bot.views.clickable import NOTHING, Clickable, fixed
from bot.views.mrkdwn import escape

_INLINE = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|\[(?P<label>[^\[\]\n]{1,300})\]\((?P<url>https?://[^\s()<>|]{1,1000})\)"
    r"|(?P<bare>https?://(?:(?!&[lg]t;)[^\s<>|]){1,1000})"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|~~(?P<strike>[^~\n]+)~~"
)
_HEADING = re.compile(r"#{1,6}[ \t]+(?=\S)")
_BULLET = re.compile(r"(\s*)[-*+]\s+(.*)")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an answer."""

    text: str
    """Mrkdwn, or literal text where `code`."""
    code: bool


def parts(markdown: str, allowed: Clickable = NOTHING) -> Iterator[Part]:
    """The answer as prose and fixed-width parts, in order. Fences are left out; a fence that is never closed runs to the end.

    Links that are not `allowed` are text.
    """
    lines: list[str] = []
    fence = ""
    for line in markdown.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence and not (mark and mark.group(1).startswith(fence) and not line.strip().strip("`~")):
            lines.append(line)
        elif fence or mark:
            yield from _part(lines, bool(fence), allowed)
            lines, fence = [], "" if fence else mark.group(1) if mark else ""
        else:
            lines.append(line)
    yield from _part(lines, bool(fence), allowed)


def _part(lines: list[str], code: bool, allowed: Clickable) -> Iterator[Part]:
    text = "".join(lines) if code else "".join(_line(line, allowed) for line in lines)
    if text.strip():
        yield Part(text, code)


def _line(line: str, allowed: Clickable) -> str:
    body = line.rstrip("\r\n")
    end = "\n" if body != line else ""
    if heading := _HEADING.match(body):
        title = body[heading.end():].rstrip().rstrip("#").rstrip().replace("**", "")
        return f"*{_spans(escape(title), allowed)}*{end}"
    if bullet := _BULLET.match(body):
        return f"{bullet.group(1)}• {_spans(escape(bullet.group(2)), allowed)}{end}"
    return _spans(escape(body), allowed) + end


def _spans(text: str, allowed: Clickable) -> str:
    return _INLINE.sub(partial(_span, allowed), text)


def _span(allowed: Clickable, found: re.Match[str]) -> str:
    match found.lastgroup:
        case "code":
            return found.group()
        case "url":
            return _named_link(found["url"], found["label"], allowed)
        case "bare":
            address = found["bare"].rstrip(".,:!?)]'\"*_~;") if not found["bare"].endswith("&amp;") else found["bare"]
            shown = f"<{address}>" if _admitted(address, allowed) else fixed(address)
            return f"{shown}{found['bare'][len(address):]}"
        case "bold":
            return f"*{_spans(found['bold'], allowed)}*"
        case _:
            return f"~{_spans(found['strike'], allowed)}~"


def _named_link(url: str, label: str, allowed: Clickable) -> str:
    """A link that also says where it leads, whatever its label claims."""
    if not _admitted(url, allowed):
        return f"{label} ({fixed(url)})"
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return f"<{url}|{label.replace('|', '¦')}> ({host})"


def _admitted(escaped: str, allowed: Clickable) -> bool:
    return allowed.admits(escaped.replace("&amp;", "&"))
