"""Every kind of event survives the way into a row and back."""

import dataclasses
import hashlib
import json
import types
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.errors import JournalTampered, JournalVersion
from agents.core.finding import Finding, Suspect
from agents.core.ids import SYSTEM, ActorId, RunId, ask_id, call_id, canonical, grant_id
from storage import codec
from storage.codec import ERASED, KINDS, chained, decode, encode, genesis, pack, unpack
from tests.storage.stories import ALICE, BOB, START, answered, fact, story

RUN = RunId("run-x")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field with this annotation."""
    simple = {
        str: st.text(max_size=40), int: st.integers(), bool: st.booleans(), float: st.floats(allow_nan=False, allow_infinity=False),
        datetime: st.datetimes(timezones=st.just(UTC)), types.NoneType: st.none(),
    }
    if hint in simple:
        return simple[hint]
    if isinstance(hint, NewType):
        return values_of(hint.__supertype__)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is not ...:
        return st.tuples(*map(values_of, arguments))
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(max_size=8), JSON if arguments[1] is Any else values_of(arguments[1]), max_size=3)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, arguments))
    return instances_of(hint)


def instances_of(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a dataclass, with anything in its fields."""
    hints = get_type_hints(cls)
    return st.builds(cls, **{name: values_of(hint) for name, hint in hints.items() if name != "CONTENT"})


def round_trip(given_fact: e.Fact) -> e.Recorded:
    encoded = encode(given_fact)
    row = {"id": 1, "run_id": "run-x", "seq": 1, "agent": "triage", **encoded.columns}
    json.loads(row["body"] or "{}")
    payload = encoded.payload or {"salt": None, "content": None}
    return decode(row, payload["salt"], payload["content"])


@given(st.sampled_from(list(KINDS.values())).flatmap(instances_of), st.sampled_from([SYSTEM, ALICE]), st.datetimes(timezones=st.just(UTC)))
def test_an_event_comes_back_as_it_was(event: Any, actor: ActorId, at: datetime) -> None:
    back = round_trip(e.Fact(event, actor, at))
    assert (back.event, back.actor, back.at, back.agent) == (event, actor, at, "triage")


def test_every_kind_is_known() -> None:
    assert len(KINDS) == len(get_args(e.Event))
    assert all(cls.__name__.lower() == kind.replace("_", "") for kind, cls in KINDS.items())


def test_content_is_in_the_payload_alone() -> None:
    for facts in story("content")[1]:
        for item in facts:
            encoded = encode(item)
            body = json.loads(str(encoded.columns["body"]) or "{}")
            assert not (KINDS[item.event.kind].CONTENT - {"calls"}) & body.keys()
            assert "checkout" not in str(encoded.columns)


def test_an_event_whose_content_is_default_has_no_payload() -> None:
    assert encode(fact(e.RunFinished(e.Outcome.ANSWERED))).payload is None
    assert encode(fact(e.RunFinished(e.Outcome.STOPPED, "x"))).payload is not None
    assert encode(fact(e.ModelAsked(1, "smart"))).columns["payload_hash"] is None


def test_equal_content_has_different_hashes() -> None:
    first, second = (encode(fact(e.ModelFailed("yes"))) for _ in range(2))
    assert first.columns["payload_hash"] != second.columns["payload_hash"]


def test_erased_content_is_a_marker() -> None:
    call = e.Proposal(call_id(1), "read", {"q": "a secret"})
    encoded = encode(fact(answered(call, text="Alice's secret")))
    read = decode({"run_id": "run-x", "seq": 1, "agent": "a", **encoded.columns}, None, None).event
    assert isinstance(read, e.ModelAnswered)
    assert (read.text, read.calls) == (ERASED, (e.Proposal(call_id(1), "read", {ERASED: ERASED}),))


def test_calls_that_a_person_gave_are_split_like_a_models() -> None:
    event = e.CallsGiven((e.Proposal(call_id(1), "scale", {"service": "checkout"}),))
    encoded = encode(fact(event))
    assert encoded.payload is not None
    assert json.loads(str(encoded.columns["body"])) == {"calls": [["c1", "scale"]]}
    row = {"run_id": "run-x", "seq": 1, "agent": "a", **encoded.columns}
    assert decode(row, encoded.payload["salt"], encoded.payload["content"]).event == event
    assert decode(row, None, None).event == e.CallsGiven((e.Proposal(call_id(1), "scale", {ERASED: ERASED}),))


@pytest.mark.parametrize("event", [
    e.CallEdited(ask_id(RUN, 1), call_id(1), "scale", "Bob", {"service": "checkout"}),
    e.GrantGiven(grant_id(RUN, 1), ask_id(RUN, 1), call_id(1), "scale", "d", {"service": "checkout"}, START, 9, "Bob"),
])
def test_erased_arguments_are_arguments_that_no_call_has(event: Any) -> None:
    encoded = encode(fact(event))
    assert "checkout" not in str(encoded.columns)
    read = decode({"run_id": "run-x", "seq": 1, "agent": "a", **encoded.columns}, None, None).event
    assert read == replace(event, arguments={ERASED: ERASED})


@given(st.sampled_from(list(KINDS.values())).flatmap(instances_of))
def test_every_event_can_be_read_when_its_content_was_erased(event: Any) -> None:
    encoded = encode(fact(event))
    read = decode({"run_id": "run-x", "seq": 1, "agent": "a", **encoded.columns}, None, None).event
    assert read.kind == event.kind
    kept = {field.name for field in dataclasses.fields(event)} - KINDS[event.kind].CONTENT
    assert all(getattr(read, name) == getattr(event, name) for name in kept)


S = "hunter2"


@pytest.mark.parametrize("event", [
    e.CallEdited(ask_id(RUN, 1), call_id(1), "scale", S, {"password": S, "deep": [{S: S}]}),
    e.GrantGiven(grant_id(RUN, 1), ask_id(RUN, 1), call_id(1), "scale", "d", {"password": S}, START, 9, S),
    e.GrantLapsed(grant_id(RUN, 1), call_id(1), "scale", S), e.RunStopped(S), e.FeedbackGiven(S, False, S), e.Halted("triage", S, S),
    e.SchedulePaused("nightly", S), e.ScheduleResumed("nightly", S), e.ScheduleCalled("nightly", S),
    e.Resumed("triage", S), e.GrantRevoked(grant_id(RUN, 1), "scale", S), e.MemoryForgotten(1, "triage", S),
    e.CallsGiven((e.Proposal(call_id(1), "login", {"password": S}),)),
    e.SignalReceived(
        "k", "f", "firing", S, S, {S: S}, (S,), S, finding=Finding("m", "volume", S, "above", START, S, suspects=(Suspect(S, (S,)),))
    ),
    e.DeliveryParked("k", "webhook", 5, S),
    e.RequestsRefused({"/slack/events 401": 3}, 60, S),
    e.VoteWithdrawn(ask_id(RUN, 1), call_id(1), "scale", BOB, S), e.ProbeAnswered(call_id(1), "scale", None, S),
], ids=lambda event: event.kind)
def test_what_people_wrote_is_redacted(event: Any) -> None:
    encoded = encode(fact(event), lambda text: text.replace(S, "[secret]"))
    content = unpack(encoded.payload["content"]) if encoded.payload else b""
    assert S not in f"{encoded.fact} {encoded.columns} {content!r}"
    assert repr(encoded.fact.event).count("[secret]") == repr(event).count(S)


def test_thinking_is_content_and_takes_no_room_where_there_is_none() -> None:
    encoded = encode(fact(replace(answered(), thinking="sealed")))
    assert encoded.payload is not None
    assert json.loads(unpack(encoded.payload["content"])) == {"text": "I look.", "thinking": "sealed", "calls": []}
    assert "sealed" not in str(encoded.columns)
    row = {"run_id": "run-x", "seq": 1, "agent": "a", **encoded.columns}
    assert getattr(decode(row, encoded.payload["salt"], encoded.payload["content"]).event, "thinking", None) == "sealed"
    assert getattr(decode(row, None, None).event, "thinking", None) == ERASED
    silent = encode(fact(answered()))
    assert silent.payload is not None
    assert b"thinking" not in unpack(silent.payload["content"])  # just as in a row from before there was any


@pytest.mark.parametrize("content", [b'{"error":"no"}', b"x broken", b"", zlib.compress(b'{"error":"no"}')])
def test_content_that_was_changed_is_found(content: bytes) -> None:
    encoded = encode(fact(e.ModelFailed("yes")))
    assert encoded.payload is not None
    with pytest.raises(JournalTampered, match="run-x event 4: its payload"):
        decode({"run_id": "run-x", "seq": 4, "agent": "a", **encoded.columns}, encoded.payload["salt"], content)


def test_half_a_surrogate_pair_does_not_stop_the_journal() -> None:
    broken = e.Proposal(call_id(1), "to\ud800ol", {"a": "\udfff!"})
    read = round_trip(fact(answered(broken, text="\ud800"))).event
    assert isinstance(read, e.ModelAnswered)
    assert (read.text, read.calls[0].tool, read.calls[0].arguments) == ("?", "to?ol", {"a": "?!"})
    assert round_trip(fact(e.CallRejected(call_id(1), "\ud800", "no"))).event == e.CallRejected(call_id(1), "?", "no")


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode(fact(answered(cost=float("inf"))))


@given(st.binary(max_size=400).map(lambda raw: b"{" + raw.hex().encode() + b"}"))
def test_packing_never_makes_longer(text: bytes) -> None:
    assert unpack(pack(text)) == text
    assert len(pack(text)) <= len(text)


def test_an_older_kind_is_read_by_newer_code(monkeypatch: pytest.MonkeyPatch) -> None:
    old = {"run_id": "run-x", "seq": 1, "agent": "a", **encode(fact(e.ModelAsked(1, "smart"))).columns}
    old["body"] = canonical({"number": 7, "tier": "smart"})
    upgrade = {"model_asked": (lambda fields: {"step": fields.pop("number"), **fields},)}
    monkeypatch.setattr(codec, "UPGRADES", upgrade)
    assert decode(old, None, None).event == e.ModelAsked(7, "smart")
    new = {**old, "body": encode(fact(e.ModelAsked(8, "smart"))).columns["body"]}
    assert json.loads(new["body"]) == {"step": 8, "tier": "smart", "v": 2}
    assert decode(new, None, None).event == e.ModelAsked(8, "smart")
    monkeypatch.setattr(codec, "UPGRADES", {})
    with pytest.raises(JournalVersion, match="version 2; this program knows 1"):
        decode(new, None, None)


def test_the_chain_covers_what_a_row_says() -> None:
    row = {"id": 1, "run_id": "run-x", "seq": 1, "agent": "a", **encode(fact(e.ModelFailed("yes"))).columns}
    honest = chained(row, "run-x", genesis(RunId("run-x")))
    assert chained(row, "run-x", genesis(RunId("run-y"))) != honest
    for column in row:
        changed = {**row, column: b"?" if column == "payload_hash" else "?"}
        assert chained(changed, changed["run_id"], genesis(RunId("run-x"))) != honest, column


@given(
    st.fixed_dictionaries({
        **dict.fromkeys(("agent", "body", "kind"), st.text(max_size=30)),
        **dict.fromkeys(("actor", "call_id", "tool"), st.none() | st.text(max_size=30)),
        **dict.fromkeys(("id", "seq", "time"), st.integers(0, 2**62)),
        "payload_hash": st.none() | st.binary(min_size=32, max_size=32),
    }),
    st.text(max_size=30),
)
def test_the_hash_is_that_of_the_canonical_row(row: dict[str, Any], run_id: str) -> None:
    said = {**row, "run_id": run_id, "payload_hash": row["payload_hash"] and row["payload_hash"].hex()}
    before = genesis(RunId("run-x"))
    assert chained(row, run_id, before) == hashlib.sha256(before + canonical(said).encode()).digest()
