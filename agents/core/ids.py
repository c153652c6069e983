"""Names of things: short strings that are derived, never drawn, so that doing a thing twice gives it the same name."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, NewType

RunId = NewType("RunId", str)
"""One run: `run-` and 16 letters or digits, derived from its trigger's dedupe key."""

CallId = NewType("CallId", str)
"""One call of a run: `c1`, `c2`, … in the order in which the model asked for them. The model never chooses it."""

AskId = NewType("AskId", str)
"""One question to people: the run's id, a dot and `a1`, `a2`, …; it names its run, so a button needs nothing else."""

GrantId = NewType("GrantId", str)
"""A grant: the id of the run in which it was given, a dot and `g1`, `g2`, …"""

ActorId = NewType("ActorId", str)
"""Who did something: `TEAM/USER` for a person in Slack, `local/NAME` at the terminal, `api/NAME` for a program with a token,
`countersign` for the program itself."""

SYSTEM = ActorId("countersign")
"""The program itself: its loop, its clock, its policy."""

CONTROL = RunId("control")
"""The journal's stream of what people decide about no run in particular: halts, grants that they take back, schedules
that they pause."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def run_id_for(dedupe_key: str) -> RunId:
    """The id of the run that a trigger with this key starts; the same key always gives the same run (80 bits of SHA-256)."""
    digest = hashlib.sha256(dedupe_key.encode()).digest()[:10]
    return RunId("run-" + base64.b32encode(digest).decode().lower())


def call_id(number: int) -> CallId:
    """The id of the run's call with this number, counted from 1."""
    return CallId(f"c{number}")


def ask_id(run_id: RunId, number: int) -> AskId:
    """The id of the run's question with this number, counted from 1."""
    return AskId(f"{run_id}.a{number}")


def grant_id(run_id: RunId, number: int) -> GrantId:
    """The id of the run's grant with this number, counted from 1."""
    return GrantId(f"{run_id}.g{number}")


def run_of(name: AskId | GrantId) -> RunId:
    """The run that a question or a grant belongs to."""
    return RunId(name.partition(".")[0])


def idempotency_key(run_id: RunId, call: CallId) -> str:
    """What an effect is known by outside: the same for every attempt at one call, and safe as an HTTP header."""
    return f"{run_id}.{call}"


def person(team: str, user: str) -> ActorId:
    """A person in a Slack workspace. Raises ValueError where the team would make them somebody at the terminal, or a program."""
    if team in ("local", "api"):
        raise ValueError(f"No workspace is called {team}.")
    return ActorId(f"{team}/{user}")


def local_person(name: str) -> ActorId:
    """The person at the terminal, by the name of their account on this machine."""
    return ActorId(f"local/{name}")


def api_client(name: str) -> ActorId:
    """The program that uses the API with the token of this name."""
    return ActorId(f"api/{name}")


def canonical(value: Mapping[str, Any]) -> str:
    """The one JSON text of a value: sorted keys, no spaces, no NaN; equal values have equal texts."""
    return _CANONICAL.encode(value)


def sha256(text: str) -> str:
    """SHA-256 of a text as UTF-8, in hexadecimal; half a surrogate pair counts as what it is."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(*parts: str) -> str:
    """SHA-256 over the parts, each preceded by its length in bytes, so that no two lists of parts run into one another."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()
