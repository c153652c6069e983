"""Secrets out of text: those that we hold, and what looks like one."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
"""What stands where a secret stood."""

SHORTEST = 6
"""Characters below which a held secret is too common a text to be found: redacting `root` would destroy every answer."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of secret looks like. The pattern's group is the secret; what is around it stays."""

    name: str
    marker: str
    """Lower-case text without which the pattern cannot match: it is looked for first, because that is fast."""
    pattern: re.Pattern[str]


def _shape(name: str, marker: str, pattern: str) -> Shape:
    return Shape(name, marker, re.compile(pattern, re.DOTALL))


SHAPES: tuple[Shape, ...] = (
    _shape("Slack token", "xox", r"\b(xox[a-z]-[A-Za-z0-9-]{10,}|xoxe\.xox[a-z]-[A-Za-z0-9-]{10,})"),
    _shape("Slack app token", "xapp-", r"\b(xapp-[A-Za-z0-9-]{10,})"),
    _shape("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{8,})"),
    _shape("Anthropic key", "sk-ant-", r"\b(sk-ant-[A-Za-z0-9_-]{8,})"),
    _shape("AWS access key", "akia", r"\b(AKIA[0-9A-Z]{16})"),
    _shape("AWS session key", "asia", r"\b(ASIA[0-9A-Z]{16})"),
    _shape("AWS secret key", "secret", r"(?i:secret_?access_?key)[\\\"']{0,4}\s{0,4}[=:]\s{0,4}[\\\"']{0,4}([A-Za-z0-9/+=]{40})"),
    _shape("GitHub token", "gh", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    _shape("private key", "private key",
           r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|\Z))"),
    _shape("bearer token", "bearer", r"(?i:\bbearer)(?:\s{1,4}|%20|\+)((?=[^\s]{0,60}\d)[A-Za-z0-9._~+/=-]{16,})"),
    _shape("authorization", "authorization", r"(?i:authorization)[\\\"']{0,4}\s{0,4}[:=]\s{0,4}[\\\"']{0,4}"
           r"(?:(?i:bearer|basic|token|digest|apikey)\s{1,4})?(?!(?i:bearer|basic|token|digest|apikey)\s)([A-Za-z0-9._~+/=:-]{6,})"),
    _shape("JSON web token", "eyj", r"\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)"),
    _shape("password in a URL", "://", r"://[^\s:/@\"'\[\]]{0,256}:([^\s/@\"']{1,256})@"),
)


class Redactor:
    """Replaces secrets in text by a mark. Doing it twice is doing it once.

    `secrets` are the values that we hold (tokens, keys, passwords); those shorter than six characters are left alone. They are found
    as they are and as JSON, inside JSON strings and in URLs.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        held = {secret for secret in secrets if len(secret) >= SHORTEST and secret not in MARK}
        self._held = tuple(sorted({form for secret in held for form in _forms(secret)}))

    def __call__(self, text: str) -> str:
        """The text with every secret marked. A mark can end the word before a secret, so it looks again until it finds nothing."""
        while (marked := self._marked(text)) != text:
            text = marked
        return text

    def _marked(self, text: str) -> str:
        spans = sorted([*self._literal(text), *_shaped(text)])
        if not spans:
            return text
        kept: list[str] = []
        at = 0
        for start, end in _joined(spans):
            kept += [text[at:start], MARK]
            at = end
        return "".join([*kept, text[at:]])

    def _literal(self, text: str) -> Iterator[tuple[int, int]]:
        for secret in self._held:
            at = text.find(secret)
            while at >= 0:
                yield at, at + len(secret)
                at = text.find(secret, at + 1)


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret is written."""
    layers = {secret}
    for _ in range(2):
        layers |= {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in layers for ascii_only in (True, False)}
        layers |= {form.replace("/", "\\/") for form in layers}
    yield from layers
    encodable = secret.encode("utf-8", "replace")
    yield quote(encodable, safe="")
    yield quote(encodable)
    yield quote_plus(encodable)


def _shaped(text: str) -> Iterator[tuple[int, int]]:
    lowered = text.lower()
    for shape in SHAPES:
        if shape.marker in lowered:
            for match in shape.pattern.finditer(text):
                if match[1] != MARK:
                    yield match.span(1)


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted spans without overlaps."""
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        else:
            end = max(end, next_end)
    yield start, end
