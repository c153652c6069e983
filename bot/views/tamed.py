"""The model's text on its way into a stream, where Slack itself reads the Markdown: piece by piece, no token cut, nothing in it active.

What a plain reading settles is passed on: prose, code, lists, tables, links on one line. What readers of Markdown could take in two ways is
not passed on at all; then the answer is posted as ordinary messages, which `markup.py` makes.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from bot.views.clickable import NOTHING, Clickable, fixed, stretches
from bot.views.mrkdwn import visible

_RUN = re.compile(r"`+")
_FENCE = re.compile(r"( {0,3})(```+|~~~+)[ \t]*([\w+#.-]*)[ \t]*")
_LIKE_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_PERHAPS_FENCE = re.compile(r" {0,3}(?:$|`{1,2}$|~{1,2}$|```|~~~)")
_LINK = re.compile(r"(!?)\[([^\[\]\n]{1,300})\]\((https?://[^\s()<>|]{1,1000})\)")
_DEFINITION = re.compile(r"[\s>*+\-\d.)]*\[[^\]]*\]:")
_ESCAPED = re.compile(r"\\[`\[\]()<&!~\\]")
_INDENTED = re.compile(r" {4}| *\t")
_TOKEN = re.compile(r"<(?:[@!#]|[A-Za-z][A-Za-z0-9+.-]*:)")
_BOUNDS = re.compile(r"[\[\] ]")


class Untamable(Exception):
    """Readers of Markdown could take this text in two ways."""


class Tamer:
    """Text as it is written goes in, Markdown that can be sent comes out. However the text is cut, the same comes out in the end.

    Nothing that comes out mentions anybody, shows a picture, or links to where it is not allowed, or without saying where.
    """

    def __init__(self, allowed: Clickable = NOTHING) -> None:
        self._allowed = allowed
        self.lost = False
        """Whether some of the text cannot go out this way; then nothing more comes out."""
        self._line = ""
        self._out = 0
        """How many characters of the line that goes on have come out."""
        self._fence = ""
        self._indent = 0
        """Spaces before the fence."""

    def feed(self, piece: str) -> str:
        """What can be sent now: whole lines, and of the last line the words before its last space that is in no code and no brackets."""
        if self.lost:
            return ""
        *whole, rest = (self._line + piece).split("\n")
        made = []
        try:
            for line in whole:
                made.append(self._ended(line) + "\n")
            self._line = rest
            made.append(self._begun())
        except Untamable:
            self.lost = True
        return "".join(made)

    def close(self) -> str:
        """What is left where no more text comes. Code that is still open is closed, so that it holds nothing that follows."""
        if self.lost:
            return ""
        try:
            rest = self._ended(self._line)
        except Untamable:
            self.lost = True
            return ""
        return rest + (f"\n{' ' * self._indent}{self._fence}" if self._fence else "")

    def _ended(self, line: str) -> str:
        """The rest of a line that is whole."""
        line = line.removesuffix("\r")
        out, self._out, self._line = self._out, 0, ""
        if self._fence:
            return self._code(line)
        if opening := _FENCE.fullmatch(line):
            self._indent, self._fence = len(opening[1]), opening[2]
            return line
        if _LIKE_FENCE.match(line) or _brackets(line)[1]:
            raise Untamable
        return _tame(line, out, self._allowed)

    def _code(self, line: str) -> str:
        """A line inside a fence, or the end of it."""
        bare = line.strip(" ")
        if bare and len(line) - len(line.lstrip(" ")) < self._indent:
            raise Untamable  # the fence may be in a list that ends here, and end with it
        if len(bare) >= len(self._fence) and not bare.strip(self._fence[0]) and _FENCE.fullmatch(line):
            self._fence = ""
            return line
        if _TOKEN.search(line):
            raise Untamable
        return visible(line)

    def _begun(self) -> str:
        """What can be sent of a line that goes on."""
        if self._fence or _PERHAPS_FENCE.match(self._line):
            return ""
        end = self._out + _brackets(self._line[self._out:])[0]
        made = _tame(self._line[:end], self._out, self._allowed)
        self._out = end
        return made


def _tame(line: str, start: int, allowed: Clickable) -> str:
    """The line from `start` on, where it is in no code and no brackets."""
    if _DEFINITION.match(line):
        raise Untamable
    indented = _INDENTED.match(line) is not None
    made = ""
    for text, code in _spans(line[start:]):
        span = _code_span(text) if code else _prose(text, indented, allowed)
        if made.endswith("`") and span.startswith("`"):
            raise Untamable  # two stretches of code would become one
        made += span
    return made


def _spans(text: str) -> Iterator[tuple[str, bool]]:
    """Prose and code spans in order. Raises Untamable where code begins that does not end in this line."""
    at = 0
    while begin := _RUN.search(text, at):
        end = next((mark for mark in _RUN.finditer(text, begin.end()) if mark.group() == begin.group()), None)
        yield text[at:begin.start()], False
        if end is None or text[:begin.start()].endswith("\\"):
            raise Untamable
        yield text[begin.start():end.end()], True
        at = end.end()
    yield text[at:], False


def _code_span(text: str) -> str:
    if _TOKEN.search(text):
        raise Untamable
    return visible(text)


def _prose(text: str, indented: bool, allowed: Clickable) -> str:
    if _ESCAPED.search(text) or (indented and ("&" in text or "<" in text)):
        raise Untamable
    made, at = [], 0
    for link in _LINK.finditer(text):
        made += [_words(text[at:link.start()], allowed), _link(link, allowed)]
        at = link.end()
    return "".join([*made, _words(text[at:], allowed)])


def _link(found: re.Match[str], allowed: Clickable) -> str:
    """A link that also says where it leads; a picture becomes one. Where it may not lead there, it is text."""
    mark = found[1] and "! "
    if not allowed.admits(found[3]):
        return f"{mark}{_words(found[2], allowed)} ({fixed(found[3])})"
    host = found[3].partition("://")[2].partition("/")[0].rpartition("@")[2]
    return f"{mark}[{_escape(found[2])}]({_escape(found[3])}) ({_escape(host)})"


def _words(text: str, allowed: Clickable) -> str:
    if "](" in text:
        raise Untamable  # a link of another form
    return "".join(fixed(words) if like_a_link else _escape(words) for words, like_a_link in stretches(text, allowed))


def _escape(text: str) -> str:
    return visible(text).replace("&", "&amp;").replace("<", "&lt;")


def _brackets(text: str) -> tuple[int, int]:
    """Where the text can be cut, behind its last space that is in no code and in no brackets; and how many brackets stay open."""
    end = at = depth = 0
    with suppress(Untamable):  # code that goes on: nothing behind its beginning is settled yet
        for span, code in _spans(text):
            for mark in () if code else _BOUNDS.finditer(span):
                depth = max(0, depth + {"[": 1, "]": -1}.get(mark.group(), 0))
                if mark.group() == " " and not depth:
                    end = at + mark.end()
            at += len(span)
    return end, depth
