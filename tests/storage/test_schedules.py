"""What is kept of schedules: read as it was written, and changed only by whoever has seen what stands there."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from agents.core.ids import RunId
from agents.core.schedule import Fire, Kept, Missed
from agents.schedules import ScheduleBook
from storage.database import Database
from storage.schedules import SqlSchedules
from tests.bot.kept import MemoryBook
from tests.storage.stories import BOB, START

HOUR = timedelta(hours=1)
FIRST = Kept("nightly", 1, "every 1h", START)
MISSED = Missed(3, (START, START + HOUR), START + 2 * HOUR, at_least=True)
FULL = Kept(
    "nightly", 2, "every 1h", START + HOUR, 7, Fire(START + HOUR, MISSED, MISSED, RunId("run-a"), BOB, "Bob <&>", 6), START, RunId("run-a"),
    MISSED,
)


@pytest.fixture(params=["memory", "sql"])
def book(request: pytest.FixtureRequest, database: Database) -> ScheduleBook:
    """Each book that there is: the one of the tests keeps the promises of the real one."""
    return MemoryBook() if request.param == "memory" else SqlSchedules(database)


async def test_it_is_read_as_it_was_written(book: ScheduleBook) -> None:
    assert await book.all() == {}
    assert await book.put(FIRST)
    assert await book.all() == {"nightly": FIRST}
    assert await book.put(FULL)
    assert await book.put(Kept("other", 1, "", START))
    assert await book.all() == {"nightly": FULL, "other": Kept("other", 1, "", START)}
    emptied = replace(FIRST, version=3)
    assert await book.put(emptied)
    assert (await book.all())["nightly"] == emptied


async def test_who_has_not_seen_the_newest_changes_nothing(book: ScheduleBook) -> None:
    assert not await book.put(FULL)
    assert await book.put(FIRST)
    for version in (1, 3):
        assert not await book.put(replace(FULL, version=version))
    assert await book.all() == {"nightly": FIRST}


async def test_of_many_at_once_one_wins(book: ScheduleBook) -> None:
    for kept in (FIRST, FULL):
        accepted = await asyncio.gather(*(book.put(replace(kept, heeded=number)) for number in range(20)))
        assert accepted.count(True) == 1
        assert (await book.all())["nightly"].heeded == accepted.index(True)
