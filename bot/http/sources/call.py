"""One call of a webhook, and what every kind makes of its parts. Nothing in it is believed before its signature was checked."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from agents.core.incident import Signal, Status

WINDOW = 300
"""Seconds by which a signed time may differ from ours."""

DEEPEST = 60
"""Values within values."""

MOST = 1000
"""Alerts of one delivery that are taken; the rest of it is left out."""

TITLE, SEVERITY, TEXT = 300, 40, 4000
LABELS, LABEL_NAME, LABEL_VALUE = 40, 80, 300
LINKS, LINK = 5, 1000
"""Most characters of each part of an alert, and how many of those that are several."""

_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_PLAIN = re.compile(r"[\w.:/#@+-]{1,120}", re.ASCII)
_WEB = re.compile(r"https?://[!-~]+")


class Unsigned(Exception):
    """A call that does not prove where it comes from. Its text is for whoever sent it."""


class Malformed(Exception):
    """A call whose body is not what this kind sends. Its text is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came over the wire."""

    raw: bytes
    headers: Sequence[tuple[str, str]]
    """Names in lower case."""

    def one(self, name: str) -> str:
        """The header that has to be there once. Raises Unsigned."""
        found = self._all(name)
        if len(found) != 1:
            raise Unsigned(f"It needs one header {name}.")
        return found[0]

    def perhaps(self, name: str) -> str:
        """The header, or an empty text where it is not there. Raises Unsigned where it is there more than once."""
        return self.one(name) if self._all(name) else ""

    def _all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name.lower()]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a call tells of."""

    key: str
    """What it is known by when it is sent again. Taken from what is signed, so that nobody makes two of one."""
    signals: tuple[Signal, ...] = ()
    """Nothing where it tells of no alert: a test of the connection, an event of another kind."""
    group: str = ""
    """What the source itself says that its alerts have in common; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What can call."""

    title: str
    """How people call it."""
    verify: Callable[[Call, str, datetime], None]
    """Whether a call is signed with this secret, at this time. Raises Unsigned."""
    read: Callable[[Call], Arrival]
    """What it tells. Raises Malformed."""


def body_key(call: Call) -> str:
    """The key of a call whose own id, if it has one, is not signed: SHA-256 of its body."""
    return hashlib.sha256(call.raw).hexdigest()


def hmac_sha256(secret: bytes, *parts: bytes) -> bytes:
    """Of these parts, one behind the other."""
    return hmac.new(secret, b"".join(parts), hashlib.sha256).digest()


def same(given: str, wanted: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def in_time(text: str, now: datetime) -> None:
    """Raises Unsigned where this is no time, or one that is too far from now: an old call must not be sent again."""
    if not _TIME.fullmatch(text):
        raise Unsigned("Its time has to be in seconds since 1970.")
    if abs(now.timestamp() - int(text)) > WINDOW:
        raise Unsigned(f"Its time differs by more than {WINDOW // 60} minutes from ours.")


def authorized(call: Call, secret: str) -> None:
    """Whether it carries the secret as a bearer token, or as the password of any user. Raises Unsigned."""
    scheme, _, given = call.one("authorization").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    if not same(given.strip(), secret):
        raise Unsigned("Its Authorization has to carry this webhook's secret, as a bearer token or as a password.")


def object_of(call: Call) -> dict[str, Any]:
    """The body, which has to be an object of JSON in UTF-8. Raises Malformed."""
    try:
        value = json.loads(call.raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Malformed("The body has to be JSON in UTF-8.") from None
    if not isinstance(value, dict) or any(depth > DEEPEST for depth in _depths(value)):
        raise Malformed(f"The body has to be an object, with at most {DEEPEST} levels.")
    return value


def inner(value: Any, *names: str) -> Any:
    """What stands at this place; None where nothing does."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *names: str) -> dict[str, Any]:
    """The object at this place. Raises Malformed where there is none."""
    found = inner(value, *names)
    if not isinstance(found, dict):
        raise Malformed(f"It has no object {'.'.join(names)}.")
    return found


def needed(value: Any, *names: str) -> str:
    """The text at this place, which may be a number. Raises Malformed where there is none."""
    if not (found := words(inner(value, *names))):
        raise Malformed(f"It has no {'.'.join(names)}.")
    return found


def words(value: Any, limit: int = TITLE) -> str:
    """A text or a number as a text of at most so many characters that every database takes; empty for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return ""
    text = str(value)[:limit].replace("\0", "").strip()
    return text.encode(errors="replace").decode()


def labels_of(*sources: Any) -> dict[str, str]:
    """The plain values of these objects, as far as there is room; of one name the first counts."""
    found: dict[str, str] = {}
    for source in sources:
        for name, value in (source.items() if isinstance(source, dict) else ()):
            if (text := words(value, LABEL_VALUE)) and (label := words(name, LABEL_NAME)) and len(found) < LABELS:
                found.setdefault(label, text)
    return found


def links_of(*values: Any) -> tuple[str, ...]:
    """Those that are addresses of pages."""
    found = (value.strip() for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(link for link in found if len(link) <= LINK and _WEB.fullmatch(link)))[:LINKS]


def alert(
    fingerprint: str, status: Status, title: str, *, severity: Any = "", labels: Mapping[str, str] | None = None, links: Iterable[Any] = (),
    text: Any = "", began: Any = "", key: str = "",
) -> Signal:
    """A signal whose every part is within its bounds."""
    return Signal(
        _id(fingerprint), status, title or "Alert without a title", words(severity, SEVERITY).lower(), labels or {}, links_of(*links),
        words(text, TEXT), words(began, 60), key and _id(key),
    )


def _id(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _depths(value: Any) -> Iterator[int]:
    """How deep each value lies that holds others."""
    left = [(value, 1)]
    while left:
        one, depth = left.pop()
        yield depth
        if depth <= DEEPEST:
            parts = one.values() if isinstance(one, dict) else one
            left += [(part, depth + 1) for part in parts if isinstance(part, dict | list)]
