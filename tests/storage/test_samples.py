"""Samples, and how monitors stand: read as they were written, changed only by whoever has seen what stands there, and small."""

import asyncio
import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agents.core.monitoring import State, Track
from agents.monitors import History, Looked, Sample
from storage.database import Database, open_database
from storage.samples import SqlSamples
from tests.storage.stories import START

FIVE = timedelta(minutes=5)
FIRST = Looked("orders", 1, "sql orders", START, START, START - timedelta(days=28), START)
DAY = timedelta(days=1)
SECOND = Sample("volume", START, 7.0)
SUMMARY = {"kind": "numeric", "count": 3, "nulls": 0, "quantiles": [1.0, 2.0]}


@pytest.fixture
def book(database: Database) -> SqlSamples:
    return SqlSamples(database)


def line(key: str, *values: float | None) -> list[Sample]:
    return [Sample(key, START + number * FIVE, value) for number, value in enumerate(values)]


async def test_it_is_read_as_it_was_written(book: SqlSamples) -> None:
    assert (await book.looked(), await book.samples("orders", START), await book.tracks("orders")) == ({}, (), {})
    odd = Sample("amount", START, None, SUMMARY)
    assert await book.put(FIRST, [*reversed(line("volume", 1.0, None, 0.1 + 0.2)), odd])
    failed = replace(FIRST, version=2, error="It is down.", error_since=START, read_through=START, through=START + FIVE)
    assert await book.put(failed)
    assert await book.looked() == {"orders": failed}
    assert await book.samples("orders", START) == (odd, *line("volume", 1.0, None, 0.1 + 0.2))
    assert await book.samples("orders", START + FIVE, "volume") == tuple(line("volume", 1.0, None, 0.1 + 0.2)[1:])
    second = int(START.timestamp())
    history = await book.history("orders", "volume", START + FIVE)
    assert (list(history.at), repr(list(history.values))) == ([second + 300, second + 600], "[nan, 0.30000000000000004]")
    assert await book.history("orders", "other", START) == History((), ())
    assert await book.samples("other", START) == ()


async def test_a_sample_replaces_the_one_in_its_place_and_so_does_a_track(book: SqlSamples) -> None:
    assert await book.put(FIRST, line("volume", 1.0, 2.0), {"volume": Track(began=7, told=2.5)})
    assert await book.tracks("orders") == {"volume": Track(began=7, told=2.5)}
    columns = (("id", "int", None), ("at", "date", True))
    full = Track(None, 5, 1, 4, 2.5, 5, "missing", 2, 9, 8, ((1, 2), (3, 4)), ((5, 6),), columns, columns[:1], 3, State.FIRING)
    again = [Sample("volume", START, 9.0), Sample("volume", START, 5.0), Sample("new", START, 1.0)]
    assert await book.put(replace(FIRST, version=2), again, {"volume": full})
    assert [one.value for one in await book.samples("orders", START, "volume")] == [5.0, 2.0]
    assert await book.tracks("orders") == {"volume": full, "new": Track()}


async def test_who_has_not_seen_the_newest_changes_nothing(book: SqlSamples) -> None:
    assert not await book.put(replace(FIRST, version=2), line("volume", 1.0))
    assert await book.put(FIRST)
    for version in (1, 3):
        assert not await book.put(replace(FIRST, version=version, error="x"), line("volume", 1.0), {"volume": Track(began=1)})
    assert (await book.looked(), await book.tracks("orders")) == ({"orders": FIRST}, {})


async def test_of_many_at_once_one_wins(book: SqlSamples) -> None:
    for version in (1, 2):
        tries = (book.put(replace(FIRST, version=version), line("volume", float(n))) for n in range(20))
        accepted = await asyncio.gather(*tries)
        assert accepted.count(True) == 1
        (kept,) = await book.samples("orders", START)
        assert kept.value == accepted.index(True)


async def test_another_definition_has_no_past_and_no_other_monitor_loses_its_own(book: SqlSamples) -> None:
    await book.put(FIRST, line("volume", 1.0), {"volume": Track(began=1)})
    await book.put(replace(FIRST, name="other"), line("volume", 2.0))
    await book.put(replace(FIRST, version=2, definition="sql customers"), line("size", 3.0))
    assert await book.samples("orders", START) == tuple(line("size", 3.0))
    assert await book.tracks("orders") == {"size": Track()}
    assert await book.samples("other", START) == tuple(line("volume", 2.0))


async def test_what_is_no_number_is_kept_as_nothing(book: SqlSamples) -> None:
    await book.put(FIRST, line("volume", math.nan, math.inf, -math.inf))
    assert [one.value for one in await book.samples("orders", START)] == [None, None, None]


async def test_old_days_go_and_with_the_last_one_their_series_and_monitor(book: SqlSamples) -> None:
    late = replace(SECOND, at=START + DAY)
    await book.put(FIRST, [*line("volume", 1.0, 2.0), late, *line("size", 1.0), replace(SECOND, series="size", summary=SUMMARY)])
    await book.put(replace(FIRST, name="other"), line("volume", 2.0))
    assert await book.forget("orders", START + timedelta(hours=1)) == 0
    assert await book.forget("orders", START + DAY) == 2
    assert list(await book.tracks("orders")) == ["volume"]
    assert await book.samples("orders", START) == (late,)
    assert await book.forget("orders", START + 3 * DAY) == 1
    assert list(await book.looked()) == ["other"]
    assert await book.forget("orders", START) == 0
    assert len(await book.samples("other", START)) == 1


async def test_secrets_are_taken_out_of_what_sources_say(database: Database) -> None:
    book = SqlSamples(database, lambda text: text.replace("hunter2", "***"))
    await book.put(replace(FIRST, error="hunter2 is wrong"), [Sample("name", START, None, {"top": [["hunter2", 3]]})])
    assert (await book.looked())["orders"].error == "*** is wrong"
    assert (await book.samples("orders", START))[0].summary == {"top": [["***", 3]]}


def month(key: str) -> Sequence[Sample]:
    return [Sample(key, START + number * FIVE, 1000 / (number + 3)) for number in range(28 * 288)]


async def test_a_month_is_small_and_read_within_milliseconds(tmp_path: Path) -> None:
    keys = [f"volume region={number}" for number in range(10)]
    async with open_database(f"sqlite:///{tmp_path}/journal.db") as database:
        book = SqlSamples(database)
        for version, key in enumerate(keys, 1):
            assert await book.put(replace(FIRST, version=version), month(key))
        await book.history("orders", keys[0], START)
        begun = time.process_time()
        for key in keys:
            history = await book.history("orders", key, START)
            assert len(history.at) == 28 * 288
        each = (time.process_time() - begun) / len(keys)
    size = os.stat(tmp_path / "journal.db").st_size / (len(keys) * 28 * 288)
    print(f"{each * 1000:.1f} ms a series, {size:.1f} bytes a sample")
    assert size < 16
    assert each < 0.01
