"""The tools of memory, over a real database: what one run stores a later one reads, within its scope, and with its taint."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.core.ids import ActorId, RunId
from agents.core.trigger import Place
from agents.ports import TERMINAL, Caller, Done, Failed
from storage.database import open_database
from storage.memory import SqlMemories
from tests.tools.sources import NOW, opened
from tools.kinds import KINDS
from tools.toolbox import Toolbox


def caller(agent: str = "triage", channel: str = "C1", *, tainted: bool = False) -> Caller:
    return Caller(RunId("run-x"), agent, Place("T01", channel, "1.2"), ActorId("T01/U01DANA"), tainted)


def item(**config: Any) -> dict[str, Any]:
    return {"name": "memory", "memory": config}


@pytest.fixture
async def memories(tmp_path: Path) -> AsyncIterator[SqlMemories]:
    """An empty database."""
    async with open_database(f"sqlite:///{tmp_path}/journal.db") as database:
        yield SqlMemories(database, lambda text: text.replace("hunter2", "[secret]"))


async def call(toolbox: Toolbox, operation: str, who: Caller | None = None, key: str = "k", **arguments: Any) -> Done | Failed:
    told = await toolbox.run(f"memory_{operation}", arguments, key=key, caller=who or caller())
    assert not isinstance(told, Failed) or told.text
    assert isinstance(told, Done | Failed)
    return told


async def test_a_later_run_reads_it_with_its_source(memories: SqlMemories) -> None:
    async with opened(item(), memories=memories) as toolbox:
        stored = await call(toolbox, "store", text="Checkout is\nfrozen, hunter2.", topic="checkout", tags=["freeze"], expires_days=30)
        assert stored == Done("Remembered as m1.")
        told = Done(
            "m1 [checkout; freeze] from run run-x for T01/U01DANA, 2026-11-28 09:30 UTC, until 2026-12-28\n"
            "  Checkout is\n  frozen, [secret]."
        )
        assert await call(toolbox, "search", words="is checkout frozen?") == told
        assert await call(toolbox, "list") == told
        assert await call(toolbox, "list", topic="CHECKOUT") == told
    async with opened(item(), memories=memories, now=NOW + timedelta(days=30)) as toolbox:
        assert await call(toolbox, "search", words="checkout") == Done("Nothing that is remembered here fits these words.")


async def test_a_call_that_is_repeated_stores_once(memories: SqlMemories) -> None:
    async with opened(item(), memories=memories) as toolbox:
        assert toolbox.specs()["memory_store"].repeat == "keyed"
        assert [await call(toolbox, "store", text="One.", key=key) for key in ("a", "a", "b")] == [
            Done("Remembered as m1."), Done("Remembered as m1."), Done("Remembered as m2.")
        ]


async def test_it_is_erased_for_good_and_not_brought_back(memories: SqlMemories) -> None:
    async with opened(item(), memories=memories) as toolbox:
        await call(toolbox, "store", text="Secret plans.", topic="plans", key="a")
        gone = await call(toolbox, "forget", memory="m1")
        assert gone == Done("Erased for good: m1 [plans] from run run-x for T01/U01DANA, 2026-11-28 09:30 UTC. It had 13 characters.")
        again = await call(toolbox, "forget", memory="m1")
        assert again == Failed("There is no memory m1 here; it may have been forgotten or have expired.")
        await call(toolbox, "store", text="Secret plans.", topic="plans", key="a")
        assert await call(toolbox, "list") == Done("Nothing is remembered here.")


ELSEWHERE = {
    "none": (caller("watcher"), caller(channel="C2"), TERMINAL),
    "agent": (caller("watcher"), TERMINAL),
    "channel": (caller(channel="C2"), caller("watcher", "C2"), TERMINAL),
    "all": (),
}
WITHIN = {
    "none": (caller(),),
    "agent": (caller(), caller(channel="C2")),
    "channel": (caller(), caller("watcher")),
    "all": (caller(), caller("watcher", "C2"), TERMINAL),
}


@pytest.mark.parametrize("shared", ELSEWHERE)
async def test_whoever_is_outside_the_scope_neither_reads_nor_erases(memories: SqlMemories, shared: str) -> None:
    async with opened(item(shared=shared), memories=memories) as toolbox:
        await call(toolbox, "store", text="Only here.")
        for who in ELSEWHERE[shared]:
            assert "Nothing" in (await call(toolbox, "list", who)).text
            assert "Nothing" in (await call(toolbox, "search", who, words="only here")).text
            assert isinstance(await call(toolbox, "forget", who, memory="m1"), Failed)
        for who in WITHIN[shared]:
            assert "Only here." in (await call(toolbox, "search", who, words="here")).text
        assert isinstance(await call(toolbox, "forget", WITHIN[shared][-1], memory="m1"), Done)


async def test_two_sources_are_two_books(memories: SqlMemories) -> None:
    async with opened(item(shared="all"), memories=memories) as toolbox:
        await call(toolbox, "store", text="Only here.")
    async with opened({"name": "notes", "memory": {"shared": "all"}}, memories=memories) as toolbox:
        assert await toolbox.run("notes_list", {}, key="k", caller=caller()) == Done("Nothing is remembered here.")


ONE_DATABASE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""All examples share a database, and each has a channel of its own: to make a database takes long."""

MOVES = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans(), st.sampled_from(["duck", "swan"])), max_size=6)


@ONE_DATABASE
@given(moves=MOVES)
async def test_what_a_tainted_run_wrote_taints_for_ever(memories: SqlMemories, moves: list[tuple[str, bool, str]]) -> None:
    """Reading taints exactly where something is shown that a tainted run has written, whoever reads it later."""
    first: dict[str, tuple[bool, str]] = {}
    channel = uuid.uuid4().hex
    async with opened(item(), memories=memories) as toolbox:
        for key, tainted, word in moves:
            await call(toolbox, "store", caller(channel=channel, tainted=tainted), key=f"{channel}{key}", text=f"A {word}.")
            first.setdefault(key, (tainted, word))
    async with opened(item(), memories=memories) as toolbox:
        for word in ("duck", "swan"):
            told = await call(toolbox, "search", caller(channel=channel), words=word)
            assert isinstance(told, Done)
            assert told.taints == any(tainted for tainted, said in first.values() if said == word)
        told = await call(toolbox, "list", caller(channel=channel))
        assert isinstance(told, Done)
        assert told.taints == any(tainted for tainted, _ in first.values())


@ONE_DATABASE
@given(text=st.text(min_size=1, max_size=200), topic=st.text(max_size=40), tag=st.text(min_size=1, max_size=20))
async def test_no_text_can_pass_for_another_memory(memories: SqlMemories, text: str, topic: str, tag: str) -> None:
    who = caller(channel=uuid.uuid4().hex)
    async with opened(item(), memories=memories) as toolbox:
        told = await call(toolbox, "store", who, key=uuid.uuid4().hex, text=text, topic=topic, tags=[tag])
        shown = await call(toolbox, "list", who)
        if isinstance(told, Done):
            assert len([line for line in shown.text.splitlines() if not line.startswith("  ")]) == 1


async def test_a_full_memory_says_so(memories: SqlMemories) -> None:
    async with opened(item(most=1), memories=memories) as toolbox:
        await call(toolbox, "store", text="One.", key="a")
        full = await call(toolbox, "store", text="Two.", key="b")
        assert full == Failed("Memory is full: 1 memories are here. Forget some that are of no use any more.")


async def test_without_a_database_each_call_says_so() -> None:
    async with opened(item()) as toolbox:
        calls: list[tuple[str, dict[str, Any]]] = [
            ("store", {"text": "x"}), ("search", {"words": "x"}), ("list", {}), ("forget", {"memory": "m1"}),
        ]
        for operation, arguments in calls:
            assert isinstance(await call(toolbox, operation, **arguments), Failed)


async def test_a_database_that_can_only_be_read_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.db"
    async with open_database(url) as database, opened(item(), memories=SqlMemories(database)) as toolbox:
        await call(toolbox, "store", text="A duck.")
        async with open_database(url, read_only=True) as beside, opened(item(), memories=SqlMemories(beside)) as reading:
            assert "A duck." in (await call(reading, "list")).text
            for told in (await call(reading, "store", text="x", key="n"), await call(reading, "forget", memory="m1")):
                assert isinstance(told, Failed)
                assert "opened to read only" in told.text


@pytest.mark.parametrize(("operation", "arguments"), [
    ("store", {"text": " \n "}), ("store", {"text": "x", "tags": [""]}), ("store", {"text": "x" * 4001}),
    ("store", {"text": "x", "expires_days": 0}),
    ("forget", {"memory": "1"}), ("forget", {"memory": "m0"}), ("list", {"before": "x"}), ("search", {"words": ""}),
])
async def test_arguments_that_make_no_sense_are_told(memories: SqlMemories, operation: str, arguments: dict[str, Any]) -> None:
    async with opened(item(), memories=memories) as toolbox:
        assert isinstance(await call(toolbox, operation, **arguments), Failed)


def test_it_declares_what_it_does() -> None:
    known = KINDS["memory"].operations() or {}
    assert list(known) == ["store", "search", "list", "forget"]
