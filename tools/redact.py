"""Secrets out of text: those that we hold, and what looks like one."""

import html
import json
import re
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

from tools.shapes import PHRASES, TOKENS, Shape

MARK = "[redacted]"
"""What stands where a secret stood."""

SHORTEST = 6
"""Characters below which a held secret is too common a text to be found: redacting `root` would destroy every answer."""

SHORTEST_ENCODED = 8
"""Characters of base64 below which nothing is said with certainty."""

SHORT, REMEMBERED = 32, 4096
"""Characters of texts of which is remembered what came of them, and how many are: names of fields and ids come again and again."""

LONG = 20
"""Characters of the shortest token that is known by its beginning."""

_BREAK = re.compile(r"[\\\r\n](?:(?<=[\r\n])|[nr])(?:\\[nr]|\s)*")
"""The end of a line, also as it is written within quotes, and how the next one is indented."""

_WORD = re.compile(r"[^\s\\\"']{0,400}")

Span = tuple[int, int]


class Redactor:
    """Replaces secrets in text by a mark. Doing it twice is doing it once.

    `secrets` are the values that we hold (tokens, keys, passwords); those shorter than six characters are left alone. They are found
    as they are, cut by line breaks, and as JSON, inside JSON strings, in URLs, HTML, base64 and hexadecimal.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        held = {secret for secret in secrets if len(secret) >= SHORTEST and secret not in MARK}
        cut = {_BREAK.sub("", form) for secret in held for form in (secret, *_base64(secret.encode("utf-8", "replace")))}
        self._held = frozenset(form for secret in held for form in _forms(secret))
        self._cut = frozenset(form for form in cut if len(form) >= SHORTEST)
        self._remembered = lru_cache(REMEMBERED)(self._clean)

    def __call__(self, text: str) -> str:
        """The text with every secret marked."""
        return self._remembered(text) if len(text) <= SHORT else self._clean(text)

    def _clean(self, text: str) -> str:
        """A mark can end the word before a secret, so it looks again until it finds nothing."""
        while len(text) >= SHORTEST and (marked := self._marked(text)) != text:
            text = marked
        return text

    def _marked(self, text: str) -> str:
        flat = _BREAK.sub("", text)
        spans = sorted([*self._literal(text, flat), *_shaped(text, flat)])
        if not spans:
            return text
        kept: list[str] = []
        at = 0
        for start, end in _joined(spans):
            kept += [text[at:start], MARK]
            at = end
        return "".join([*kept, text[at:]])

    def _literal(self, text: str, flat: str) -> Iterator[Span]:
        """Where held secrets stand. They are looked for without line breaks too, so that one that is cut in two is found."""
        yield from _found(self._held, text)
        if len(flat) < len(text):
            original = _original(text, 0)
            for start, end in _found(self._cut, flat):
                yield original(start), original(end - 1) + 1


def _found(forms: Collection[str], text: str) -> Iterator[Span]:
    """Where these stand."""
    for form in [form for form in forms if form in text]:
        at = text.find(form)
        while at >= 0:
            yield at, at + len(form)
            at = text.find(form, at + 1)


def _original(text: str, begin: int) -> Callable[[int], int]:
    """Where in the text stands what is at a place of the same, from `begin` on, without its line breaks."""
    joints: list[int] = []
    shifts = [begin]

    def original(at: int) -> int:
        if len(shifts) == 1:
            for match in _BREAK.finditer(text, begin):
                joints.append(match.start() - shifts[-1])
                shifts.append(match.end() - joints[-1])
        return at + shifts[bisect_right(joints, at)]

    return original


def _folded(text: str) -> str:
    """In lower case, each character at its place: a few become several letters otherwise."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(low if len(low := one.lower()) == 1 else one for one in text)


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret is written."""
    layers = {secret, repr(secret)[1:-1]}
    for _ in range(2):
        layers |= {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in layers for ascii_only in (True, False)}
        layers |= {form.replace("/", "\\/") for form in layers}
    yield from layers
    yield html.escape(secret)
    encoded = secret.encode("utf-8", "replace")
    for percent in (quote(encoded, safe=""), quote(encoded), quote_plus(encoded)):
        yield percent
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), percent)
        yield quote(percent, safe="")
    yield encoded.hex()
    yield encoded.hex().upper()
    yield from _base64(encoded)


def _base64(secret: bytes) -> Iterator[str]:
    """What of its base64 is the same whatever stands before and behind it."""
    for before in range(3):
        whole = b64encode(b"\0" * before + secret).decode()
        first, last = (0, 2, 3)[before], (0, 2, 3)[(before + len(secret)) % 3]
        core = whole[first : len(whole) - (4 if last else 0) + max(0, last - 1)]
        if len(core) >= SHORTEST_ENCODED:
            yield core
            yield core.translate(str.maketrans("+/", "-_"))


def _shaped(text: str, flat: str) -> Iterator[Span]:
    folded = _folded(text)
    for shape in PHRASES:
        if shape.marker in folded:
            yield from _of(shape, text, folded)
    words = " ".join([word for word in flat.split() if len(word) >= LONG])
    for shape in TOKENS if words else ():
        if shape.marker in words:
            yield from _of(shape, text, text)


def _of(shape: Shape, text: str, seen: str) -> Iterator[Span]:
    """The secrets of this shape. `seen` is the text as its marker is looked for."""
    at, pattern = seen.find(shape.marker), shape.pattern
    while at >= 0:
        after = at + 1
        begin = max(0, at - shape.back)
        match = pattern.match(text, begin)
        if match and shape.accepts(match):
            span = match.span(match.lastindex or 0)
            after = max(after, span[1])
            if text[span[0] : span[1]] != MARK:
                yield span
        elif not match and not shape.folded and (cut := _cut(shape, text, begin)):
            yield cut
        at = seen.find(shape.marker, after)


def _cut(shape: Shape, text: str, begin: int) -> Span | None:
    """A token that begins here and that a line break cuts."""
    end = match.end() if (match := _WORD.match(text, begin)) else begin
    if not _BREAK.match(text, end):
        return None
    before = text[max(0, begin - 3) : begin]
    match = shape.pattern.match(before + _BREAK.sub("", text[begin : begin + 600]), len(before))
    return (begin, _original(text, begin)(match.end() - 1 - len(before)) + 1) if match else None


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Sorted spans without overlaps."""
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        else:
            end = max(end, next_end)
    yield start, end
