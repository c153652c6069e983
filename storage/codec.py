"""From events to rows and back: the body without its content, the payload with it, and the hash that chains the rows of a run.

An event's fields lie in three places. Those that people ask for have columns (`kind`, `tool`, `call_id`). Those that its class names in
`CONTENT` go into the payload, which can be erased. The rest is the body. Fields that have their default value are left out of both.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from json.encoder import encode_basestring
from typing import Any, get_args

from pydantic import TypeAdapter

from agents.core.errors import JournalTampered, JournalVersion
from agents.core.events import Event, Fact, Recorded
from agents.core.ids import SYSTEM, ActorId, RunId, canonical

ERASED = "[erased]"
"""What is read where content was erased."""

COLUMNS = ("tool", "call_id")
"""Fields of events that have a column of their name."""

UPGRADES: Mapping[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]] = {}
"""How the fields of a kind that has changed are brought up to date: the first function makes version 2 of version 1, and so on."""

KINDS: Mapping[str, type[Any]] = {str(field.default): cls for cls in get_args(Event) for field in fields(cls) if field.name == "kind"}
"""The class of each kind of event."""

SHORT = 4
"""So many bytes of its hash are kept of a row that is not the last of its append: they tell which row is wrong, the last one proves all."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Redact = Callable[[str], str]
"""Takes the secrets out of a text."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A fact as it will be stored, but for its place in the journal."""

    fact: Fact
    columns: Mapping[str, Any]
    payload: Mapping[str, Any] | None


def microseconds(at: datetime) -> int:
    """Microseconds since 1970. Raises TypeError for a time without its zone."""
    return (at - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """The inverse of `microseconds`, in UTC."""
    return EPOCH + timedelta(microseconds=value)


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    """Builds pydantic's reader and writer of one kind when it is first needed: building all takes longer than starting should."""
    return TypeAdapter(KINDS[kind])


PROSE = frozenset({"detail", "error", "name", "why"})
"""Fields beside the content that hold free text. Ids, names of tools and roles, and words of ours are never redacted."""


def encode(fact: Fact, redact: Redact | None = None) -> Encoded:
    """The fact as columns and payload. Where `redact` changes its text, the fact in the answer is the changed one.

    Half a surrogate pair, which no database takes, becomes a question mark. Raises ValueError for a number that JSON does not know.
    """
    try:
        return _encode(fact, redact)
    except UnicodeEncodeError:
        kind = fact.event.kind
        whole = map_text(_adapter(kind).serializer.to_python(fact.event, mode="json"), lambda text: text.encode(errors="replace").decode())
        return _encode(Fact(_adapter(kind).validator.validate_python(whole), fact.actor, fact.at), redact)


def _encode(fact: Fact, redact: Redact | None) -> Encoded:
    kind = fact.event.kind
    body = _adapter(kind).serializer.to_python(fact.event, mode="json", exclude_defaults=True)
    body.pop("kind", None)
    names: frozenset[str] = KINDS[kind].CONTENT
    if redact is not None and (clean := {k: map_text(v, redact) if k in names or k in PROSE else v for k, v in body.items()}) != body:
        body = clean
        fact = Fact(_adapter(kind).validator.validate_python(clean), fact.actor, fact.at)
    content = {name: body.pop(name) for name in names if name in body}
    columns = {
        "time": microseconds(fact.at), "kind": kind, "actor": None if fact.actor == SYSTEM else fact.actor,
        "tool": body.pop("tool", None), "call_id": body.pop("call_id", None), "payload_hash": None,
    }
    if "calls" in content:
        body["calls"], content["calls"] = _split_calls(content["calls"])
    if kind in UPGRADES:
        body["v"] = len(UPGRADES[kind]) + 1
    columns["body"] = canonical(body) if body else ""
    f"{columns['body']}{columns['tool']}{columns['call_id']}".encode()  # raises where `encode` has to clean the text
    if not content:
        return Encoded(fact, columns, None)
    text = canonical(content).encode()
    salt = os.urandom(16)
    columns["payload_hash"] = hashlib.sha256(salt + text).digest()
    return Encoded(fact, columns, {"salt": salt, "content": pack(text)})


def map_text(value: Any, change: Redact) -> Any:
    """The same JSON value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): map_text(item, change) for key, item in value.items()}
    return [map_text(item, change) for item in value] if isinstance(value, list) else value


def _split_calls(calls: Sequence[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Which calls there were stays in the body, because later events speak of them; what they said is content."""
    return [[c.pop("call_id"), c.pop("tool")] for c in calls], list(calls)


def pack(text: bytes) -> bytes:
    """Deflated where that is shorter. A deflated text does not begin with `{`, as JSON does.

    The small window costs nothing where texts are short, and a quarter of the time: most of it goes into setting up the window.
    """
    if len(text) < 100:
        return text
    deflate = zlib.compressobj(level=1, wbits=13, memLevel=6)
    packed = deflate.compress(text) + deflate.flush()
    return packed if len(packed) < len(text) else text


def unpack(content: bytes) -> bytes:
    """The inverse of `pack`. Raises zlib.error."""
    return content if content[:1] == b"{" else zlib.decompress(content)


def genesis(run_id: RunId) -> bytes:
    """What the first event of a run is chained to."""
    return hashlib.sha256(f"countersign run {run_id}".encode()).digest()


def chained(row: Mapping[str, Any], run_id: str, before: bytes) -> bytes:
    """The hash of a row: over the hash before it in the run and the canonical JSON of what was stored.

    That is every column but the hash itself, and the run's id instead of its number.
    """
    return hashlib.sha256(before + _covered(row, run_id).encode()).digest()


def _covered(row: Mapping[str, Any], run_id: str) -> str:
    """What `canonical` makes of it, in a quarter of the time: these names are always the same, and so is their order."""
    payload = row["payload_hash"]
    return (
        f'{{"actor":{_quoted(row["actor"])},"agent":{_quoted(row["agent"])},"body":{_quoted(row["body"])},'
        f'"call_id":{_quoted(row["call_id"])},"id":{row["id"]},"kind":{_quoted(row["kind"])},'
        f'"payload_hash":{_quoted(payload and bytes(payload).hex())},"run_id":{_quoted(run_id)},"seq":{row["seq"]},'
        f'"time":{row["time"]},"tool":{_quoted(row["tool"])}}}'
    )


def _quoted(text: str | None) -> str:
    return "null" if text is None else encode_basestring(text)


def decode(row: Mapping[str, Any], salt: bytes | None, content: bytes | None) -> Recorded:
    """The event of a row and its payload. Raises JournalTampered where the payload is not the one that was chained."""
    kind = row["kind"]
    fields = json.loads(row["body"]) if row["body"] else {}
    for name in COLUMNS:
        if row[name] is not None:
            fields[name] = row[name]
    fields.update(_content(row, salt, content, fields))
    fields = _upgrade(row, fields)
    event = _adapter(kind).validator.validate_python(fields)
    return Recorded(RunId(row["run_id"]), row["seq"], moment(row["time"]), ActorId(row["actor"] or SYSTEM), row["agent"], event)


def _content(row: Mapping[str, Any], salt: bytes | None, content: bytes | None, fields: dict[str, Any]) -> dict[str, Any]:
    """The content fields; markers where they were erased."""
    if row["payload_hash"] is None:
        return {}
    calls = fields.get("calls", [])
    if salt is None or content is None:
        erased: dict[str, Any] = dict.fromkeys(KINDS[row["kind"]].CONTENT, ERASED)
        if "calls" in fields:
            erased["calls"] = [{"call_id": i, "tool": tool, "arguments": {ERASED: ERASED}} for i, tool in calls]
        for name in erased.keys() & {"arguments", "labels"}:
            erased[name] = {ERASED: ERASED}
        if "links" in erased:
            erased.update(links=[], finding=None)
        return erased
    try:
        text = unpack(bytes(content))
    except (zlib.error, TypeError):  # text where bytes were written
        text = b""
    if hashlib.sha256(bytes(salt) + text).digest() != row["payload_hash"]:
        raise tampered(row["run_id"], row["seq"], "its payload is not the one that was written")
    found: dict[str, Any] = json.loads(text)
    if "calls" in found:
        found["calls"] = [{"call_id": i, "tool": tool, **rest} for (i, tool), rest in zip(calls, found["calls"], strict=True)]
    return found


def _upgrade(row: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    version = fields.pop("v", 1)
    steps = UPGRADES.get(row["kind"], ())
    if version > len(steps) + 1:
        raise JournalVersion(
            f"{row['run_id']} event {row['seq']} is a {row['kind']} of version {version}; this program knows {len(steps) + 1}. "
            "Install a newer one."
        )
    for step in steps[version - 1 :]:
        fields = step(fields)
    return fields


def tampered(run_id: str, seq: int, what: str) -> JournalTampered:
    """The error that names the first row that is wrong."""
    return JournalTampered(
        f"The journal was changed: {run_id} event {seq}: {what}. Nothing of this run is carried on; compare with a backup."
    )
