"""What agents remember: stored once, found within its scope, and gone for good once it is erased."""

import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.errors import JournalError
from agents.core.ids import CONTROL, ActorId, RunId
from agents.core.memory import EVERYTHING, Note, Scope
from storage.database import Database, open_database
from storage.fulltext import CREATE, matching
from storage.journal import SqlJournal
from storage.memory import SqlMemories
from storage.rebuild import rebuild
from tests.storage.stories import BOB, fact

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
HOME = Scope("memory", "triage", "C1")
NOTE = Note(
    "key-1", "memory", "triage", "C1", "Checkout is deployed on Tuesdays.", "deploys", ("checkout",), RunId("run-x"), ActorId("T/U"), False,
    NOW,
)


async def remembered(memories: SqlMemories, *texts: str, **more: Any) -> list[int]:
    """The numbers under which these are stored."""
    numbers = [await memories.store(replace(NOTE, key=str(uuid.uuid4()), text=text, **more), EVERYTHING, 10_000) for text in texts]
    return [number for number in numbers if number]


async def found(memories: SqlMemories, words: str, scope: Scope = HOME) -> list[int]:
    return [memory.number for memory in await memories.search(words, scope, NOW, 10)]


async def test_it_is_read_as_it_was_stored(database: Database) -> None:
    memories = SqlMemories(database, lambda text: text.replace("hunter2", "[secret]"))
    noted = replace(NOTE, text="The password is hunter2.\n\0\ud800 ok", topic="hunter2", tags=("hunter2", "b c"), tainted=True)
    assert await memories.store(noted, HOME, 10) == 1
    (memory,) = await memories.newest(HOME, NOW, 5)
    assert (memory.note.text, memory.note.topic, memory.note.tags) == (
        "The password is [secret].\n\N{REPLACEMENT CHARACTER}? ok", "[secret]", ("[secret]", "b c")
    )
    assert (memory.note.tainted, memory.note.at, memory.note.run_id, memory.note.actor) == (True, NOW, "run-x", "T/U")


async def test_one_key_is_stored_once_also_after_it_was_erased(database: Database) -> None:
    memories = SqlMemories(database)
    assert [await memories.store(replace(NOTE, text=text), HOME, 10) for text in ("one", "two")] == [1, 1]
    await memories.forget(1, "somebody", NOW)
    assert await memories.store(NOTE, HOME, 10) == 1
    assert await memories.newest(EVERYTHING, NOW, 5) == ()
    assert await memories.store(replace(NOTE, key="key-2"), HOME, 10) == 2


async def test_words_are_found_in_any_form_and_by_their_beginning(database: Database) -> None:
    memories = SqlMemories(database)
    texts = ("Deploying checkout needs Alice.", "The Zürich cluster is slow.", "search_api lags on Mondays.")
    await remembered(memories, *texts, topic="", tags=())
    assert await found(memories, "deployed") == [1]
    assert await found(memories, "ZURICH") == [2]
    assert await found(memories, "search") == [3]
    assert await found(memories, "search_api lag") == [3]
    assert await found(memories, "nothing of it") == []


async def test_the_most_relevant_comes_first_and_topics_weigh_more(database: Database) -> None:
    memories = SqlMemories(database)
    filler = [f"Entry {number} speaks of something else altogether." for number in range(20)]
    await remembered(memories, *filler, topic="", tags=())
    await remembered(memories, "A word about kafka among many other words here.", topic="", tags=())
    await remembered(memories, "A word about queues among many other words here.", topic="kafka", tags=())
    assert await found(memories, "kafka") == [22, 21]


@pytest.mark.parametrize("words", [
    '"', "'", "*", "(", "a AND", "NEAR(a b)", "NOT", "text:x", "-x", "^", "x*", '" OR text:*', "{topic text}:x", "\0", "a" * 300, "+", "🦆",
])
async def test_no_words_are_an_error(database: Database, words: str) -> None:
    await remembered(memories := SqlMemories(database), "One duck.")
    await found(memories, words)


@settings(max_examples=60)
@given(words=st.text(max_size=40))
def test_no_words_are_a_query_of_their_own(words: str) -> None:
    """Whatever is searched for, SQLite takes it as words: no syntax error."""
    match = matching(words)
    if match is None:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE memories (id INTEGER PRIMARY KEY, topic TEXT, tags TEXT, text TEXT)")
        connection.execute(CREATE[0])
        connection.execute("INSERT INTO memory_words (rowid, topic, tags, text) VALUES (1, '', '', ?)", (words,))
        (query,) = match.compile().params.values()
        connection.execute("SELECT rowid FROM memory_words WHERE memory_words MATCH ?", (query,)).fetchall()


BOOKS, AGENTS, CHANNELS = ("memory", "notes"), ("triage", "watcher"), ("C1", "C2", "")


@pytest.mark.parametrize("scope", [
    HOME, Scope("memory", "triage"), Scope("memory", channel="C1"), Scope("memory"), EVERYTHING, Scope("memory", "", ""),
], ids=str)
async def test_nothing_outside_the_scope_is_read(database: Database, scope: Scope) -> None:
    memories = SqlMemories(database)
    homes = [(book, agent, channel) for book in BOOKS for agent in AGENTS for channel in CHANNELS]
    for home in homes:
        book, agent, channel = home
        await remembered(memories, "duck", book=book, agent=agent, channel=channel)
    within = {
        number for number, home in enumerate(homes, 1)
        if all(want in (None, is_) for want, is_ in zip((scope.book, scope.agent, scope.channel), home, strict=True))
    }
    assert {memory.number for memory in await memories.search("duck", scope, NOW, 100)} == within
    assert {memory.number for memory in await memories.newest(scope, NOW, 100)} == within
    assert {number for number in range(1, 20) if await memories.find(number, scope, NOW)} == within


async def test_a_full_scope_takes_no_more_and_others_do(database: Database) -> None:
    memories = SqlMemories(database)
    assert [await memories.store(replace(NOTE, key=f"k{n}"), HOME, 2) for n in range(3)] == [1, 2, None]
    assert await memories.store(replace(NOTE, key="other", channel="C2"), replace(HOME, channel="C2"), 2) == 3
    await memories.forget(1, "somebody", NOW)
    assert await memories.store(replace(NOTE, key="again"), HOME, 2) == 4


async def test_what_has_an_end_is_read_until_then_and_erased_after_it(database: Database) -> None:
    memories = SqlMemories(database)
    end = NOW + timedelta(days=1)
    await memories.store(replace(NOTE, expires_at=end), HOME, 10)
    just_before = end - timedelta(microseconds=1)
    assert len(await memories.newest(HOME, just_before, 5)) == 1
    assert await memories.newest(HOME, end, 5) == ()
    await memories.sweep(just_before)
    assert "Tuesdays" in bytes_of(database)
    await memories.sweep(end)
    assert "Tuesdays" not in bytes_of(database)


def bytes_of(database: Database) -> str:
    """Everything that lies on the disk: the file, and the log beside it."""
    folder = database.path.parent
    return "".join(file.read_bytes().decode("latin-1") for file in folder.iterdir() if file.name.startswith(database.path.name))


WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=20)


@settings(max_examples=8)
@given(erased=WORD, kept=WORD)
async def test_no_byte_of_what_was_erased_is_left(tmp_path_factory: pytest.TempPathFactory, erased: str, kept: str) -> None:
    """Neither in the table, nor in the index, nor in the log: also while the bot runs on."""
    folder = tmp_path_factory.mktemp("erased")
    async with open_database(f"sqlite:///{folder}/journal.db") as database:
        memories = SqlMemories(database)
        await remembered(memories, *(f"{kept} number {number}" for number in range(30)))
        (number,) = await remembered(memories, f"{erased} " * 200, topic=f"{erased}t", tags=(f"{erased}g",))
        assert erased in bytes_of(database)
        assert [memory.number for memory in await memories.search(erased, HOME, NOW, 1)] == [number]
        await memories.forget(number, "somebody", NOW)
        left = bytes_of(database)
        assert (erased[:10] in left and erased[:10] != kept[:10], kept in left) == (False, True)
        assert len(await memories.search(kept, HOME, NOW, 100)) == 30


async def test_a_person_has_it_erased_in_the_transaction_of_the_event(database: Database) -> None:
    memories, journal = SqlMemories(database), SqlJournal(database)
    await remembered(memories, "One duckling.", "Two swans.")
    await journal.append(CONTROL, [fact(e.MemoryForgotten(1, "triage", "Bob"), BOB)], after=0, agent="")
    assert [memory.number for memory in await memories.newest(EVERYTHING, NOW, 5)] == [2]
    assert ("duckling" in bytes_of(database), "swans" in bytes_of(database)) == (False, True)
    await rebuild(database)
    assert [memory.number for memory in await memories.newest(EVERYTHING, NOW, 5)] == [2]
    assert "m1 of triage" not in bytes_of(database)


async def test_beside_a_bot_it_can_be_read_and_not_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.db"
    async with open_database(url) as database:
        await remembered(SqlMemories(database), "One duck.")
        async with open_database(url, read_only=True) as beside:
            memories = SqlMemories(beside)
            assert await found(memories, "duck") == [1]
            with pytest.raises(JournalError, match="opened to read only"):
                await memories.store(replace(NOTE, key="new"), HOME, 10)
            await memories.sweep(NOW)


STORING = """
import asyncio, os, signal, sys
from agents.core.memory import EVERYTHING
from dataclasses import replace
from storage.database import open_database
from storage.memory import SqlMemories
from tests.storage.test_memory import NOTE

async def main():
    async with open_database(sys.argv[1]) as database:
        memories = SqlMemories(database)
        for number in range(200):
            await memories.store(replace(NOTE, key=f"k{number}", text=f"fact {number}"), EVERYTHING, 1000)
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def storing(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that stores one fact after the other and says so."""
    command = [sys.executable, "-c", STORING, f"sqlite:///{tmp_path}/journal.db"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


async def test_what_was_told_outlives_a_kill_and_is_stored_once(storing: "subprocess.Popen[str]", tmp_path: Path) -> None:
    assert storing.stdout
    told = [int(storing.stdout.readline()) for _ in range(40)]
    os.kill(storing.pid, signal.SIGKILL)
    storing.wait()
    async with open_database(f"sqlite:///{tmp_path}/journal.db") as database:
        memories = SqlMemories(database)
        held = len(await memories.newest(EVERYTHING, NOW, 1000))
        assert held >= len(told)
        for number in told:
            assert await memories.store(replace(NOTE, key=f"k{number}", text="another"), EVERYTHING, 1000) == number + 1
        assert len(await memories.newest(EVERYTHING, NOW, 1000)) == held
        assert {memory.note.text for memory in await memories.search("fact", EVERYTHING, NOW, 1000)} == {
            f"fact {number}" for number in range(held)
        }


async def test_a_transaction_that_fails_erases_nothing(tmp_path: Path) -> None:
    """The index and the table are changed together or not at all."""
    class Full(sqlite3.Connection):
        def commit(self) -> None:
            if self.total_changes > 40:
                raise sqlite3.OperationalError("database or disk is full")
            super().commit()

    async with open_database(f"sqlite:///{tmp_path}/journal.db", connection=Full) as database:
        memories = SqlMemories(database)
        await remembered(memories, "One duck.")
        with pytest.raises(JournalError):
            await remembered(memories, *(f"More {number}" for number in range(40)))
        with pytest.raises(JournalError):
            await memories.forget(1, "somebody", NOW)
        assert (await found(memories, "duck"), "duck" in bytes_of(database)) == ([1], True)
